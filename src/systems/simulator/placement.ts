/** Where the replicas of a topic lie at the start, and how large they are. */
import type { NodeId } from '../../cluster/state.ts'

/**
 * Replica lists as a new topic gets them: leaders in turn over nodes of alternating racks from a random start, followers
 * behind them at a shift that grows with every round, no rack used again while another is free.
 */
export function place(
  nodes: { id: NodeId; rack?: string }[],
  partitions: number,
  replicationFactor: number,
  random: () => number,
): NodeId[][] {
  const ring = alternateRacks(nodes)
  const racks = new Set(ring.map((node) => node.rack)).size
  const start = Math.floor(random() * ring.length)
  const shift = Math.floor(random() * ring.length)
  return Array.from({ length: partitions }, (_, partition) => {
    const first = start + partition
    const round = shift + Math.floor(partition / ring.length)
    const chosen = [ring[first % ring.length]!]
    const used = new Set([chosen[0]!.rack])
    for (let step = 0; chosen.length < replicationFactor; step += 1) {
      const candidate = ring[(first + 1 + ((round + step) % (ring.length - 1))) % ring.length]!
      if (chosen.includes(candidate) || (used.has(candidate.rack) && used.size < racks)) continue
      chosen.push(candidate)
      used.add(candidate.rack)
    }
    return chosen.map((node) => node.id)
  })
}

/** Log-normal sizes in whole bytes, scaled so that their mean is `mean` but for rounding. */
export function drawSizes(count: number, mean: number, sigma: number, random: () => number): number[] {
  const drawn = Array.from({ length: count }, () => Math.exp(sigma * normal(random)))
  const scale = (mean * count) / drawn.reduce((sum, size) => sum + size, 0)
  return drawn.map((size) => Math.round(size * scale))
}

/** Box and Muller's transform: two uniform numbers make a standard normal one. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** One node of each rack in turn; a node without a rack is a rack of its own. */
function alternateRacks(nodes: { id: NodeId; rack?: string }[]): { id: NodeId; rack: string }[] {
  const racks = new Map<string, { id: NodeId; rack: string }[]>()
  for (const { id, rack = `node ${id}` } of nodes) racks.set(rack, [...(racks.get(rack) ?? []), { id, rack }])
  const longest = Math.max(...[...racks.values()].map((members) => members.length))
  return Array.from({ length: longest }, (_, turn) =>
    [...racks.values()].flatMap((members) => members[turn] ?? []),
  ).flat()
}
