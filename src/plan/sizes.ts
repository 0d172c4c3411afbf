import { nodeStates } from '../cluster/reasons.ts'
import { type Columns, OFFLINE } from '../cluster/state.ts'

const UNAVAILABLE = nodeStates.indexOf('unavailable')

/**
 * What a copy of each replica would take. The size of a replica that is gone is not known, or was so long ago: what is
 * copied in its place is what the others hold. NaN where nobody knows, and for what is there but does not tell.
 */
export function copyBytes(columns: Columns): Float64Array {
  const bytes = Float64Array.from(columns.replicaBytes)
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    const first = columns.partitionReplicaStart[partition]!
    const end = columns.partitionReplicaStart[partition + 1]!
    let unknown = false
    // An empty partition has a size like any other.
    let most = -1
    for (let replica = first; replica < end; replica += 1) {
      if (Number.isNaN(bytes[replica]!)) unknown = true
      else most = Math.max(most, bytes[replica]!)
    }
    if (!unknown || most === -1) continue
    for (let replica = first; replica < end; replica += 1) {
      const gone =
        (columns.replicaFlags[replica]! & OFFLINE) !== 0 ||
        columns.nodeState[columns.replicaNode[replica]!] === UNAVAILABLE
      if (Number.isNaN(bytes[replica]!) && gone) bytes[replica] = most
    }
  }
  return bytes
}
