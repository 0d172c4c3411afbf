/**
 * What Pinot's own rules want of the tables and of the lists of brokers now. A table whose last job of ours ended before its target was
 * reached is looked at until the controller sees nothing left to do.
 */
import type { Move, RunningJob } from '../../../cluster/move.ts'
import type { Outcome, Step, StepResult } from '../../port.ts'
import type { PinotActs, PinotTargets, Wanted, WantedQuestion } from '../meeting.ts'
import type { PinotReading } from '../reading.ts'
import { brokerDrift } from '../rules/brokers.ts'
import type { BytesOf } from '../rules/changes.ts'
import { suspects } from '../rules/drift.ts'
import { type Acts, pinotSteps } from './acts.ts'
import { JobWatch } from './jobs.ts'
import type { Targets } from './targets.ts'

export class Wants implements PinotTargets, PinotActs {
  readonly #targets: Targets
  readonly #acts: Acts
  readonly #jobs = new JobWatch()
  readonly #unfinished = new Set<string>()

  constructor(targets: Targets, acts: Acts) {
    this.#targets = targets
    this.#acts = acts
  }

  async wanted({ reading, bytesOf, drained, asked, hanging }: WantedQuestion, signal: AbortSignal): Promise<Wanted> {
    const suspected = suspects({ reading, drained, unfinished: this.#unfinished, asked })
    const { resetInVain } = this.#acts
    const { targets, verdicts } = await this.#targets.of(
      { reading, bytesOf, suspects: suspected, hanging, resetInVain },
      signal,
    )
    const wanted = new Set(targets.map(({ topic }) => topic))
    // The controller sees nothing left to do.
    for (const table of verdicts.keys()) if (!wanted.has(table)) this.#unfinished.delete(table)
    const brokers = brokerDrift(reading).map(({ table, before, after, text }) => ({
      topic: table,
      before,
      after,
      text,
    }))
    return { targets, verdicts, brokers }
  }

  jobs(reading: PinotReading, bytesOf: BytesOf): RunningJob[] {
    return this.#jobs.of(reading, bytesOf, (job) => this.#acts.changesOfJob(job))
  }

  steps(move: Move): Step[] {
    return pinotSteps(move)
  }

  perform(steps: readonly Step[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#acts.perform(steps, signal)
  }

  async judge(moves: readonly Move[], signal: AbortSignal): Promise<Outcome[]> {
    const outcomes = await this.#acts.judge(moves, signal)
    moves.forEach(({ kind, topic }, index) => {
      if (kind !== 'table') return
      const { outcome } = outcomes[index]!
      if (outcome === 'superseded') this.#unfinished.add(topic)
      if (outcome === 'landed') this.#unfinished.delete(topic)
    })
    return outcomes
  }

  cancel(moves: readonly Move[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#acts.cancel(moves, signal)
  }
}
