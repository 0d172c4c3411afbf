/** What came of each day, in numbers. */
import v8 from 'node:v8'
import vm from 'node:vm'
import type { LoopEvent } from '../../../src/cluster/events.ts'
import type { World } from '../../../src/systems/simulator/world.ts'
import { GB } from '../case.ts'
import type { Household } from './household.ts'
import type { Mischief } from './mischief.ts'

/** Of one day. */
export interface DayFigures {
  day: number
  moves: number
  gigabytes: number
  transfers: number
  notDone: number
  tickFailures: number
  happenings: number
  lives: number
  kills: number
  pausedItself: number
  partitions: number
  violations: string
  heapMB: number
}

/** What happened since it was last asked. */
export class Figures {
  #moves = 0
  #bytes = 0
  #transfers = 0
  #notDone = 0
  #tickFailures = 0
  #pausedItself = 0
  #before = { happenings: 0, lives: 0, kills: 0 }
  started = 0

  see(event: LoopEvent): void {
    if (event.type === 'move_started' && !event.adopted) this.started += 1
    if (event.type === 'tick_failed') this.#tickFailures += 1
    if (event.type === 'paused') this.#pausedItself += 1
    if (event.type !== 'move_ended') return
    const { move, bytesTotal } = event.progress
    if (event.result !== 'done') this.#notDone += 1
    else if (move.kind === 'leader') this.#transfers += 1
    else {
      this.#moves += 1
      this.#bytes += bytesTotal
    }
  }

  take(day: number, world: World, household: Household, mischief: Mischief): DayFigures {
    const before = this.#before
    const now = { happenings: mischief.count, lives: household.begun, kills: household.kills }
    const kinds = household.lives ? (household.view().report?.violations.map(({ kind }) => kind) ?? []) : ['(nobody)']
    const figures = {
      day,
      moves: this.#moves,
      gigabytes: this.#bytes / GB,
      transfers: this.#transfers,
      notDone: this.#notDone,
      tickFailures: this.#tickFailures,
      happenings: now.happenings - before.happenings,
      lives: now.lives - before.lives,
      kills: now.kills - before.kills,
      pausedItself: this.#pausedItself,
      partitions: world.partitions.length,
      violations: [...new Set(kinds)].join(' ') || '-',
      heapMB: heapMB(),
    }
    this.#before = now
    this.#moves = this.#bytes = this.#transfers = this.#notDone = this.#tickFailures = this.#pausedItself = 0
    return figures
  }
}

let gc: (() => void) | undefined

/** After all that can go is gone. */
function heapMB(): number {
  if (gc === undefined) {
    v8.setFlagsFromString('--expose-gc')
    gc = vm.runInNewContext('gc') as () => void
  }
  gc()
  return process.memoryUsage().heapUsed / 2 ** 20
}
