/** Asks a running daemon through its control listener. */
import type { Command } from 'commander'
import { withDeadline } from '../lib/clock.ts'
import { EvenkeelError, messageOf } from '../lib/errors.ts'

const defaultUrl = 'http://127.0.0.1:9632'
const ANSWER_MS = 10_000

export interface ClientOptions {
  url: string
  cluster?: string
  output: 'table' | 'json'
}

export function withClientOptions(command: Command): Command {
  return command
    .option('--url <url>', 'control address of the daemon', defaultUrl)
    .option('--cluster <name>', 'which cluster')
}

/**
 * @throws EvenkeelError `unreachable` when nobody answers, `usage` with the daemon's own words when it says no.
 */
export async function ask<Answer>(
  url: string,
  path: string,
  query: Record<string, string | undefined>,
  signal: AbortSignal,
): Promise<Answer> {
  if (!URL.canParse(path, url)) throw new EvenkeelError('usage', `${url} is not a URL, such as ${defaultUrl}`)
  const address = new URL(path, url)
  for (const [name, value] of Object.entries(query)) if (value !== undefined) address.searchParams.set(name, value)
  let response: Response
  let text: string
  try {
    ;({ response, text } = await withDeadline(url, ANSWER_MS, signal, async (s) => {
      const response = await fetch(address, { signal: s })
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
  throw new EvenkeelError('usage', (answer as { detail?: string }).detail ?? `${url} answered ${response.status}`)
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new EvenkeelError('unreachable', `what answers at ${url} is not evenkeel`)
  }
}
