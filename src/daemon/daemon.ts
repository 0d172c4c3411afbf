/** Runs one loop per cluster, each isolated from the others, and stops them in order. */
import type { LoopEvent } from '../cluster/events.ts'
import type { NodeId } from '../cluster/state.ts'
import { forgetfulStore, pauseAt, type Wishes, type WishStore } from '../cluster/wishes.ts'
import type { Clock } from '../lib/clock.ts'
import { Emitter } from '../lib/emitter.ts'
import { EvenkeelError } from '../lib/errors.ts'
import type { Planner } from '../plan/planner.ts'
import type { System } from '../systems/port.ts'
import { ClusterLoop, type LoopOptions } from './cluster-loop.ts'
import type { ClusterView, DaemonControl, DaemonView, DrainView } from './view.ts'

export interface ManagedCluster {
  name: string
  system: System
  wishes?: WishStore
  options: LoopOptions
}

export class Daemon implements DaemonView, DaemonControl {
  readonly events: Emitter<LoopEvent>
  readonly #clusters: { name: string; system: System; loop: ClusterLoop; wishes: WishStore }[]
  readonly #clock: Clock
  readonly #stop = new AbortController()
  #running: Promise<unknown> | undefined

  /** @param onObserverError told when a listener of the events throws. */
  constructor(clusters: ManagedCluster[], planner: Planner, clock: Clock, onObserverError: (error: unknown) => void) {
    this.events = new Emitter(onObserverError)
    this.#clock = clock
    this.#clusters = clusters.map(({ name, system, options, wishes = forgetfulStore() }) => ({
      name,
      system,
      wishes,
      loop: new ClusterLoop({ name, system, planner, clock, emit: (event) => this.events.emit(event) }, options),
    }))
  }

  start(): void {
    this.#running ??= Promise.all(this.#clusters.map(({ loop }) => loop.run(this.#stop.signal)))
  }

  /** Gives up what is being said to the clusters, starts nothing more, and leaves the moves in flight to them. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
    await Promise.all(this.#clusters.map(({ system }) => system.close()))
  }

  /** New options of one cluster, in force at the next tick, which is brought forward. */
  apply(name: string, options: LoopOptions): void {
    this.#clusters.find((cluster) => cluster.name === name)?.loop.apply(options)
  }

  drain(cluster: string, node: NodeId): Promise<void> {
    return this.#wish(cluster, ({ drains, ...rest }) => ({ ...rest, drains: [...new Set([...drains, node])] }))
  }

  undrain(cluster: string, node: NodeId): Promise<void> {
    return this.#wish(cluster, ({ drains, ...rest }) => ({ ...rest, drains: drains.filter((other) => other !== node) }))
  }

  pause(cluster: string, reason: string, untilMs?: number): Promise<void> {
    const until = untilMs === undefined ? {} : { untilMs }
    const pause = { by: 'operator', reason, sinceMs: this.#clock.now(), ...until } as const
    return this.#wish(cluster, (wishes) => ({ ...wishes, pause }))
  }

  resume(cluster: string): Promise<void> {
    return this.#wish(cluster, ({ drains }) => ({ drains }))
  }

  async #wish(name: string, change: (wishes: Wishes) => Wishes): Promise<void> {
    const cluster = this.#clusters.find((other) => other.name === name)
    if (!cluster) throw new EvenkeelError('usage', `no cluster is called ${name}`)
    await cluster.wishes.write(change(cluster.wishes.read()))
  }

  clusters(): ClusterView[] {
    return this.#clusters.map(({ loop, wishes }) => {
      const view = loop.view()
      const pause = pauseAt(wishes.read(), this.#clock.now())
      const drains = wishes.read().drains.map((node) => drainOf(view, node))
      return { ...view, drains, ...(pause === undefined ? {} : { pause }) }
    })
  }
}

function drainOf({ report }: ClusterView, id: NodeId): DrainView {
  const node = report?.plan.nodes.find((other) => other.id === id)
  const replicas = node?.replicas.now ?? 0
  const bytes = replicas === 0 ? 0 : (node?.diskBytes.now ?? 0)
  return { node: id, replicas, bytes, safeToStop: node !== undefined && replicas === 0 }
}
