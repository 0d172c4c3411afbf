/** Since when each node has been seen alive or gone, from samples and pulses. Time spent blind counts for neither. */
import { nodeStates } from '../cluster/reasons.ts'
import type { ClusterState, NodeId } from '../cluster/state.ts'
import type { Records } from '../execute/journal/records.ts'

type NodeRecord = Records['node']
export type LivenessChange = { type: 'node_appeared' | 'node_lost' | 'node_returned'; node: NodeId }

const ALIVE = nodeStates.indexOf('alive')
const UNREACHABLE = nodeStates.indexOf('unreachable')

export class Liveness {
  readonly #aliveSince = new Map<NodeId, number>()
  readonly #goneSince = new Map<NodeId, number>()
  /** Alive for the cluster, without an answer for us: that is not gone, and does not count as such once it is. */
  readonly #silentSince = new Map<NodeId, number>()
  /** Nodes that the last look showed otherwise than those before: brokers hear of a death at different times. */
  #differed = new Set<NodeId>()
  #first = true
  #blind = false
  #lastMs = 0

  /** What an earlier process, or another one, has seen: the time up to its last look counts, what nobody saw does not. */
  takeOver(records: Iterable<NodeRecord>, nowMs: number): void {
    this.#settle(nowMs)
    for (const { node, state, sinceMs, seenAtMs } of records) {
      const [times, others] =
        state === 'alive' ? [this.#aliveSince, this.#goneSince] : [this.#goneSince, this.#aliveSince]
      // What we have seen ourselves is newer.
      if (others.has(node)) continue
      const since = nowMs - Math.max(0, seenAtMs - sinceMs)
      times.set(node, Math.min(since, times.get(node) ?? since))
      this.#first = false
    }
  }

  /** Since when the nodes have been alive or gone; without those of which that is not known. */
  records(nodes: readonly NodeId[], seenAtMs: number): NodeRecord[] {
    return nodes.flatMap((node) => {
      const aliveSinceMs = this.#aliveSince.get(node)
      const sinceMs = aliveSinceMs ?? this.#goneSince.get(node)
      if (sinceMs === undefined) return []
      return [{ node, state: aliveSinceMs === undefined ? 'gone' : 'alive', sinceMs, seenAtMs }]
    })
  }

  /** Takes in who is alive now; returns what changed. That a known node is gone, or back, takes two looks in a row. */
  see(alive: Iterable<NodeId>, nowMs: number): LivenessChange[] {
    this.#settle(nowMs)
    const changes: LivenessChange[] = []
    const present = new Set(alive)
    const differs = new Set<NodeId>()
    for (const node of present) {
      if (this.#aliveSince.has(node)) {
        // One look may have shown it gone: that is over.
        this.#goneSince.delete(node)
        continue
      }
      if (this.#goneSince.has(node) && !this.#differed.has(node)) {
        differs.add(node)
        continue
      }
      this.#aliveSince.set(node, nowMs)
      if (this.#goneSince.delete(node)) changes.push({ type: 'node_returned', node })
      else if (!this.#first) changes.push({ type: 'node_appeared', node })
    }
    for (const node of this.#aliveSince.keys()) {
      if (present.has(node)) continue
      if (!this.#differed.has(node)) {
        differs.add(node)
        continue
      }
      this.#aliveSince.delete(node)
      this.#goneSince.set(node, nowMs)
      changes.push({ type: 'node_lost', node })
    }
    this.#differed = differs
    this.#first = false
    return changes
  }

  /** Nothing was seen since the last look: the time until the next one counts for nothing. */
  blind(): void {
    this.#blind = true
  }

  #settle(nowMs: number): void {
    if (this.#blind) this.#skip(nowMs - this.#lastMs)
    this.#blind = false
    this.#lastMs = nowMs
  }

  #skip(ms: number): void {
    for (const times of [this.#aliveSince, this.#goneSince, this.#silentSince]) {
      for (const [node, since] of times) times.set(node, since + ms)
    }
  }

  /** Writes the times into a state, and takes in who is away by it. */
  mark(state: ClusterState, nowMs: number): void {
    state.names.nodes.forEach((id, node) => {
      if (state.nodeState[node] !== UNREACHABLE) this.#silentSince.delete(id)
      const times = this.#awaySince(state, node)
      if (times && !times.has(id)) times.set(id, nowMs)
    })
    this.show(state, nowMs)
  }

  /** Writes the times into a state. */
  show(state: ClusterState, nowMs: number): void {
    state.names.nodes.forEach((id, node) => {
      if (state.nodeState[node] === ALIVE) state.nodeAliveSinceMs[node] = this.#aliveSince.get(id) ?? nowMs
      const times = this.#awaySince(state, node)
      if (times) state.nodeUnavailableSinceMs[node] = times.get(id) ?? nowMs
    })
  }

  /** Undefined of a node that is here, and where the cluster itself says since when it is away. */
  #awaySince(state: ClusterState, node: number): Map<NodeId, number> | undefined {
    if (state.nodeState[node] === ALIVE || !Number.isNaN(state.nodeUnavailableSinceMs[node]!)) return undefined
    return state.nodeState[node] === UNREACHABLE ? this.#silentSince : this.#goneSince
  }
}
