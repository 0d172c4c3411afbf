/** Asks a running daemon, or asks something of it, through its control listener. */
import { type Command, Option } from 'commander'
import { stringify } from 'yaml'
import { withDeadline } from '../lib/clock.ts'
import { EvenkeelError, messageOf } from '../lib/errors.ts'

export const defaultUrl = 'http://127.0.0.1:9632'
const ANSWER_MS = 10_000

const clientFormats = ['table', 'json', 'yaml'] as const

export interface ClientOptions<Format extends string = (typeof clientFormats)[number]> {
  url: string
  cluster?: string
  output: Format
}

export function withClientOptions(command: Command, formats: readonly string[] = clientFormats): Command {
  return command
    .option('--url <url>', 'control address of the daemon', defaultUrl)
    .option('--cluster <name>', 'which cluster')
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(formats).default(formats[0]))
}

/** The answer as it came, for formats that are not for people. */
export function rawText(answer: unknown, format: 'json' | 'yaml'): string {
  return format === 'json' ? `${JSON.stringify(answer, null, 2)}\n` : stringify(answer)
}

/**
 * @throws EvenkeelError `unreachable` when nobody answers, else with the daemon's own words when it says no.
 */
export async function ask<Answer>(
  url: string,
  path: string,
  query: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<Answer> {
  const address = addressOf(url, path)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(name, value)
  return exchange<Answer>(url, address, {}, signal)
}

/** Fields that are undefined are left out. @throws EvenkeelError as `ask` does */
export async function tell<Answer>(url: string, path: string, body: object, signal: AbortSignal): Promise<Answer> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  return exchange<Answer>(url, addressOf(url, path), init, signal)
}

function addressOf(url: string, path: string): URL {
  if (!URL.canParse(path, url)) throw new EvenkeelError('usage', `${url} is not a URL, such as ${defaultUrl}`)
  return new URL(path, url)
}

async function exchange<Answer>(url: string, address: URL, init: RequestInit, signal: AbortSignal): Promise<Answer> {
  let response: Response
  let text: string
  try {
    ;({ response, text } = await withDeadline(url, ANSWER_MS, signal, async (s) => {
      const response = await fetch(address, { ...init, signal: s })
      return { response, text: await response.text() }
    }))
  } catch (error) {
    throw new EvenkeelError(
      'unreachable',
      `no evenkeel answers at ${url} (${messageOf(error)}); is it running? --url says where its control listener is`,
    )
  }
  const answer = parse(text, url)
  if (response.ok) return answer as Answer
  const { detail, code } = answer as { detail?: string; code?: string }
  // The one refusal that is no mistake of whoever asked.
  const ours = code === 'state_unavailable' || code === 'internal' ? code : 'usage'
  throw new EvenkeelError(ours, detail ?? `${url} answered ${response.status}`)
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new EvenkeelError('unreachable', `what answers at ${url} is not evenkeel`)
  }
}
