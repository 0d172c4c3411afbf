/**
 * What each node leads and what it should lead at most, by count or by traffic: one measure for judging and planning.
 *
 * By traffic no limit can be met by all: whoever leads a partition that is larger than the mean is over it. So a node's
 * limit is never below its own largest leader, and the tolerance is added to whichever of the two counts.
 */
import { nodeStates } from './reasons.ts'
import type { LeadershipMeasure } from './settings.ts'
import { leaderLimit, type Shares } from './shares.ts'
import type { Columns } from './state.ts'

const DRAINING = nodeStates.indexOf('draining')

/** What each node leads, in partitions or in bytes per second. */
export function leaderLoads(columns: Columns, by: LeadershipMeasure): Float64Array {
  return loadsOf(columns, leaderWeights(columns, by), columns.partitionLeader)
}

/**
 * Most that each node should lead, in the unit of `leaderLoads`: 0 for one that drains, Infinity for others that take
 * no part.
 */
export function leaderLimits(columns: Columns, shares: Shares, by: LeadershipMeasure, tolerance: number): Float64Array {
  const weights = leaderWeights(columns, by)
  const mean = meanLoad(columns, shares, loadsOf(columns, weights, columns.partitionLeader))
  const measure = measureOf(columns, by)
  const largest = new Float64Array(columns.nodeCount)
  columns.partitionLeader.forEach((node, partition) => {
    if (node >= 0) largest[node] = Math.max(largest[node]!, weights[partition]!)
  })
  return largest.map((weight, node) => {
    if (shares.participates[node] === 1) return limitOf(mean, weight, measure, tolerance)
    return drains(columns, node) ? 0 : Number.POSITIVE_INFINITY
  })
}

/** @param mean what a node leads when all is even. @param largest the largest that this node leads. */
export function limitOf(mean: number, largest: number, measure: LeadershipMeasure, tolerance: number): number {
  if (measure === 'count') return leaderLimit(mean, 1, tolerance)
  return Math.max(mean, largest) * (1 + tolerance)
}

/** The mean over the nodes that take part. What draining nodes lead counts too: it has to go to those. */
export function meanLoad(columns: Columns, shares: Shares, loads: Float64Array): number {
  let sum = 0
  let nodes = 0
  for (let node = 0; node < columns.nodeCount; node += 1) {
    nodes += shares.participates[node]!
    if (shares.participates[node] === 1 || drains(columns, node)) sum += loads[node]!
  }
  return nodes === 0 ? 0 : sum / nodes
}

/** Whether the node is alive and to be emptied. */
export function drains(columns: Columns, node: number): boolean {
  return columns.nodeState[node] === DRAINING
}

/** What is really measured: the count where no traffic at all is known. */
export function measureOf(columns: Columns, by: LeadershipMeasure): LeadershipMeasure {
  if (by === 'count') return by
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    if (!Number.isNaN(trafficOf(columns, partition))) return by
  }
  return 'count'
}

/** What leading each partition weighs: 1 by count, else bytes per second, the mean of the known ones where not known. */
export function leaderWeights(columns: Columns, by: LeadershipMeasure): Float64Array {
  const weights = new Float64Array(columns.partitionCount)
  if (measureOf(columns, by) === 'count') return weights.fill(1)
  let sum = 0
  let known = 0
  for (let partition = 0; partition < weights.length; partition += 1) {
    weights[partition] = trafficOf(columns, partition)
    if (Number.isNaN(weights[partition]!)) continue
    sum += weights[partition]!
    known += 1
  }
  return weights.map((weight) => (Number.isNaN(weight) ? sum / known : weight))
}

/** What each node leads by any weights and leaders. */
export function loadsOf(columns: Columns, weights: Float64Array, leader: Int32Array): Float64Array {
  const loads = new Float64Array(columns.nodeCount)
  leader.forEach((node, partition) => {
    if (node >= 0) loads[node]! += weights[partition]!
  })
  return loads
}

/** In and out; of a partition with one of the two figures that one, NaN with none. */
function trafficOf(columns: Columns, partition: number): number {
  const bytesIn = columns.partitionBytesIn[partition]!
  const bytesOut = columns.partitionBytesOut[partition]!
  if (Number.isNaN(bytesIn)) return bytesOut
  return Number.isNaN(bytesOut) ? bytesIn : bytesIn + bytesOut
}
