/** Runs one loop per cluster, each isolated from the others, and stops them in order. */
import type { Decision } from '../cluster/decision.ts'
import type { LoopEvent, TickReport } from '../cluster/events.ts'
import type { ExplainSubject, Explanation } from '../cluster/explanation.ts'
import type { Order } from '../cluster/orders.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Target } from '../cluster/target.ts'
import type { Pause } from '../cluster/wishes.ts'
import type { DecisionStore } from '../execute/journal/decision-file.ts'
import type { Change, Journal } from '../execute/journal/journal.ts'
import { nodeKey } from '../execute/journal/records.ts'
import { pauseOf } from '../execute/journal/wishes.ts'
import { isExhausted } from '../execute/tries.ts'
import type { Clock } from '../lib/clock.ts'
import { Emitter } from '../lib/emitter.ts'
import { EvenkeelError } from '../lib/errors.ts'
import type { Planner } from '../plan/planner.ts'
import type { System } from '../systems/port.ts'
import { ClusterLoop, type LoopOptions } from './cluster-loop.ts'
import { Connection } from './connection.ts'
import { Succession } from './succession.ts'
import type { ClusterView, DaemonControl, DaemonExplanations, DaemonView, Weighed } from './view.ts'

export interface ManagedCluster {
  name: string
  system: System
  journal: Journal
  /** Absent: decisions are kept in memory only. */
  decisions?: DecisionStore
  options: LoopOptions
}

/** A cluster and what works on it. */
interface Kept {
  name: string
  connection: Connection
  succession: Succession
  journal: Journal
  loop: ClusterLoop
}

export class Daemon implements DaemonView, DaemonControl, DaemonExplanations {
  readonly events: Emitter<LoopEvent>
  readonly #clusters: Kept[]
  readonly #clock: Clock
  readonly #stop = new AbortController()
  #running: Promise<unknown> | undefined

  /** @param onObserverError told when a listener of the events throws. */
  constructor(clusters: ManagedCluster[], planner: Planner, clock: Clock, onObserverError: (error: unknown) => void) {
    this.events = new Emitter(onObserverError)
    this.#clock = clock
    const emit = (event: LoopEvent) => this.events.emit(event)
    this.#clusters = clusters.map(({ name, system, journal, decisions, options }) => {
      const connection = new Connection(system)
      const succession = new Succession({
        connection,
        journal,
        clock,
        emit: (event) => emit({ ...event, cluster: name, atMs: clock.now() }),
        hurry: () => loop.hurry(),
      })
      const betweenTicks = () => succession.takeOver()
      const parts = { name, system: connection, planner, journal, clock, emit, betweenTicks }
      const loop = new ClusterLoop({ ...parts, ...(decisions && { decisions }) }, options)
      return { name, connection, succession, journal, loop }
    })
  }

  start(): void {
    this.#running ??= Promise.all(this.#clusters.map(({ loop }) => loop.run(this.#stop.signal)))
  }

  /** Gives up what is being said to the clusters, starts nothing more, and leaves the moves in flight to them. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await Promise.all(
      this.#clusters.flatMap(({ connection, succession, journal }) => [
        succession.close(),
        connection.close(),
        journal.close(),
      ]),
    )
  }

  /**
   * New options of one cluster, in force at its next tick, which is brought forward.
   * @throws EvenkeelError `usage` for an unknown cluster.
   */
  apply(cluster: string, options: LoopOptions): void {
    this.#loop(cluster).apply(options)
  }

  /**
   * Another connection to the same cluster. Taken at the begin of a tick once it has shown a complete sample of it, the old one being
   * closed then; until that, and if it leads elsewhere, the old one stays: `connection_replaced` and `connection_refused` say so. It
   * is closed here in any case. Undefined: the one that waits, if any, is not wanted any more.
   * @throws EvenkeelError `usage` for an unknown cluster.
   */
  replaceSystem(cluster: string, system: System | undefined): void {
    const { succession } = this.#kept(cluster)
    if (system) succession.propose(system)
    else succession.withdraw()
  }

  async drain(cluster: string, node: NodeId): Promise<void> {
    const loop = this.#loop(cluster)
    loop.checkNode(node)
    const key = nodeKey(node)
    await loop.wish((journal) => {
      // One that is asked for again goes on.
      const { sinceMs } = journal.read('drain').get(key) ?? { sinceMs: this.#clock.now() }
      return [{ kind: 'drain', key, value: { node, sinceMs } }]
    })
  }

  async undrain(cluster: string, node: NodeId): Promise<void> {
    const loop = this.#loop(cluster)
    // One that is gone for good may still be drained.
    if (!loop.view().drains.some((drain) => drain.node === node)) loop.checkNode(node)
    await loop.wish(() => [{ kind: 'drain', key: nodeKey(node), value: undefined }])
  }

  async pause(cluster: string, reason: string, untilMs?: number): Promise<void> {
    const pause: Pause = {
      by: 'operator',
      reason,
      sinceMs: this.#clock.now(),
      ...(untilMs !== undefined && { untilMs }),
    }
    // One that evenkeel began itself holds until somebody resumes: it must not end by itself for being paused once more.
    await this.#loop(cluster).wish((journal) =>
      pauseOf(journal)?.by === 'circuit_breaker' ? [] : [{ kind: 'pause', key: 'cluster', value: pause }],
    )
  }

  async resume(cluster: string): Promise<void> {
    await this.#loop(cluster).resume()
  }

  async rebalance(cluster: string, topics: readonly string[]): Promise<void> {
    await this.#loop(cluster).wish((journal) =>
      topics.flatMap((topic): Change[] => {
        const now = this.#clock.now()
        // One that is asked for again goes on: what the system said since then still answers it.
        const { atMs } = journal.read('asked').get(topic) ?? { atMs: now }
        const asked = { kind: 'asked' as const, key: topic, value: { topic, atMs } }
        const tries = journal.read('tries').get(topic)
        // Whoever asks need not wait for what was cancelled or failed before; but enough failures are enough.
        if (!tries || isExhausted(tries)) return [asked]
        return [asked, { kind: 'tries', key: topic, value: { ...tries, untilMs: now } }]
      }),
    )
  }

  async cancel(cluster: string, subjects: readonly string[], reason: string): Promise<void> {
    await this.#loop(cluster).cancel(subjects, reason)
  }

  async order(cluster: string, order: Order): Promise<void> {
    await this.#loop(cluster).order(order, this.#stop.signal)
  }

  async weigh(cluster: string, order: Order): Promise<Weighed> {
    return this.#loop(cluster).weigh(order, this.#stop.signal)
  }

  async approve(cluster: string, targets: readonly Pick<Target, 'topic' | 'fingerprint'>[]): Promise<void> {
    const atMs = this.#clock.now()
    await this.#loop(cluster).wish(() =>
      targets.map(({ topic, fingerprint }) => ({
        kind: 'approved',
        key: fingerprint,
        value: { topic, fingerprint, atMs },
      })),
    )
  }

  #loop(cluster: string): ClusterLoop {
    return this.#kept(cluster).loop
  }

  #kept(cluster: string): Kept {
    const found = this.#clusters.find(({ name }) => name === cluster)
    if (found) return found
    const names = this.#clusters.map(({ name }) => name).join(', ')
    throw new EvenkeelError('usage', `no cluster is called ${cluster}; there are: ${names}`)
  }

  decisions(cluster: string): Decision[] {
    return this.#loop(cluster).decisions
  }

  async explain(cluster: string, subject: ExplainSubject): Promise<Explanation> {
    return this.#loop(cluster).explain(subject)
  }

  async planNow(cluster: string): Promise<TickReport> {
    return this.#loop(cluster).planNow(this.#stop.signal)
  }

  clusters(): ClusterView[] {
    return this.#clusters.map(({ loop }) => loop.view())
  }
}
