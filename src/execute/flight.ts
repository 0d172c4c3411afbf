/**
 * What is in flight: follows it, judges its end, and says what is to be taken back.
 *
 * A step without an answer leaves a move unknown: it is judged from placement, and given up only when the hold is over and
 * the placement still shows nothing of it. A copy whose target is gone gets a grace in which it may resume; one that stands
 * still although all live is judged beside the others (stalls.ts). Moves of one group end together: when one of them ends
 * otherwise than done the others are taken back.
 */
import type { MoveProgress, MoveResult } from '../cluster/events.ts'
import {
  copies,
  isDirMove,
  isJobOf,
  isListedAs,
  type Move,
  partitionName,
  type ReplicaMove,
  type RunningJob,
  type RunningMove,
  subjectOf,
  type TableMove,
} from '../cluster/move.ts'
import { isUrgent } from '../cluster/reasons.ts'
import type { Pulse } from '../cluster/sample.ts'
import { ASSUMED_COPY_RATE } from '../cluster/settings.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Clock } from '../lib/clock.ts'
import { groupBy } from '../lib/group-by.ts'
import { formatDuration } from '../lib/units.ts'
import type { Outcome, Refusal, System } from '../systems/port.ts'
import { forecasts } from './forecast.ts'
import type { Operator } from './operator.ts'
import { Flow, judgeStalls } from './stalls.ts'

export interface FlightOptions {
  /** How long an act without an answer may still happen. */
  unknownHoldMs: number
  /** How long a copy waits for a target that is gone before it is taken back. */
  targetGraceMs: number
}

/** How a move ended. */
export interface Ending {
  operator: Operator
  result: MoveResult
  refusal?: Refusal
  /** Replicas that the partition has now, where that is not as many as before. */
  factor?: number
  /** It counts as a try that failed. */
  failed: boolean
}

/** A copy stands still when for so long no byte came: several windows of Kafka's quota, which come in bursts. */
const STILL_MS = 60_000
/** A target must be broken for so long before that is believed: a replica that has just been added is in no dir yet. */
const BROKEN_MS = 10_000
/** What was asked to be taken back and is still listed is asked for again after this. */
const CANCEL_AGAIN_MS = 30_000
/** A list that says done before every broker's metadata does must not be taken for a move that was undone. */
const REVERTED_MS = 10_000
/** A copy is late when it takes so many times as long as its bytes need at its part of the rate, and a while more. */
const LATE_TIMES = 3
const LATE_MS = 10 * 60_000
const LATE_TEXT = 'it takes longer than its bytes should'

/** Bytes per second that bind a copy now. */
export type LimitOf = (move: Move) => number

export class Flight {
  readonly #system: System
  readonly #clock: Clock
  readonly #ended: (ending: Ending) => void
  readonly #blamed: (node: NodeId, why: string) => void
  readonly #flow = new Flow()
  options: FlightOptions
  operators: Operator[] = []
  /** Nodes that nothing may go to any more. */
  unwantedNodes: readonly NodeId[] = []

  constructor(
    system: System,
    clock: Clock,
    options: FlightOptions,
    on: { ended: (ending: Ending) => void; blamed: (node: NodeId, why: string) => void },
  ) {
    this.#system = system
    this.#clock = clock
    this.options = options
    this.#ended = on.ended
    this.#blamed = on.blamed
  }

  get moves(): Move[] {
    return this.operators.map((operator) => operator.move)
  }

  progress(): MoveProgress[] {
    const shown = this.operators.map((operator) => operator.progress())
    const paces = shown.flatMap(({ move, bytesDone, bytesTotal, bytesPerSecond = 0 }, index) => {
      if (bytesPerSecond <= 0 || move.kind !== 'replica' || isDirMove(move)) return []
      const { to, leader } = move
      return [{ to, leader, left: Math.max(0, bytesTotal - bytesDone), perSecond: bytesPerSecond, index }]
    })
    const remainingMs = forecasts(paces)
    paces.forEach(({ index }, at) => {
      shown[index] = { ...shown[index]!, remainingMs: remainingMs[at]! }
    })
    return shown
  }

  /** Those of the running moves that are not ours. */
  foreign(running: RunningMove[]): RunningMove[] {
    const ours = new Map(this.operators.map(({ move }) => [subjectOf(move), move]))
    return running.filter((listed) => {
      const move = ours.get(partitionName(listed))
      return !move || !isListedAs(move, listed)
    })
  }

  /** Those of the running jobs that are not ours. */
  foreignJobs(jobs: RunningJob[]): RunningJob[] {
    return jobs.filter((job) => !this.operators.some(({ move, startedAtMs }) => isJobOf(move, job, startedAtMs)))
  }

  /** @param limitOf what binds a copy, as far as known. */
  async follow(pulse: Pulse, limitOf: LimitOf, signal: AbortSignal): Promise<void> {
    const running = groupBy(pulse.running, partitionName)
    const jobs = groupBy(pulse.jobs ?? [], ({ topic }) => topic)
    const unlisted: Operator[] = []
    for (const operator of this.operators) {
      const job = operator.move.kind === 'table' ? jobs.get(operator.move.topic)?.[0] : undefined
      const listed = running.get(subjectOf(operator.move))?.find((move) => isAlike(operator.move, move))
      if (job) this.#runsAsJob(operator, job)
      else if (!listed || operator.move.kind !== 'replica') unlisted.push(operator)
      else if (!isListedAs(operator.move, listed)) {
        this.end(operator, 'superseded', { text: `somebody else is moving it to ${listed.target.join(', ')}` })
      } else this.#runs(operator, operator.move, listed, pulse.aliveNodes, limitOf)
    }
    if (unlisted.length > 0) {
      const outcomes = await this.#system.judge(
        unlisted.map((operator) => operator.move),
        signal,
      )
      unlisted.forEach((operator, index) => this.#conclude(operator, outcomes[index]!))
    }
    this.#judgeStalls(limitOf)
  }

  /** A job that goes by other parameters, or began before ours, is somebody else's: the system runs one per topic. */
  #runsAsJob(operator: Operator, job: RunningJob): void {
    if (!isJobOf(operator.move, job, operator.startedAtMs)) {
      // Ours may still be on its way; the system refuses it then, or has ended it for the other.
      if (operator.state === 'submitting') return
      return this.end(operator, 'superseded', { text: `somebody else is rebalancing ${job.topic} (${job.id})` })
    }
    const now = this.#clock.now()
    this.#sees(operator, job, now)
    if (operator.state === 'cancelling') return
    this.#settle(operator, job.broken === undefined ? {} : { stall: 'broken', text: job.broken }, now)
    if (operator.state === 'running') operator.text = job.text
  }

  #sees(operator: Operator, seen: RunningMove | RunningJob, now: number): void {
    operator.see(seen, now)
    this.#isUnderWay(operator)
    operator.brokenSinceMs = seen.broken === undefined ? undefined : (operator.brokenSinceMs ?? now)
  }

  #runs(operator: Operator, move: ReplicaMove, seen: RunningMove, alive: readonly NodeId[], limitOf: LimitOf): void {
    const now = this.#clock.now()
    this.#sees(operator, seen, now)
    if (operator.state === 'cancelling') return
    this.#settle(operator, this.#stallOf(operator, move, seen, alive, limitOf, now), now)
  }

  #settle(operator: Operator, { stall, text }: Standing, now: number): void {
    if (stall === undefined) {
      if (operator.state !== 'running') operator.to('running', now)
    } else if (operator.state !== 'stalled' || operator.stall !== stall) operator.to('stalled', now, text)
    operator.stall = stall
  }

  #isUnderWay(operator: Operator): void {
    operator.revertedSinceMs = undefined
    operator.partialSinceMs = undefined
    // Whether or not its answer came: asked again it would be refused for being under way.
    operator.accepted = operator.steps.length
  }

  #stallOf(
    operator: Operator,
    move: ReplicaMove,
    seen: RunningMove,
    alive: readonly NodeId[],
    limitOf: LimitOf,
    now: number,
  ): Standing {
    const { speed } = operator
    if (!alive.includes(move.to)) {
      speed.rest(now)
      return { stall: 'gone', text: `node ${move.to} is gone, the copy goes on when it is back` }
    }
    if (operator.brokenSinceMs !== undefined) return { stall: 'broken', text: seen.broken! }
    const sourceLives = move.replicas.some((node) => alive.includes(node))
    const limit = limitOf(move)
    if (!sourceLives || limit === 0) speed.rest(now)
    if (sourceLives && limit === 0) {
      return { stall: 'rate', text: 'a rate of 0 is set: nothing is copied until somebody raises it' }
    }
    const all = operator.bytesDone >= operator.bytesTotal
    const waitedMs = now - (speed.advancedAtMs ?? now)
    if (all || !sourceLives || waitedMs < STILL_MS) return {}
    return { stall: 'still', text: stillText(waitedMs) }
  }

  #judgeStalls(limitOf: LimitOf): void {
    const now = this.#clock.now()
    const copies = this.operators.filter(
      ({ move, state, stall }) =>
        move.kind === 'replica' && (state === 'running' || (state === 'stalled' && stall === 'still')),
    )
    for (const { speed } of copies) if (speed.grewAtMs !== undefined) this.#flow.see(speed.grewAtMs)
    const late = (operator: Operator) => isLate(operator, limitOf(operator.move) / copies.length, now)
    const judgement = judgeStalls(
      copies.map((operator) => ({
        move: operator.move as Copying,
        still: operator.state === 'stalled',
        late: late(operator),
      })),
      this.#flow.lastsMs(now) >= STILL_MS,
    )
    for (const operator of copies) {
      // Late alone is no reason to take anything back: the bytes would have to come once more.
      if (operator.state === 'running' && operator.text === undefined && late(operator)) operator.text = LATE_TEXT
    }
    if (judgement?.kind === 'wait') {
      for (const operator of copies) if (operator.state === 'stalled') operator.text = judgement.text
    }
    if (judgement?.kind !== 'cancel') return
    const fresh = judgement.copies.some((index) => copies[index]!.unwanted === undefined)
    if (fresh && judgement.blame !== undefined) {
      this.#blamed(judgement.blame, `${judgement.copies.length} copies stood still there while others got on`)
    }
    for (const index of judgement.copies) {
      const operator = copies[index]!
      operator.unwanted ??= { why: stillText(now - operator.speed.advancedAtMs!), failed: true }
    }
  }

  #conclude(operator: Operator, outcome: Outcome): void {
    const now = this.#clock.now()
    if (outcome.outcome !== 'partial') operator.partialSinceMs = undefined
    switch (outcome.outcome) {
      case 'landed':
        return this.end(operator, 'done')
      case 'superseded':
        return this.end(operator, 'superseded', { text: outcome.text, factor: outcome.factor })
      case 'running':
        operator.see(outcome, now)
        this.#isUnderWay(operator)
        if (operator.state === 'unknown') operator.to('running', now)
        return undefined
      case 'reverted':
        return operator.state === 'cancelling'
          ? this.end(operator, 'cancelled', { text: operator.text, failed: operator.unwanted?.failed })
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
    const { unknownHoldMs, targetGraceMs } = this.options
    if (operator.move.kind === 'leader') {
      if (now - operator.sinceMs >= unknownHoldMs) this.end(operator, 'failed', { text })
      return
    }
    const waitedMs = now - operator.partialSinceMs
    if (waitedMs < targetGraceMs) return
    this.end(operator, 'superseded', {
      text: `${text}, after ${formatDuration(waitedMs)} it is not waited for any longer`,
    })
  }

  #concludeReverted(operator: Operator): void {
    const now = this.#clock.now()
    operator.revertedSinceMs ??= now
    const { unknownHoldMs } = this.options
    if (operator.state === 'unknown') {
      if (now - operator.sinceMs < unknownHoldMs) return
      const { unwanted } = operator
      // An earlier process was taking it back, and has.
      if (unwanted) return this.end(operator, 'cancelled', { text: unwanted.why, failed: unwanted.failed })
      // Nothing has come of it: that says nothing against trying again.
      return this.end(operator, 'failed', { text: 'it was never applied', refusal: 'not_sent' })
    }
    // A transfer of leadership that is not seen yet is only late: election has no list to look it up in.
    const patienceMs = operator.move.kind === 'leader' ? unknownHoldMs : REVERTED_MS
    if (now - operator.revertedSinceMs < patienceMs) return
    this.end(operator, 'reverted', { text: 'the placement is as before', failed: true })
  }

  end(operator: Operator, result: MoveResult, how: EndingFacts = {}): void {
    const { text, refusal, failed = false, factor } = how
    operator.to(result, this.#clock.now(), text)
    if (result === 'done' && operator.move.kind === 'replica') this.#flow.see(this.#clock.now())
    // At once: whatever fails next, what has ended is not followed again.
    this.operators = this.operators.filter((other) => other !== operator)
    this.#ended({
      operator,
      result,
      failed,
      ...(refusal !== undefined && { refusal }),
      ...(factor !== undefined && { factor }),
    })
    const { group, id } = operator.move
    if (group === undefined || result === 'done') return
    for (const other of this.operators) {
      if (other.move.group === group)
        other.unwanted ??= { why: `it belongs to ${id}, which was ${result}`, failed: false }
    }
  }

  /** What is to be taken back now, marked as being so. */
  toTakeBack(): Operator[] {
    const now = this.#clock.now()
    const due: Operator[] = []
    for (const operator of this.operators) {
      if (operator.state === 'cancelling') {
        if (now - operator.askedAtMs >= CANCEL_AGAIN_MS) due.push(operator)
        continue
      }
      if (operator.state !== 'running' && operator.state !== 'stalled') continue
      operator.unwanted = this.#unwanted(operator, now)
      if (operator.unwanted) due.push(operator)
    }
    return due
  }

  #unwanted(operator: Operator, now: number): Operator['unwanted'] {
    const { move, state, stall } = operator
    if (!copies(move) || operator.unwanted !== undefined) return operator.unwanted
    const unwantedNode = targetsOf(move).find((node) => this.unwantedNodes.includes(node))
    if (unwantedNode !== undefined) return { why: `node ${unwantedNode} is to be emptied`, failed: false }
    if (state !== 'stalled') return undefined
    const waitedMs = now - operator.sinceMs
    if (move.kind === 'replica' && stall === 'gone' && waitedMs >= this.options.targetGraceMs) {
      return { why: `node ${move.to} is gone for ${formatDuration(waitedMs)}`, failed: true }
    }
    if (stall === 'broken' && waitedMs >= BROKEN_MS) {
      if (move.kind === 'replica') this.#blamed(move.to, operator.text!)
      return { why: operator.text!, failed: true }
    }
    return undefined
  }

  /** A copy that waits for its target gives its slot to what cannot wait. */
  yieldSlots(): void {
    for (const operator of this.operators) {
      const { move, state, stall } = operator
      if (move.kind === 'replica' && state === 'stalled' && stall === 'gone' && !isUrgent(move.reason)) {
        operator.unwanted ??= { why: `node ${move.to} is gone and its slot is needed for repair`, failed: true }
      }
    }
  }
}

type Copying = Extract<Move, { kind: 'replica' }>

/** What keeps a move from getting on; nothing where nothing does. */
interface Standing {
  stall?: Operator['stall']
  text?: string
}

/** Nodes that the move brings replicas to; a move within one node brings none. */
function targetsOf(move: ReplicaMove | TableMove): NodeId[] {
  if (move.kind === 'table') return move.shares.filter(({ adds }) => adds > 0).map(({ node }) => node)
  return move.from === move.to ? [] : [move.to]
}

interface EndingFacts {
  text?: string | undefined
  refusal?: Refusal | undefined
  failed?: boolean | undefined
  factor?: number | undefined
}

function stillText(forMs: number): string {
  return `no byte came for ${formatDuration(forMs)}`
}

/** A partition may be listed for a new replica list and for copies between dirs at once: only the like can be ours. */
function isAlike(move: Move, listed: RunningMove): boolean {
  return isDirMove(move) ? listed.dir?.node === move.to : listed.dir === undefined
}

/** @param limit bytes per second, its part of what binds it; may not be known. */
function isLate({ startedAtMs, bytesTotal }: Operator, limit: number, nowMs: number): boolean {
  const rate = Math.min(limit || ASSUMED_COPY_RATE, ASSUMED_COPY_RATE)
  return nowMs - startedAtMs > LATE_MS + LATE_TIMES * (bytesTotal / rate) * 1000
}
