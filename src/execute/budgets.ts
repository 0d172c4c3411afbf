/** How much may be in flight: moves and bytes, per node and direction and over the cluster. */
import {
  copies,
  isDirMove,
  type Move,
  type ReplicaMove,
  type RunningJob,
  type RunningMove,
  type TableMove,
} from '../cluster/move.ts'
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

/** What a node may be sent at once by the lower classes. */
export function lowerClassRoom({
  concurrentMovesPerNode,
  bytesInFlightPerNode,
}: Pick<BudgetLimits, 'concurrentMovesPerNode'> & { bytesInFlightPerNode?: number | undefined }) {
  return {
    adds: Math.max(1, Math.floor(concurrentMovesPerNode * LOWER_CLASS_SHARE)),
    bytes: (bytesInFlightPerNode ?? Number.POSITIVE_INFINITY) * LOWER_CLASS_SHARE,
  }
}

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

  /** Counts a move of ours that is in flight. A job counts as one of the cluster's, and by its batch on each node. */
  take(move: ReplicaMove | TableMove): void {
    this.takeWaiting(move)
    if (move.kind === 'replica') count(this.#out, sourceOf(move), 1, move.bytes)
  }

  /** Counts one whose target is gone: nothing is read for it now. */
  takeWaiting(move: ReplicaMove | TableMove): void {
    this.#moves += 1
    for (const { node, adds, bytes } of loadOf(move)) count(this.#in, node, adds, bytes)
  }

  /** Counts a job of somebody else: what it still brings to each node. */
  takeForeignJob({ arriving = [] }: RunningJob): void {
    this.#moves += 1
    for (const { node, adds, bytes } of arriving) count(this.#in, node, adds, bytes)
  }

  /** Counts what somebody else moves: it uses the same disks and network. */
  takeForeign({ adding, dir, bytesTotal = 0 }: RunningMove): void {
    this.#moves += 1
    for (const node of dir === undefined ? adding : [dir.node]) count(this.#in, node, 1, bytesTotal)
  }

  /** Takes all of the moves, or none when they do not all fit beside what is in flight. */
  takeAll(moves: readonly Move[]): boolean {
    const taken: (ReplicaMove | TableMove)[] = []
    for (const move of moves) {
      if (!this.allows(move)) {
        for (const other of taken) this.#giveBack(other)
        return false
      }
      if (!copies(move)) continue
      this.take(move)
      taken.push(move)
    }
    return true
  }

  #giveBack(move: ReplicaMove | TableMove): void {
    this.#moves -= 1
    for (const { node, adds, bytes } of loadOf(move)) discount(this.#in, node, adds, bytes)
    if (move.kind === 'replica') discount(this.#out, sourceOf(move), 1, move.bytes)
  }

  /** A node with nothing in flight may always take one move, however large. */
  allows(move: Move): boolean {
    if (!copies(move)) return true
    const share = isUrgent(move.reason) ? 1 : LOWER_CLASS_SHARE
    return (
      this.#moves < this.#limits.concurrentMoves &&
      loadOf(move).every(({ node, adds, bytes }) => this.#room(this.#in.get(node), adds, bytes, share)) &&
      (move.kind === 'table' || this.#room(this.#out.get(sourceOf(move)), 1, move.bytes, share))
    )
  }

  #room(load: Load | undefined, adds: number, bytes: number, share: number): boolean {
    if (!load) return true
    const { concurrentMovesPerNode, bytesInFlightPerNode = Number.POSITIVE_INFINITY } = this.#limits
    const most = Math.max(1, Math.floor(concurrentMovesPerNode * share))
    return load.moves + adds <= most && load.bytes + bytes <= bytesInFlightPerNode * share
  }
}

/** What is on its way to each node at once. */
function loadOf(move: ReplicaMove | TableMove): { node: NodeId; adds: number; bytes: number }[] {
  if (move.kind === 'replica') return [{ node: move.to, adds: 1, bytes: move.bytes }]
  const { shares, batch } = move
  return shares
    .filter(({ adds }) => adds > 0)
    .map(({ node, adds, addBytes }) => ({
      node,
      adds: Math.min(adds, batch.adds),
      bytes: Math.min(addBytes, batch.bytes),
    }))
}

/** Who is read from: the leader, for a move between dirs the node itself. */
function sourceOf(move: ReplicaMove): NodeId {
  return isDirMove(move) ? move.from : move.leader
}

function count(loads: Map<NodeId, Load>, node: NodeId, moves: number, bytes: number): void {
  const load = loads.get(node) ?? { moves: 0, bytes: 0 }
  load.moves += moves
  load.bytes += bytes
  loads.set(node, load)
}

function discount(loads: Map<NodeId, Load>, node: NodeId, moves: number, bytes: number): void {
  const load = loads.get(node)!
  load.moves -= moves
  load.bytes -= bytes
  if (load.moves === 0) loads.delete(node)
}
