/**
 * What people do to evenkeel itself, by chance: wishes, other settings, restarts, kills at any instant; and one on duty who looks
 * after a cluster that paused itself.
 */
import type { NodeId } from '../../../src/cluster/state.ts'
import type { LoopOptions } from '../../../src/daemon/cluster-loop.ts'
import { HOUR, MB, MINUTE, SECOND } from '../case.ts'
import type { Household } from './household.ts'
import type { Fatal } from './mortal.ts'
import type { Place } from './place.ts'

export const peopleWeights = {
  drain: 3,
  pause: 2,
  mode: 2,
  limits: 3,
  restart: 3,
  kill: 4,
  killOver: 8,
  fullPaper: 2,
}
type Kind = keyof typeof peopleWeights

export class People {
  readonly #place: Place
  readonly #household: Household
  readonly #usual: LoopOptions
  #drained: NodeId | undefined
  #over = false
  /** Nobody ends the process any more. */
  immortal = false
  resumed = 0

  constructor(place: Place, household: Household) {
    this.#place = place
    this.#household = household
    this.#usual = household.options
    this.#watchOver()
  }

  do(kind: Kind): boolean {
    const { dice, tell } = this.#place
    const household = this.#household
    switch (kind) {
      case 'drain':
        return this.#drain()
      case 'pause':
        return this.#pause()
      case 'mode':
        return this.#mode()
      case 'limits':
        return this.#limits()
      case 'restart':
        if (this.immortal || !household.lives) return false
        tell('it is restarted')
        void household.stop().then(() => this.#place.later(dice.spread(SECOND, 20 * MINUTE), () => household.begin()))
        return true
      case 'kill':
        if (this.immortal || !household.lives) return false
        // Between two looks, at whatever it is.
        household.kill(dice.spread(SECOND, 20 * MINUTE))
        return true
      case 'killOver':
        return this.#killOver()
      case 'fullPaper':
        return this.#fullPaper()
      default:
        return false
    }
  }

  /** All is as it was at the beginning, whoever lives. */
  async mend(): Promise<void> {
    this.#over = true
    this.immortal = true
    this.#morePaper()
    this.#household.doom(undefined)
    this.#household.apply(this.#usual)
    this.#asked('undrain all', async () => {
      if (this.#drained !== undefined) await this.#household.daemon.undrain(this.#drained)
      await this.#household.daemon.resume()
    })
  }

  #fullPaper(): boolean {
    const { dice, later, tell } = this.#place
    if (this.#household.paper.full) return false
    tell('the journal cannot be written')
    this.#household.paper.full = true
    later(dice.spread(SECOND, 30 * MINUTE), () => this.#morePaper())
    return true
  }

  #morePaper(): void {
    if (!this.#household.paper.full) return
    this.#place.tell('the journal can be written again')
    this.#household.paper.full = false
  }

  /** Asks until somebody is there who can do it. */
  #asked(what: string, ask: () => Promise<void>): void {
    const { later, tell } = this.#place
    // What was asked for before everything was mended is not wanted any more.
    const asOf = this.#over
    const again = () => later(MINUTE, () => asOf === this.#over && this.#asked(what, ask))
    if (!this.#household.lives) return again()
    ask().then(
      () => tell(what),
      (error: Error) => {
        tell(`${what}: ${error.message}`)
        again()
      },
    )
    return undefined
  }

  #drain(): boolean {
    const { world, dice, later } = this.#place
    if (this.#drained !== undefined || !this.#household.lives) return false
    const node = dice.one([...world.nodes.keys()])!
    this.#drained = node
    const ms = dice.spread(5 * MINUTE, 5 * HOUR)
    this.#asked(`drain ${node}`, async () => {
      await this.#household.daemon.drain(node)
      // Not before it was heard: asked for once more it would come after its end, and stay.
      later(ms, () => {
        if (this.#over) return
        this.#asked(`undrain ${node}`, async () => {
          await this.#household.daemon.undrain(node)
          this.#drained = undefined
        })
      })
    })
    return true
  }

  #pause(): boolean {
    const { dice, clock, later } = this.#place
    if (!this.#household.lives) return false
    const ms = dice.spread(MINUTE, 90 * MINUTE)
    const ends = dice.chance(0.5)
    this.#asked('pause', async () => {
      await this.#household.daemon.pause(ends ? clock.now() + ms : undefined)
      if (!ends) later(ms, () => this.#asked('resume', () => this.#household.daemon.resume()))
    })
    return true
  }

  #mode(): boolean {
    const { dice, later, tell } = this.#place
    const { options } = this.#household
    if (options.balance.mode !== 'continuous') return false
    const mode = dice.chance(0.5) ? 'off' : 'node_add'
    tell(`mode ${mode}`)
    this.#household.apply({ ...options, balance: { ...options.balance, mode } })
    later(dice.spread(MINUTE, 2 * HOUR), () => {
      if (this.#over) return
      tell('mode continuous')
      const now = this.#household.options
      this.#household.apply({ ...now, balance: { ...now.balance, mode: 'continuous' } })
    })
    return true
  }

  #limits(): boolean {
    const { dice, tell } = this.#place
    const { options } = this.#household
    const usual = this.#usual.execution
    const rate = dice.spread(5 * MB, 50 * MB)
    const execution = {
      ...options.execution,
      concurrentMoves: dice.whole(3, 30),
      concurrentMovesPerNode: dice.whole(1, 6),
      ...(dice.chance(0.8) ? { throttle: { ...usual.throttle!, rate, maxRate: 3 * rate } } : {}),
    }
    if (dice.chance(0.1)) delete execution.throttle
    tell(`limits: ${execution.concurrentMoves} moves, ${execution.concurrentMovesPerNode} per node, ${rate}`)
    this.#household.apply({ ...options, execution })
    return true
  }

  #killOver(): boolean {
    const { dice, later } = this.#place
    if (this.immortal || !this.#household.lives) return false
    const over = dice.one<Fatal>(['perform', 'perform', 'apply', 'apply', 'cancel', 'write', 'write'])!
    const downMs = dice.spread(SECOND, 20 * MINUTE)
    const part = dice.chance(0.4) ? dice.one([0, 1])! : dice.between(0, 1)
    const doom = { over, part, die: () => this.#household.kill(downMs, `over ${over}, ${part.toFixed(2)} of it done`) }
    this.#household.doom(doom)
    // Not for ever: a cancel may never come.
    later(HOUR, () => this.#household.doom(undefined, doom))
    return true
  }

  #watchOver(): void {
    this.#place.later(10 * MINUTE, async () => {
      this.#watchOver()
      if (!this.#household.pausedItself()) return
      this.resumed += 1
      this.#asked('resume, after a look', () => this.#household.daemon.resume())
    })
  }
}
