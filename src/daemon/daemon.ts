/** Runs one loop per cluster, each isolated from the others, and stops them in order. */
import type { LoopEvent } from '../cluster/events.ts'
import type { WishStore } from '../cluster/wishes.ts'
import type { Clock } from '../lib/clock.ts'
import { Emitter } from '../lib/emitter.ts'
import type { Planner } from '../plan/planner.ts'
import type { System } from '../systems/port.ts'
import { ClusterLoop, type LoopOptions } from './cluster-loop.ts'
import type { ClusterView, DaemonView } from './view.ts'

export interface ManagedCluster {
  name: string
  system: System
  wishes?: WishStore
  options: LoopOptions
}

export class Daemon implements DaemonView {
  readonly events: Emitter<LoopEvent>
  readonly #clusters: { name: string; system: System; loop: ClusterLoop }[]
  readonly #stop = new AbortController()
  #running: Promise<unknown> | undefined

  /** @param onObserverError told when a listener of the events throws. */
  constructor(clusters: ManagedCluster[], planner: Planner, clock: Clock, onObserverError: (error: unknown) => void) {
    this.events = new Emitter(onObserverError)
    this.#clusters = clusters.map(({ name, system, options }) => ({
      name,
      system,
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

  clusters(): ClusterView[] {
    return this.#clusters.map(({ loop }) => loop.view())
  }
}
