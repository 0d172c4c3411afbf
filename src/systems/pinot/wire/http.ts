/**
 * HTTP to controllers and servers: the one place that knows undici. A request ends by its deadline whatever the other side does;
 * nothing that may be secret, such as a header or a password in a URL, gets into an error.
 */
import { Agent, errors } from 'undici'
import { withDeadline } from '../../../lib/clock.ts'
import { type ErrorCode, EvenkeelError, messageOf } from '../../../lib/errors.ts'
import { tlsTrouble } from '../../../lib/tls-trouble.ts'

export interface HttpOptions {
  tls?: HttpTls
  /** Connections per host; what comes when all are busy waits. */
  connections?: number
}

export interface HttpTls {
  /** PEM. Absent: the authorities that this system trusts. */
  ca?: string
  cert?: string
  key?: string
  /** Name to expect in the certificate; absent: that of the URL. */
  serverName?: string
  /** False: any certificate will do. */
  reject?: boolean
}

export interface HttpRequest {
  headers?: Record<string, string>
  /** Sent as it is; anything but a text as JSON. */
  body?: unknown
  /** Until the whole answer is there. */
  deadlineMs: number
  signal?: AbortSignal
}

export interface HttpAnswer {
  status: number
  /** Without what may be secret. */
  url: string
  body: Buffer
}

/** There is no connection, so that nothing was sent. */
export class NoConnection extends Error {}

const CONNECT_MS = 5_000
const KEEP_ALIVE_MS = 15_000
const CONNECTIONS = 8
/** The controller's account of a rebalance of a very large table has some 100 MB. */
const MAX_BYTES = 512 * 2 ** 20
/** Of a text in a message. */
const QUOTED_CHARS = 300

export class Http {
  readonly #agent: Agent
  readonly #tls: HttpTls

  constructor({ tls, connections = CONNECTIONS }: HttpOptions = {}) {
    this.#tls = tls ?? {}
    this.#agent = new Agent({
      connections,
      pipelining: 1,
      keepAliveTimeout: KEEP_ALIVE_MS,
      // Deadlines are kept by the request: those of the library are coarse, and some calls take long to answer.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: MAX_BYTES,
      connect: {
        timeout: CONNECT_MS,
        ...(tls?.ca === undefined ? {} : { ca: tls.ca }),
        ...(tls?.cert === undefined ? {} : { cert: tls.cert }),
        ...(tls?.key === undefined ? {} : { key: tls.key }),
        ...(tls?.serverName === undefined ? {} : { servername: tls.serverName }),
        rejectUnauthorized: tls?.reject ?? true,
      },
    })
  }

  /**
   * The answer, whatever its status.
   * @throws EvenkeelError `unreachable`, `timeout`, `aborted` or `protocol`, naming the URL.
   */
  async request(method: string, url: string, { headers, body, deadlineMs, signal }: HttpRequest): Promise<HttpAnswer> {
    const shown = withoutSecrets(url)
    const what = `${method} ${shown}`
    const target = new URL(url)
    const isText = typeof body === 'string'
    const send = (aborted: AbortSignal) =>
      this.#agent.request({
        origin: target.origin,
        path: `${target.pathname}${target.search}`,
        method,
        headers: {
          accept: 'application/json',
          ...(body === undefined ? {} : { 'content-type': isText ? 'text/plain' : 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : isText ? body : JSON.stringify(body),
        signal: aborted,
      })
    return withDeadline(what, deadlineMs, signal, async (aborted) => {
      for (let tries = 1; ; tries += 1) {
        try {
          const answer = await send(aborted)
          return { status: answer.statusCode, url: shown, body: Buffer.from(await answer.body.arrayBuffer()) }
        } catch (error) {
          // A connection that was kept may have been closed just then; to ask again does no harm where nothing is changed.
          if (method !== 'GET' || tries > 1 || !isLostConnection(error)) throw translate(error, what, target, this.#tls)
        }
      }
    })
  }

  /**
   * The value in an answer of a 2xx status; undefined where it is empty.
   * @throws EvenkeelError like `request`, and like `refusal` for any other status.
   */
  async json(method: string, url: string, request: HttpRequest): Promise<unknown> {
    const answer = await this.request(method, url, request)
    if (answer.status < 200 || answer.status > 299) throw refusal(method, answer)
    return answer.body.length === 0 ? undefined : parseJson(answer)
  }

  /** Requests that are under way fail. */
  close(): Promise<void> {
    return this.#agent.destroy()
  }
}

/** @throws EvenkeelError `protocol` naming the URL and where it stops being JSON. */
export function parseJson({ url, body }: Pick<HttpAnswer, 'url' | 'body'>): unknown {
  const text = body.toString()
  try {
    return JSON.parse(text)
  } catch (error) {
    const at = /position (\d+)/.exec(messageOf(error))?.[1] ?? text.length
    throw new EvenkeelError('protocol', `the answer of ${url} is not JSON from character ${at} of ${text.length}`)
  }
}

/** What an answer of another status than 2xx means: `auth`, `not_permitted` or `rejected`, with the words of the other side. */
export function refusal(method: string, { status, url, body }: HttpAnswer): EvenkeelError {
  const code: ErrorCode = status === 401 ? 'auth' : status === 403 ? 'not_permitted' : 'rejected'
  const words = wordsOf(body)
  return new EvenkeelError(code, `${method} ${url} was answered with ${status}${words === '' ? '' : `: ${words}`}`)
}

/** Pinot's own `error`, or the beginning of whatever came. */
function wordsOf(body: Buffer): string {
  const text = body.toString()
  let words: unknown = text
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'error' in value) words = value.error
  } catch {
    // A page, or a plain text.
  }
  const line = String(words).replaceAll(/\s+/g, ' ').trim()
  return line.length > QUOTED_CHARS ? `${line.slice(0, QUOTED_CHARS)}…` : line
}

function withoutSecrets(url: string): string {
  const shown = new URL(url)
  shown.username = ''
  shown.password = ''
  return shown.href
}

function isLostConnection(error: unknown): boolean {
  const code = codeIn(error)
  return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE'
}

function codeIn(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function translate(error: unknown, what: string, url: URL, tls: HttpTls): EvenkeelError {
  if (error instanceof errors.ResponseExceededMaxSizeError) {
    return new EvenkeelError('protocol', `the answer to ${what} has more than ${MAX_BYTES} bytes`)
  }
  if (error instanceof errors.HTTPParserError) {
    const hint = url.protocol === 'http:' ? ': does it expect https?' : ''
    return new EvenkeelError('protocol', `${what} was not answered in HTTP${hint}`, { cause: error })
  }
  // Addresses that were tried one after the other.
  const reason = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error
  const cause = url.protocol === 'https:' ? secureReason(reason, url, tls) : plainReason(reason)
  return new EvenkeelError('unreachable', `${what} had no answer`, { cause })
}

/** In place of what kept a TLS connection from standing, the same in the words of the config. */
function secureReason(reason: unknown, { hostname }: URL, { serverName, ca, cert }: HttpTls): unknown {
  const [code, message] = [codeIn(reason), messageOf(reason)]
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return new NoConnection(`no TLS connection within ${CONNECT_MS} ms: nothing is there, or it does not speak TLS`)
  }
  // Pinot's listeners do not say why; others send an alert.
  if (code === 'ECONNRESET' && message.includes('before secure TLS')) {
    const client = cert === undefined ? 'wants a certificate of the client' : 'does not accept that of the client'
    return new NoConnection(`it broke off the TLS handshake: it ${client} (tls.cert_file), or does not speak TLS`)
  }
  const host = hostname.replace(/^\[|\]$/g, '')
  const trouble = tlsTrouble({ code, message }, { servername: serverName, ca, cert }, host)
  return trouble === undefined ? reason : new NoConnection(trouble)
}

/** A listener with TLS closes a connection that begins without. */
function plainReason(reason: unknown): unknown {
  const isMute = reason instanceof errors.SocketError && reason.socket?.bytesRead === 0
  return isMute ? new Error(`${reason.message} without a word: does it expect https?`) : reason
}
