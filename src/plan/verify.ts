/**
 * Replays a plan move by move on the state it was made from and lists every broken rule. It shares nothing with the
 * passes and filters, so that a mistake in those cannot hide in both.
 */
import { immovableReasons, nodeStates } from '../cluster/reasons.ts'
import { type Columns, IN_SYNC, replicaNodesOf } from '../cluster/state.ts'
import type { PlannedMove, PlanRequest } from './request.ts'

const ALIVE = nodeStates.indexOf('alive')

export function verifyPlan(columns: Columns, request: PlanRequest, moves: PlannedMove[]): string[] {
  const problems: string[] = []
  const placement = new Map<number, number[]>()
  const arriving = new Float64Array(columns.nodeCount)
  const replicas = new Int32Array(columns.nodeCount)
  for (const node of columns.replicaNode) replicas[node]! += 1
  const movedSlots = new Set<number>()
  const ledPartitions = new Set<number>()

  for (const [index, move] of moves.entries()) {
    const say = (what: string) =>
      problems.push(`move ${index} (partition ${move.partition}, ${move.from} to ${move.to}): ${what}`)
    const list = placement.get(move.partition) ?? replicaNodesOf(columns, move.partition)
    if (list.length !== move.replicas.length || list.some((node, slot) => node !== move.replicas[slot])) {
      say(`is planned from ${move.replicas.join(' ')}, but the list is ${list.join(' ')}`)
    }
    const slot = list.indexOf(move.from)
    if (slot === -1) {
      say('the source holds no replica')
      continue
    }
    const replica = columns.partitionReplicaStart[move.partition]! + slot
    if (columns.nodeState[move.to] !== ALIVE || columns.nodeExcluded[move.to] === 1) say('the target is not open')

    if (move.kind === 'leader') {
      const reason = immovableReasons[columns.partitionImmovable[move.partition]!]
      if (reason !== '' && reason !== 'size_unknown') say(`the partition must stay: ${reason}`)
      const taker = list.indexOf(move.to)
      if (taker === -1) say('the new leader holds no replica')
      else if ((columns.replicaFlags[columns.partitionReplicaStart[move.partition]! + taker]! & IN_SYNC) === 0) {
        say('the new leader is not in sync')
      }
      if (ledPartitions.has(move.partition)) say('leadership moves twice')
      ledPartitions.add(move.partition)
      continue
    }

    if (columns.partitionImmovable[move.partition] !== 0) say('the partition must stay')
    if (!inSync(columns, move.partition)) say('another replica of the partition is not in sync')
    if (columns.partitionUnit[move.partition] !== -1) say('the partition moves only with others')
    if (list.includes(move.to)) say('the target holds a replica already')
    if (movedSlots.has(replica)) say('the replica moves twice')
    movedSlots.add(replica)
    if (ledPartitions.has(move.partition)) say('the replica moves after its leadership')
    const topic = columns.partitionTopic[move.partition]!
    checkPlace(columns, move, replica, topic, say)
    checkRacks(columns, request, move, list, say)
    checkCap(columns, placement, move, topic, say)

    arriving[move.to]! += move.bytes
    replicas[move.from]! -= 1
    replicas[move.to]! += 1
    if (replicas[move.to]! > columns.nodeMaxReplicas[move.to]!) say('the target exceeds its capacity in replicas')
    checkSpace(columns, request, move, arriving[move.to]!, say)
    placement.set(
      move.partition,
      list.map((node) => (node === move.from ? move.to : node)),
    )
  }
  return problems
}

type Say = (what: string) => void

function inSync(columns: Columns, partition: number): boolean {
  const flags = columns.replicaFlags.subarray(
    columns.partitionReplicaStart[partition],
    columns.partitionReplicaStart[partition + 1],
  )
  return flags.every((bits) => (bits & IN_SYNC) !== 0)
}

function checkPlace(columns: Columns, move: PlannedMove, replica: number, topic: number, say: Say): void {
  const set = columns.replicaLegal[replica]!
  if (set === -1) {
    if (columns.nodeDomain[move.to] !== columns.topicDomain[topic]) say('the target is of another domain')
  } else if (!columns.legalNodes.subarray(columns.legalStart[set], columns.legalStart[set + 1]).includes(move.to)) {
    say('the target is not among the legal nodes of the replica')
  }
}

/** The sum of squares of replicas per rack is least when they are spread best: it may never rise. */
function checkRacks(columns: Columns, request: PlanRequest, move: PlannedMove, list: number[], say: Say): void {
  if (columns.rackCount === 0 || request.rackAwareness === 'ignore') return
  const spread = (nodes: number[]) => {
    const perRack = new Map<number, number>()
    for (const node of nodes) perRack.set(columns.nodeRack[node]!, (perRack.get(columns.nodeRack[node]!) ?? 0) + 1)
    return [...perRack.values()].reduce((sum, count) => sum + count * count, 0)
  }
  const after = list.map((node) => (node === move.from ? move.to : node))
  if (spread(after) > spread(list)) say('the racks get worse')
  if (request.rackAwareness !== 'require') return
  const shared = after.filter((node) => columns.nodeRack[node] === columns.nodeRack[move.to]).length
  if (shared > Math.ceil(after.length / columns.rackCount)) {
    say(`the rack of the target would hold ${shared} of the ${after.length} replicas`)
  }
}

function checkCap(
  columns: Columns,
  placement: Map<number, number[]>,
  move: PlannedMove,
  topic: number,
  say: Say,
): void {
  const cap = columns.topicCap[topic]!
  if (cap === 0) return
  let held = 1
  for (let p = columns.topicPartitionStart[topic]!; p < columns.topicPartitionStart[topic + 1]!; p += 1) {
    for (const node of placement.get(p) ?? replicaNodesOf(columns, p)) if (node === move.to) held += 1
  }
  if (held > cap) say(`the target would hold ${held} replicas of the topic, at most ${cap} are allowed`)
}

function checkSpace(columns: Columns, request: PlanRequest, move: PlannedMove, arriving: number, say: Say): void {
  let usable = 0
  for (let dir = columns.nodeDirStart[move.to]!; dir < columns.nodeDirStart[move.to + 1]!; dir += 1) {
    if (columns.dirState[dir] !== 0 || columns.dirCordoned[dir] === 1) continue
    usable += 1
    const peak = columns.dirUsedBytes[dir]! + columns.dirArrivingBytes[dir]! + arriving
    if (peak > columns.dirCapacityBytes[dir]! * request.maxDiskUsage)
      say(`dir ${dir} of the target could exceed its limit`)
  }
  if (usable === 0) say('the target has no dir that takes anything')
}
