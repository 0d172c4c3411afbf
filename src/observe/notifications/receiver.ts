/**
 * What waits for one receiver. Of the same kind about the same thing one message at a time waits, the newest, with how often it
 * happened; one that was sent is not followed by its like for a while. Not more than the receiver can read are sent.
 */
import { randomUUID } from 'node:crypto'
import { type Clock, withDeadline } from '../../lib/clock.ts'
import { type Address, type Delivery, deliver, type Send } from './delivery.ts'
import type { Message, Notification, NotificationEvent } from './notification.ts'

export interface ReceiverOptions extends Address {
  /** Value of the label `receiver`. */
  name: string
  events: readonly NotificationEvent[]
  /** Absent: of all of them. */
  clusters?: readonly string[]
}

export interface ReceiverParts {
  clock: Clock
  send: Send
  /** In [0, 1). */
  random: () => number
  /** Told how each message ended. */
  onEnd: (receiver: string, message: Message, delivery: Delivery) => void
  /** So many could not even wait. */
  onDropped: (receiver: string, count: number) => void
}

/** The same about the same thing is told again after this at the earliest. */
const MERGE_MS = 5 * 60_000
const WAITING = 100
/** So many are sent within this time at most. */
const MOST = 20
const WITHIN_MS = 10 * 60_000

/** What happened and is undone again meanwhile need not be told any more, unless it is only waiting for its turn. */
const undoes: Partial<Record<Notification['event'], Notification['event']>> = {
  plan_finished: 'plan_started',
  resumed: 'paused',
  paused: 'resumed',
  node_returned: 'node_lost',
  node_lost: 'node_returned',
  reachable: 'unreachable',
  unreachable: 'reachable',
}

interface Waiting {
  notification: Notification
  times: number
  notBeforeMs: number
  /** It is not so any more: told only if it becomes so again. */
  isUndone: boolean
}

export class Receiver {
  readonly #parts: ReceiverParts
  #options: ReceiverOptions
  readonly #waiting = new Map<string, Waiting>()
  readonly #sentAtMs = new Map<string, number>()
  /** When the last ones were sent. */
  #begun: number[] = []
  /** From when on nothing new is taken and nothing tried again; and from when on nothing is done. */
  readonly #ending = new AbortController()
  readonly #closing = new AbortController()
  #wake = new AbortController()
  #working: Promise<void> | undefined

  constructor(options: ReceiverOptions, parts: ReceiverParts) {
    this.#options = options
    this.#parts = parts
  }

  /** What waits, and what is tried again, is sent there as well. */
  apply(options: ReceiverOptions): void {
    this.#options = options
  }

  offer(notification: Notification): void {
    if (this.#ending.signal.aborted || !this.#wants(notification)) return
    const key = keyOf(notification, notification.event)
    const now = this.#parts.clock.now()
    const opposite = undoes[notification.event]
    if (opposite !== undefined) {
      const other = this.#waiting.get(keyOf(notification, opposite))
      if (other && other.notBeforeMs > now) other.isUndone = true
    }
    const before = this.#waiting.get(key)
    const notBeforeMs = before?.notBeforeMs ?? (this.#sentAtMs.get(key) ?? Number.NEGATIVE_INFINITY) + MERGE_MS
    this.#waiting.set(key, { notification, times: (before?.times ?? 0) + 1, notBeforeMs, isUndone: false })
    this.#dropOldest()
    this.#wake.abort()
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** Sends what may be sent now, each once, unless that takes longer; the rest is given up. */
  async close(deadlineMs: number): Promise<void> {
    const now = this.#parts.clock.now()
    for (const [key, { notBeforeMs }] of this.#waiting) if (notBeforeMs > now) this.#waiting.delete(key)
    const working = this.#working ?? Promise.resolve()
    this.#ending.abort()
    this.#wake.abort()
    await withDeadline('the receiver', deadlineMs, undefined, () => working).catch(() => undefined)
    this.#closing.abort()
    this.#wake.abort()
    await this.#working
    if (this.#waiting.size > 0) this.#parts.onDropped(this.#options.name, this.#waiting.size)
    this.#waiting.clear()
  }

  #wants({ event, cluster }: Notification): boolean {
    const { events, clusters } = this.#options
    if (cluster !== undefined && clusters !== undefined && !clusters.includes(cluster)) return false
    return event === 'test' || events.includes(event)
  }

  #dropOldest(): void {
    if (this.#waiting.size <= WAITING) return
    const [oldest] = this.#waiting.keys()
    if (oldest !== undefined) this.#waiting.delete(oldest)
    this.#parts.onDropped(this.#options.name, 1)
  }

  async #work(): Promise<void> {
    const { clock } = this.#parts
    while (this.#waiting.size > 0 && !this.#closing.signal.aborted) {
      const now = clock.now()
      const next = [...this.#waiting].find(([, { notBeforeMs }]) => notBeforeMs <= now)
      if (next?.[1].isUndone) {
        this.#waiting.delete(next[0])
        continue
      }
      const freeAtMs = this.#freeAtMs()
      if (next && freeAtMs <= now) {
        await this.#send(...next)
        continue
      }
      const readyAtMs = next ? freeAtMs : Math.min(...[...this.#waiting.values()].map((one) => one.notBeforeMs))
      this.#wake = new AbortController()
      await clock.sleep(Math.max(readyAtMs, freeAtMs) - now, this.#wake.signal)
    }
  }

  #freeAtMs(): number {
    const [first] = this.#begun
    return first === undefined || this.#begun.length < MOST ? Number.NEGATIVE_INFINITY : first + WITHIN_MS
  }

  async #send(key: string, { notification, times }: Waiting): Promise<void> {
    const { clock, send, random, onEnd } = this.#parts
    const now = clock.now()
    this.#waiting.delete(key)
    for (const [old, atMs] of this.#sentAtMs) if (now - atMs > MERGE_MS) this.#sentAtMs.delete(old)
    this.#sentAtMs.set(key, now)
    this.#begun = [...this.#begun, now].slice(-MOST)
    const message: Message = { ...notification, id: randomUUID(), times }
    const { signal } = this.#closing
    const delivery = { send, clock, random, ending: this.#ending.signal, signal }
    onEnd(this.#options.name, message, await deliver(() => this.#options, message, delivery))
  }
}

function keyOf({ cluster = '', subject = '' }: Notification, event: Notification['event']): string {
  return JSON.stringify([event, cluster, subject])
}
