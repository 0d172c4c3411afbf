/**
 * The loop of one cluster: sample → fold in what is in flight → assess → plan → offer it to the executor, every tick; a cheap
 * pulse between ticks that feeds the executor. `rhythm.ts` says when.
 *
 * `starting` until two complete samples in a row agree, then `ready`, `in_progress` or `stalled` by what the tick found,
 * `off` by mode, `paused` by a person or by the circuit breaker, `unreachable` while sampling fails. A failing tick is
 * said, counted and followed by the next.
 *
 * New options and wishes take effect at the next tick, which they bring forward: between them and that tick nothing starts.
 */
import type { Assessment } from '../assess/assess.ts'
import { grownSince } from '../assess/gates.ts'
import { startable, statusOf, verdictOf } from '../assess/verdict.ts'
import type { Decision } from '../cluster/decision.ts'
import type { LoopEvent, LoopStatus, MoveProgress, TickReport } from '../cluster/events.ts'
import type { ExplainSubject, Explanation } from '../cluster/explanation.ts'
import type { Memory } from '../cluster/memory.ts'
import { type Move, subjectOf, totalBytes } from '../cluster/move.ts'
import type { Order } from '../cluster/orders.ts'
import { nodeStates } from '../cluster/reasons.ts'
import type { Pulse, Sample } from '../cluster/sample.ts'
import { stageOf } from '../cluster/sample-stage.ts'
import { type BalanceSettings } from '../cluster/settings.ts'
import type { ClusterState, NodeId } from '../cluster/state.ts'
import { pauseAt } from '../cluster/wishes.ts'
import { writeRates } from '../cluster/write-rates.ts'
import { Executor, type ExecutorEvent, type ExecutorOptions } from '../execute/executor.ts'
import type { DecisionStore } from '../execute/journal/decision-file.ts'
import type { Change, Journal } from '../execute/journal/journal.ts'
import { approvedOf, askedOf, drainsOf, pauseOf } from '../execute/journal/wishes.ts'
import { type Clock, stopwatch, withDeadline } from '../lib/clock.ts'
import { codeOf, EvenkeelError, messageOf } from '../lib/errors.ts'
import { Turns } from '../lib/turns.ts'
import type { Planner } from '../plan/planner.ts'
import type { System } from '../systems/port.ts'
import { Breaker } from './breaker.ts'
import { Decisions } from './decisions.ts'
import { drainViews } from './drain-view.ts'
import { Explainer } from './explain/explainer.ts'
import type { Surroundings } from './explain/picture.ts'
import { KeptMemory } from './kept-memory.ts'
import { Liveness } from './liveness.ts'
import { orderViews } from './orders.ts'
import { Others } from './others.ts'
import { placedViews } from './placed-view.ts'
import { Recollection } from './recollection.ts'
import { Rhythm } from './rhythm.ts'
import { Rounds } from './rounds.ts'
import { type Question, type Thought, think } from './think.ts'
import type { ClusterView, Weighed } from './view.ts'
import { Wishing } from './wishing.ts'

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
  /** What must survive the process: wishes, read at every tick, what is under way or changed, and what is remembered. */
  journal: Journal
  /** Where decisions are kept; absent: in memory only. */
  decisions?: DecisionStore
  clock: Clock
  emit: (event: LoopEvent) => void
  /** Called where no tick is at work: the connection behind `system` may be exchanged here. */
  betweenTicks?: () => void
}

const PULSE_DEADLINE_MS = 60_000
const ENDED_SHOWN = 100
/** What anybody has set on the cluster is looked through this often. */
const SURVEY_MS = 10 * 60_000
const UNAVAILABLE = nodeStates.indexOf('unavailable')
const HERE = [nodeStates.indexOf('alive'), nodeStates.indexOf('draining')]

type EventBody = LoopEvent extends infer Event
  ? Event extends LoopEvent
    ? Omit<Event, 'cluster' | 'atMs'>
    : never
  : never

export class ClusterLoop {
  readonly #parts: LoopParts
  readonly #executor: Executor
  readonly #rhythm: Rhythm
  readonly #liveness = new Liveness()
  readonly #breaker = new Breaker()
  readonly #recollection = new Recollection()
  readonly #others = new Others()
  readonly #kept: KeptMemory
  readonly #decisions: Decisions
  readonly #rounds: Rounds
  readonly #wishing: Wishing
  readonly #explainer = new Explainer()
  #options: LoopOptions
  #status: LoopStatus = 'starting'
  #statusSinceMs: number
  #report: TickReport | undefined
  #ended: MoveProgress[] = []
  #done = 0
  #error: string | undefined
  /** The last pulse failed. */
  #pulseMissing = false
  /** Moves that ended since the last tick began: its sample may still show their middle. */
  #endedMeanwhile: Move[] = []
  #surveyedAtMs = Number.NEGATIVE_INFINITY
  /** Counts changes of options and wishes: what was planned before one is not started after it. */
  #changes = 0
  /** Of those who sample: an adapter takes one at a time. */
  readonly #sampling = new Turns()
  /** One that waits for its turn. */
  #dryRound: Promise<TickReport> | undefined

  constructor(parts: LoopParts, options: LoopOptions) {
    this.#parts = parts
    this.#options = options
    this.#statusSinceMs = parts.clock.now()
    const { system, planner, journal, clock } = parts
    this.#decisions = new Decisions(parts.decisions, () => journal.problem() !== undefined)
    this.#kept = new KeptMemory(journal, this.#liveness, this.#recollection, this.#breaker)
    const emit = (event: ExecutorEvent) => this.#executed(event)
    this.#executor = new Executor({ system, journal, clock, emit }, options.execution)
    const shared = { system, planner, journal, clock, executor: this.#executor, recollection: this.#recollection }
    const settings = () => this.#options.balance
    this.#wishing = new Wishing({ ...shared, settings, hurry: () => this.hurry() })
    this.#rounds = new Rounds({
      ...shared,
      settings,
      liveness: this.#liveness,
      others: this.#others,
      notes: (nowMs) => [...this.#others.changes.notes(nowMs), ...this.#wishing.notes(nowMs), ...this.#decisions.notes],
    })
    this.#rhythm = new Rhythm(clock, {
      tick: (signal) =>
        this.#sampling.take(() => {
          parts.betweenTicks?.()
          this.#endedMeanwhile = []
          return this.#guarded(signal, () => this.tick(signal))
        }),
      look: (signal) => this.#look(signal),
      work: (pulse, mayStart, signal) => this.#guarded(signal, () => this.#work(pulse, mayStart, signal)),
      isWaiting: () => this.#executor.pending.length > 0,
      intervals: () => this.#intervals(),
    })
  }

  /** Runs until the signal aborts. Moves in flight are left to the cluster. */
  async run(signal: AbortSignal): Promise<void> {
    this.#decisions.load()
    await this.#rhythm.run(signal)
    await this.#decisions.close()
  }

  #executed(event: ExecutorEvent): void {
    if (event.type === 'factor_changed') {
      this.#breaker.factorChanged(event.text)
      // The next tick pauses the cluster: nothing begins until then.
      this.hurry()
      return
    }
    if (event.type === 'move_started') this.#decisions.began(event.progress, event.adopted === true)
    if (event.type === 'move_ended') {
      const { progress, result, durationMs } = event
      this.#decisions.ended(progress, result, durationMs, this.#parts.clock.now())
      this.#others.changes.ended(progress.move, result, this.#parts.clock.now())
      this.#remember(event.progress)
      this.#breaker.moveEnded(event, this.#parts.clock.now())
      this.#endedMeanwhile.push(progress.move)
      if (result === 'done') this.#rounds.done(progress.move)
      this.#wishing.carriedOut(event.progress)
    }
    this.#emit(event)
  }

  /** The second look, which the first must agree with, comes soon. */
  #intervals(): { tickMs: number; pulseMs: number } {
    const { tickIntervalMs, pulseIntervalMs: pulseMs } = this.#options
    const again = !this.#rounds.agreed && this.#status === 'starting'
    return { tickMs: again ? pulseMs : tickIntervalMs, pulseMs }
  }

  /** New options, in force at the next tick. Nothing that waits by the old ones is started any more. */
  apply(options: LoopOptions): void {
    this.#options = options
    this.#executor.options = options.execution
    this.hurry()
  }

  /** @throws as `Wishing.wish` does */
  wish(change: (journal: Pick<Journal, 'read'>) => Change[]): Promise<void> {
    return this.#wishing.wish(change)
  }

  /** The pause is over, whoever made it; what went wrong before does not count any more. */
  async resume(): Promise<void> {
    this.#breaker.reset()
    this.#recollection.accept()
    await this.wish(() => [
      { kind: 'pause', key: 'cluster', value: undefined },
      { kind: 'failures', key: 'cluster', value: undefined },
    ])
  }

  /** @throws as `Wishing.cancel` does */
  cancel(subjects: readonly string[], reason: string): Promise<void> {
    return this.#wishing.cancel(subjects, reason)
  }

  /** @throws as `Wishing.order` does */
  order(order: Order, signal: AbortSignal): Promise<void> {
    return this.#wishing.order(order, this.#endedMeanwhile.map(subjectOf), signal)
  }

  /** @throws as `Wishing.order` does */
  weigh(order: Order, signal: AbortSignal): Promise<Weighed> {
    return this.#wishing.weigh(order, signal)
  }

  /** @throws EvenkeelError `usage` when the node is not one of the cluster. */
  checkNode(node: NodeId): void {
    const known = this.#recollection.state?.names.nodes
    if (known && !known.includes(node)) {
      throw new EvenkeelError('usage', `the cluster has no node ${node}; it has ${known.join(', ')}`)
    }
  }

  /** Brings the next tick forward; nothing begins before it. */
  hurry(): void {
    this.#changes += 1
    this.#executor.withdraw()
    this.#rhythm.tickSoon()
  }

  view(): ClusterView {
    const { journal } = this.#parts
    const pause = pauseAt(pauseOf(journal), this.#parts.clock.now())
    // An old reading calls nothing safe.
    const known = this.#status === 'unreachable' ? undefined : this.#recollection.state
    return {
      name: this.#parts.name,
      drains: drainViews(drainsOf(journal), known, this.#executor.inFlight),
      ...(pause && { pause }),
      ...some('asked', askedOf(journal)),
      ...some('orders', orderViews(journal, this.#executor.inFlight, this.#executor.pending)),
      ...some('placed', placedViews(this.#executor.byHand().placed, this.#recollection.state)),
      ...some('approved', [...approvedOf(journal)]),
      ...some('waiting', this.#executor.holds.topics),
      status: this.#status,
      statusSinceMs: this.#statusSinceMs,
      ...(this.#report === undefined ? {} : { report: this.#report }),
      running: this.#executor.progress(),
      pending: this.#executor.pending,
      ended: this.#ended,
      ...(this.#error === undefined ? {} : { error: this.#error }),
    }
  }

  /** Newest first. */
  get decisions(): Decision[] {
    return this.#decisions.list()
  }

  /** @throws EvenkeelError `usage` for what the cluster does not have, `sample_incomplete` before the first round. */
  explain(subject: ExplainSubject): Promise<Explanation> {
    return this.#explainer.explain(subject, () => this.#surroundings())
  }

  #surroundings(): Surroundings {
    const { journal, clock } = this.#parts
    return {
      view: this.view(),
      decisions: this.decisions,
      tries: journal.read('tries'),
      coolDowns: journal.read('cool_down'),
      limits: this.#options.execution,
      movesPerNode: this.#executor.movesPerNode,
      tooLow: this.#executor.tooLow,
      nowMs: clock.now(),
    }
  }

  /** One tick. Public for scenarios, which call it by hand. */
  async tick(signal: AbortSignal): Promise<void> {
    const { planner, journal, clock } = this.#parts
    const tickWatch = stopwatch()
    const changes = this.#changes
    const surveyed = this.#survey(signal)
    let sample: Sample
    try {
      sample = await this.#rounds.sample(signal)
    } catch (error) {
      if (signal.aborted) return
      this.#sampleFailed(error, tickWatch())
      return
    }
    const sampleMs = tickWatch()
    await surveyed
    const { clusterId } = sample.state.cluster
    if (clusterId !== undefined) {
      await journal.bind(clusterId)
      this.#decisions.bind(clusterId)
    }
    this.#kept.takeOver(clock.now())
    this.#see(sample)
    this.#executor.adopt()
    this.#executor.tick(writeRates(sample.state))
    const now = clock.now()
    this.#liveness.mark(sample.state, now)
    const idle = this.#executor.inFlight.length === 0 && this.#executor.pending.length === 0
    const memory = { ...this.#recollection.recall(sample, idle, now), hold: this.#executor.holds }
    await this.#selfDefence(sample, memory, now)
    await this.#kept.save(sample.state, memory, this.#options.balance, now)
    await this.#wishing.forget(sample)
    this.#executor.unwanted = drainsOf(journal)
    this.#executor.outOfUse.gone = sample.state.names.nodes.filter(
      (_, node) => sample.state.nodeState[node] === UNAVAILABLE,
    )
    const { tickIntervalMs, execution } = this.#options
    const strangers = this.#rounds.strangersIn(sample, now, tickIntervalMs, execution.targetGraceMs)
    this.#others.see(this.#recollection.gone, sample, this.#executor.inFlight, strangers.moving.length > 0, now)
    if (!idle && sample.health.underReplicated.other > 0) this.#executor.slowDown()
    const question = this.#rounds.question({ sample, memory, strangers, ended: this.#endedMeanwhile, nowMs: now })
    const thought = await think(question, planner, signal)
    if (thought.problems.length > 0)
      this.#emit({ type: 'plan_rejected', text: thought.problems.slice(0, 3).join('; ') })
    this.#recollection.keep(sample)
    this.#others.keep(sample, now)
    await this.#kept.saveBegun(thought.assessment.memory)
    await this.#settleOrders(thought, now)
    this.#conclude(question, thought, { sampleMs, tickMs: tickWatch() })
    if (changes !== this.#changes) this.#executor.withdraw()
  }

  /**
   * What a tick would come to now, from a sample of its own between two ticks: nothing of it is remembered, and nothing begins. Those
   * who ask while one waits for its turn share it.
   * @throws EvenkeelError `sample_incomplete` before the first complete tick; what the sample or the planner threw.
   */
  planNow(signal: AbortSignal): Promise<TickReport> {
    this.#dryRound ??= this.#sampling.take(() => {
      this.#dryRound = undefined
      return this.#rounds.planNow(() => this.#endedMeanwhile, signal)
    })
    return this.#dryRound
  }

  /** Pauses the cluster when our moves went wrong too often or made it worse. */
  async #selfDefence(sample: Sample, memory: Memory, now: number): Promise<void> {
    const grown = grownSince(memory.baseline, sample.health)
    this.#breaker.sampled(grown)
    const why = this.#breaker.trips(grown, now)
    if (why === undefined) return
    const { journal } = this.#parts
    const said: string[] = []
    try {
      await this.#wishing.change((left) => {
        const held = pauseAt(pauseOf(left), now)
        if (held?.by === 'circuit_breaker') return []
        const reason = held ? `${why}; before that an operator paused it: ${held.reason}` : why
        said.push(reason)
        return [{ kind: 'pause', key: 'cluster', value: { by: 'circuit_breaker', reason, sinceMs: now } }]
      })
    } catch (error) {
      if (journal.problem() === undefined) throw error
      // Nothing starts while nothing can be written; the next tick tries again.
      return
    }
    for (const reason of said) this.#emit({ type: 'paused', by: 'circuit_breaker', reason })
  }

  #conclude(question: Question, thought: Thought, took: { sampleMs: number; tickMs: number }): void {
    const { sample, nowMs } = question
    const { assessment, plan } = thought
    const counts = Object.fromEntries(plan.blocked.map(({ reason, count }) => [reason, count]))
    this.#emit({ type: 'candidates_rejected', counts })
    const found = this.#rounds.found(question, thought)
    const verdict = verdictOf(found)
    this.#executor.outOfUse.mayEmpty = assessment.gate === undefined
    this.#executor.outOfUse.lost = lostIn(sample.state, assessment)
    const moves = startable(found)
    if (assessment.gate && moves.length === 0) this.#executor.withdraw()
    else this.#executor.offer(moves)
    const settled =
      this.#executor.inFlight.length === 0 && sample.state.nodeState.every((state) => HERE.includes(state))
    this.#recollection.conclude(thought, settled, nowMs)
    this.#error = undefined
    this.#become(statusOf(found, verdict))
    this.#report = this.#rounds.report(question, thought, { found, verdict, status: this.#status, ...took })
    this.#decisions.round(this.#report, nowMs)
    this.#explainer.consider({ question, assessment, report: this.#report })
    this.#emit({ type: 'tick', report: this.#report })
  }

  /** @returns undefined when nothing could be seen. */
  async #look(signal: AbortSignal): Promise<Pulse | undefined> {
    const { system, clock } = this.#parts
    try {
      const pulse = await withDeadline('the pulse', PULSE_DEADLINE_MS, signal, (s) => system.pulse(s))
      for (const change of this.#liveness.see(pulse.aliveNodes, clock.now())) this.#emit(change)
      this.#pulseMissing = false
      return pulse
    } catch (error) {
      if (signal.aborted) return undefined
      // The executor gets no pulse and waits; a tick says what is wrong, and it is brought forward for the first one that is missing.
      this.#error = messageOf(error)
      if (!this.#pulseMissing) this.#rhythm.tickSoon()
      this.#pulseMissing = true
      return undefined
    }
  }

  async #work(pulse: Pulse, mayStart: () => boolean, signal: AbortSignal): Promise<void> {
    // Before the first sample nobody knows whether this is the cluster that the journal speaks of.
    if (this.#recollection.state === undefined) return
    const before = this.#executor.pending.length + this.#executor.inFlight.length
    const doneBefore = this.#done
    await this.#executor.work(pulse, mayStart, signal)
    const after = this.#executor.pending.length + this.#executor.inFlight.length
    // What the plan had is used up and did some good: see at once whether there is more, instead of idling until the tick.
    if (before > 0 && after === 0 && this.#done > doneBefore) this.#rhythm.tickSoon()
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

  async #settleOrders(thought: Thought, nowMs: number): Promise<void> {
    for (const { order, text, progress } of await this.#wishing.settle(thought, nowMs)) {
      this.#showEnded(progress)
      this.#emit({ type: 'order_refused', order, text })
    }
  }

  /** What it does not tell now it tells the next time. */
  async #survey(signal: AbortSignal): Promise<void> {
    const now = this.#parts.clock.now()
    if (now - this.#surveyedAtMs < SURVEY_MS) return
    this.#surveyedAtMs = now
    try {
      await withDeadline('the survey of settings', PULSE_DEADLINE_MS, signal, (s) => this.#executor.survey(s))
    } catch {
      this.#surveyedAtMs = Number.NEGATIVE_INFINITY
    }
  }

  #see(sample: Sample): void {
    const { names } = sample.state
    const alive = names.nodes.filter((_, node) => sample.state.nodeState[node] === 0)
    for (const change of this.#liveness.see(alive, this.#parts.clock.now())) this.#emit(change)
    this.#rounds.saw(sample.state)
  }

  #sampleFailed(error: unknown, durationMs: number): void {
    // What was planned from an older reading is not started on a cluster that cannot be seen.
    this.#executor.withdraw()
    this.#liveness.blind()
    this.#recollection.blind()
    this.#error = messageOf(error)
    const stage = stageOf(error)
    const failed = { code: codeOf(error), text: this.#error, durationMs, ...(stage && { stage }) }
    this.#emit({ type: 'sample_failed', ...failed })
    this.#become('unreachable')
  }

  #showEnded(progress: MoveProgress): void {
    this.#ended = [progress, ...this.#ended].slice(0, ENDED_SHOWN)
  }

  #remember(progress: MoveProgress): void {
    this.#showEnded(progress)
    const now = this.#parts.clock.now()
    if (progress.state === 'done') {
      this.#done += 1
      this.#recollection.moved(progress, now)
    } else if (progress.move.kind === 'leader')
      this.#recollection.mute(progress.move, now + this.#options.balance.leadershipMuteMs)
  }

  async #guarded(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      if (signal.aborted) return
      // What is left of an older plan is not begun on the strength of a tick that failed.
      this.#executor.withdraw()
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

/** What is empty is left out of the view. */
function some<Name extends string, Value>(name: Name, values: Value[]): { [key in Name]?: Value[] } {
  return values.length === 0 ? {} : ({ [name]: values } as { [key in Name]: Value[] })
}

/** Nodes that are given up, where something may be done about it. */
function lostIn({ names }: ClusterState, { violations, goals }: Assessment): NodeId[] {
  const may = violations.some(({ kind, gate }) => kind === 'node_unavailable' && gate === undefined)
  return may ? goals.lostNodes.map((node) => names.nodes[node]!) : []
}
