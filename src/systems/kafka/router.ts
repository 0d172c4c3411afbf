import { setMaxListeners } from 'node:events'
import { stopwatch, withDeadline } from '../../lib/clock.ts'
import { follow } from '../../lib/signals.ts'
import { firstAnswer } from './hedge.ts'
import { negotiate, type VersionRange } from './negotiate.ts'
import { type FailureReason, TransportError } from './transport-error.ts'
import type { Api } from './wire/api.ts'

export interface Address {
  host: string
  port: number
}

export interface KafkaNode extends Address {
  id: number
  rack: string | null
}

export interface SendOptions {
  signal: AbortSignal
  /** For the whole call, connecting and fail-over included. */
  timeoutMs: number
}

/** One finished call of `send`, however many brokers it took. */
export interface UpstreamCall {
  upstream: 'kafka'
  operation: string
  node: number | 'any'
  durationMs: number
  outcome: 'ok' | FailureReason
}

/** How admin requests reach the brokers of one cluster. */
export interface KafkaTransport {
  /**
   * Sends one request and decodes the answer; error codes inside it are data, not exceptions.
   *
   * A number asks that very broker, what only reads once more over a new connection when it does not answer. `any` asks a connected broker, else the bootstrap addresses in turn, else the known
   * brokers, those that lately kept silent last. What only reads is asked of the next one when one fails, and beside one
   * that does not answer within a second; what changes something goes on only if it can not have been delivered, and
   * begins with whoever answered last.
   * @throws TransportError
   */
  send<Request, Response>(
    node: number | 'any',
    api: Api<Request, Response>,
    request: Request,
    options: SendOptions,
  ): Promise<Response>
  /** Replaces what is known of who listens where; connections to addresses no longer in use are let go. */
  updateNodes(nodes: readonly KafkaNode[]): void
  knowsNode(id: number): boolean
  /** Ends every connection; whoever still waits gets `aborted`. */
  close(): Promise<void>
}

/** One connection, ready for requests. */
export interface Link {
  served(key: number): VersionRange | undefined
  isOpen(): boolean
  /** @throws TransportError; may also never settle. */
  send(api: Api<never, unknown>, version: number, body: Buffer): Promise<Buffer>
  close(): void
}

/** Opens a link within a time of its own. @throws TransportError */
export type OpenLink = (address: Address, signal: AbortSignal) => Promise<Link>

/** @throws TransportError */
type Attempt<Response> = (address: Address, how: AttemptOptions) => Promise<Response>

interface AttemptOptions {
  signal: AbortSignal
  leftMs: number
  /** What of it is for connecting. */
  connectMs: number
  /** No connection will do that has not lately proven to be alive. */
  fresh: boolean
}

/** So long an answer may take before it is doubted that there will be one: by far the most come in milliseconds. */
const PATIENCE_MS = 1_000

/** A link being made or in use. Once retired it takes no new requests and is closed when its last one has ended. */
interface Slot {
  opening: Promise<Link>
  link: Link | undefined
  users: number
  /** How long each request on it has been without an answer. A broker answers those of one connection one after the other. */
  waiting: Set<() => number>
  retired: boolean
}

/** Keeps at most one link per address, made at first use and thrown away after any doubt about it. */
export class Router implements KafkaTransport {
  readonly #bootstrap: readonly Address[]
  readonly #open: OpenLink
  readonly #observe: (call: UpstreamCall) => void
  readonly #closed = new AbortController()
  readonly #slots = new Map<string, Slot>()
  /** Those of #slots and the retired ones that still have users. */
  readonly #alive = new Set<Slot>()
  /** When an address gave its last answer. */
  readonly #heardMs = new Map<string, number>()
  /** Addresses that left the last request without an answer. */
  readonly #silent = new Set<string>()
  readonly #nowMs = stopwatch()
  #nodes = new Map<number, KafkaNode>()
  /** Of nodes that were asked something: aborted when the cluster gives one up. */
  readonly #presence = new Map<number, AbortController>()
  #turn = 0

  constructor(bootstrap: readonly Address[], open: OpenLink, observe: (call: UpstreamCall) => void) {
    this.#bootstrap = bootstrap
    this.#open = open
    this.#observe = observe
    // Every connection in the making listens; there are as many as there are brokers.
    setMaxListeners(0, this.#closed.signal)
  }

  async send<Request, Response>(
    node: number | 'any',
    api: Api<Request, Response>,
    request: Request,
    options: SendOptions,
  ): Promise<Response> {
    const elapsedMs = stopwatch()
    const observe = (outcome: UpstreamCall['outcome']) =>
      this.#observe({ upstream: 'kafka', operation: api.name, node, durationMs: elapsedMs(), outcome })
    try {
      const addresses = this.#addresses(node, api.readOnly)
      const attempt: Attempt<Response> = (address, how) => this.#attempt(api, request, address, how)
      const response = api.readOnly
        ? await this.#whilePresent(node === 'any' ? undefined : node, options, (until) =>
            this.#ask(addresses, attempt, until),
          )
        : await this.#change(addresses, attempt, options)
      observe('ok')
      return response
    } catch (error) {
      const failure = TransportError.of(error, String(node), false)
      observe(failure.reason)
      throw error
    }
  }

  updateNodes(nodes: readonly KafkaNode[]): void {
    this.#nodes = new Map(nodes.map((node) => [node.id, node]))
    for (const [id, presence] of this.#presence) {
      if (this.#nodes.has(id)) continue
      this.#presence.delete(id)
      presence.abort()
    }
    const used = new Set([...nodes, ...this.#bootstrap].map(text))
    for (const [key, slot] of this.#slots) if (!used.has(key)) this.#retire(key, slot)
    for (const key of [...this.#heardMs.keys(), ...this.#silent]) if (!used.has(key)) this.#forget(key)
  }

  knowsNode(id: number): boolean {
    return this.#nodes.has(id)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    for (const { opening } of this.#alive) {
      opening.then(
        (link) => link.close(),
        () => undefined,
      )
    }
    this.#alive.clear()
    this.#slots.clear()
  }

  /** Where to try, best first. */
  #addresses(node: number | 'any', readOnly: boolean): Address[] {
    if (node !== 'any') {
      const known = this.#nodes.get(node)
      if (!known) throw new TransportError('connect', `broker ${node} is not known`)
      // Twice, since it may be the connection alone that is dead: the second time gets another one.
      return readOnly ? [known, known] : [known]
    }
    const turn = this.#turn++ % this.#bootstrap.length
    const inTurn = [...this.#bootstrap.slice(turn), ...this.#bootstrap.slice(0, turn), ...this.#nodes.values()]
    const addresses = [...new Map(inTurn.map((address) => [text(address), address]))]
    const place = (key: string) => (this.#silent.has(key) ? 2 : this.#slots.get(key)?.link?.isOpen() ? 0 : 1)
    // A read is spread over all; a change goes where there is the least doubt that it is answered.
    const heardMs = (key: string) => (readOnly ? 0 : (this.#heardMs.get(key) ?? -1))
    return addresses.sort(([a], [b]) => place(a) - place(b) || heardMs(b) - heardMs(a)).map(([, address]) => address)
  }

  #nodeAt(address: Address): number | undefined {
    const key = text(address)
    return [...this.#nodes.values()].find((node) => text(node) === key)?.id
  }

  /** What is sent to a node that the cluster gives up meanwhile is not waited for: a frozen one would hold up everybody. */
  async #whilePresent<T>(
    node: number | undefined,
    options: SendOptions,
    ask: (options: SendOptions) => Promise<T>,
  ): Promise<T> {
    if (node === undefined) return ask(options)
    const presence = this.#presence.get(node) ?? new AbortController()
    this.#presence.set(node, presence)
    const { controller, release } = follow(options.signal, presence.signal)
    try {
      return await ask({ ...options, signal: controller.signal })
    } catch (error) {
      if (!presence.signal.aborted || options.signal.aborted) throw error
      const sent = error instanceof TransportError && error.sent
      throw new TransportError('connect', `broker ${node} is no longer in the cluster`, { sent })
    } finally {
      release()
    }
  }

  async #ask<Response>(addresses: Address[], attempt: Attempt<Response>, options: SendOptions): Promise<Response> {
    const { signal, timeoutMs } = options
    const elapsedMs = stopwatch()
    const ask = addresses.map((address) => (letGo: AbortSignal) => {
      const leftMs = timeoutMs - elapsedMs()
      // What made the first mute may have cut all connections that there are.
      return attempt(address, { signal: letGo, leftMs, connectMs: leftMs, fresh: elapsedMs() >= PATIENCE_MS })
    })
    // The same one that failed is not asked again, only if it keeps silent.
    const others = new Set(addresses).size > 1
    const mayGoOn = (error: unknown) => others && elapsedMs() < timeoutMs && isNoMatterOfOurs(error)
    return firstAnswer(ask, { signal, patienceMs: PATIENCE_MS, mayGoOn })
  }

  /** All but the last address get half of the time that is left for connecting, so that one mute broker does not use it all up. */
  async #change<Response>(addresses: Address[], attempt: Attempt<Response>, options: SendOptions): Promise<Response> {
    const { timeoutMs } = options
    const elapsedMs = stopwatch()
    for (const [index, address] of addresses.entries()) {
      const leftMs = timeoutMs - elapsedMs()
      const isLast = index === addresses.length - 1
      const connectMs = isLast ? leftMs : leftMs / 2
      try {
        return await this.#whilePresent(this.#nodeAt(address), options, ({ signal }) =>
          attempt(address, { signal, leftMs, connectMs, fresh: false }),
        )
      } catch (error) {
        // One that may have arrived must not be asked for twice.
        const arrived = error instanceof TransportError && error.sent
        if (isLast || arrived || timeoutMs <= elapsedMs() || !isNoMatterOfOurs(error)) throw error
      }
    }
    throw new TransportError('connect', 'there is no address to try')
  }

  /** One try at one broker. */
  async #attempt<Request, Response>(
    api: Api<Request, Response>,
    request: Request,
    address: Address,
    { signal, leftMs, connectMs, fresh }: AttemptOptions,
  ): Promise<Response> {
    if (this.#closed.signal.aborted) throw new TransportError('aborted', 'the transport is closed')
    const where = text(address)
    const begunMs = this.#nowMs()
    const elapsedMs = stopwatch()
    const slot = this.#slot(address, fresh)
    let sent = false
    slot.users++
    try {
      const link = await withDeadline(`connecting to ${where}`, Math.ceil(connectMs), signal, () => slot.opening)
      const version = negotiate(api, link.served(api.key), where)
      const body = api.encode(version, request)
      const restMs = Math.ceil(Math.max(1, leftMs - elapsedMs()))
      sent = true
      slot.waiting.add(elapsedMs)
      const answer = await withDeadline(`${api.name} to ${where}`, restMs, signal, () => link.send(api, version, body))
      this.#hear(where)
      return api.decode(version, answer)
    } catch (error) {
      const failure = TransportError.of(error, where, sent)
      const waited = failure.reason === 'timeout' || elapsedMs() >= PATIENCE_MS
      if (waited && begunMs > (this.#heardMs.get(where) ?? -1)) this.#silent.add(where)
      if (sent && (waited || failure.reason !== 'aborted')) this.#retire(where, slot)
      throw failure
    } finally {
      slot.users--
      slot.waiting.delete(elapsedMs)
      this.#closeIfDone(slot)
    }
  }

  #hear(key: string): void {
    this.#heardMs.set(key, this.#nowMs())
    this.#silent.delete(key)
  }

  #forget(key: string): void {
    this.#heardMs.delete(key)
    this.#silent.delete(key)
  }

  #slot(address: Address, fresh: boolean): Slot {
    const key = text(address)
    const present = this.#slots.get(key)
    const isDoubtful = fresh && this.#nowMs() - (this.#heardMs.get(key) ?? 0) >= PATIENCE_MS
    // Behind a request that is not answered another one would wait as well.
    const isBlocked = [...(present?.waiting ?? [])].some((waitedMs) => waitedMs() >= PATIENCE_MS)
    if (present && !present.link) return present
    if (present?.link?.isOpen() && !isBlocked && !isDoubtful) return present
    if (present) this.#retire(key, present)
    const opening = this.#open(address, this.#closed.signal)
    const slot: Slot = { opening, link: undefined, users: 0, waiting: new Set(), retired: false }
    slot.opening.then(
      (link) => {
        slot.link = link
        this.#closeIfDone(slot)
      },
      () => this.#retire(key, slot),
    )
    this.#slots.set(key, slot)
    this.#alive.add(slot)
    return slot
  }

  #retire(key: string, slot: Slot): void {
    slot.retired = true
    if (this.#slots.get(key) === slot) this.#slots.delete(key)
    this.#closeIfDone(slot)
  }

  #closeIfDone(slot: Slot): void {
    if (!slot.retired || slot.users > 0) return
    this.#alive.delete(slot)
    slot.link?.close()
  }
}

/** Bad credentials are bad everywhere, and who gave up wants no more. */
function isNoMatterOfOurs(error: unknown): boolean {
  return error instanceof TransportError && error.reason !== 'aborted' && error.reason !== 'auth'
}

function text({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
