/**
 * Plans as people see them. One is made anew at every tick; a run reaches from the first move that starts until a tick finds that
 * none runs and none may start.
 */
import type { LoopEvent, MoveProgress, MoveResult, TickReport } from '../cluster/events.ts'
import { formatTime } from '../lib/iso-time.ts'
import { workLeft } from './work-left.ts'

export interface PlanRun {
  /** The time of its begin, as in `20260131T123000`. */
  id: string
  startedAtMs: number
  /** What was planned when it began. */
  moves: number
  bytes: number
  /** What the tick said that planned it. */
  why: string
}

export interface FinishedRun extends PlanRun {
  results: Record<MoveResult, number>
  /** Copied. */
  bytesDone: number
  durationMs: number
  /** What the tick said that found it over. */
  outcome: string
}

/** What a run has come to. `underway`: how long it takes can be told, or nobody waits for that any longer. */
export interface RunListener {
  begun(run: PlanRun): void
  underway(run: PlanRun, remainingMs: number | undefined): void
  finished(run: FinishedRun): void
}

/** Until the speed of the copies is known. */
const SPEED_MS = 30_000

/** Of one cluster. */
export class PlanRuns {
  readonly #listener: RunListener
  #planned: Pick<TickReport, 'plan' | 'verdict'> | undefined
  #run: (PlanRun & { isUnderway: boolean; results: Record<MoveResult, number>; bytesDone: number }) | undefined
  readonly #running = new Set<string>()

  constructor(listener: Partial<RunListener>) {
    this.#listener = { begun: () => undefined, underway: () => undefined, finished: () => undefined, ...listener }
  }

  /** The run that goes on; undefined between two. */
  get current(): PlanRun | undefined {
    return this.#run
  }

  onEvent(event: LoopEvent): void {
    switch (event.type) {
      case 'tick':
        this.#planned = event.report
        this.#judge(event.report, event.atMs)
        break
      case 'move_started':
        this.#running.add(event.progress.move.id)
        this.#begin(event.progress, event.atMs)
        break
      case 'move_ended':
        this.#running.delete(event.progress.move.id)
        if (!this.#run) break
        this.#run.results[event.result] += 1
        this.#run.bytesDone += event.progress.bytesDone
        break
      case 'progress':
        this.#look(event.moves, event.pendingBytes, event.atMs)
        break
      default:
    }
  }

  #begin({ move, bytesTotal }: MoveProgress, atMs: number): void {
    if (this.#run) return
    // What an earlier process began is taken up before anything was planned.
    const { plan, verdict } = this.#planned ?? { plan: undefined, verdict: undefined }
    const results = { done: 0, failed: 0, cancelled: 0, reverted: 0, superseded: 0 }
    this.#run = {
      id: formatTime(atMs).slice(0, 19).replaceAll(/[-:]/g, ''),
      startedAtMs: atMs,
      moves: Math.max(1, plan?.moves.length ?? 0),
      bytes: Math.max(bytesTotal, plan?.bytes ?? 0),
      why: verdict?.text ?? `${move.reason}, begun before the restart`,
      isUnderway: false,
      results,
      bytesDone: 0,
    }
    this.#listener.begun(this.#run)
  }

  #look(moves: readonly MoveProgress[], pendingBytes: number, atMs: number): void {
    if (!this.#run || this.#run.isUnderway) return
    const { ms } = workLeft(moves, pendingBytes)
    if (!Number.isNaN(ms)) this.#goesOn(ms)
    else if (atMs - this.#run.startedAtMs >= SPEED_MS) this.#goesOn(undefined)
  }

  #goesOn(remainingMs: number | undefined): void {
    if (!this.#run || this.#run.isUnderway) return
    this.#run.isUnderway = true
    this.#listener.underway(this.#run, remainingMs)
  }

  #judge({ verdict, plan }: TickReport, atMs: number): void {
    if (!this.#run || this.#running.size > 0 || (verdict.act && plan.moves.length > 0)) return
    this.#goesOn(undefined)
    const run = this.#run
    this.#run = undefined
    this.#listener.finished({ ...run, durationMs: atMs - run.startedAtMs, outcome: verdict.text })
  }
}
