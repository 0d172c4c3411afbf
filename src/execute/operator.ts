/**
 * An operator: one move while it lives.
 *
 *     planned ─▶ submitting ─▶ running ─▶ done | reverted | superseded | failed | cancelled
 *                    │  │        │ ▲
 *                    │  └▶ unknown ┘        an answer never came: placement will tell
 *                    └▶ failed             refused before anything happened
 *     running ⇄ stalled ─▶ cancelling ─▶ cancelled | done | reverted | superseded | failed
 *
 * What is stalled may come to be so for another reason. A state is left only along these arrows; anything else is a bug and throws.
 */
import type { MoveProgress, OperatorState } from '../cluster/events.ts'
import { bytesOf, type Move } from '../cluster/move.ts'
import { EvenkeelError } from '../lib/errors.ts'
import type { Step } from '../systems/port.ts'
import { Speed } from './speed.ts'

const ends: OperatorState[] = ['done', 'reverted', 'superseded', 'failed', 'cancelled']
const arrows: Record<OperatorState, OperatorState[]> = {
  planned: ['submitting', 'cancelled'],
  submitting: ['running', 'unknown', 'failed'],
  running: ['unknown', 'stalled', 'cancelling', ...ends],
  unknown: ['running', 'stalled', 'submitting', 'cancelling', ...ends],
  stalled: ['running', 'unknown', 'stalled', 'cancelling', ...ends],
  cancelling: ['unknown', ...ends],
  done: [],
  failed: [],
  cancelled: [],
  reverted: [],
  superseded: [],
}

/**
 * `gone`: the target is not there. `broken`: the target lives and cannot take it. `still`: no byte comes although all live.
 * `rate`: somebody set a rate of 0.
 */
export type Stall = 'gone' | 'broken' | 'still' | 'rate'

/** `failed`: for a reason that lies in the move or its target, so that it counts as a try. */
export interface Unwanted {
  why: string
  failed: boolean
}

/** How long after its intent a move is sent at the latest: settings that get no answer are waited for in between. */
const SENT_WITHIN_MS = 65_000

export class Operator {
  move: Move
  readonly steps: Step[]
  readonly startedAtMs: number
  state: OperatorState = 'planned'
  /** When the present state was entered. */
  sinceMs: number
  text: string | undefined
  /** Steps accepted so far. */
  accepted = 0
  bytesDone = 0
  bytesTotal: number
  /** When the placement was first seen as before the move although it had been accepted. */
  revertedSinceMs: number | undefined
  /** Since when the placement has shown neither its end nor that it goes on. */
  partialSinceMs: number | undefined
  /** Why it is to be taken back; undefined while it is not. */
  unwanted: Unwanted | undefined
  /** What keeps it from getting on while it is `stalled`. */
  stall: Stall | undefined
  /** Since when the system says that it is broken. */
  brokenSinceMs: number | undefined
  readonly speed = new Speed()
  /** When taking it back was last asked for. */
  askedAtMs = 0

  constructor(move: Move, steps: Step[], nowMs: number) {
    this.move = move
    this.steps = steps
    this.startedAtMs = nowMs
    this.sinceMs = nowMs
    this.bytesTotal = bytesOf(move)
  }

  /**
   * One that an earlier process began: what became of it the placement tells. It was sent some time after it was written down,
   * and not after now.
   */
  static adopted(move: Move, steps: Step[], atMs: number, nowMs: number): Operator {
    const operator = new Operator(move, steps, atMs)
    operator.state = 'unknown'
    operator.sinceMs = Math.min(nowMs, atMs + SENT_WITHIN_MS)
    operator.text = 'begun before the restart'
    return operator
  }

  /** The total may grow while writes go on, and progress with it may fall back: shown as it is. */
  see({ bytesDone, bytesTotal }: { bytesDone?: number; bytesTotal?: number }, nowMs: number): void {
    if (bytesTotal !== undefined) this.bytesTotal = bytesTotal
    if (bytesDone === undefined) return
    this.bytesDone = bytesDone
    this.speed.see(bytesDone, nowMs)
  }

  /** @throws EvenkeelError `internal` when the table has no such arrow. */
  to(state: OperatorState, nowMs: number, text?: string): void {
    if (!arrows[this.state].includes(state)) {
      throw new EvenkeelError('internal', `${this.move.id}: no way from ${this.state} to ${state}`)
    }
    this.state = state
    this.sinceMs = nowMs
    this.text = text
    if (state === 'done') this.bytesDone = this.bytesTotal
  }

  progress(): MoveProgress {
    const speed = this.state === 'running' ? this.speed.perSecond() : undefined
    const left = Math.max(0, this.bytesTotal - this.bytesDone)
    return {
      move: this.move,
      state: this.state,
      ...(this.text === undefined ? {} : { text: this.text }),
      startedAtMs: this.startedAtMs,
      bytesDone: this.bytesDone,
      bytesTotal: this.bytesTotal,
      ...(speed !== undefined && { bytesPerSecond: speed }),
      ...(speed !== undefined && speed > 0 && { remainingMs: (left / speed) * 1000 }),
    }
  }
}
