/**
 * What a cluster's loop remembers between ticks: small, and written into every snapshot so that a snapshot gives the very
 * plan of its tick.
 */
import { formatTime, parseTime } from '../lib/iso-time.ts'
import type { MemoryLine } from './lines.ts'
import { orderLine, placementLine, readOrder, readPlacement } from './order-lines.ts'
import type { Order, Placement } from './orders.ts'
import type { NodeId, PartitionId } from './state.ts'

export interface PartitionRef {
  topic: string
  partition: PartitionId
}

/** What failed lately and is left alone for a while. */
export interface Hold {
  partitions: (PartitionRef & { untilMs: number; exhausted: boolean })[]
  /** Topics that are moved as a whole. */
  topics: { topic: string; untilMs: number; exhausted: boolean; why: string }[]
  /** Nodes that get nothing new. */
  nodes: { node: NodeId; untilMs: number }[]
}

const noHold: Hold = { partitions: [], topics: [], nodes: [] }

export interface Memory {
  /** Added nodes that have not yet reached their fair share. */
  filling: NodeId[]
  /** Domains, by name, whose disk use left the band and has not come back inside. */
  skewedDomains: string[]
  /** Dirs, as `NODE/PATH`, that went over the limit of that name and have not come far enough below it. */
  relieving: { disk_critical: string[]; disk_over_limit: string[] }
  /** Leadership is being evened out. */
  leaderSkew: boolean
  /**
   * Samples in a row that showed leadership uneven before it is evened out, or even while it is.
   * Undefined: one look is enough, as for a command that takes a single one.
   */
  leaderSamples?: number
  /** When leadership was last evened out; absent when it never was. */
  leaderIdleSinceMs?: number
  /** `KIND/SUBJECT` of each open violation → when it was first seen, in milliseconds since the epoch. */
  since: Record<string, number>
  /** The same for conditions that are not violations yet because they must last a while. */
  pending: Record<string, number>
  /** Nodes that partitions left lately: they are not moved back for a while. */
  left: (PartitionRef & { node: NodeId; atMs: number })[]
  /** Partitions whose leadership is left alone until then, for a transfer of it failed. */
  muted: (PartitionRef & { untilMs: number })[]
  hold: Hold
  /** What people asked to be moved and is not under way, in the order in which they asked. */
  orders: readonly Order[]
  /** What was moved so, and stays for a while. */
  placed: readonly Placement[]
  /** Unexplained health when the moves in flight began; kept after their end for as long as it is worse than that. */
  baseline?: { offline: number; underMinIsr: number }
}

/** Of somebody who looks once. */
export const emptyMemory: Memory = {
  filling: [],
  skewedDomains: [],
  relieving: { disk_critical: [], disk_over_limit: [] },
  leaderSkew: false,
  since: {},
  pending: {},
  left: [],
  muted: [],
  hold: noHold,
  orders: [],
  placed: [],
}

/** Of a loop that begins: what must be seen several times has not been seen yet. */
export const freshMemory: Memory = { ...emptyMemory, leaderSamples: 0 }

export function memoryLine(memory: Memory): MemoryLine {
  const { leaderSamples, leaderIdleSinceMs, baseline } = memory
  return {
    type: 'memory',
    filling: memory.filling,
    skewed_domains: memory.skewedDomains,
    relieving: memory.relieving,
    leader_skew: memory.leaderSkew,
    ...(leaderSamples === undefined ? {} : { leader_samples: leaderSamples }),
    ...(leaderIdleSinceMs === undefined ? {} : { leader_idle_since: formatTime(leaderIdleSinceMs) }),
    since: mapValues(memory.since, formatTime),
    pending: mapValues(memory.pending, formatTime),
    left: memory.left.map(({ atMs, ...ref }) => ({ ...ref, at: formatTime(atMs) })),
    muted: memory.muted.map(({ untilMs, ...ref }) => ({ ...ref, until: formatTime(untilMs) })),
    hold: {
      partitions: memory.hold.partitions.map(({ untilMs, ...rest }) => ({ ...rest, until: formatTime(untilMs) })),
      topics: memory.hold.topics.map(({ untilMs, ...rest }) => ({ ...rest, until: formatTime(untilMs) })),
      nodes: memory.hold.nodes.map(({ node, untilMs }) => ({ node, until: formatTime(untilMs) })),
    },
    ...(memory.orders.length > 0 && { orders: memory.orders.map(orderLine) }),
    ...(memory.placed.length > 0 && { placed: memory.placed.map(placementLine) }),
    ...(baseline === undefined ? {} : { baseline: { offline: baseline.offline, under_min_isr: baseline.underMinIsr } }),
  }
}

export function readMemory(line: MemoryLine): Memory {
  const { leader_samples: leaderSamples, leader_idle_since: idleSince, baseline } = line
  return {
    filling: line.filling ?? [],
    skewedDomains: line.skewed_domains ?? [],
    relieving: line.relieving ?? emptyMemory.relieving,
    leaderSkew: line.leader_skew ?? false,
    ...(leaderSamples === undefined ? {} : { leaderSamples }),
    ...(idleSince === undefined ? {} : { leaderIdleSinceMs: parseTime(idleSince) }),
    since: mapValues(line.since ?? {}, parseTime),
    pending: mapValues(line.pending ?? {}, parseTime),
    left: (line.left ?? []).map(({ at, ...ref }) => ({ ...ref, atMs: parseTime(at) })),
    muted: (line.muted ?? []).map(({ until, ...ref }) => ({ ...ref, untilMs: parseTime(until) })),
    hold: {
      partitions: (line.hold?.partitions ?? []).map(({ until, ...rest }) => ({ ...rest, untilMs: parseTime(until) })),
      topics: (line.hold?.topics ?? []).map(({ until, ...rest }) => ({ ...rest, untilMs: parseTime(until) })),
      nodes: (line.hold?.nodes ?? []).map(({ node, until }) => ({ node, untilMs: parseTime(until) })),
    },
    orders: (line.orders ?? []).map(readOrder),
    placed: (line.placed ?? []).map(readPlacement),
    ...(baseline === undefined ? {} : { baseline: { offline: baseline.offline, underMinIsr: baseline.under_min_isr } }),
  }
}

function mapValues<From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]))
}
