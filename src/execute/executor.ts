/**
 * Carries out plans: takes the moves of the newest plan in their order, starts what the budgets allow, follows what is in
 * flight and judges its end. Every call is fed with a fresh pulse; it keeps no timer of its own.
 *
 * A move runs its steps one after the other. A refused step ends it as failed: the next plan starts from what the
 * cluster is then. A step without an answer leaves it unknown: it is judged from placement, and given up only
 * when the hold is over and the placement still shows nothing of it.
 *
 * Moves of one group start together or not at all, and when one of them ends otherwise than done the others are taken back.
 * A copy whose target is gone gets a grace in which it may resume, then it is taken back; so is at once what goes to a
 * node that is to be emptied.
 */
import type { MoveProgress, MoveResult } from '../cluster/events.ts'
import { isDirMove, isListedAs, type Move, partitionName, type RunningMove } from '../cluster/move.ts'
import { isUrgent } from '../cluster/reasons.ts'
import type { Pulse } from '../cluster/sample.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Clock } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import { groupBy } from '../lib/group-by.ts'
import { formatDuration } from '../lib/units.ts'
import type { Outcome, Refusal, Step, StepResult, System } from '../systems/port.ts'
import { type BudgetLimits, Budgets } from './budgets.ts'
import { Operator } from './operator.ts'

export interface ExecutorOptions extends BudgetLimits {
  /** Leadership transfers started for one plan at most. */
  maxTransfersPerTick: number
  /** How long an act without an answer may still happen. */
  unknownHoldMs: number
  /** How long a copy waits for a target that is gone before it is taken back. */
  targetGraceMs: number
}

export type ExecutorEvent =
  | { type: 'move_started'; progress: MoveProgress }
  /** `refusal`: why the cluster, or our own last look at it, refused the move. */
  | { type: 'move_ended'; progress: MoveProgress; result: MoveResult; durationMs: number; refusal?: Refusal }

/** A missing permission is the same for every move: asking again at every tick would only fill the log. */
const DENIED_FOR_MS = 5 * 60_000

/** A list that says done before every broker's metadata does must not be taken for a move that was undone. */
const REVERTED_FOR_MS = 10_000

/** What was asked to be taken back and is still listed is asked for again after this. */
const CANCEL_AGAIN_MS = 30_000

export class Executor {
  readonly #system: System
  readonly #clock: Clock
  readonly #emit: (event: ExecutorEvent) => void
  #options: ExecutorOptions
  #pending: Move[] = []
  #transfers = 0
  #operators: Operator[] = []
  #movedBytes = 0
  #denied: { text: string; atMs: number } | undefined
  /** Nodes that nothing may go to any more. */
  #unwanted: readonly NodeId[] = []

  constructor(system: System, clock: Clock, options: ExecutorOptions, emit: (event: ExecutorEvent) => void) {
    this.#system = system
    this.#clock = clock
    this.#options = options
    this.#emit = emit
  }

  /** The moves of the newest plan replace all that wait; what is in flight stays. */
  offer(moves: Move[]): void {
    this.#pending = moves
    this.#transfers = 0
  }

  /** New limits; what is in flight stays. */
  set options(options: ExecutorOptions) {
    this.#options = options
  }

  /** Nodes that are to be emptied: what is on its way to them is taken back. */
  set unwanted(nodes: readonly NodeId[]) {
    this.#unwanted = nodes
  }

  get pending(): Move[] {
    return this.#pending
  }

  get inFlight(): Move[] {
    return this.#operators.map((operator) => operator.move)
  }

  progress(): MoveProgress[] {
    return this.#operators.map((operator) => operator.progress())
  }

  /** Bytes copied by our moves since the start, those still running included. */
  get movedBytes(): number {
    return this.#operators.reduce((sum, operator) => sum + operator.bytesDone, this.#movedBytes)
  }

  /** Why acts were refused for want of a permission; undefined when none was for a while. */
  get denied(): string | undefined {
    return this.#denied && this.#clock.now() - this.#denied.atMs < DENIED_FOR_MS ? this.#denied.text : undefined
  }

  /** Those of the running moves that are not ours. */
  foreign(running: RunningMove[]): RunningMove[] {
    const ours = new Map(this.#operators.map(({ move }) => [partitionName(move), move]))
    return running.filter((listed) => {
      const move = ours.get(partitionName(listed))
      return !move || !isListedAs(move, listed)
    })
  }

  /** Follows what is in flight, then starts what the budgets allow. */
  async work(pulse: Pulse, signal: AbortSignal): Promise<void> {
    await this.#follow(pulse, signal)
    await this.#takeBack(signal)
    await this.#continue(signal)
    await this.#dispatch(pulse, signal)
  }

  async #follow(pulse: Pulse, signal: AbortSignal): Promise<void> {
    const running = groupBy(pulse.running, partitionName)
    const unlisted: Operator[] = []
    for (const operator of this.#operators) {
      const listed = running.get(partitionName(operator.move))?.find((move) => isAlike(operator.move, move))
      if (!listed || operator.move.kind !== 'replica') unlisted.push(operator)
      else if (!isListedAs(operator.move, listed)) {
        this.#end(operator, 'superseded', `somebody else is moving it to ${listed.target.join(', ')}`)
      } else {
        this.#runs(operator, listed, pulse.aliveNodes.includes(operator.move.to))
      }
    }
    if (unlisted.length > 0) {
      const outcomes = await this.#system.judge(
        unlisted.map((operator) => operator.move),
        signal,
      )
      unlisted.forEach((operator, index) => this.#conclude(operator, outcomes[index]!))
    }
  }

  #runs(operator: Operator, seen: { bytesDone?: number; bytesTotal?: number }, targetAlive: boolean): void {
    const now = this.#clock.now()
    const gone = `node ${operator.move.to} is gone, the copy goes on when it is back`
    if (operator.state !== 'cancelling') {
      if (!targetAlive && operator.state !== 'stalled') operator.to('stalled', now, gone)
      if (targetAlive && operator.state !== 'running') operator.to('running', now)
    }
    operator.revertedSinceMs = undefined
    operator.partialSinceMs = undefined
    // It is under way, whether or not its answer came: asked again it would be refused for being under way.
    operator.accepted = operator.steps.length
    // The total may grow while writes go on, and progress with it may fall back: shown as it is.
    if (seen.bytesTotal !== undefined) operator.bytesTotal = seen.bytesTotal
    if (seen.bytesDone !== undefined) operator.bytesDone = seen.bytesDone
  }

  #conclude(operator: Operator, outcome: Outcome): void {
    const now = this.#clock.now()
    if (outcome.outcome !== 'partial') operator.partialSinceMs = undefined
    switch (outcome.outcome) {
      case 'landed':
        return this.#end(operator, 'done')
      case 'superseded':
        return this.#end(operator, 'superseded', outcome.text)
      case 'running':
        return this.#runs(operator, outcome, operator.state !== 'stalled')
      case 'reverted':
        return operator.state === 'cancelling'
          ? this.#end(operator, 'cancelled', operator.text)
          : this.#concludeReverted(operator)
      case 'partial':
        return this.#concludePartial(operator, outcome.text)
      case 'unknown':
        if (operator.state === 'running') operator.to('unknown', now, outcome.text)
    }
    return undefined
  }

  /**
   * A copy may take its time to get in sync again; leadership that has not come by now has gone elsewhere. What is followed
   * is left alone by repair: a copy whose node died as it landed is not followed for ever.
   */
  #concludePartial(operator: Operator, text: string): void {
    const now = this.#clock.now()
    operator.text = text
    operator.partialSinceMs ??= now
    const { unknownHoldMs, targetGraceMs } = this.#options
    if (operator.move.kind === 'leader') {
      if (now - operator.sinceMs >= unknownHoldMs) this.#end(operator, 'failed', text)
      return
    }
    const waitedMs = now - operator.partialSinceMs
    if (waitedMs < targetGraceMs) return
    this.#end(operator, 'superseded', `${text}, after ${formatDuration(waitedMs)} it is not waited for any longer`)
  }

  #concludeReverted(operator: Operator): void {
    const now = this.#clock.now()
    operator.revertedSinceMs ??= now
    if (operator.state === 'unknown') {
      if (now - operator.sinceMs >= this.#options.unknownHoldMs) this.#end(operator, 'failed', 'it was never applied')
      return
    }
    // A transfer of leadership that is not seen yet is only late: election has no list to look it up in.
    const patience = operator.move.kind === 'leader' ? this.#options.unknownHoldMs : REVERTED_FOR_MS
    if (now - operator.revertedSinceMs >= patience) this.#end(operator, 'reverted', 'the placement is as before')
  }

  #end(operator: Operator, result: MoveResult, text?: string, refusal?: Refusal): void {
    const now = this.#clock.now()
    operator.to(result, now, text)
    // At once: whatever fails next, what has ended is not followed again.
    this.#operators = this.#operators.filter((other) => other !== operator)
    this.#movedBytes += operator.bytesDone
    this.#emit({
      type: 'move_ended',
      progress: operator.progress(),
      result,
      durationMs: now - operator.startedAtMs,
      ...(refusal !== undefined && { refusal }),
    })
    const { group } = operator.move
    if (group === undefined || result === 'done') return
    for (const other of this.#operators) {
      if (other.move.group !== group) continue
      other.unwanted = `it belongs to ${operator.move.id}, which was ${result}`
    }
  }

  /** Why the move is not wanted any more; undefined while it is. */
  #unwantedBecause(operator: Operator): string | undefined {
    const { move, state } = operator
    if (move.kind !== 'replica') return undefined
    if (operator.unwanted !== undefined) return operator.unwanted
    if (move.from !== move.to && this.#unwanted.includes(move.to)) return `node ${move.to} is to be emptied`
    const waitedMs = this.#clock.now() - operator.sinceMs
    if (state === 'stalled' && waitedMs >= this.#options.targetGraceMs) {
      return `node ${move.to} is gone for ${formatDuration(waitedMs)}`
    }
    return undefined
  }

  /** Takes back what is not wanted any more; how it ended is judged from placement. */
  async #takeBack(signal: AbortSignal): Promise<void> {
    const now = this.#clock.now()
    const due: Operator[] = []
    for (const operator of this.#operators) {
      if (operator.state === 'cancelling') {
        if (now - operator.askedAtMs >= CANCEL_AGAIN_MS) due.push(operator)
        continue
      }
      if (operator.state !== 'running' && operator.state !== 'stalled') continue
      const because = this.#unwantedBecause(operator)
      if (because === undefined) continue
      operator.to('cancelling', now, because)
      due.push(operator)
    }
    if (due.length === 0) return
    for (const operator of due) operator.askedAtMs = now
    const moves = due.map((operator) => operator.move)
    // Refused or unanswered: placement tells, and what is still listed is asked for again. It keeps nothing else waiting.
    await this.#system.cancel(moves, signal).catch(() => undefined)
  }

  /** Next steps of moves whose earlier steps were accepted. */
  async #continue(signal: AbortSignal): Promise<void> {
    const due = this.#operators.filter(
      (operator) => operator.state === 'running' && operator.accepted < operator.steps.length,
    )
    await this.#perform(due, signal)
  }

  async #dispatch(pulse: Pulse, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#pending.length === 0) return
    const foreign = this.foreign(pulse.running)
    const budgets = new Budgets(this.#options)
    const busy = new Set(pulse.running.map(partitionName))
    for (const { move } of this.#operators) {
      busy.add(partitionName(move))
      if (move.kind === 'replica') budgets.take(move)
    }
    for (const move of foreign) budgets.takeForeign(move)

    // Leadership that is moved among replicas that move themselves would soon be moved again.
    const copying = [...this.inFlight, ...this.#pending].some((move) => move.kind === 'replica')
    const started: Operator[] = []
    const waiting: Move[] = []
    for (const moves of inGroups(this.#pending)) {
      const urgent = moves.every((move) => isUrgent(move.reason))
      const transfers = moves.filter((move) => move.kind === 'leader').length
      const transfersLeft =
        transfers === 0 || (!copying && this.#transfers + transfers <= this.#options.maxTransfersPerTick)
      const free = moves.every((move) => !busy.has(partitionName(move)))
      // What somebody else began since the plan was made is a reason to plan anew, unless it cannot wait.
      const may = free && transfersLeft && (urgent || foreign.length === 0)
      if (may && budgets.takeAll(moves)) {
        this.#transfers += transfers
        started.push(...moves.map((move) => new Operator(move, this.#system.steps(move), this.#clock.now())))
      } else waiting.push(...moves)
      // Later moves of the same partition start from where this one ends.
      for (const move of moves) busy.add(partitionName(move))
    }
    this.#pending = waiting
    this.#operators.push(...started)
    await this.#perform(started, signal)
    // A leader move has a second step that need not wait for the next pulse.
    await this.#continue(signal)
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
      if (first) operator.to('running', now)
    } else if (result.outcome === 'unknown') operator.to('unknown', now, result.text)
    else {
      if (first) this.#emit({ type: 'move_started', progress: operator.progress() })
      if (result.code === 'not_permitted') {
        this.#denied = { text: result.text, atMs: now }
        this.#pending = []
      }
      return this.#end(operator, 'failed', `${result.code}: ${result.text}`, result.code)
    }
    if (first) this.#emit({ type: 'move_started', progress: operator.progress() })
    return undefined
  }
}

/** A partition may be listed for a new replica list and for copies between dirs at once: only the like can be ours. */
function isAlike(move: Move, listed: RunningMove): boolean {
  return isDirMove(move) ? listed.dir?.node === move.to : listed.dir === undefined
}

/** Moves of one group together, every other by itself; in their order. */
function inGroups(moves: readonly Move[]): Move[][] {
  const groups: Move[][] = []
  for (const move of moves) {
    const last = groups.at(-1)
    if (move.group !== undefined && last?.[0]?.group === move.group) last.push(move)
    else groups.push([move])
  }
  return groups
}
