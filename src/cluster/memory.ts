/**
 * What a cluster's loop remembers between ticks: small, and written into every snapshot so that a snapshot gives the very
 * plan of its tick.
 */
import { formatTime, parseTime } from '../lib/iso-time.ts'
import type { MemoryLine } from './lines.ts'
import type { NodeId } from './state.ts'

export interface Memory {
  /** Added nodes that have not yet reached their fair share. */
  filling: NodeId[]
  /** Domains, by name, whose disk use left the band and has not come back inside. */
  skewedDomains: string[]
  leaderSkew: boolean
  /** `KIND/SUBJECT` of each open violation → when it was first seen, in milliseconds since the epoch. */
  since: Record<string, number>
}

export const emptyMemory: Memory = { filling: [], skewedDomains: [], leaderSkew: false, since: {} }

export function memoryLine(memory: Memory): MemoryLine {
  return {
    type: 'memory',
    filling: memory.filling,
    skewed_domains: memory.skewedDomains,
    leader_skew: memory.leaderSkew,
    since: Object.fromEntries(Object.entries(memory.since).map(([key, ms]) => [key, formatTime(ms)])),
  }
}

export function readMemory(line: MemoryLine): Memory {
  return {
    filling: line.filling ?? [],
    skewedDomains: line.skewed_domains ?? [],
    leaderSkew: line.leader_skew ?? false,
    since: Object.fromEntries(Object.entries(line.since ?? {}).map(([key, at]) => [key, parseTime(at)])),
  }
}
