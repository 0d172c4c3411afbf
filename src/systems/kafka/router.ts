import { setMaxListeners } from 'node:events'
import { stopwatch, withDeadline } from '../../lib/clock.ts'
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
   * A number asks that very broker. `any` asks a connected broker, else the bootstrap addresses in turn, else the known
   * brokers, and goes on to the next when one fails; a request that changes something goes on only if it can not have been
   * delivered.
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

/** A link being made or in use. Once retired it takes no new requests and is closed when its last one has ended. */
interface Slot {
  opening: Promise<Link>
  link: Link | undefined
  users: number
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
  #nodes = new Map<number, KafkaNode>()
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
      const response = await this.#route(this.#addresses(node), api, request, options)
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
    const used = new Set([...nodes, ...this.#bootstrap].map(text))
    for (const [key, slot] of this.#slots) if (!used.has(key)) this.#retire(key, slot)
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
  #addresses(node: number | 'any'): Address[] {
    if (node !== 'any') {
      const known = this.#nodes.get(node)
      if (!known) throw new TransportError('connect', `broker ${node} is not known`)
      return [known]
    }
    const known = [...this.#nodes.values()]
    const turn = this.#turn++ % this.#bootstrap.length
    const inTurn = [...this.#bootstrap.slice(turn), ...this.#bootstrap.slice(0, turn)]
    const unique = new Map([...inTurn, ...known].map((address) => [text(address), address]))
    const connected = [...unique].filter(([key]) => this.#slots.get(key)?.link?.isOpen())
    return [...new Map([...connected, ...unique]).values()]
  }

  /** All but the last address get half of the time that is left, so that one mute broker does not use it all up. */
  async #route<Request, Response>(
    addresses: Address[],
    api: Api<Request, Response>,
    request: Request,
    { signal, timeoutMs }: SendOptions,
  ): Promise<Response> {
    const elapsedMs = stopwatch()
    for (const [index, address] of addresses.entries()) {
      const leftMs = timeoutMs - elapsedMs()
      const isLast = index === addresses.length - 1
      try {
        return await this.#attempt(address, api, request, signal, leftMs, isLast ? leftMs : leftMs / 2)
      } catch (error) {
        if (isLast || timeoutMs <= elapsedMs() || !mayGoOn(error, api.readOnly)) throw error
      }
    }
    throw new TransportError('connect', 'there is no address to try')
  }

  /** One try at one broker. Only requests that may be repeated elsewhere keep to `shareMs` once they are sent. */
  async #attempt<Request, Response>(
    address: Address,
    api: Api<Request, Response>,
    request: Request,
    signal: AbortSignal,
    leftMs: number,
    shareMs: number,
  ): Promise<Response> {
    if (this.#closed.signal.aborted) throw new TransportError('aborted', 'the transport is closed')
    const where = text(address)
    const elapsedMs = stopwatch()
    const slot = this.#slot(address)
    let sent = false
    slot.users++
    try {
      const link = await withDeadline(`connecting to ${where}`, Math.ceil(shareMs), signal, () => slot.opening)
      const version = negotiate(api, link.served(api.key), where)
      const body = api.encode(version, request)
      const restMs = Math.ceil(Math.max(1, (api.readOnly ? shareMs : leftMs) - elapsedMs()))
      sent = true
      const answer = await withDeadline(`${api.name} to ${where}`, restMs, signal, () => link.send(api, version, body))
      return api.decode(version, answer)
    } catch (error) {
      const failure = TransportError.of(error, where, sent)
      if (sent && failure.reason !== 'aborted') this.#retire(where, slot)
      throw failure
    } finally {
      slot.users--
      this.#closeIfDone(slot)
    }
  }

  #slot(address: Address): Slot {
    const key = text(address)
    const present = this.#slots.get(key)
    if (present && (!present.link || present.link.isOpen())) return present
    if (present) this.#retire(key, present)
    const slot: Slot = { opening: this.#open(address, this.#closed.signal), link: undefined, users: 0, retired: false }
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

/** Bad credentials are bad everywhere; a change that may have arrived must not be asked for twice. */
function mayGoOn(error: unknown, readOnly: boolean): boolean {
  if (!(error instanceof TransportError) || error.reason === 'aborted' || error.reason === 'auth') return false
  return readOnly || !error.sent
}

function text({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
