/**
 * Carries out plans: takes the moves of the newest plan in their order, starts what the budgets allow, and sees to what is in
 * flight. Every call is fed with a fresh pulse; it keeps no timer of its own.
 *
 * What is about to be done is in the journal before it is done, and what came of it afterwards: a process that begins takes
 * up what an earlier one left open, and only the placement tells what became of that. The settings that copies need (throttles)
 * are the change ledger's; they are set before a copy begins and given back when it has ended.
 *
 * A refused step ends a move as failed: the next plan starts from what the cluster is then. Moves of one group start together or
 * not at all.
 */
import type { MoveProgress, MoveResult, ThrottleReport } from '../cluster/events.ts'
import type { Hold, Memory } from '../cluster/memory.ts'
import {
  copies,
  isDirMove,
  isOfPartition,
  type Move,
  partitionName,
  type RunningJob,
  type RunningMove,
  subjectOf,
} from '../cluster/move.ts'
import type { Pulse } from '../cluster/sample.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Clock } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import type { Refusal, Step, StepResult, System } from '../systems/port.ts'
import { type BudgetLimits, Budgets, lowerClassRoom } from './budgets.ts'
import { type Cancelled, cancellation, isCancelled } from './cancellation.ts'
import { ChangeLedger, type LedgerEvent, type Unset } from './change-ledger.ts'
import { choose, isCopy } from './choose.ts'
import { DayBudget } from './day-budget.ts'
import { type Ending, Flight, type FlightOptions } from './flight.ts'
import { afterOrdered, byHandOf, outdatedPlacements } from './journal/by-hand.ts'
import type { Change, Journal } from './journal/journal.ts'
import { moveKey } from './journal/records.ts'
import { Operator } from './operator.ts'
import { OutOfUse } from './out-of-use.ts'
import { Owed } from './owed.ts'
import { Pace } from './pace.ts'
import { ThrottleNeed, type ThrottleSettings, type WriteRate } from './throttle-need.ts'
import { throttleNotes } from './throttle-notes.ts'
import {
  afterCancel,
  afterFailure,
  afterSuccess,
  coolDown,
  factorChanged,
  holdsAt,
  leaving,
  outdated,
} from './tries.ts'

export interface ExecutorOptions extends BudgetLimits, FlightOptions {
  /** Leadership transfers started for one plan at most. */
  maxTransfersPerTick: number
  /** Bytes of moves begun in one UTC day at most, but for what cannot wait; undefined: no limit. */
  maxBytesPerDay?: number
  /** Undefined: copies are not throttled by us. */
  throttle?: ThrottleSettings
}

export type ExecutorEvent =
  /** `adopted`: an earlier process began it. */
  | { type: 'move_started'; progress: MoveProgress; adopted?: boolean }
  /** `refusal`: why the cluster, or our own last look at it, refused the move. */
  | { type: 'move_ended'; progress: MoveProgress; result: MoveResult; durationMs: number; refusal?: Refusal }
  /** The replication factor is not what it was when our move began. */
  | { type: 'factor_changed'; text: string }
  | LedgerEvent

export interface ExecutorParts {
  system: System
  journal: Journal
  clock: Clock
  emit: (event: ExecutorEvent) => void
}

/** A missing permission is the same for every move: asking again at every tick would only fill the log. */
const DENIED_FOR_MS = 5 * 60_000

export class Executor {
  readonly #system: System
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #emit: (event: ExecutorEvent) => void
  readonly #flight: Flight
  readonly #ledger: ChangeLedger | undefined
  /** Nodes that a setting takes out of use; to be told at every tick which. */
  readonly outOfUse: OutOfUse
  readonly #day: DayBudget
  readonly #pace = new Pace()
  readonly #owed: Owed
  #options: ExecutorOptions
  #pending: Move[] = []
  #withdrawals = 0
  #transfers = 0
  #movedBytes = 0
  #denied: { text: string; atMs: number } | undefined
  #tooLow: string | undefined
  #writeRate: WriteRate = () => Number.NaN
  /** The settings are looked at as a whole before anything else is done about them. */
  #lookAtSettings = true

  constructor({ system, journal, clock, emit }: ExecutorParts, options: ExecutorOptions) {
    this.#system = system
    this.#journal = journal
    this.#clock = clock
    this.#emit = emit
    this.#options = options
    this.#day = new DayBudget(journal, clock)
    this.#owed = new Owed(journal)
    this.#ledger = system.settings && new ChangeLedger(system.settings, journal, clock, emit)
    this.outOfUse = new OutOfUse(system.settings, () => this.#ledger?.records.values() ?? [])
    this.#flight = new Flight(system, clock, options, {
      ended: (ending) => this.#ended(ending),
      blamed: (node, why) => this.#owed.add(coolDown(node, why, clock.now())),
    })
  }

  /** The moves of the newest plan replace all that wait; what is in flight stays. */
  offer(moves: Move[]): void {
    this.#pending = moves
    this.#transfers = 0
    this.#tooLow = undefined
  }

  /** Nothing more is to begin, not even what has been chosen and waits for its settings; what was asked for goes on. */
  withdraw(): void {
    this.#withdrawals += 1
    this.offer([])
  }

  /** To be told once a tick: settings are looked at as a whole, the pace is seen to. */
  tick(writeRate: WriteRate): void {
    this.#writeRate = writeRate
    this.#lookAtSettings = true
    this.#pace.tick(this.#options.concurrentMovesPerNode)
  }

  /** Something is wrong with the cluster's health: fewer moves at once. */
  slowDown(): void {
    this.#pace.trouble(this.#options.concurrentMovesPerNode, this.#clock.now())
  }

  /** New limits; what is in flight stays. */
  set options(options: ExecutorOptions) {
    this.#options = options
    this.#flight.options = options
    this.#lookAtSettings = true
  }

  /** Nodes that are to be emptied: what is on its way to them is taken back. */
  set unwanted(nodes: readonly NodeId[]) {
    this.#flight.unwantedNodes = nodes
    this.outOfUse.draining = nodes
  }

  get pending(): Move[] {
    return this.#pending
  }

  get inFlight(): Move[] {
    return this.#flight.moves
  }

  progress(): MoveProgress[] {
    return this.#flight.progress()
  }

  /** Bytes copied by our moves since the start, those still running included. */
  get movedBytes(): number {
    return this.#flight.operators.reduce((sum, operator) => sum + operator.bytesDone, this.#movedBytes)
  }

  /** Why acts were refused for want of a permission; undefined when none was for a while. */
  get denied(): string | undefined {
    return this.#denied && this.#clock.now() - this.#denied.atMs < DENIED_FOR_MS ? this.#denied.text : undefined
  }

  /** Why a move of the plan in force does not begin although the budgets would let it. */
  get tooLow(): string | undefined {
    return this.#tooLow
  }

  /** Why only what cannot wait is begun today; undefined while there are bytes left. */
  get dayFull(): string | undefined {
    return this.#day.full(this.#options.maxBytesPerDay)
  }

  /** What is left alone for a while because it failed. */
  get holds(): Hold {
    return holdsAt(this.#owed, this.#clock.now())
  }

  /** What people ask to be moved of partitions that do not move now, and what they have put where it is. */
  byHand(endedMeanwhile: readonly Move[] = []): Pick<Memory, 'orders' | 'placed'> {
    return byHandOf(this.#owed, [...this.inFlight, ...endedMeanwhile], this.#clock.now())
  }

  /** Limits on copying that stand on the cluster; undefined where there is no such thing. */
  get throttle(): ThrottleReport | undefined {
    return this.#ledger?.report()
  }

  /** What is worth knowing of limits on copying, one sentence each. */
  get notes(): string[] {
    const report = this.throttle
    if (!report) return []
    const records = this.#ledger!.records.values()
    const overrun = this.#need()?.overrun() ?? []
    return throttleNotes({ report, records, rate: this.#options.throttle?.rate, overrun })
  }

  /** Looks through what anybody has set on the cluster. */
  async survey(signal: AbortSignal): Promise<void> {
    await this.#ledger?.survey(signal)
  }

  /** Moves that one node may have at once now. */
  get movesPerNode(): number {
    return this.#pace.limit(this.#options.concurrentMovesPerNode)
  }

  /** What may be on its way to one node at once, but for repair, drain and critical disks. */
  get batch(): { adds: number; bytes: number } {
    return lowerClassRoom({ ...this.#options, concurrentMovesPerNode: this.movesPerNode })
  }

  /** What is to be written down when somebody cancels what is under way of a subject, or waits; empty where there is nothing. */
  cancellation(cancelled: Cancelled): Change[] {
    const moves = { operators: this.#flight.operators, pending: this.#pending }
    return cancellation(this.#owed, moves, cancelled, this.#clock.now())
  }

  /** To be told once that is written: the next pulse takes it back. */
  cancel(cancelled: Cancelled): void {
    for (const operator of this.#flight.operators) {
      if (isCancelled(operator.move, cancelled)) operator.unwanted ??= { why: cancelled.why, failed: false }
    }
  }

  /** Those of the running moves that are not ours. */
  foreign(running: RunningMove[]): RunningMove[] {
    return this.#flight.foreign(running)
  }

  /** Those of the running jobs that are not ours. */
  foreignJobs(jobs: RunningJob[]): RunningJob[] {
    return this.#flight.foreignJobs(jobs)
  }

  /**
   * Takes up what an earlier process left open. Idempotent: the journal may become readable only later.
   * Public so that a sample taken before the first pulse already knows what is ours.
   */
  adopt(): void {
    const known = new Set([...this.#flight.moves.map(moveKey), ...this.#owed.keys('intent')])
    for (const [key, { move, atMs, unwanted }] of this.#journal.read('intent')) {
      if (known.has(key)) continue
      const operator = Operator.adopted(move, this.#system.steps(move), atMs, this.#clock.now())
      operator.unwanted = unwanted
      this.#flight.operators.push(operator)
      this.#emit({ type: 'move_started', progress: operator.progress(), adopted: true })
    }
  }

  /**
   * Follows what is in flight, then starts what the budgets allow.
   * @param mayStart whether anything new may begin: asked when it is about to, since what comes before may take long.
   */
  async work(pulse: Pulse, mayStart: () => boolean, signal: AbortSignal): Promise<void> {
    this.adopt()
    await this.#flight.follow(pulse, (move) => this.#limitOf(move), signal)
    // Without a journal nothing is done that would have to be in it.
    if (this.#journal.problem() === undefined) {
      await this.#takeBack(signal)
      await this.#continue(signal)
      // First: a partition's next move has the key of the one that has just ended.
      await this.#pay()
      if (mayStart()) await this.#dispatch(pulse, signal)
      await this.#align([], signal)
    }
    await this.#pay()
  }

  /** Bytes per second that bind a copy, as far as it is known. */
  #limitOf(move: Move): number {
    if (!this.#ledger || !isCopy(move)) return Number.POSITIVE_INFINITY
    const target = this.#ledger.limits(move.to)
    return isDirMove(move) ? target.dirs : Math.min(target.in, this.#ledger.limits(move.leader).out)
  }

  #ended({ operator, result, refusal, failed, factor }: Ending): void {
    const now = this.#clock.now()
    const { move } = operator
    this.#movedBytes += operator.bytesDone
    if (result === 'done') this.#pace.ended()
    if (failed || (result === 'failed' && refusal === 'rejected')) this.slowDown()
    this.#owed.add({ kind: 'intent', key: moveKey(move), value: undefined })
    if (copies(move)) this.#owed.add(...this.#lesson(operator, result, refusal, failed, now))
    this.#owed.add(...afterOrdered(this.#owed, move, result, now))
    this.#emit({
      type: 'move_ended',
      progress: operator.progress(),
      result,
      durationMs: now - operator.startedAtMs,
      ...(refusal !== undefined && { refusal }),
    })
    if (factor !== undefined && isOfPartition(move) && factor !== move.replicas.length) {
      const text = `${partitionName(move)} has ${factor} replicas, it had ${move.replicas.length} when our move of it began`
      this.#owed.add(factorChanged(this.#owed, text))
      this.#emit({ type: 'factor_changed', text })
    }
  }

  #lesson(
    { move, text = '' }: Operator,
    result: MoveResult,
    refusal: Refusal | undefined,
    failed: boolean,
    now: number,
  ) {
    if (result === 'done') return [...afterSuccess(this.#owed, move), ...leaving(move, now)]
    if (result === 'reverted') return [afterCancel(this.#owed, move, text, now)]
    if (failed || refusal === 'rejected') return [afterFailure(this.#owed, move, text, now)]
    return []
  }

  /** Takes back what is not wanted any more; how it ended is judged from placement. */
  async #takeBack(signal: AbortSignal): Promise<void> {
    const due = this.#flight.toTakeBack()
    if (due.length === 0) return
    const now = this.#clock.now()
    const fresh = due.filter(({ state }) => state !== 'cancelling')
    if (fresh.length > 0) await this.#journal.write(fresh.map((operator) => intentOf(operator)))
    for (const operator of fresh) operator.to('cancelling', now, operator.unwanted?.why)
    for (const operator of due) operator.askedAtMs = now
    const moves = due.map((operator) => operator.move)
    // Refused or unanswered: placement tells, and what is still listed is asked for again. It keeps nothing else waiting.
    await this.#system.cancel(moves, signal).catch(() => undefined)
  }

  /** Next steps of moves whose earlier steps were accepted. */
  async #continue(signal: AbortSignal): Promise<void> {
    const due = this.#flight.operators.filter(
      (operator) => operator.state === 'running' && operator.accepted < operator.steps.length,
    )
    await this.#perform(due, signal)
  }

  async #dispatch(pulse: Pulse, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#pending.length === 0) return
    const chosen = this.#choose(pulse)
    if (chosen.length === 0) return
    const now = this.#clock.now()
    const withdrawals = this.#withdrawals
    const operators = chosen.map((move) => new Operator(move, this.#system.steps(move), now))
    // At once: whoever plans meanwhile must know of them.
    this.#flight.operators.push(...operators)
    try {
      // Before the settings too: they are only for what is meant to be done.
      await this.#journal.write([...operators.map((operator) => intentOf(operator)), ...this.#day.begun(chosen)])
    } catch (error) {
      this.#flight.operators = this.#flight.operators.filter((operator) => !operators.includes(operator))
      throw error
    }
    let unset: Unset[]
    try {
      unset = await this.#align(chosen, signal)
    } catch (error) {
      for (const operator of operators) this.#notSent(operator, messageOf(error))
      throw error
    }
    if (withdrawals !== this.#withdrawals) return this.#callOff(operators)
    await this.#perform(this.#withoutUnset(operators, unset), signal)
    // A leader move has a second step that need not wait for the next pulse.
    await this.#continue(signal)
  }

  /** Moves whose copying could not be bound are not begun, nor are those of their group. */
  #withoutUnset(operators: Operator[], unset: Unset[]): Operator[] {
    const bound = operators.filter((operator) => {
      const { move } = operator
      if (move.kind !== 'replica') return true
      const missing = unset.find(({ ref: { scope, of } }) =>
        scope === 'topic' ? of === move.topic && !isDirMove(move) : of === move.to || of === move.leader,
      )
      if (!missing) return true
      this.#notSent(operator, `its throttle could not be set: ${missing.text}`, missing.denied)
      return false
    })
    return bound.filter((operator) => {
      if (!operator.unwanted) return true
      this.#notSent(operator, operator.unwanted.why)
      return false
    })
  }

  /** What was called off before anything of it was sent has never begun: nobody is told of it. */
  #callOff(operators: Operator[]): void {
    this.#flight.operators = this.#flight.operators.filter((operator) => !operators.includes(operator))
    this.#owed.add(...operators.map(({ move }): Change => ({ kind: 'intent', key: moveKey(move), value: undefined })))
  }

  #notSent(operator: Operator, text: string, denied = false): void {
    operator.to('submitting', this.#clock.now())
    this.#answered(operator, { outcome: 'refused', code: denied ? 'not_permitted' : 'not_sent', text })
  }

  /** Takes from what waits what may begin now, and leaves the rest waiting. */
  #choose(pulse: Pulse): Move[] {
    const foreign = this.foreign(pulse.running)
    const budgets = new Budgets({ ...this.#options, concurrentMovesPerNode: this.movesPerNode })
    const foreignJobs = this.foreignJobs(pulse.jobs ?? [])
    const busy = new Set([...pulse.running.map(partitionName), ...(pulse.jobs ?? []).map(({ topic }) => topic)])
    for (const { move, state, stall } of this.#flight.operators) {
      busy.add(subjectOf(move))
      if (!copies(move)) continue
      if (state === 'stalled' && stall === 'gone') budgets.takeWaiting(move)
      else budgets.take(move)
    }
    for (const move of foreign) budgets.takeForeign(move)
    for (const job of foreignJobs) budgets.takeForeignJob(job)

    // Leadership that is moved among replicas that move themselves would soon be moved again.
    const copying = [...this.inFlight, ...this.#pending].some(isCopy)
    const { maxTransfersPerTick, maxBytesPerDay } = this.#options
    const { chosen, waiting, squeezed, tooLow } = choose(this.#pending, {
      budgets,
      need: this.#need(),
      busy,
      transfersLeft: copying ? 0 : maxTransfersPerTick - this.#transfers,
      foreign: foreign.length > 0,
      affords: (moves, before) => this.#day.allows(moves, before, maxBytesPerDay),
    })
    this.#tooLow = tooLow ?? this.#tooLow
    this.#transfers += chosen.filter(({ kind }) => kind === 'leader').length
    if (squeezed) this.#flight.yieldSlots()
    this.#pending = waiting
    return chosen
  }

  /** What the copies in flight need; undefined where copies are not throttled. */
  #need(): ThrottleNeed | undefined {
    const { throttle } = this.#options
    if (!throttle || !this.#ledger) return undefined
    const need = new ThrottleNeed(throttle, this.#writeRate)
    for (const move of this.inFlight.filter(isCopy)) need.add(move)
    return need
  }

  async #align(begun: Move[], signal: AbortSignal): Promise<Unset[]> {
    if (!this.#ledger) return []
    const whole = this.#lookAtSettings && begun.length === 0
    const wanted = this.#need()?.throttle() ?? { rates: [], copies: [] }
    const keepRates = this.inFlight.length + this.#pending.length > 0
    const unset = await this.#ledger.align(wanted, { whole, keepRates, besides: this.outOfUse.wanted() }, signal)
    this.outOfUse.see(unset)
    if (whole) this.#lookAtSettings = false
    return unset
  }

  async #perform(operators: Operator[], signal: AbortSignal): Promise<void> {
    if (operators.length === 0) return
    const fresh = operators.filter((operator) => operator.state === 'planned')
    for (const operator of fresh) operator.to('submitting', this.#clock.now())
    const results = await this.#ask(
      operators.map((operator) => operator.steps[operator.accepted]!),
      signal,
    )
    operators.forEach((operator, index) => this.#answered(operator, results[index]!))
  }

  /** An adapter that throws leaves open what it did: every step of the call is then unknown. */
  async #ask(steps: Step[], signal: AbortSignal): Promise<StepResult[]> {
    try {
      return await this.#system.perform(steps, signal)
    } catch (error) {
      return steps.map(() => ({ outcome: 'unknown', text: messageOf(error) }))
    }
  }

  #answered(operator: Operator, result: StepResult): void {
    const now = this.#clock.now()
    const first = operator.state === 'submitting'
    if (result.outcome === 'accepted') {
      operator.accepted += 1
      this.#named(operator, result.job)
      if (first) operator.to('running', now)
    } else if (result.outcome === 'unknown') operator.to('unknown', now, result.text)
    if (first) this.#emit({ type: 'move_started', progress: operator.progress() })
    if (result.outcome !== 'refused') return
    if (result.code === 'not_permitted') {
      this.#denied = { text: result.text, atMs: now }
      this.#pending = []
    }
    this.#flight.end(operator, 'failed', { text: `${result.code}: ${result.text}`, refusal: result.code })
  }

  /** Who comes after us knows the job by the id that the system gave it. */
  #named(operator: Operator, job: string | undefined): void {
    if (job === undefined || operator.move.kind !== 'table') return
    operator.move = { ...operator.move, job }
    this.#owed.add(intentOf(operator))
  }

  async #pay(): Promise<void> {
    const now = this.#clock.now()
    const journal = this.#journal
    await this.#owed.pay([...outdated(journal, now), ...outdatedPlacements(journal, now), ...this.#day.outdated()])
  }
}

function intentOf({ move, startedAtMs, unwanted }: Operator): Change {
  const value = { move, atMs: startedAtMs, ...(unwanted && { unwanted }) }
  return { kind: 'intent', key: moveKey(move), value }
}
