/** How much may be in flight: moves and bytes, per node and direction and over the cluster. */
import { isDirMove, type Move, type ReplicaMove, type RunningMove } from '../cluster/move.ts'
import { isUrgent } from '../cluster/reasons.ts'
import type { NodeId } from '../cluster/state.ts'

export interface BudgetLimits {
  concurrentMoves: number
  concurrentMovesPerNode: number
  /** Undefined: bytes are not limited. */
  bytesInFlightPerNode?: number
}

/** What the lower classes may use of a node's budget at most, so that repair always finds room. */
const LOWER_CLASS_SHARE = 0.8

interface Load {
  moves: number
  bytes: number
}

export class Budgets {
  readonly #limits: BudgetLimits
  #moves = 0
  #in = new Map<NodeId, Load>()
  #out = new Map<NodeId, Load>()

  constructor(limits: BudgetLimits) {
    this.#limits = limits
  }

  /** Counts a move of ours that is in flight. */
  take(move: ReplicaMove): void {
    this.takeWaiting(move)
    count(this.#out, sourceOf(move), move.bytes)
  }

  /** Counts one whose target is gone: nothing is read for it now. */
  takeWaiting(move: ReplicaMove): void {
    this.#moves += 1
    count(this.#in, move.to, move.bytes)
  }

  /** Counts what somebody else moves: it uses the same disks and network. */
  takeForeign({ adding, dir, bytesTotal = 0 }: RunningMove): void {
    this.#moves += 1
    for (const node of dir === undefined ? adding : [dir.node]) count(this.#in, node, bytesTotal)
  }

  /** Takes all of the moves, or none when they do not all fit beside what is in flight. */
  takeAll(moves: readonly Move[]): boolean {
    const taken: ReplicaMove[] = []
    for (const move of moves) {
      if (!this.allows(move)) {
        for (const other of taken) this.#giveBack(other)
        return false
      }
      if (move.kind !== 'replica') continue
      this.take(move)
      taken.push(move)
    }
    return true
  }

  #giveBack(move: ReplicaMove): void {
    this.#moves -= 1
    discount(this.#in, move.to, move.bytes)
    discount(this.#out, sourceOf(move), move.bytes)
  }

  /** A node with nothing in flight may always take one move, however large. */
  allows(move: Move): boolean {
    if (move.kind === 'leader') return true
    const share = isUrgent(move.reason) ? 1 : LOWER_CLASS_SHARE
    return (
      this.#moves < this.#limits.concurrentMoves &&
      this.#room(this.#in.get(move.to), move.bytes, share) &&
      this.#room(this.#out.get(sourceOf(move)), move.bytes, share)
    )
  }

  #room(load: Load | undefined, bytes: number, share: number): boolean {
    if (!load) return true
    const { concurrentMovesPerNode, bytesInFlightPerNode = Number.POSITIVE_INFINITY } = this.#limits
    const most = Math.max(1, Math.floor(concurrentMovesPerNode * share))
    return load.moves < most && load.bytes + bytes <= bytesInFlightPerNode * share
  }
}

/** Who is read from: the leader, for a move between dirs the node itself. */
function sourceOf(move: ReplicaMove): NodeId {
  return isDirMove(move) ? move.from : move.leader
}

function count(loads: Map<NodeId, Load>, node: NodeId, bytes: number): void {
  const load = loads.get(node) ?? { moves: 0, bytes: 0 }
  load.moves += 1
  load.bytes += bytes
  loads.set(node, load)
}

function discount(loads: Map<NodeId, Load>, node: NodeId, bytes: number): void {
  const load = loads.get(node)!
  load.moves -= 1
  load.bytes -= bytes
  if (load.moves === 0) loads.delete(node)
}
