/** What lies between a placement and the one a rebalance would make: which segments move, and what that means for each server. */
import { createHash } from 'node:crypto'
import type { Evenness, NodeShare } from '../../../cluster/target.ts'
import { sameSet } from '../../../lib/lists.ts'
import type { Placement } from '../reading.ts'
import type { SegmentMap } from '../wire/controller.ts'
import { isConsuming, replicaCounts, segmentIndex, serversAt } from './placements.ts'
import { streamPartition } from './table-rules.ts'

/** A segment whose servers change; both lists sorted. */
export interface Change {
  segment: string
  from: string[]
  to: string[]
  consuming: boolean
}

/** Bytes of one replica on disk; undefined where nobody knows. */
export type BytesOf = (table: string, segment: string) => number | undefined

/**
 * Segments that both know and whose servers differ, by name. What only one of them knows came or went in the meantime and is none of
 * the target's.
 */
export function changesBetween(placement: Placement, target: SegmentMap): Change[] {
  const changes: Change[] = []
  for (const segment of Object.keys(target).sort()) {
    const index = segmentIndex(placement, segment)
    if (index < 0) continue
    const from = serversAt(placement, index)
    const to = Object.keys(target[segment]!).sort()
    if (!sameSet(from, to)) changes.push({ segment, from, to, consuming: isConsuming(placement, index) })
  }
  return changes
}

/** Sizes of a table with the mean of the known ones for those that are not known; 0 where none is known. */
export function sizer(table: string, segments: readonly string[], bytesOf: BytesOf): (segment: string) => number {
  let sum = 0
  let known = 0
  for (const segment of segments) {
    const bytes = bytesOf(table, segment)
    if (bytes === undefined) continue
    sum += bytes
    known++
  }
  const mean = known === 0 ? 0 : Math.round(sum / known)
  return (segment) => bytesOf(table, segment) ?? mean
}

/** Servers with a change, by name. */
export function sharesOf(changes: readonly Change[], size: (segment: string) => number): NodeShare[] {
  const shares = new Map<string, NodeShare>()
  const share = (node: string) => {
    const found = shares.get(node) ?? { node, adds: 0, addBytes: 0, removes: 0, removeBytes: 0 }
    shares.set(node, found)
    return found
  }
  for (const { segment, from, to, consuming } of changes) {
    // A consuming segment has nothing on disk that could be copied.
    const bytes = consuming ? 0 : size(segment)
    for (const node of to) {
      if (from.includes(node)) continue
      share(node).adds++
      share(node).addBytes += bytes
    }
    for (const node of from) {
      if (to.includes(node)) continue
      share(node).removes++
      share(node).removeBytes += bytes
    }
  }
  return [...shares.values()].sort((a, b) => (a.node < b.node ? -1 : 1))
}

export function largestOf(changes: readonly Change[], size: (segment: string) => number): number {
  return changes.reduce((most, { segment, consuming }) => Math.max(most, consuming ? 0 : size(segment)), 0)
}

/** The most that one server is given at once where the segments of a partition move only together. */
export function largestUnit(
  changes: readonly Change[],
  size: (segment: string) => number,
): { adds: number; bytes: number } {
  const units = new Map<string, { adds: number; bytes: number }>()
  for (const { segment, from, to, consuming } of changes) {
    // Of segments without a stream partition those with the same way are taken together, as Pinot does.
    const unit = streamPartition(segment) ?? `${from.join()}>${to.join()}`
    for (const node of to) {
      if (from.includes(node)) continue
      const key = `${unit} ${node}`
      const sum = units.get(key) ?? { adds: 0, bytes: 0 }
      units.set(key, { adds: sum.adds + 1, bytes: sum.bytes + (consuming ? 0 : size(segment)) })
    }
  }
  const all = [...units.values()]
  return {
    adds: all.reduce((most, { adds }) => Math.max(most, adds), 1),
    bytes: all.reduce((most, { bytes }) => Math.max(most, bytes), 0),
  }
}

/** Replicas and bytes per server of a placement, and how uneven they are over the servers that should hold the table. */
export function evennessOf(
  placement: Placement,
  legal: readonly string[],
  size: (segment: string) => number,
): { before: Evenness; after(shares: readonly NodeShare[]): Evenness } {
  const bytes = new Float64Array(placement.servers.length)
  placement.segments.forEach((segment, index) => {
    const each = isConsuming(placement, index) ? 0 : size(segment)
    for (let at = placement.start[index]!; at < placement.start[index + 1]!; at++) {
      bytes[placement.server[at]!]! += each
    }
  })
  const counts = replicaCounts(placement)
  const now = new Map(
    placement.servers.map((node, index) => [node, { node, replicas: counts.get(node)!, bytes: bytes[index]! }]),
  )
  for (const node of legal) if (!now.has(node)) now.set(node, { node, replicas: 0, bytes: 0 })
  return {
    before: measure([...now.values()], legal),
    after(shares) {
      const then = new Map([...now].map(([node, figures]) => [node, { ...figures }]))
      for (const { node, adds, addBytes, removes, removeBytes } of shares) {
        const figures = then.get(String(node)) ?? { node: String(node), replicas: 0, bytes: 0 }
        figures.replicas += adds - removes
        figures.bytes += addBytes - removeBytes
        then.set(String(node), figures)
      }
      return measure([...then.values()], legal)
    },
  }
}

function measure(nodes: { node: string; replicas: number; bytes: number }[], legal: readonly string[]): Evenness {
  const counted = nodes.filter(({ node }) => legal.includes(node))
  return {
    nodes: nodes.sort((a, b) => (a.node < b.node ? -1 : 1)),
    replicas: unevenness(counted.map(({ replicas }) => replicas)),
    bytes: unevenness(counted.map(({ bytes }) => bytes)),
  }
}

/** (max − mean) ÷ mean; 0 for nothing. */
function unevenness(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0)
  return sum === 0 ? 0 : (Math.max(...values) * values.length) / sum - 1
}

/** The same for the same changes with the same parameters; the batch size is no part of it. */
export function fingerprintOf(changes: readonly Change[], parameters: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256')
  for (const { segment, from, to } of changes) hash.update(`${segment} ${from.join()}>${to.join()}\n`)
  for (const name of Object.keys(parameters).sort()) {
    if (name !== 'batchSizePerServer') hash.update(`${name}=${parameters[name]}\n`)
  }
  return hash.digest('hex').slice(0, 16)
}
