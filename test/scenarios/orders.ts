/** The cluster of most cases: five nodes in three racks, three topics of unlike sizes, some 68 GB. */
import type { SimulatedNode, SimulatedTopic } from '../../src/systems/simulator/options.ts'
import { GB, MB } from './case.ts'

export const node = (id: number, rack?: string, ...disks: number[]): SimulatedNode => ({
  id,
  ...(rack === undefined ? {} : { rack }),
  disks: disks.length > 0 ? disks : [100 * GB],
})

export const nodes = [node(1, 'a'), node(2, 'b'), node(3, 'c'), node(4, 'a'), node(5, 'b')]

export const topics: SimulatedTopic[] = [
  { name: 'orders', partitions: 36, replicationFactor: 3, size: 400 * MB },
  { name: 'payments', partitions: 60, replicationFactor: 2, size: 200 * MB },
  { name: 'clicks', partitions: 24, replicationFactor: 2, size: 600 * MB, spread: 0.5 },
]

/** Two nodes in each of three racks, 50 GB. */
export const six = {
  nodes: [node(1, 'a'), node(2, 'b'), node(3, 'c'), node(4, 'a'), node(5, 'b'), node(6, 'c')],
  topics: [
    { name: 't', partitions: 30, replicationFactor: 3, size: 400 * MB, spread: 0.4 },
    { name: 'u', partitions: 24, replicationFactor: 2, size: 300 * MB, spread: 0.4 },
  ],
}

export const rackless = { ...six, nodes: six.nodes.map(({ id, disks }) => ({ id, disks })) }

const followers = [
  [3, 4],
  [4, 5],
  [5, 6],
  [6, 3],
  [3, 5],
  [4, 6],
]

/** 60 partitions on six nodes, all led by the first two. */
export const uneven = {
  nodes: rackless.nodes,
  topics: [
    {
      name: 't',
      partitions: 60,
      replicationFactor: 3,
      size: 100 * MB,
      spread: 0.2,
      assignment: Array.from({ length: 60 }, (_, p) => [1 + (Math.floor(p / 6) % 2), ...followers[p % 6]!]),
    },
  ],
}
