/** Reading and making the flat placement of segments. */
import { type Placement, type SegmentState, segmentStates } from '../reading.ts'

const [online, consuming] = [segmentStates.indexOf('ONLINE'), segmentStates.indexOf('CONSUMING')]
const offline = segmentStates.indexOf('OFFLINE')

/** From Pinot's own form: segment → server → state. States that are not known count as OFFLINE. */
export function placementOf(segments: Readonly<Record<string, Readonly<Record<string, string>>>>): Placement {
  const names = Object.keys(segments).sort()
  const servers = [...new Set(names.flatMap((name) => Object.keys(segments[name]!)))].sort()
  const index = new Map(servers.map((name, at) => [name, at]))
  const entries = names.map((name) => Object.entries(segments[name]!).sort(([a], [b]) => (a < b ? -1 : 1)))
  const total = entries.reduce((sum, list) => sum + list.length, 0)
  const placement: Placement = {
    segments: names,
    servers,
    start: new Int32Array(names.length + 1),
    server: new Int32Array(total),
    state: new Uint8Array(total),
  }
  let at = 0
  entries.forEach((list, segment) => {
    for (const [server, state] of list) {
      const code = segmentStates.indexOf(state as SegmentState)
      placement.server[at] = index.get(server)!
      placement.state[at] = code < 0 ? offline : code
      at++
    }
    placement.start[segment + 1] = at
  })
  return placement
}

/** Servers of a segment, by name. */
export function serversAt(placement: Placement, segment: number): string[] {
  const found: string[] = []
  for (let at = placement.start[segment]!; at < placement.start[segment + 1]!; at++) {
    found.push(placement.servers[placement.server[at]!]!)
  }
  return found
}

/** Index of a segment, or -1: the segments are in the order of their names. */
export function segmentIndex({ segments }: Placement, name: string): number {
  let low = 0
  let high = segments.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = segments[middle]!
    if (found === name) return middle
    if (found < name) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** State of a segment on a server; undefined where the server does not have it. */
export function stateOn(placement: Placement, segment: number, server: string): SegmentState | undefined {
  if (segment < 0) return undefined
  for (let at = placement.start[segment]!; at < placement.start[segment + 1]!; at++) {
    if (placement.servers[placement.server[at]!] === server) return segmentStates[placement.state[at]!]
  }
  return undefined
}

export function isConsuming(placement: Placement, segment: number): boolean {
  for (let at = placement.start[segment]!; at < placement.start[segment + 1]!; at++) {
    if (placement.state[at] === consuming) return true
  }
  return false
}

/** All its replicas are OFFLINE: Pinot never moves such a segment. */
export function isOffline(placement: Placement, segment: number): boolean {
  for (let at = placement.start[segment]!; at < placement.start[segment + 1]!; at++) {
    if (placement.state[at] !== offline) return false
  }
  return true
}

/** Server → replicas it is to hold. */
export function replicaCounts(placement: Placement): Map<string, number> {
  const counts = new Int32Array(placement.servers.length)
  for (const server of placement.server) counts[server]!++
  return new Map(placement.servers.map((name, index) => [name, counts[index]!]))
}

export interface Convergence {
  /** Replicas of the IdealState that the ExternalView does not show as it should. */
  missing: number
  /** Those of them that the view does not show at all: they are being loaded, or their server is dead. */
  absent: { segment: string; server: string }[]
  /** Those of them that are in ERROR. */
  errors: { segment: string; server: string }[]
  /** Those that are shown OFFLINE although they should be up: Helix has forgotten them after a reset. */
  forgotten: { segment: string; server: string }[]
}

/**
 * By Pinot's own rule: each replica that is not to be OFFLINE must be shown in just that state. Nothing is asked of replicas that only
 * the view has.
 */
export function convergence(ideal: Placement, view: Placement | undefined, only?: ReadonlySet<string>): Convergence {
  const result: Convergence = { missing: 0, absent: [], errors: [], forgotten: [] }
  ideal.segments.forEach((segment, index) => {
    if (only && !only.has(segment)) return
    const seen = view === undefined ? -1 : segmentIndex(view, segment)
    for (let at = ideal.start[index]!; at < ideal.start[index + 1]!; at++) {
      const wanted = ideal.state[at]!
      if (wanted === offline) continue
      const server = ideal.servers[ideal.server[at]!]!
      const state = view === undefined ? undefined : stateOn(view, seen, server)
      if (state === segmentStates[wanted]) continue
      result.missing++
      if (state === undefined) result.absent.push({ segment, server })
      if (state === 'ERROR') result.errors.push({ segment, server })
      if (state === 'OFFLINE') result.forgotten.push({ segment, server })
    }
  })
  return result
}

/** Replicas of a segment that serve: ONLINE or CONSUMING. */
export function servingServers(view: Placement | undefined, segment: string): string[] {
  const index = view === undefined ? -1 : segmentIndex(view, segment)
  if (view === undefined || index < 0) return []
  const found: string[] = []
  for (let at = view.start[index]!; at < view.start[index + 1]!; at++) {
    const state = view.state[at]
    if (state === online || state === consuming) found.push(view.servers[view.server[at]!]!)
  }
  return found
}
