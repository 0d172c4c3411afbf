/** Readings as short texts and lists that two systems can be compared by. */
import { compareIds } from '../../../src/cluster/builder.ts'
import {
  type DirTarget,
  type LeaderMove,
  moveId,
  type ReplicaMove,
  type RunningMove,
} from '../../../src/cluster/move.ts'
import { nodeStates } from '../../../src/cluster/reasons.ts'
import type { Sample } from '../../../src/cluster/sample.ts'
import { ADDING, type ClusterState, IN_SYNC, OFFLINE, partitionFinder, REMOVING } from '../../../src/cluster/state.ts'
import type { StepResult, System } from '../../../src/systems/port.ts'
import type { Driver } from './driver.ts'

export const live = new AbortController().signal

/** `accepted`, `unknown`, or the code of the refusal. */
export function answers(results: StepResult[]): string[] {
  return results.map((result) => (result.outcome === 'refused' ? result.code : result.outcome))
}

/** Nodes that are alive for the cluster. */
export async function aliveNodes(system: System) {
  return (await system.pulse(live)).aliveNodes.toSorted(compareIds)
}

/** What is in flight, without progress, in the order of its names. */
export function listed(running: RunningMove[]) {
  return running
    .map(({ bytesDone: _done, bytesTotal: _total, adding, removing, ...move }) => ({
      ...move,
      adding: adding.toSorted(compareIds),
      removing: removing.toSorted(compareIds),
    }))
    .toSorted((a, b) => (a.topic < b.topic ? -1 : 1))
}

/** A partition of a sample; undefined when it is not there. */
export function placement(sample: Sample, topic: string, id = 0) {
  const { state } = sample
  const partition = partitionFinder(state)(topic, id)
  if (partition === -1) return undefined
  const start = state.partitionReplicaStart[partition]!
  const end = state.partitionReplicaStart[partition + 1]!
  const slots = Array.from({ length: end - start }, (_, slot) => start + slot)
  const nodeOf = (replica: number) => state.names.nodes[state.replicaNode[replica]!] as number
  const withFlag = (flag: number) =>
    slots
      .filter((replica) => (state.replicaFlags[replica]! & flag) !== 0)
      .map(nodeOf)
      .toSorted(compareIds)
  const leader = state.partitionLeader[partition]!
  return {
    leader: leader === -1 ? null : state.names.nodes[leader]!,
    replicas: slots.map(nodeOf),
    isr: withFlag(IN_SYNC),
    adding: withFlag(ADDING),
    removing: withFlag(REMOVING),
    offline: withFlag(OFFLINE),
  }
}

/** State of each node. */
export function states({ state }: Sample): Record<string, string> {
  return Object.fromEntries(state.names.nodes.map((id, node) => [id, nodeStates[state.nodeState[node]!]!]))
}

/** The replica of a partition on a node: its dir, where it is on its way to, and whether its size is known. */
export function replicaOn({ state }: Sample, topic: string, node: number) {
  const at = replicaIndex(state, topic, node)
  if (at === -1) return undefined
  return {
    dir: dirName(state, state.replicaDir[at]!),
    to: dirName(state, state.replicaFutureDir[at]!),
    sized: !Number.isNaN(state.replicaBytes[at]),
  }
}

export function bytesOn({ state }: Sample, topic: string, node: number): number | undefined {
  return state.replicaBytes[replicaIndex(state, topic, node)]
}

function replicaIndex(state: ClusterState, topic: string, node: number): number {
  const partition = partitionFinder(state)(topic, 0)
  const start = state.partitionReplicaStart[partition]!
  const slots = state.replicaNode.subarray(start, state.partitionReplicaStart[partition + 1])
  const slot = slots.indexOf(state.names.nodes.indexOf(node))
  return slot === -1 ? -1 : start + slot
}

/** The columns of one dir. */
export function dirShown({ state }: Sample, { node, path }: DirTarget) {
  const index = state.names.nodes.indexOf(node)
  for (let dir = state.nodeDirStart[index]!; dir < state.nodeDirStart[index + 1]!; dir += 1) {
    if (state.names.dirs[dir] !== path) continue
    return {
      online: state.dirState[dir] === 0,
      capacity: state.dirCapacityBytes[dir]!,
      used: state.dirUsedBytes[dir]!,
      freeing: state.dirFreeingBytes[dir]!,
      cordoned: state.dirCordoned[dir] === 1,
      metadata: state.dirMetadata[dir] === 1,
    }
  }
  return undefined
}

const dirName = (state: ClusterState, dir: number): string | null => (dir === -1 ? null : state.names.dirs[dir]!)

/** A move of partition 0 as the planner would write it: `replicas` is the list now, its first leads unless told. */
export function replicaMove(topic: string, replicas: number[], from: number, to: number): ReplicaMove {
  return {
    kind: 'replica',
    id: moveId('replica', topic, 0, from, to),
    topic,
    partition: 0,
    from,
    to,
    reason: 'disk_skew',
    replicas,
    leader: replicas[0]!,
    bytes: 6e6,
  }
}

export function leaderMove(topic: string, replicas: number[], from: number, to: number): LeaderMove {
  const { kind: _, bytes: __, ...move } = replicaMove(topic, replicas, from, to)
  return { ...move, kind: 'leader', id: moveId('leader', topic, 0, from, to), reason: 'leader_skew', leader: from }
}

export function dirMove(topic: string, replicas: number[], from: DirTarget, to: DirTarget): ReplicaMove {
  const dirs = { from: from.path, to: to.path }
  const move = replicaMove(topic, replicas, from.node as number, to.node as number)
  return { ...move, id: moveId('replica', topic, 0, from.node, to.node, dirs), fromDir: from.path, toDir: to.path }
}

/** All steps of the moves in one call. */
export async function perform(system: System, ...moves: (ReplicaMove | LeaderMove)[]): Promise<string[]> {
  return answers(
    await system.perform(
      moves.flatMap((move) => system.steps(move)),
      live,
    ),
  )
}

export async function judge(system: System, move: ReplicaMove | LeaderMove): Promise<string> {
  return (await system.judge([move], live))[0]!.outcome
}

export async function cancel(system: System, move: ReplicaMove | LeaderMove): Promise<string> {
  return answers(await system.cancel([move], live))[0]!
}

export const sampled = ({ system }: Driver): Promise<Sample> => system.sample(live)

/** The dir in which a replica lies, and the other one of its node. */
export async function whereabouts(
  cluster: Driver,
  topic: string,
  node: number,
): Promise<{ here: DirTarget; there: DirTarget }> {
  for (let look = 0; look < 40; look += 1) {
    const path = replicaOn(await sampled(cluster), topic, node)?.dir
    const dirs = [cluster.dir(node, 0), cluster.dir(node, 1)]
    const here = dirs.find((dir) => dir.path === path)
    if (here) return { here, there: dirs.find((dir) => dir !== here)! }
    // A new replica is in the log dirs a while after it is in the metadata.
    await cluster.pass(250)
  }
  throw new Error(`${topic} does not lie in any dir of node ${node}`)
}
