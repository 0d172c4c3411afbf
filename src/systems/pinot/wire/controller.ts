/**
 * REST client of the controllers. Reads go to any that answers. An act goes to one that is awake, and to the next only where it is sure
 * that nothing was sent; without an answer its outcome is unknown, and whoever asked judges it from the cluster.
 *
 * Pinot answers NO_OP and FAILED with HTTP 200: a status is read from the body, never from the code.
 */
import type { TargetCheck } from '../../../cluster/target.ts'
import { codeOf, EvenkeelError, messageOf } from '../../../lib/errors.ts'
import { Access, type ControllerAuth } from './access.ts'
import { type Http, type HttpAnswer, NoConnection, parseJson } from './http.ts'
import { type Observe, observed, operationOf } from './observed.ts'

export interface ControllerOptions {
  /** Base URLs, the preferred first. */
  urls: readonly string[]
  auth?: ControllerAuth
  http: Pick<Http, 'request'>
  observe?: Observe
}

/** What became of an act. */
export type ActAnswer =
  | { outcome: 'answered'; body: unknown }
  | { outcome: 'refused'; status: number; text: string }
  | { outcome: 'not_sent'; text: string }
  | { outcome: 'unknown'; text: string }

/** Segment → server → state. */
export type SegmentMap = Record<string, Record<string, string>>

export interface RebalanceAnswer {
  jobId?: string
  /** As Pinot spells it: NO_OP, DONE, FAILED, IN_PROGRESS … */
  status: string
  description: string
  checks: TargetCheck[]
  summary?: Record<string, unknown>
  segments: SegmentMap
  /** Instance partitions that it goes by: type or tier → `PARTITION_REPLICAGROUP` → servers. */
  lists: Record<string, Record<string, string[]>>
}

/** A server that hangs holds each dry run, and each start of a job, for 30 s. */
const SLOW_MS = 45_000
const READ_MS = 10_000
const ACT_MS = 20_000
const HEALTH_MS = 3_000
const MAX_TEXT = 300

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
type Query = Record<string, string>
type Signal = AbortSignal

export class Controllers {
  readonly #urls: readonly string[]
  readonly #http: Pick<Http, 'request'>
  readonly #access: Access
  readonly #observe: Observe
  /** Whom to ask first: whoever answered last. All acts go to one as long as that lives, for jobs and their locks are per process. */
  #first = 0
  /** The end of the last slow call. */
  #slow: Promise<unknown> = Promise.resolve()

  constructor({ urls, auth, http, observe = () => undefined }: ControllerOptions) {
    if (urls.length === 0) throw new EvenkeelError('bad_config', 'no controller is given')
    this.#urls = urls.map((url) => url.replace(/\/+$/, ''))
    this.#http = http
    this.#observe = observe
    this.#access = new Access(auth)
  }

  /** What a rebalance would do, with the controller's own checks. @throws EvenkeelError when no controller answers, or one refuses. */
  async dryRun(table: string, parameters: Query, signal: Signal): Promise<RebalanceAnswer> {
    const query = { ...parameters, dryRun: 'true', preChecks: 'true' }
    const answer = await this.#oneAtATime(signal, () =>
      this.#act('POST', `${tablePath(table)}/rebalance`, { ...typeOf(table), ...query }, signal, SLOW_MS),
    )
    return rebalanceAnswer(must(answer, `a dry run of ${table}`))
  }

  /** Starts a job. The answer may come before the job is over; whether one was started stands in its status. */
  async rebalance(
    table: string,
    parameters: Query,
    signal: Signal,
  ): Promise<Exclude<ActAnswer, { outcome: 'answered' }> | { outcome: 'answered'; answer: RebalanceAnswer }> {
    const query = { ...typeOf(table), ...parameters, dryRun: 'false', preChecks: 'false' }
    const answer = await this.#oneAtATime(signal, () =>
      this.#act('POST', `${tablePath(table)}/rebalance`, query, signal, SLOW_MS),
    )
    if (answer.outcome !== 'answered') return answer
    try {
      return { outcome: 'answered', answer: rebalanceAnswer(answer.body) }
    } catch (error) {
      return { outcome: 'unknown', text: messageOf(error) }
    }
  }

  /** Asks for what cannot be, a dry run of a type that no table has: whether we may comes first. @param raw table without its type */
  tryRebalance(raw: string, signal: Signal): Promise<ActAnswer> {
    return this.#act('POST', `/tables/${encodeURIComponent(raw)}/rebalance`, { type: 'NONE', dryRun: 'true' }, signal)
  }

  /** Tells every running job of the table to end where it is. Answers the ids of those it told. */
  cancel(table: string, signal: Signal): Promise<ActAnswer> {
    return this.#act('DELETE', `${tablePath(table)}/rebalance`, typeOf(table), signal, ACT_MS)
  }

  /** The brokers of the table become all those with the tag of its tenant. */
  rebuildBrokers(table: string, signal: Signal): Promise<ActAnswer> {
    return this.#act('POST', `/tables/${encodeURIComponent(table)}/rebuildBrokerResourceFromHelixTags`, {}, signal)
  }

  /** Servers try again what they failed to load. */
  resetErrors(table: string, signal: Signal): Promise<ActAnswer> {
    const query = { errorSegmentsOnly: 'true' }
    return this.#act('POST', `/segments/${encodeURIComponent(table)}/reset`, query, signal)
  }

  /** The instance has these tags and no others from now on. No segment moves by that. */
  updateTags(instance: string, tags: readonly string[], signal: Signal): Promise<ActAnswer> {
    const query = { tags: tags.join(',') }
    return this.#act('PUT', `/instances/${encodeURIComponent(instance)}/updateTags`, query, signal)
  }

  /** A whole record, only where it still has that version. In the body, for it may be larger than any URL. */
  putZnode(path: string, record: Buffer, version: number, signal: Signal): Promise<ActAnswer> {
    return this.#act('PUT', '/zk/put', { path, expectedVersion: String(version) }, signal, ACT_MS, record.toString())
  }

  /** @throws EvenkeelError when none answers, or one refuses. */
  async version(signal: Signal): Promise<string | undefined> {
    const body = await this.#read('/version', {}, signal)
    const version = isRecord(body) ? body['pinot-controller'] : undefined
    return typeof version === 'string' ? version : undefined
  }

  /** Of the cluster in Helix. @throws EvenkeelError when none answers, or one refuses. */
  async clusterName(signal: Signal): Promise<string> {
    const body = await this.#read('/cluster/info', {}, signal)
    const name = isRecord(body) ? body['clusterName'] : undefined
    if (typeof name !== 'string') throw new EvenkeelError('protocol', 'the controller tells no name of the cluster')
    return name
  }

  /** The body as it is; undefined for 404. @throws EvenkeelError when none answers, or one refuses. */
  async get(path: string, signal: Signal): Promise<Buffer | undefined> {
    const answer = await this.#ask(path, {}, signal, [404])
    return answer.status === 404 ? undefined : answer.body
  }

  async #read(path: string, query: Query, signal: Signal): Promise<unknown> {
    return parseJson(await this.#ask(path, query, signal))
  }

  /** Each in turn until one answers. @param other statuses that are an answer as well. */
  async #ask(path: string, query: Query, signal: Signal, other: readonly number[] = []): Promise<HttpAnswer> {
    const failures: string[] = []
    for (let tried = 0; tried < this.#urls.length; tried++) {
      const at = (this.#first + tried) % this.#urls.length
      try {
        const answer = await this.#call(at, 'GET', path, query, signal, READ_MS)
        if ((answer.status >= 200 && answer.status < 300) || other.includes(answer.status)) {
          this.#first = at
          return answer
        }
        if (answer.status < 500) throw this.#access.refusal('GET', answer)
        failures.push(bounded(messageOf(this.#access.refusal('GET', answer))))
      } catch (error) {
        if (signal.aborted || ['auth', 'not_permitted', 'rejected'].includes(codeOf(error))) throw error
        failures.push(bounded(messageOf(error)))
      }
    }
    throw new EvenkeelError('unreachable', bounded(`no controller answers: ${failures.join('; ')}`))
  }

  /** Never throws but for the signal. */
  async #act(
    method: Method,
    path: string,
    query: Query,
    signal: Signal,
    deadlineMs = ACT_MS,
    body?: string,
  ): Promise<ActAnswer> {
    const failures: string[] = []
    for (let tried = 0; tried < this.#urls.length; tried++) {
      const at = (this.#first + tried) % this.#urls.length
      const asleep = await this.#asleep(at, signal)
      if (asleep !== undefined) {
        failures.push(asleep)
        continue
      }
      this.#first = at
      try {
        return this.#meaning(method, await this.#call(at, method, path, query, signal, deadlineMs, body))
      } catch (error) {
        const text = bounded(messageOf(error))
        if (mayHaveArrived(error)) return { outcome: 'unknown', text }
        failures.push(text)
      }
    }
    return { outcome: 'not_sent', text: bounded(`no controller answers: ${failures.join('; ')}`) }
  }

  /** An answer of a proxy, or of a controller that broke down, says nothing on what was done. */
  #meaning(method: Method, answer: HttpAnswer): ActAnswer {
    const { status } = answer
    const body = parsed(answer)
    if (status >= 200 && status < 300) {
      if (body !== undefined) return { outcome: 'answered', body }
      return { outcome: 'unknown', text: `the answer is not JSON: ${bounded(answer.body.toString())}` }
    }
    const text = bounded(messageOf(this.#access.refusal(method, answer)))
    const isPinots = isRecord(body) && typeof body['error'] === 'string'
    return status < 500 || isPinots ? { outcome: 'refused', status, text } : { outcome: 'unknown', text }
  }

  /** A frozen controller takes what it is sent and may act on it much later: it is asked for its health first. */
  async #asleep(at: number, signal: Signal): Promise<string | undefined> {
    try {
      const answer = await this.#call(at, 'GET', '/health', {}, signal, HEALTH_MS)
      return answer.status < 500 ? undefined : messageOf(this.#access.refusal('GET', answer))
    } catch (error) {
      return messageOf(error)
    }
  }

  #call(
    at: number,
    method: Method,
    path: string,
    query: Query,
    signal: Signal,
    deadlineMs: number,
    body?: string,
  ): Promise<HttpAnswer> {
    const asked = new URLSearchParams(query).toString()
    const call = { observe: this.#observe, upstream: 'pinot_controller', operation: operationOf(method, path) } as const
    return observed(call, () =>
      this.#http.request(method, `${this.#urls[at]}${path}${asked === '' ? '' : `?${asked}`}`, {
        headers: {
          ...this.#access.headers,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        deadlineMs,
        signal,
      }),
    )
  }

  /** Each holds a thread of the controller for up to 30 s: the next waits until the last is over. */
  async #oneAtATime<Value>(signal: Signal, work: () => Promise<Value>): Promise<Value> {
    const before = this.#slow
    const done = new AbortController()
    this.#slow = Promise.all([before, abortOf(done.signal)])
    try {
      // Who is given up while he waits has sent nothing.
      await Promise.race([before, abortOf(AbortSignal.any([signal, done.signal]))])
      if (signal.aborted) throw new EvenkeelError('aborted', 'the call of the controller was given up')
      return await work()
    } finally {
      done.abort()
    }
  }
}

/** `orders_OFFLINE` → `orders`, `OFFLINE`. @throws EvenkeelError `bad_input` for a name without its type. */
export function splitTable(table: string): { raw: string; type: 'OFFLINE' | 'REALTIME' } {
  const [, raw, type] = /^(.+)_(OFFLINE|REALTIME)$/.exec(table) ?? []
  if (raw === undefined) throw new EvenkeelError('bad_input', `${table} is not the name of a table with its type`)
  return { raw, type: type as 'OFFLINE' | 'REALTIME' }
}

function tablePath(table: string): string {
  return `/tables/${encodeURIComponent(splitTable(table).raw)}`
}

function typeOf(table: string): Query {
  return { type: splitTable(table).type }
}

function abortOf(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/** Before a connection stands nothing is sent. */
const notSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
])

function mayHaveArrived(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  if (cause instanceof NoConnection) return false
  return !(cause instanceof Error && 'code' in cause && notSent.has(String(cause.code)))
}

function parsed(answer: HttpAnswer): unknown {
  try {
    return parseJson(answer)
  } catch {
    return undefined
  }
}

/** @throws EvenkeelError for anything but an answer. */
function must(answer: ActAnswer, what: string): unknown {
  switch (answer.outcome) {
    case 'answered':
      return answer.body
    case 'refused': {
      const code = answer.status === 401 ? 'auth' : answer.status === 403 ? 'not_permitted' : 'rejected'
      throw new EvenkeelError(code, `${what} was refused: ${answer.text}`)
    }
    case 'not_sent':
      throw new EvenkeelError('unreachable', answer.text)
    default:
      throw new EvenkeelError('protocol', `${what} had no answer: ${answer.text}`)
  }
}

/** Kept to a line, for it goes into sentences and logs; of a URL its parameters are left out, which are known and long. */
function bounded(text: string): string {
  const line = text
    .replace(/(https?:\/\/[^\s?]+)\?\S+/g, '$1')
    .replace(/\s+/g, ' ')
    .trim()
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line
}

/** @throws EvenkeelError `protocol` */
function rebalanceAnswer(body: unknown): RebalanceAnswer {
  if (!isRecord(body) || typeof body['status'] !== 'string') {
    throw new EvenkeelError('protocol', 'the answer of the controller is no result of a rebalance')
  }
  const { jobId, status, description, rebalanceSummaryResult: summary } = body
  const segments = isRecord(body['segmentAssignment']) ? body['segmentAssignment'] : {}
  return {
    ...(typeof jobId === 'string' ? { jobId } : {}),
    status,
    description: typeof description === 'string' ? bounded(description) : '',
    checks: checksIn(body['preChecksResult']),
    ...(isRecord(summary) ? { summary } : {}),
    segments: segments as SegmentMap,
    lists: { ...listsIn(body['instanceAssignment']), ...listsIn(body['tierInstanceAssignment']) },
  }
}

/** Whatever they are called: names of checks differ between releases. */
function checksIn(found: unknown): TargetCheck[] {
  return Object.entries(isRecord(found) ? found : {}).flatMap(([name, check]) => {
    if (!isRecord(check)) return []
    const { preCheckStatus, message } = check
    // An outcome that is not known yet is nothing to go ahead with.
    const result = preCheckStatus === 'PASS' || preCheckStatus === 'ERROR' ? preCheckStatus : 'WARN'
    return [{ name, result, message: typeof message === 'string' ? bounded(message) : '' }]
  })
}

function listsIn(found: unknown): RebalanceAnswer['lists'] {
  return Object.fromEntries(
    Object.entries(isRecord(found) ? found : {}).flatMap(([name, assignment]) => {
      const lists = isRecord(assignment) ? assignment['partitionToInstancesMap'] : undefined
      return isRecord(lists) ? [[name, lists as Record<string, string[]>]] : []
    }),
  )
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
