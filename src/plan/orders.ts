/**
 * What people ask to be moved, before all else: each order becomes a move, or is refused by the very filters that planning goes by. A
 * person may do what balance may not (go back to where it was, fill a disk up to the hard limit, move what is excluded), and
 * nothing that would do harm.
 */
import type { OrderFault, OrderOutcome, Refused } from '../cluster/orders.ts'
import { immovableReasons, nodeStates, rejectReasons } from '../cluster/reasons.ts'
import type { Filters } from './filters.ts'
import type { Model } from './model.ts'
import type { PlannedOrder } from './request.ts'

const ALIVE = nodeStates.indexOf('alive')
const DRAINING = nodeStates.indexOf('draining')

/** Of each order of the request. */
export function carryOutOrders(model: Model, filters: Filters): OrderOutcome[] {
  return model.request.orders.map((order) => {
    const outcome = carryOut(model, filters, order)
    if (outcome === 'planned') model.ordered.add(order.partition)
    else if (typeof outcome === 'object') count(model, order, outcome.fault)
    return outcome
  })
}

function carryOut(model: Model, filters: Filters, order: PlannedOrder): OrderOutcome {
  if (order.partition === -1) return fault('partition_unknown')
  if (order.to === -1 || (order.kind === 'replica' && order.from === -1)) return fault('node_unknown')
  if (order.kind === 'leader') return transfer(model, order)
  return order.dirs ? changeDir(model, order, order.dirs) : move(model, filters, order)
}

function move(model: Model, filters: Filters, order: PlannedOrder): OrderOutcome {
  const { partition, from, to } = order
  const replica = replicaOn(model, partition, from)
  const there = replicaOn(model, partition, to) !== -1
  const held = heldBack(model, order)
  if (held !== undefined) return held
  if (replica === -1) return there ? 'done' : fault('not_there')
  if (there) return fault('there_already')
  if (![ALIVE, DRAINING].includes(model.columns.nodeState[from]!)) return fault('source_lost')
  const closed = closedTarget(model, to)
  if (closed !== undefined) return fault(closed)
  filters.candidate(replica, partition, 'manual')
  const answer = filters.answer(to)
  if (answer === 'would_exceed_limit') {
    const { dir, bytes, most } = model.room.filled(to, model.bytes[replica]!, 'hard')
    const capacity = model.columns.dirCapacityBytes[dir]!
    return { fault: answer, fullness: { would: bytes / capacity, limit: most / capacity } }
  }
  if (answer !== 'allowed') return fault(answer === 'holds' ? 'there_already' : answer)
  model.moveReplica(replica, partition, to, 'manual')
  return 'planned'
}

function changeDir(model: Model, order: PlannedOrder, dirs: NonNullable<PlannedOrder['dirs']>): OrderOutcome {
  const { columns, room } = model
  const { partition, from } = order
  if (dirs.to === -1 || dirs.from === -1) return fault('dir_unknown')
  const replica = replicaOn(model, partition, from)
  if (replica === -1) return fault('not_there')
  const held = heldBack(model, order)
  if (held !== undefined) return held
  const lies = columns.replicaDir[replica]!
  if (lies === dirs.to) return 'done'
  if (lies === -1 || (dirs.from ?? lies) !== lies) return fault('dir_elsewhere')
  if (columns.nodeState[from] !== ALIVE) return fault('target_not_alive')
  if (!model.request.dirMoves || !room.usable(dirs.to)) return fault('dir_unusable')
  if (!room.fitsIn(dirs.to, model.bytes[replica]!, 'hard')) return fault('would_exceed_limit')
  model.moveDir(replica, partition, dirs.to, 'manual')
  return 'planned'
}

function transfer(model: Model, order: PlannedOrder): OrderOutcome {
  const { columns, request } = model
  const { partition, to, waits, spent } = order
  const reason = immovableReasons[columns.partitionImmovable[partition]!]!
  if (reason === 'retry_wait') return 'waits'
  if (reason !== '' && reason !== 'size_unknown' && reason !== 'excluded') return fault(reason)
  if (request.excludeHard && columns.topicExcluded[columns.partitionTopic[partition]!] === 1) return fault('excluded')
  if (model.leader[partition]! < 0) return fault('no_quorum')
  if (model.leader[partition] === to) return 'done'
  const replica = replicaOn(model, partition, to)
  if (replica === -1) return fault('no_replica')
  const closed = closedTarget(model, to)
  if (closed !== undefined) return fault(closed)
  if (columns.nodeExcluded[to] === 1) return fault('excluded')
  if (!model.inSync(replica)) return fault('not_in_sync')
  if (spent) return fault('retry_exhausted')
  if (waits) return 'waits'
  model.moveLeader(partition, to, 'manual')
  return 'planned'
}

/** What keeps every replica of the partition where it is, for a while or for now. */
function heldBack(model: Model, { partition, waits }: PlannedOrder): OrderOutcome | undefined {
  const reason = model.stays(partition, 'manual')
  if (reason === 'retry_wait' || (reason === '' && waits)) return 'waits'
  return reason === '' ? undefined : fault(reason)
}

function closedTarget({ columns }: Model, to: number): OrderFault | undefined {
  if (columns.nodeState[to] === ALIVE) return undefined
  return columns.nodeState[to] === DRAINING ? 'target_draining' : 'target_not_alive'
}

/** -1 where the node holds none. */
function replicaOn({ columns, replicaNode }: Model, partition: number, node: number): number {
  const end = columns.partitionReplicaStart[partition + 1]!
  for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
    if (replicaNode[replica] === node) return replica
  }
  return -1
}

/** Like any other candidate that was rejected. */
function count({ rejections, columns }: Model, { partition, from, to }: PlannedOrder, why: OrderFault): void {
  const reason = rejectReasons.find((one) => one === why)
  const source = from === -1 ? columns.partitionLeader[partition]! : from
  if (reason && source >= 0) rejections.add(reason, partition, source, to)
}

function fault(what: OrderFault): Refused {
  return { fault: what }
}
