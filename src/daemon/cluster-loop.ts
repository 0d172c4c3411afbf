/**
 * The loop of one cluster: sample → fold in what is in flight → assess → plan → dispatch what the budgets allow, every
 * tick; a cheap pulse between ticks that feeds the executor.
 *
 * `starting` until two complete samples in a row agree, then `ready`, `in_progress` or `stalled` by what the tick found,
 * `off` by mode, `unreachable` while sampling fails. A failing tick is said, counted and followed by the next.
 */
import { type Circumstances, statusOf, verdictOf } from '../assess/verdict.ts'
import type { LoopEvent, LoopStatus, MoveProgress, TickReport } from '../cluster/events.ts'
import { freshMemory, type Memory } from '../cluster/memory.ts'
import { totalBytes } from '../cluster/move.ts'
import type { Pulse, Sample } from '../cluster/sample.ts'
import type { BalanceSettings } from '../cluster/settings.ts'
import { Executor, type ExecutorOptions } from '../execute/executor.ts'
import { type Clock, stopwatch, withDeadline } from '../lib/clock.ts'
import { codeOf, messageOf } from '../lib/errors.ts'
import type { Planner } from '../plan/planner.ts'
import type { System } from '../systems/port.ts'
import { Liveness } from './liveness.ts'
import { reportTick } from './report.ts'
import { type Thought, think } from './think.ts'
import type { ClusterView } from './view.ts'

export interface LoopOptions {
  balance: BalanceSettings
  execution: ExecutorOptions
  tickIntervalMs: number
  pulseIntervalMs: number
}

export interface LoopParts {
  name: string
  system: System
  planner: Planner
  clock: Clock
  emit: (event: LoopEvent) => void
}

const SAMPLE_DEADLINE_MS = 120_000
const PULSE_DEADLINE_MS = 60_000
const ENDED_SHOWN = 100

type EventBody = LoopEvent extends infer Event
  ? Event extends LoopEvent
    ? Omit<Event, 'cluster' | 'atMs'>
    : never
  : never

export class ClusterLoop {
  readonly #parts: LoopParts
  readonly #executor: Executor
  readonly #liveness = new Liveness()
  #options: LoopOptions
  #memory: Memory = freshMemory
  #status: LoopStatus = 'starting'
  #statusSinceMs: number
  #shape: string | undefined
  #agreed = false
  #report: TickReport | undefined
  #ended: MoveProgress[] = []
  #done = 0
  #error: string | undefined
  /** Set when the plan in force is used up: the next tick need not wait for its time. */
  #due = true

  constructor(parts: LoopParts, options: LoopOptions) {
    this.#parts = parts
    this.#options = options
    this.#statusSinceMs = parts.clock.now()
    this.#executor = new Executor(parts.system, parts.clock, options.execution, (event) => {
      if (event.type === 'move_ended') this.#remember(event.progress)
      this.#emit(event)
    })
  }

  /** Runs until the signal aborts. Moves in flight are left to the cluster. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts
    let nextTickMs = clock.now()
    while (!signal.aborted) {
      if (this.#due || clock.now() >= nextTickMs) {
        this.#due = false
        nextTickMs = clock.now() + this.#options.tickIntervalMs
        await this.#guarded(signal, () => this.tick(signal))
        if (!this.#agreed && this.#status === 'starting') nextTickMs = clock.now() + this.#options.pulseIntervalMs
      }
      await this.#guarded(signal, () => this.#pulse(signal))
      const untilTick = this.#due ? this.#options.pulseIntervalMs : nextTickMs - clock.now()
      await clock.sleep(Math.max(0, Math.min(this.#options.pulseIntervalMs, untilTick)), signal)
    }
  }

  /** In force at the next tick, which is brought forward. */
  apply(options: LoopOptions): void {
    this.#options = options
    this.#due = true
  }

  view(): ClusterView {
    return {
      name: this.#parts.name,
      drains: [],
      status: this.#status,
      statusSinceMs: this.#statusSinceMs,
      ...(this.#report === undefined ? {} : { report: this.#report }),
      running: this.#executor.progress(),
      pending: this.#executor.pending,
      ended: this.#ended,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    }
  }

  /** One tick. Public for scenarios, which call it by hand. */
  async tick(signal: AbortSignal): Promise<void> {
    const { system, planner, clock } = this.#parts
    const tickWatch = stopwatch()
    let sample: Sample
    try {
      sample = await withDeadline('the sample', SAMPLE_DEADLINE_MS, signal, (s) => system.sample(s))
    } catch (error) {
      if (signal.aborted) return
      this.#sampleFailed(error, tickWatch())
      return
    }
    const sampleMs = tickWatch()
    this.#see(sample)
    const { balance } = this.#options
    const now = clock.now()
    this.#liveness.mark(sample.state, now)
    const thought = await think(sample, this.#executor.inFlight, this.#memory, balance, planner, now, signal)
    if (thought.problems.length > 0)
      this.#emit({ type: 'plan_rejected', text: thought.problems.slice(0, 3).join('; ') })
    this.#memory = rememberedOf(thought, this.#executor.inFlight.length)
    this.#conclude(sample, thought, { sampleMs, tickMs: tickWatch() })
  }

  #conclude(sample: Sample, { assessment, plan, problems }: Thought, took: { sampleMs: number; tickMs: number }): void {
    const counts = Object.fromEntries(plan.blocked.map(({ reason, count }) => [reason, count]))
    this.#emit({ type: 'candidates_rejected', counts })
    const foreign = this.#executor.foreign(sample.running)
    const now: Circumstances = {
      settings: this.#options.balance,
      assessment,
      plan,
      health: sample.health,
      foreign,
      running: this.#executor.inFlight.length,
      stalled: this.#executor.progress().find(({ state }) => state === 'stalled')?.text,
      agreed: this.#agreed,
      participants: plan.nodes.filter((node) => node.state === 'alive').length,
      problems,
      denied: this.#executor.denied,
    }
    const verdict = verdictOf(now)
    this.#executor.offer(verdict.act ? plan.moves : [])
    this.#error = undefined
    this.#become(statusOf(now, verdict))
    this.#report = reportTick(sample, assessment, plan, verdict, {
      ...took,
      status: this.#status,
      settings: this.#options.balance,
      foreignMoves: foreign.length,
    })
    this.#emit({ type: 'tick', report: this.#report })
  }

  async #pulse(signal: AbortSignal): Promise<void> {
    const { system, clock } = this.#parts
    let pulse: Pulse
    try {
      pulse = await withDeadline('the pulse', PULSE_DEADLINE_MS, signal, (s) => system.pulse(s))
    } catch (error) {
      // The executor gets no pulse and waits; the next tick says what is wrong.
      this.#error = messageOf(error)
      return
    }
    for (const change of this.#liveness.see(pulse.aliveNodes, clock.now())) this.#emit(change)
    const before = this.#executor.pending.length + this.#executor.inFlight.length
    const doneBefore = this.#done
    await this.#executor.work(pulse, signal)
    const after = this.#executor.pending.length + this.#executor.inFlight.length
    // What the plan had is used up and did some good: see at once whether there is more, instead of idling until the tick.
    if (before > 0 && after === 0 && this.#done > doneBefore) this.#due = true
    if (before > 0) {
      this.#emit({
        type: 'progress',
        moves: this.#executor.progress(),
        pending: this.#executor.pending.length,
        pendingBytes: totalBytes(this.#executor.pending),
        movedBytes: this.#executor.movedBytes,
      })
    }
  }

  #see(sample: Sample): void {
    const { names } = sample.state
    const alive = names.nodes.filter((_, node) => sample.state.nodeState[node] === 0)
    for (const change of this.#liveness.see(alive, this.#parts.clock.now())) this.#emit(change)
    const shape = [names.nodes.join(), names.topics.join(), sample.state.partitionCount].join('/')
    if (this.#shape === shape) this.#agreed = true
    this.#shape = shape
  }

  #sampleFailed(error: unknown, durationMs: number): void {
    // What was planned from an older reading is not started on a cluster that cannot be seen.
    this.#executor.offer([])
    this.#liveness.blind()
    this.#error = messageOf(error)
    this.#emit({ type: 'sample_failed', code: codeOf(error), text: this.#error, durationMs })
    this.#become('unreachable')
  }

  #remember(progress: MoveProgress): void {
    this.#ended = [progress, ...this.#ended].slice(0, ENDED_SHOWN)
    if (progress.state === 'done') this.#done += 1
  }

  async #guarded(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (signal.aborted) return
      // What is left of an older plan is not begun on the strength of a tick that failed.
      this.#executor.offer([])
      this.#error = messageOf(error)
      this.#emit({ type: 'tick_failed', text: this.#error })
    }
  }

  #become(status: LoopStatus): void {
    if (status === this.#status) return
    const from = this.#status
    this.#status = status
    this.#statusSinceMs = this.#parts.clock.now()
    this.#emit({ type: 'status_changed', from, to: status })
  }

  #emit(event: EventBody): void {
    this.#parts.emit({ ...event, cluster: this.#parts.name, atMs: this.#parts.clock.now() })
  }
}

/** What has begun and is nearly done, with nothing left that would help, is over: it begins anew only by its own edge. */
function rememberedOf({ assessment, plan }: Thought, running: number): Memory {
  const { violations, memory, waiting } = assessment
  const over = running === 0 && plan.moves.length === 0 && violations.every((violation) => violation.closing)
  return over ? { ...memory, filling: waiting, skewedDomains: [], leaderSkew: false } : memory
}
