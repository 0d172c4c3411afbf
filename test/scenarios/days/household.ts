/** The daemon over all of its lives, on one cluster and with one journal. */
import type { LoopEvent } from '../../../src/cluster/events.ts'
import type { NodeId } from '../../../src/cluster/state.ts'
import type { LoopOptions } from '../../../src/daemon/cluster-loop.ts'
import { Daemon } from '../../../src/daemon/daemon.ts'
import type { ClusterView } from '../../../src/daemon/view.ts'
import { forgetfulJournal, type Journal } from '../../../src/execute/journal/journal.ts'
import { pauseOf } from '../../../src/execute/journal/wishes.ts'
import type { VirtualClock } from '../../../src/lib/clock.ts'
import { inlinePlanner } from '../../../src/plan/planner.ts'
import type { System } from '../../../src/systems/port.ts'
import { type Doom, Mortal } from './mortal.ts'
import { Paper } from './paper-journal.ts'

const CLUSTER = 'x'

export interface HouseholdParts {
  system: System
  clock: VirtualClock
  onEvent: (event: LoopEvent) => void
  say: (problem: string) => void
  tell: (text: string) => void
  later: (ms: number, act: () => unknown) => void
}

interface Life {
  daemon: Daemon
  mortal: Mortal
  journal: Journal
}

export class Household {
  readonly #parts: HouseholdParts
  readonly paper = new Paper()
  options: LoopOptions
  /** When they last changed. */
  changedAtMs = Number.NEGATIVE_INFINITY
  #life: Life | undefined
  /** Of the life that was last. */
  #journal: Journal = forgetfulJournal()
  begun = 0
  begunAtMs = Number.NEGATIVE_INFINITY
  kills = 0

  constructor(parts: HouseholdParts, options: LoopOptions) {
    this.#parts = parts
    this.options = options
  }

  get lives(): boolean {
    return this.#life !== undefined
  }

  get journal(): Journal {
    return this.#journal
  }

  view(): ClusterView {
    if (!this.#life) throw new Error('nobody is there to be asked')
    return this.#life.daemon.clusters()[0]!
  }

  begin(): void {
    if (this.#life) return
    const { system, clock, onEvent, say, tell } = this.#parts
    this.begun += 1
    this.begunAtMs = clock.now()
    tell(`life ${this.begun} begins`)
    const mortal = new Mortal()
    const paper = this.paper.open(clock)
    const journal = mortal.journal(paper)
    const { options } = this
    const daemon = new Daemon(
      [{ name: CLUSTER, system: mortal.system(system), journal, options }],
      inlinePlanner,
      clock,
      (error) => say(`an observer failed: ${(error as Error).stack}`),
    )
    daemon.events.subscribe((event) => {
      if (!mortal.dead) onEvent(event)
    })
    this.#life = { daemon, mortal, journal }
    this.#journal = journal
    daemon.start()
  }

  async stop(): Promise<void> {
    const life = this.#life
    this.#life = undefined
    await life?.daemon.stop()
    if (life) life.mortal.dead = true
  }

  /** Somebody, or something, starts it again after that time. */
  kill(downMs: number, how = ''): void {
    const life = this.#life
    if (!life) return
    this.kills += 1
    this.#life = undefined
    life.mortal.dead = true
    this.#parts.tell(`life ${this.begun} is killed ${how}`)
    // What is left of it must not keep anything waiting.
    void life.daemon.stop().catch(() => undefined)
    this.#parts.later(downMs, () => this.begin())
  }

  /** @param only takes back no other. */
  doom(doom: Doom | undefined, only?: Doom): void {
    const mortal = this.#life?.mortal
    if (!mortal || (only !== undefined && mortal.doom !== only)) return
    mortal.doom = doom
  }

  apply(options: LoopOptions): void {
    this.options = options
    this.#touch()
    this.#life?.daemon.apply(CLUSTER, options)
  }

  pausedItself(): boolean {
    return this.lives && pauseOf(this.#journal)?.by === 'circuit_breaker'
  }

  #touch(): void {
    this.changedAtMs = this.#parts.clock.now()
  }

  /** Of who lives now. */
  readonly daemon = {
    drain: async (node: NodeId): Promise<void> => {
      await this.#control().drain(CLUSTER, node)
      this.#touch()
    },
    undrain: (node: NodeId): Promise<void> => this.#control().undrain(CLUSTER, node),
    pause: async (untilMs: number | undefined): Promise<void> => {
      await this.#control().pause(CLUSTER, 'asked for', untilMs)
      this.#touch()
    },
    resume: (): Promise<void> => this.#control().resume(CLUSTER),
  }

  #control(): Daemon {
    if (!this.#life) throw new Error('nobody is there to be asked')
    return this.#life.daemon
  }
}
