/** How much may be in flight: moves and bytes, per node and direction and over the cluster. */
import type { Move, ReplicaMove } from '../cluster/move.ts'
import type { NodeId } from '../cluster/state.ts'

export interface BudgetLimits {
  concurrentMoves: number
  concurrentMovesPerNode: number
  /** Undefined: bytes are not limited. */
  bytesInFlightPerNode?: number
}

/** What balancing may use of a node's budget at most, so that repair always finds room. */
const LOWER_CLASS_SHARE = 0.8

interface Load {
  moves: number
  bytes: number
}

export class Budgets {
  readonly #perNode: number
  readonly #cluster: number
  readonly #bytes: number
  #moves = 0
  readonly #in = new Map<NodeId, Load>()
  readonly #out = new Map<NodeId, Load>()

  constructor(limits: BudgetLimits) {
    this.#perNode = Math.max(1, Math.floor(limits.concurrentMovesPerNode * LOWER_CLASS_SHARE))
    this.#cluster = limits.concurrentMoves
    this.#bytes = (limits.bytesInFlightPerNode ?? Number.POSITIVE_INFINITY) * LOWER_CLASS_SHARE
  }

  /** Counts a move of ours that is in flight. */
  take(move: ReplicaMove): void {
    this.#moves += 1
    count(this.#in, move.to, move.bytes)
    count(this.#out, move.leader, move.bytes)
  }

  /** A node with nothing in flight may always take one move, however large. */
  allows(move: Move): boolean {
    if (move.kind === 'leader') return true
    return (
      this.#moves < this.#cluster &&
      this.#room(this.#in.get(move.to), move.bytes) &&
      this.#room(this.#out.get(move.leader), move.bytes)
    )
  }

  #room(load: Load | undefined, bytes: number): boolean {
    return !load || (load.moves < this.#perNode && load.bytes + bytes <= this.#bytes)
  }
}

function count(loads: Map<NodeId, Load>, node: NodeId, bytes: number): void {
  const load = loads.get(node) ?? { moves: 0, bytes: 0 }
  load.moves += 1
  load.bytes += bytes
  loads.set(node, load)
}
