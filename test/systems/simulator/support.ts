/** A small simulated cluster on a virtual clock, and words to speak with it. */
import { compareIds } from '../../../src/cluster/builder.ts'
import { type LeaderMove, type Move, moveId, type ReplicaMove } from '../../../src/cluster/move.ts'
import type { Health } from '../../../src/cluster/sample.ts'
import type { NodeId } from '../../../src/cluster/state.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import type { SimulatedNode, SimulatedTopic, SimulatorOptions } from '../../../src/systems/simulator/options.ts'
import { createSimulator, type Simulator } from '../../../src/systems/simulator/simulator.ts'

export const live = new AbortController().signal
const MB = 1e6

export const healthy: Health = {
  underReplicated: { own_move: 0, node: 0, other: 0 },
  offline: 0,
  underMinIsr: 0,
  unexplained: { offline: 0, underMinIsr: 0 },
}

/** Nodes copy 10 MB/s; every partition has 100 MB, unless said otherwise. */
export function simulate(options: Partial<SimulatorOptions> & { nodes: SimulatedNode[] }) {
  const clock = new VirtualClock()
  const simulator = createSimulator({ copyRate: 10 * MB, topics: [], events: [], ...options }, clock)
  return { clock, simulator, world: simulator.world }
}

export function node(id: NodeId, rack?: string, disks = [1000 * MB]): SimulatedNode {
  return rack === undefined ? { id, disks } : { id, rack, disks }
}

export function topic(name: string, nodes: NodeId[], more: Partial<SimulatedTopic> = {}): SimulatedTopic {
  const placed = more.assignment === undefined ? { nodes } : {}
  return { name, partitions: 1, replicationFactor: nodes.length, size: 100 * MB, spread: 0, ...placed, ...more }
}

export function replicaMove(simulator: Simulator, name: string, from: NodeId, to: NodeId, id = 0): ReplicaMove {
  const { replicas, bytes, lastLeader: leader } = simulator.world.partition(name, id)!
  const moved = { topic: name, partition: id, from, to, bytes, replicas: [...replicas], leader }
  return { kind: 'replica', id: moveId('replica', name, id, from, to), reason: 'node_underused', ...moved }
}

export function dirMove(simulator: Simulator, name: string, id: NodeId, fromDir: string, toDir: string): ReplicaMove {
  const move = replicaMove(simulator, name, id, id)
  return { ...move, id: moveId('replica', name, 0, id, id, { from: fromDir, to: toDir }), fromDir, toDir }
}

export function leaderMove(simulator: Simulator, name: string, from: NodeId, to: NodeId, id = 0): LeaderMove {
  const replicas = [...simulator.world.partition(name, id)!.replicas]
  const moved = { topic: name, partition: id, from, to, replicas, leader: from }
  return { kind: 'leader', id: moveId('leader', name, id, from, to), reason: 'leader_skew', ...moved }
}

/** Hands the moves to the cluster, all their steps. */
export function begin(simulator: Simulator, ...moves: Move[]) {
  return simulator.perform(
    moves.flatMap((move) => simulator.steps(move)),
    live,
  )
}

/** What a partition is, as the controller has it. */
export function shown(simulator: Simulator, name: string, id = 0) {
  simulator.world.advance()
  const { replicas, isr, leader } = simulator.world.partition(name, id)!
  return { replicas, isr: isr.toSorted(compareIds), leader }
}

/** Measured bytes per node, in MB. */
export async function usedMB(simulator: Simulator): Promise<Record<string, number>> {
  const { state } = await simulator.sample(live)
  const used: Record<string, number> = {}
  state.dirNode.forEach((index, dir) => {
    const id = String(state.names.nodes[index])
    used[id] = (used[id] ?? 0) + state.dirUsedBytes[dir]! / MB
  })
  return used
}

/** What the dirs of a node show, in MB. */
export async function dirsOf(simulator: Simulator, id: NodeId): Promise<Record<string, string>> {
  const { state } = await simulator.sample(live)
  const index = state.names.nodes.indexOf(id)
  const dirs: Record<string, string> = {}
  for (let dir = state.nodeDirStart[index]!; dir < state.nodeDirStart[index + 1]!; dir += 1) {
    const [used, capacity] = [state.dirUsedBytes[dir]!, state.dirCapacityBytes[dir]!].map((bytes) =>
      Math.round(bytes / MB),
    )
    dirs[state.names.dirs[dir]!] = state.dirState[dir] === 0 ? `${used} of ${capacity}` : 'offline'
  }
  return dirs
}
