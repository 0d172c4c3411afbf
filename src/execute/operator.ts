/**
 * An operator: one move while it lives.
 *
 *     planned ─▶ submitting ─▶ running ─▶ done | reverted | superseded | failed | cancelled
 *                    │  │        │ ▲
 *                    │  └▶ unknown ┘        an answer never came: placement will tell
 *                    └▶ failed             refused before anything happened
 *     running ⇄ stalled ─▶ cancelling ─▶ cancelled | done | reverted | superseded | failed
 *
 * A state is left only along these arrows; anything else is a bug and throws.
 */
import type { MoveProgress, OperatorState } from '../cluster/events.ts'
import { bytesOf, type Move } from '../cluster/move.ts'
import { EvenkeelError } from '../lib/errors.ts'
import type { Step } from '../systems/port.ts'

const ends: OperatorState[] = ['done', 'reverted', 'superseded', 'failed', 'cancelled']
const arrows: Record<OperatorState, OperatorState[]> = {
  planned: ['submitting', 'cancelled'],
  submitting: ['running', 'unknown', 'failed'],
  running: ['unknown', 'stalled', 'cancelling', ...ends],
  unknown: ['running', 'stalled', 'submitting', 'cancelling', ...ends],
  stalled: ['running', 'unknown', 'cancelling', ...ends],
  cancelling: ['unknown', ...ends],
  done: [],
  failed: [],
  cancelled: [],
  reverted: [],
  superseded: [],
}

export class Operator {
  readonly move: Move
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
  unwanted: string | undefined
  /** When taking it back was last asked for. */
  askedAtMs = 0

  constructor(move: Move, steps: Step[], nowMs: number) {
    this.move = move
    this.steps = steps
    this.startedAtMs = nowMs
    this.sinceMs = nowMs
    this.bytesTotal = bytesOf(move)
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
    return {
      move: this.move,
      state: this.state,
      ...(this.text === undefined ? {} : { text: this.text }),
      startedAtMs: this.startedAtMs,
      bytesDone: this.bytesDone,
      bytesTotal: this.bytesTotal,
    }
  }
}
