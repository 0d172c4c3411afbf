/** One message to one receiver over HTTP, with as many tries as make sense. */
import { type Clock, withDeadline } from '../../lib/clock.ts'
import { codeOf } from '../../lib/errors.ts'
import type { Secret } from '../../lib/secret.ts'
import type { Message } from './notification.ts'
import { bodyOf, cut, headersOf, type ReceiverType } from './shapes.ts'

export interface Address {
  type: ReceiverType
  url: Secret
  /** By which a webhook can tell that it was us. */
  secret?: Secret
}

/** What a receiver answered, or why it did not; never with a part of its address. */
export interface Answer {
  ok: boolean
  /** One sentence. */
  text: string
  /** Of HTTP; absent: there was no answer. */
  status?: number
  /** The begin of what it said, for whoever tries it out; others may have put anything into it. */
  said?: string
  /** It is no use before. */
  retryAfterMs?: number
}

/** Sends once. */
export type Send = (address: Address, message: Message, nowMs: number, signal: AbortSignal) => Promise<Answer>

const ANSWER_MS = 10_000
const TRIES = 6
const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 60_000
/** A receiver that asks for more has to do without. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000

export interface Delivery {
  answer: Answer
  tries: number
}

/**
 * @param address asked for before each try: it may be another one by then.
 * @param random of the jitter, in [0, 1).
 * @param ending from when on nothing is tried again; `signal` ends also what is being tried.
 * @returns the last answer
 */
export async function deliver(
  address: () => Address,
  message: Message,
  parts: { send: Send; clock: Clock; random: () => number; ending: AbortSignal; signal: AbortSignal },
): Promise<Delivery> {
  const { send, clock, random, ending, signal } = parts
  for (let tries = 1; ; tries += 1) {
    const answer = await send(address(), message, clock.now(), signal)
    const wait = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS) * (0.5 + random() / 2)
    if (answer.ok || !isWorthAnother(answer) || tries === TRIES || ending.aborted) return { answer, tries }
    await clock.sleep(Math.max(wait, Math.min(answer.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)), ending)
    if (ending.aborted) return { answer, tries }
  }
}

/** What the receiver refuses it refuses again. */
function isWorthAnother({ status }: Answer): boolean {
  return status === undefined || status === 408 || status === 429 || status >= 500
}

export const sendByHttp: Send = async (address, message, nowMs, signal) => {
  const body = bodyOf(address.type, message)
  const headers = headersOf(message, body, nowMs, address.secret)
  let response: Response | undefined
  try {
    return await withDeadline('the receiver', ANSWER_MS, signal, async (until) => {
      // Whoever is led elsewhere would show what it is signed with to somebody else.
      const init: RequestInit = { method: 'POST', headers, body, redirect: 'manual', signal: until }
      response = await fetch(address.url.reveal(), init)
      const said = await beginOf(response)
      return answerOf(response, redacted(said, address))
    })
  } catch (error) {
    // It has the message once it has answered, however slowly the rest of that comes: told again it would have it twice.
    if (response) return answerOf(response, '')
    return { ok: false, text: failureText(error) }
  }
}

function answerOf({ ok, status, headers }: Response, said: string): Answer {
  const after = headers.get('retry-after')
  return {
    ok,
    text:
      status >= 300 && status < 400 ? `it leads elsewhere (${status}), which is not followed` : `it answered ${status}`,
    status,
    ...(said !== '' && { said }),
    // The other form of this header, a date, is as good as none.
    ...(after !== null && /^\d{1,6}$/.test(after) && { retryAfterMs: Number(after) * 1000 }),
  }
}

const READ = 4096
const SHOWN = 200

/** More of an answer than people are to see; the rest is not waited for. */
async function beginOf({ body }: Response): Promise<string> {
  if (body === null) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  try {
    while (text.length < READ) {
      const { done, value } = await reader.read()
      if (done) break
      text += decoder.decode(value, { stream: true })
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
  return text.slice(0, READ)
}

/** On one line, and without anything that is secret: some pages of errors repeat what they were asked. */
function redacted(text: string, { url, secret }: Address): string {
  const { pathname, search } = new URL(url.reveal())
  const whole = [url.reveal(), `${pathname}${search}`, pathname].filter((part) => part.length > 1)
  const parts = [...pathname.split('/'), ...search.split(/[?&=]/)].filter((part) => part.length > 5)
  const hidden = [...whole, ...parts, ...(secret === undefined ? [] : [secret.reveal()])]
  const longest = hidden.sort((a, b) => b.length - a.length)
  const safe = longest.reduce((left, part) => left.replaceAll(part, '[redacted]'), text)
  return cut(safe.replaceAll(/[\p{Cc}\p{Cs}\u2028\u2029\s]+/gu, ' ').trim(), SHOWN)
}

function failureText(error: unknown): string {
  if (codeOf(error) === 'timeout') return `it did not answer within ${ANSWER_MS / 1000}s`
  if (codeOf(error) === 'aborted') return 'it was given up'
  // Messages of the system name the host.
  const code = causeCode(error)
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `the name of its host is not known (${code})`
  if (code === 'ECONNREFUSED') return 'nobody listens at its address (ECONNREFUSED)'
  return `no answer came${code === '' ? '' : ` (${code})`}`
}

function causeCode(error: unknown): string {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string' && /^[A-Z0-9_]+$/.test(code)) return code
    if (at instanceof AggregateError && at.errors.length > 0) return causeCode(at.errors[0])
  }
  return ''
}
