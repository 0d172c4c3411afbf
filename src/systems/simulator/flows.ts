/** Who copies from whom, and how fast; and what that does to the dirs. */
import type { NodeId } from '../../cluster/state.ts'
import type { Copy, Dir, Node, Partition } from './model.ts'
import { usedBytes } from './node.ts'
import type { Limits } from './setting-store.ts'

/** A copy that grows: a replica that catches up from its leader, or one on its way to another dir of its node. */
export interface Flow {
  partition: Partition
  to: NodeId
  copy: Copy
  /** It leaves the other copy on the same node, instead of the leader's. */
  future: boolean
  bytesPerMs: number
  /** Until it has caught up, the growth of the partition counted; Infinity when it never does at this rate. */
  msLeft: number
}

export interface Circumstances {
  /** The node works, and so does the dir in which it has its copy of the partition. */
  serves: (partition: Partition, node: NodeId) => boolean
  /** Bytes per second that a node can send, receive, or copy between its dirs. */
  rateOf: (node: NodeId) => number
  /** What somebody set to limit copies, beyond what nodes can do. */
  limits: Limits
  /** Somebody is there to take a replica in when it has caught up. */
  controlled: boolean
}

/** What copies share, each with an equal part. */
interface Pipe {
  bytesPerSecond: number
  copies: number
}

/**
 * A node divides its rate equally over the copies it sends, and its rate for receiving over those it receives;
 * a copy gets the smaller of its two parts. Copies between dirs of a node share its rate apart from that. Limits that bind a
 * copy are divided likewise, over the copies that they bind.
 */
export function flowsOf(partitions: Partition[], { serves, rateOf, limits, controlled }: Circumstances): Flow[] {
  const flows: Flow[] = []
  const pipesOf: Pipe[][] = []
  const [sending, receiving, relocating, boundOut, boundIn] = Array.from({ length: 5 }, () => new Map<NodeId, Pipe>())
  const add = (partition: Partition, to: NodeId, copy: Copy, future: boolean, pipes: Pipe[]) => {
    flows.push({ partition, to, copy, future, bytesPerMs: 0, msLeft: 0 })
    pipesOf.push(pipes)
  }
  for (const partition of partitions) {
    const { leader, isr, replicas } = partition
    for (const [node, future] of partition.futures) {
      if (!serves(partition, node) || future.dir.failed) continue
      const bytesPerSecond = Math.min(rateOf(node), limits.limitOf(node, 'dirs'))
      add(partition, node, future, true, [share(relocating!, node, bytesPerSecond)])
    }
    if (leader === undefined || isr.length === replicas.length || !serves(partition, leader)) continue
    for (const to of replicas) {
      if (isr.includes(to) || !serves(partition, to)) continue
      const pipes = [share(sending!, leader, rateOf(leader)), share(receiving!, to, rateOf(to))]
      if (limits.binds(partition, leader, 'sources'))
        pipes.push(share(boundOut!, leader, limits.limitOf(leader, 'out')))
      if (limits.binds(partition, to, 'targets')) pipes.push(share(boundIn!, to, limits.limitOf(to, 'in')))
      add(partition, to, partition.copies.get(to)!, false, pipes)
    }
  }
  flows.forEach((flow, index) => {
    const { partition, to, copy, future } = flow
    flow.bytesPerMs = Math.min(...pipesOf[index]!.map((pipe) => pipe.bytesPerSecond / pipe.copies)) / 1000
    const source = future ? partition.copies.get(to)!.bytes : partition.bytes
    const missing = source - copy.bytes
    const gain = flow.bytesPerMs - (future && !partition.isr.includes(to) ? 0 : growthPerMs(partition, serves))
    flow.msLeft = missing <= 0 ? 0 : gain > 0 ? missing / gain : Number.POSITIVE_INFINITY
    if (missing <= 0) flow.bytesPerMs = 0
    if (!future && !controlled) flow.msLeft = Number.POSITIVE_INFINITY
  })
  return flows
}

function share(pipes: Map<NodeId, Pipe>, node: NodeId, bytesPerSecond: number): Pipe {
  let pipe = pipes.get(node)
  if (!pipe) pipes.set(node, (pipe = { bytesPerSecond, copies: 0 }))
  pipe.copies += 1
  return pipe
}

/** A write is acknowledged by all in-sync replicas or not made at all, so nothing is ever lost. */
function growthPerMs(partition: Partition, serves: Circumstances['serves']): number {
  const { growth, leader, isr, minIsr } = partition
  if (growth <= 0 || leader === undefined || isr.length < minIsr) return 0
  return isr.every((node) => serves(partition, node)) ? growth / 1000 : 0
}

/**
 * Brings what every partition and dir takes in, and what every dir holds, up to date.
 * @returns the dirs that have no room left, and how long the first of the others still has.
 */
export function measureDirs(
  nodes: Iterable<Node>,
  partitions: Partition[],
  flows: Flow[],
  serves: Circumstances['serves'],
): { full: [Node, Dir][]; msToFull: number } {
  const online: [Node, Dir][] = []
  for (const node of nodes) {
    for (const dir of node.dirs) {
      dir.copiedBytes = 0
      dir.inflow = 0
      if (!dir.failed) online.push([node, dir])
    }
  }
  for (const partition of partitions) {
    const { copies, futures, isr } = partition
    for (const copy of copies.values()) copy.dir.copiedBytes += copy.bytes
    if (futures.size > 0) for (const copy of futures.values()) copy.dir.copiedBytes += copy.bytes
    partition.inflow = growthPerMs(partition, serves)
    if (partition.inflow > 0) for (const node of isr) copies.get(node)!.dir.inflow += partition.inflow
  }
  for (const { copy, bytesPerMs } of flows) copy.dir.inflow += bytesPerMs
  const full: [Node, Dir][] = []
  let msToFull = Number.POSITIVE_INFINITY
  for (const [node, dir] of online) {
    if (!node.up) continue
    const room = dir.capacityBytes - usedBytes(dir)
    // Less than a byte is a rounding error.
    if (room < 1) full.push([node, dir])
    else if (dir.inflow > 0) msToFull = Math.min(msToFull, room / dir.inflow)
  }
  return { full, msToFull }
}
