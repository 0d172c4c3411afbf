/**
 * What a round is made of: the sample, the question it puts to the planner, what was found, the report of it. What comes of a round,
 * and when there is one, is the loop's business (`cluster-loop.ts`).
 */
import type { Strangers } from '../assess/gates.ts'
import { type Findings, statusOf, verdictOf } from '../assess/verdict.ts'
import { anyWindowOpen } from '../assess/windows.ts'
import type { LoopStatus, TickReport } from '../cluster/events.ts'
import type { Move } from '../cluster/move.ts'
import type { Verdict } from '../cluster/plan.ts'
import type { Sample } from '../cluster/sample.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import type { ClusterState } from '../cluster/state.ts'
import { pauseAt } from '../cluster/wishes.ts'
import type { Executor } from '../execute/executor.ts'
import type { Journal } from '../execute/journal/journal.ts'
import { approvedOf, askedOf, drainsOf, pauseOf } from '../execute/journal/wishes.ts'
import { type Clock, stopwatch, withDeadline } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
import type { Planner } from '../plan/planner.ts'
import type { System } from '../systems/port.ts'
import type { Liveness } from './liveness.ts'
import { NotShownYet } from './not-shown-yet.ts'
import type { Others } from './others.ts'
import type { Recollection } from './recollection.ts'
import { reportTick } from './report.ts'
import { StrangersWatch } from './strangers.ts'
import { type Question, type Thought, think } from './think.ts'

export interface RoundParts {
  system: System
  planner: Planner
  journal: Journal
  clock: Clock
  executor: Executor
  liveness: Liveness
  recollection: Recollection
  others: Pick<Others, 'report'>
  /** In force now. */
  settings: () => BalanceSettings
  /** Sentences of the loop's other parts that belong into the report. */
  notes: (nowMs: number) => string[]
}

/** What a round is made from, as it was seen. */
interface Seen extends Pick<Question, 'sample' | 'memory' | 'nowMs'> {
  strangers: Strangers
  /** Moves that ended while the sample was taken, which may show their middle. */
  ended: readonly Move[]
}

/** What it comes to. */
interface Outcome {
  found: Findings
  verdict: Verdict
  status: LoopStatus
  sampleMs: number
  tickMs: number
}

const SAMPLE_DEADLINE_MS = 120_000
/** A stranger who moves in batches is given so many ticks between two of them, and so long at most. */
const STRANGER_REST_TICKS = 4
const STRANGER_REST_MS = 120_000

export class Rounds {
  readonly #parts: RoundParts
  readonly #strangers = new StrangersWatch()
  readonly #notShownYet = new NotShownYet()
  #shape: string | undefined
  #agreed = false

  constructor(parts: RoundParts) {
    this.#parts = parts
  }

  /** Two samples in a row have shown the same nodes and topics: before that nothing may begin. */
  get agreed(): boolean {
    return this.#agreed
  }

  /** To be called with each complete sample. */
  saw({ names, partitionCount }: ClusterState): void {
    const shape = [names.nodes.join(), names.topics.join(), partitionCount].join('/')
    if (this.#shape === shape) this.#agreed = true
    this.#shape = shape
  }

  /** To be told of each move that is done. */
  done(move: Move): void {
    this.#notShownYet.done(move, this.#parts.clock.now())
  }

  /** @throws what the system threw, SampleIncomplete above all; EvenkeelError when it takes too long. */
  sample(signal: AbortSignal): Promise<Sample> {
    const { system, journal } = this.#parts
    const wishes = { drained: drainsOf(journal), asked: askedOf(journal) }
    return withDeadline('the sample', SAMPLE_DEADLINE_MS, signal, (s) => system.sample(s, wishes))
  }

  /** @param graceMs how long a move of a stranger's may stand still and still count. */
  strangersIn({ running }: Sample, nowMs: number, tickIntervalMs: number, graceMs: number): Strangers {
    const restMs = Math.min(STRANGER_REST_MS, STRANGER_REST_TICKS * tickIntervalMs)
    return this.#strangers.see(this.#parts.executor.foreign(running), nowMs, restMs, graceMs)
  }

  question({ sample, memory, strangers, ended, nowMs }: Seen): Question {
    const { system, journal, executor, settings } = this.#parts
    const inFlight = [...executor.inFlight, ...ended]
    return {
      sample,
      inFlight: [...inFlight, ...this.#notShownYet.in(sample.state, inFlight, nowMs)],
      memory: { ...memory, ...executor.byHand(ended) },
      drains: drainsOf(journal),
      settings: settings(),
      circumstances: {
        agreed: this.#agreed,
        stateProblem: journal.problem(),
        pause: pauseAt(pauseOf(journal), nowMs),
        denied: executor.denied,
        dayFull: executor.dayFull,
        unsafe: executor.outOfUse.unsafe,
        strangers,
      },
      capabilities: system.capabilities(),
      batch: executor.batch,
      approved: approvedOf(journal),
      nowMs,
    }
  }

  found({ sample, settings }: Question, { assessment, plan, problems }: Thought): Findings {
    const { executor, system } = this.#parts
    return {
      settings,
      assessment,
      plan,
      running: executor.inFlight.length,
      runningByHand: executor.inFlight.filter(({ reason }) => reason === 'manual'),
      stalled: executor.progress().find(({ state }) => state === 'stalled')?.text,
      participants: plan.nodes.filter((node) => node.state === 'alive').length,
      tooLow: executor.tooLow,
      problems,
      tableJobs: system.capabilities().tableJobs,
      foreignJobs: executor.foreignJobs(sample.jobs ?? []),
    }
  }

  report(question: Question, { assessment, plan, notes }: Thought, { found, verdict, ...facts }: Outcome): TickReport {
    const { executor, others } = this.#parts
    const { sample, settings, circumstances, nowMs } = question
    const { foreignJobs } = found
    return reportTick(sample, assessment, plan, verdict, {
      ...facts,
      settings,
      foreignMoves: circumstances.strangers.moving.length + foreignJobs.length,
      foreignJobs,
      others: others.report(sample),
      throttle: executor.throttle,
      notes: [...notes, ...executor.notes, ...this.#parts.notes(nowMs)],
      pause: circumstances.pause,
      windowOpen: anyWindowOpen(settings.windows, nowMs),
    })
  }

  /**
   * What a tick would come to now, from a sample of its own: nothing of it is remembered, and nothing begins.
   * @param endedMeanwhile moves that have ended since the last tick began.
   * @throws EvenkeelError `sample_incomplete` before the first complete tick; what the sample or the planner threw.
   */
  async planNow(endedMeanwhile: () => readonly Move[], signal: AbortSignal): Promise<TickReport> {
    const { planner, clock, liveness, recollection, executor } = this.#parts
    if (recollection.state === undefined) {
      throw new EvenkeelError('sample_incomplete', 'the cluster has not been sampled completely yet')
    }
    const watch = stopwatch()
    const before = new Set(endedMeanwhile())
    const sample = await this.sample(signal)
    const sampleMs = watch()
    const nowMs = clock.now()
    liveness.show(sample.state, nowMs)
    const memory = { ...recollection.memory, hold: executor.holds }
    const strangers = { ...this.#strangers.seen, moving: executor.foreign(sample.running) }
    const ended = endedMeanwhile().filter((move) => !before.has(move))
    const question = this.question({ sample, memory, strangers, ended, nowMs })
    const thought = await think(question, planner, signal)
    const found = this.found(question, thought)
    const verdict = verdictOf(found)
    const took = { sampleMs, tickMs: watch() }
    return this.report(question, thought, { found, verdict, status: statusOf(found, verdict), ...took })
  }
}
