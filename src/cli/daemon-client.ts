/** Asks a running daemon, or asks something of it, through its control listener. */
import { readFileSync } from 'node:fs'
import { type Command, Option } from 'commander'
import { type ErrorCode, EvenkeelError, messageOf } from '../lib/errors.ts'
import { fetchText } from './fetch-text.ts'
import { type Format, formatOption } from './formats.ts'

const defaultUrl = 'http://127.0.0.1:9632'
const ANSWER_MS = 10_000

export interface ClientOptions {
  url: string
  tokenFile?: string
  cluster?: string
  output: Format
}

export function withClientOptions(command: Command): Command {
  return withAddressOptions(command).option('--cluster <name>', 'which cluster').addOption(formatOption())
}

/** Where the daemon is, and what it wants to see of whoever asks. */
export function withAddressOptions(command: Command): Command {
  return command
    .addOption(new Option('--url <url>', 'control address of the daemon').env('EVENKEEL_URL').default(defaultUrl))
    .addOption(
      new Option('--token-file <file>', 'file that holds the token that the daemon wants').env('EVENKEEL_TOKEN_FILE'),
    )
}

/** Fields of a request; what is undefined is left out. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>

/** The control listener of a daemon. */
export class DaemonClient {
  readonly #url: string
  readonly #tokenFile: string | undefined
  readonly #signal: AbortSignal

  constructor({ url, tokenFile }: Pick<ClientOptions, 'url' | 'tokenFile'>, signal: AbortSignal) {
    this.#url = url
    this.#tokenFile = tokenFile
    this.#signal = signal
  }

  /**
   * @param name of a route, such as `status`.
   * @throws EvenkeelError `unreachable` when nobody answers, `not_permitted` without the right token, else with the daemon's own
   * words when it says no.
   */
  async get<Answer>(name: string, fields: Fields): Promise<Answer> {
    const address = addressOf(this.#url, name)
    for (const [key, value] of Object.entries(fields)) {
      if (value !== undefined) address.searchParams.set(key, String(value))
    }
    return this.#exchange<Answer>(address, {}, {})
  }

  /** @throws EvenkeelError as `get` does */
  async post<Answer>(name: string, fields: Fields): Promise<Answer> {
    const headers = { 'content-type': 'application/json' }
    return this.#exchange<Answer>(addressOf(this.#url, name), headers, { method: 'POST', body: JSON.stringify(fields) })
  }

  async #exchange<Answer>(address: URL, own: Record<string, string>, init: RequestInit): Promise<Answer> {
    const url = this.#url
    const headers = { 'x-evenkeel-client': 'cli', ...own, ...this.#authorization() }
    let response: Response
    let text: string
    try {
      const within = { who: url, deadlineMs: ANSWER_MS, signal: this.#signal }
      ;({ response, text } = await fetchText(address, { ...init, headers }, within))
    } catch (error) {
      throw new EvenkeelError(
        'unreachable',
        `no evenkeel answers at ${url} (${messageOf(error)}); is it running? --url says where its control listener is`,
      )
    }
    const answer = parse(text, url)
    if (response.ok) return answer as Answer
    const { detail, code } = answer as { detail?: string; code?: string }
    if (code === 'unauthorized' && this.#tokenFile === undefined) {
      throw new EvenkeelError(
        'not_permitted',
        'a token is needed: --token-file, or EVENKEEL_TOKEN_FILE, names a file with one',
      )
    }
    throw new EvenkeelError(errorCodes[code ?? ''] ?? 'usage', detail ?? `${url} answered ${response.status}`)
  }

  /** Read anew each time: whoever waits long outlives a token. */
  #authorization(): Record<string, string> {
    if (this.#tokenFile === undefined) return {}
    let token: string
    try {
      token = readFileSync(this.#tokenFile, 'utf8').trim()
    } catch (cause) {
      throw new EvenkeelError('usage', `the token in ${this.#tokenFile} cannot be read`, { cause })
    }
    // What cannot be a header would be shown by whoever refuses it.
    if (!/^[\x21-\x7e]+$/.test(token)) {
      throw new EvenkeelError('usage', `${this.#tokenFile} does not hold a token: one word of plain characters`)
    }
    return { authorization: `Bearer ${token}` }
  }
}

/** Refusals that are no mistake in what was asked. */
const errorCodes: Record<string, ErrorCode | undefined> = {
  state_unavailable: 'state_unavailable',
  internal: 'internal',
  unauthorized: 'not_permitted',
  forbidden: 'not_permitted',
}

function addressOf(url: string, name: string): URL {
  const path = `/api/v1/${name}`
  if (!URL.canParse(path, url)) throw new EvenkeelError('usage', `${url} is not a URL, such as ${defaultUrl}`)
  return new URL(path, url)
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new EvenkeelError('unreachable', `what answers at ${url} is not evenkeel`)
  }
}
