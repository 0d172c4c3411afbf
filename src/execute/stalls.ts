/**
 * Copies that stand still although everybody they need lives: who is to blame.
 *
 * One that stands still while others get on is taken back, and the node that all of those share, and that nothing goes on
 * at, rests for a while. Where everything stands still a throttle or the controller is to blame, and nothing is taken back; nor is
 * it when that is over and some copies go on a little sooner than others. A single copy cannot tell the one from the other: it is
 * given until its deadline.
 */
import type { ReplicaMove } from '../cluster/move.ts'
import type { NodeId } from '../cluster/state.ts'

export interface Copy {
  move: ReplicaMove
  still: boolean
  late: boolean
}

export type Judgement = { kind: 'wait'; text: string } | { kind: 'cancel'; copies: number[]; blame?: NodeId }

/** A break in the flow of bytes: several windows of Kafka's quota (11 s), within which they come in bursts. */
const BREAK_MS = 30_000

/** Since when bytes have been coming, to whichever copy. */
export class Flow {
  #sinceMs = Number.POSITIVE_INFINITY
  #lastMs = Number.NEGATIVE_INFINITY

  /** Some came, or a copy landed. */
  see(atMs: number): void {
    if (atMs - this.#lastMs >= BREAK_MS) this.#sinceMs = atMs
    this.#lastMs = Math.max(this.#lastMs, atMs)
  }

  /** How long they have come without a break; 0 while none come. */
  lastsMs(nowMs: number): number {
    return nowMs - this.#lastMs >= BREAK_MS ? 0 : nowMs - this.#sinceMs
  }
}

/**
 * @param isFlowing the others have got on for as long as one must stand still.
 * @returns undefined while nothing stands still. `copies` are indices.
 */
export function judgeStalls(copies: readonly Copy[], isFlowing: boolean): Judgement | undefined {
  const still = copies.flatMap((copy, index) => (copy.still ? [index] : []))
  if (still.length === 0) return undefined
  if (still.length === copies.length) {
    if (still.length === 1 && copies[0]!.late) return { kind: 'cancel', copies: still, blame: copies[0]!.move.to }
    const text =
      still.length === 1
        ? 'no byte comes, and there is no other copy to compare with'
        : `none of the ${still.length} copies gets on: a throttle or the controller, not a node, is to blame`
    return { kind: 'wait', text }
  }
  if (!isFlowing)
    return { kind: 'wait', text: 'no byte comes, and no other copy has got on for long enough to compare with' }
  const busy = new Set(copies.filter(({ still }) => !still).flatMap(({ move }) => [move.to, move.leader]))
  const shared = [copies[still[0]!]!.move.to, copies[still[0]!]!.move.leader].filter(
    (node) =>
      !busy.has(node) && still.every((index) => [copies[index]!.move.to, copies[index]!.move.leader].includes(node)),
  )
  return { kind: 'cancel', copies: still, ...(shared[0] !== undefined && { blame: shared[0] }) }
}
