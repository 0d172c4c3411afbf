/**
 * So many nodes gone at once that healing them would be wrong: the network, a site or the reading itself is the trouble.
 * A node that is gone and holds nothing has left for good and counts for nothing; neither does one that was to be emptied.
 */
import { nodeStates } from '../cluster/reasons.ts'
import { MASS_FAILURE } from '../cluster/settings.ts'
import type { ClusterState } from '../cluster/state.ts'
import { formatPercent } from '../lib/units.ts'

const UNAVAILABLE = nodeStates.indexOf('unavailable')

/** A sentence with the numbers; undefined while nothing of the kind is seen. */
export function massFailure(state: ClusterState, replicas: Int32Array): string | undefined {
  const gone: number[] = []
  const counted: number[] = []
  for (let node = 0; node < state.nodeCount; node += 1) {
    const isGone = state.nodeState[node] === UNAVAILABLE
    if (isGone && (replicas[node] === 0 || state.nodeDraining[node] === 1)) continue
    counted.push(node)
    if (isGone) gone.push(node)
  }
  if (gone.length > counted.length * MASS_FAILURE) {
    return `${gone.length} of ${counted.length} nodes are gone at once (more than ${formatPercent(MASS_FAILURE)})`
  }
  const racks = new Set(gone.map((node) => state.nodeRack[node]!).filter((rack) => rack !== -1))
  const dead = [...racks].filter((rack) =>
    counted.every((node) => state.nodeRack[node] !== rack || gone.includes(node)),
  )
  if (dead.length < 2) return undefined
  return `the racks ${dead.map((rack) => state.names.racks[rack]).join(', ')} are gone at once`
}
