/**
 * A table as it lies: what the IdealState wants and what the ExternalView shows, laid over each other segment by segment. From that come
 * the columns of the state, the figures of health, and the counts per server.
 *
 * A replica is
 *   in sync      wanted, and seen ONLINE or CONSUMING
 *   offline      wanted, and its server is dead or disabled
 *   adding       wanted and not seen yet, on a server that can load it
 *   removing     seen, no longer wanted
 *   out of sync  anything else: seen in ERROR, or OFFLINE on a server that could serve it
 */
import type { TopicColumns } from '../../../cluster/lines.ts'
import { immovableReasons } from '../../../cluster/reasons.ts'
import type { Health } from '../../../cluster/sample.ts'
import { ADDING, IN_SYNC, OFFLINE, REMOVING } from '../../../cluster/state.ts'
import { type SegmentState as ShownState, segmentStates as shownStates } from '../../../cluster/target.ts'
import { slices } from '../../../lib/clock.ts'
import type { TableSizes } from '../read/sizes.ts'
import { type Placement, segmentStates, type Table } from '../reading.ts'

/** What matters of a server here. */
export interface Holder {
  /** Live, and neither disabled nor anything like it. */
  serving: boolean
  /** It was dead, and may still be loading what it has. */
  returned: boolean
}

export interface Layout {
  columns: TopicColumns
  health: Health
  /** Wanted replicas and their bytes by server, in the order of `columns.nodes`. */
  replicas: Int32Array
  bytes: Float64Array
  /** Wanted, and to come: replicas and bytes by server, in the same order. */
  arrivingReplicas: Int32Array
  arrivingBytes: Float64Array
  /** Replicas whose state is not the wanted one, dead servers' included. */
  notConverged: number
  inError: number
  /** Replicas of wanted segments by the state that the ExternalView has them in. */
  seen: Record<ShownState, number>
  /** Segments in ERROR somewhere, a few of them. */
  errorSegments: string[]
}

const [S_ONLINE, S_CONSUMING, S_OFFLINE, S_ERROR] = (['ONLINE', 'CONSUMING', 'OFFLINE', 'ERROR'] as const).map(
  (state) => segmentStates.indexOf(state),
)
/** By Pinot's states; what is DROPPED is gone. */
const shownState = segmentStates.map((state) => shownStates.find((shown) => shown === state.toLowerCase()))
/** In none of the two. */
const NONE = 255
const EXCLUDED = immovableReasons.indexOf('excluded')
const NAMED = 3
/** Segments between two looks at the time. */
const SLICE = 1024

export interface LayoutInput {
  table: Table
  sizes: TableSizes
  holderOf: (server: string) => Holder
  /** Segments that were made only lately: that they are not up yet is no loss. */
  isYoung: (segment: string) => boolean
  domain: string
}

export async function layoutOf({ table, sizes, holderOf, isYoung, domain }: LayoutInput): Promise<Layout> {
  const slice = slices()
  const ideal = table.idealState.placement
  const view = table.externalView?.placement ?? emptyPlacement
  const nodes = [...new Set([...ideal.servers, ...view.servers])].sort()
  const holders = nodes.map(holderOf)
  const [nodeOfIdeal, nodeOfView] = [indexIn(nodes, ideal.servers), indexIn(nodes, view.servers)]
  const most = ideal.server.length + view.server.length
  const { length: segmentCount } = ideal.segments
  const node = new Int32Array(most)
  const bytes = new Float64Array(most)
  const flags = new Uint8Array(most)
  const start = new Int32Array(segmentCount + 1)
  const immovable = new Uint8Array(segmentCount)
  const layout: Layout = {
    columns: {
      name: table.name,
      constraints: { domain },
      ids: ideal.segments,
      start,
      nodes,
      node,
      bytes,
      flags,
      immovable,
    },
    health: {
      underReplicated: { own_move: 0, node: 0, other: 0 },
      offline: 0,
      underMinIsr: 0,
      unexplained: { offline: 0, underMinIsr: 0 },
    },
    replicas: new Int32Array(nodes.length),
    bytes: new Float64Array(nodes.length),
    arrivingReplicas: new Int32Array(nodes.length),
    arrivingBytes: new Float64Array(nodes.length),
    notConverged: 0,
    inError: 0,
    seen: { online: 0, consuming: 0, offline: 0, error: 0 },
    errorSegments: [],
  }
  const viewSegment = segmentFinder(ideal.segments, view.segments)
  let next = 0
  for (let segment = 0; segment < segmentCount; segment += 1) {
    if (segment % SLICE === 0) await slice()
    const seenSegment = viewSegment(segment)
    let i = ideal.start[segment]!
    const idealEnd = ideal.start[segment + 1]!
    let v = seenSegment === -1 ? 0 : view.start[seenSegment]!
    const viewEnd = seenSegment === -1 ? 0 : view.start[seenSegment + 1]!
    let [up, wantedUp, lost, adding, other] = [0, 0, 0, 0, 0]
    while (i < idealEnd || v < viewEnd) {
      const byIdeal = i < idealEnd ? nodeOfIdeal[ideal.server[i]!]! : Number.POSITIVE_INFINITY
      const byView = v < viewEnd ? nodeOfView[view.server[v]!]! : Number.POSITIVE_INFINITY
      const at = Math.min(byIdeal, byView)
      const wanted = byIdeal === at ? ideal.state[i]! : NONE
      const seen = byView === at ? view.state[v]! : NONE
      const size = byIdeal === at ? sizes.replica[i]! : sizes.segment[segment]!
      if (byIdeal === at) i += 1
      if (byView === at) v += 1
      const { serving, returned } = holders[at]!
      const isUp = seen === S_ONLINE || seen === S_CONSUMING
      const wantsUp = wanted === S_ONLINE || wanted === S_CONSUMING
      const shown = shownState[seen]
      if (shown) layout.seen[shown] += 1
      let flag = 0
      let here = size
      if (seen === S_ERROR) {
        layout.inError += 1
        if (layout.errorSegments.length < NAMED) layout.errorSegments.push(ideal.segments[segment]!)
      }
      if (wanted === NONE) {
        // Of a dead server nothing is left to be removed now.
        if (!serving) continue
        flag = REMOVING | (isUp ? IN_SYNC : 0)
        if (isUp) up += 1
      } else {
        layout.replicas[at]! += 1
        layout.bytes[at]! += size || 0
        if (wanted === S_CONSUMING) immovable[segment] = EXCLUDED
        if (wantsUp && seen !== wanted) layout.notConverged += 1
        if (wantsUp) wantedUp += 1
        if (!serving) {
          flag = OFFLINE
          if (wantsUp) lost += 1
        } else if (isUp) {
          flag = IN_SYNC
          up += 1
        } else if (wantsUp && seen !== S_ERROR && seen !== S_OFFLINE) {
          flag = ADDING
          here = 0
          layout.arrivingReplicas[at]! += 1
          layout.arrivingBytes[at]! += size || 0
          if (returned) lost += 1
          else adding += 1
        } else if (wantsUp) {
          // With a new session a server begins with all that it has OFFLINE, and takes it up one by one.
          if (returned && seen === S_OFFLINE) lost += 1
          else other += 1
        }
      }
      node[next] = at
      bytes[next] = here
      flags[next] = flag
      next += 1
    }
    start[segment + 1] = next
    if (lost + adding + other === 0 || !table.idealState.enabled) continue
    judge(layout.health, { up, wantedUp, lost, adding, other }, () => isYoung(ideal.segments[segment]!))
  }
  layout.columns.node = node.slice(0, next)
  layout.columns.bytes = bytes.slice(0, next)
  layout.columns.flags = flags.slice(0, next)
  if (!table.idealState.enabled) layout.columns.constraints = { domain, excluded: true }
  return layout
}

/** Of one segment that lacks replicas. */
function judge(
  health: Health,
  { up, wantedUp, lost, adding, other }: Record<'up' | 'wantedUp' | 'lost' | 'adding' | 'other', number>,
  isYoung: () => boolean,
): void {
  if (other > 0) health.underReplicated.other += 1
  else if (lost > 0) health.underReplicated.node += 1
  else if (adding > 0) health.underReplicated.own_move += 1
  if (up > 0 || wantedUp === 0) return
  // Nothing is lost by what was never there.
  if (lost === 0 && other === 0 && isYoung()) return
  health.offline += 1
  if (lost === 0) health.unexplained.offline += 1
}

const emptyPlacement: Placement = {
  segments: [],
  servers: [],
  start: new Int32Array(1),
  server: new Int32Array(0),
  state: new Uint8Array(0),
}

function indexIn(nodes: readonly string[], servers: readonly string[]): Int32Array {
  const index = new Map(nodes.map((name, at) => [name, at]))
  return Int32Array.from(servers, (name) => index.get(name)!)
}

/** Both in order, and to be asked in order; -1 where there is none. Mostly they are the very same. */
function segmentFinder(segments: readonly string[], others: readonly string[]): (segment: number) => number {
  if (segments === others) return (segment) => segment
  let at = 0
  return (segment) => {
    const name = segments[segment]!
    while (at < others.length && others[at]! < name) at += 1
    return others[at] === name ? at : -1
  }
}
