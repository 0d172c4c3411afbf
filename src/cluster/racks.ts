/**
 * How partitions are spread over racks. A spread is at fault when one replica could go from a rack to another that holds
 * at least two fewer: sums of squares are least where no such step is left, also where there are more replicas than racks.
 */
import { dirStates, nodeStates } from './reasons.ts'
import { type Columns, REMOVING } from './state.ts'

const ALIVE = nodeStates.indexOf('alive')
const ONLINE = dirStates.indexOf('online')

/** 1: may be a target: alive, not excluded, with a dir that takes something. */
export function openNodes(columns: Columns): Uint8Array {
  return Uint8Array.from(columns.nodeState, (state, node) => {
    if (state !== ALIVE || columns.nodeExcluded[node] === 1) return 0
    for (let dir = columns.nodeDirStart[node]!; dir < columns.nodeDirStart[node + 1]!; dir += 1) {
      if (columns.dirState[dir] === ONLINE && columns.dirCordoned[dir] === 0) return 1
    }
    return 0
  })
}

export class RackSpread {
  readonly #columns: Columns
  readonly #open: Uint8Array
  readonly #racks: number
  /** Open nodes at `domain * racks + rack`; rack 0 is that of nodes without one. */
  readonly #openNodes: Int32Array
  readonly #counts: Int32Array
  readonly #free: Int32Array

  constructor(columns: Columns, open: Uint8Array = openNodes(columns)) {
    this.#columns = columns
    this.#open = open
    this.#racks = columns.rackCount + 1
    this.#openNodes = new Int32Array(columns.domainCount * this.#racks)
    open.forEach((isOpen, node) => {
      if (isOpen === 1) this.#openNodes[columns.nodeDomain[node]! * this.#racks + columns.nodeRack[node]! + 1]! += 1
    })
    this.#counts = new Int32Array(this.#racks)
    this.#free = new Int32Array(this.#racks)
  }

  /** Racks of the domain that have an open node. */
  openRacks(domain: number): number {
    const row = this.#openNodes.subarray(domain * this.#racks, (domain + 1) * this.#racks)
    return row.reduce((count, nodes) => count + Number(nodes > 0), 0)
  }

  /** Open nodes of each rack that hold none of the partition, rack 0 first; good until the next call. */
  freeNodes(partition: number, replicaNode: Int32Array, without = -1): Int32Array {
    this.#read(partition, replicaNode, without)
    return this.#free
  }

  /**
   * Steps that it takes at least until the spread of the partition is as good as open nodes allow; 0 when it is.
   * @param replicaNode node of each replica, as the state or a plan has it.
   */
  faults(partition: number, replicaNode: Int32Array = this.#columns.replicaNode): number {
    if (this.#columns.rackCount === 0) return 0
    this.#read(partition, replicaNode, -1)
    const counts = this.#counts
    const free = this.#free
    for (let steps = 0; ; steps += 1) {
      let most = 0
      let least = -1
      for (let rack = 0; rack < this.#racks; rack += 1) {
        if (counts[rack]! > counts[most]!) most = rack
        if (free[rack]! > 0 && (least === -1 || counts[rack]! < counts[least]!)) least = rack
      }
      if (least === -1 || counts[most]! - counts[least]! < 2) return steps
      counts[most]! -= 1
      counts[least]! += 1
      free[least]! -= 1
    }
  }

  /** Whether two of its replicas share a rack, be it needlessly or not. */
  shares(partition: number): boolean {
    this.#read(partition, this.#columns.replicaNode, -1)
    return this.#counts.some((count) => count > 1)
  }

  #read(partition: number, replicaNode: Int32Array, without: number): void {
    const { partitionReplicaStart, replicaFlags, nodeRack, topicDomain, partitionTopic } = this.#columns
    const row = topicDomain[partitionTopic[partition]!]! * this.#racks
    this.#counts.fill(0)
    // Without a view: one for each of very many partitions is a burden.
    for (let rack = 0; rack < this.#racks; rack += 1) this.#free[rack] = this.#openNodes[row + rack]!
    for (
      let replica = partitionReplicaStart[partition]!;
      replica < partitionReplicaStart[partition + 1]!;
      replica += 1
    ) {
      if (replica === without) continue
      const node = replicaNode[replica]!
      const rack = nodeRack[node]! + 1
      if (this.#open[node] === 1) this.#free[rack]! -= 1
      if ((replicaFlags[replica]! & REMOVING) === 0) this.#counts[rack]! += 1
    }
  }
}

/** Partitions whose replicas share a rack needlessly, and those that cannot help it. */
export function rackFigures(columns: Columns): { needless: number[]; unavoidable: number } {
  const needless: number[] = []
  let unavoidable = 0
  if (columns.rackCount === 0) return { needless, unavoidable }
  const spread = new RackSpread(columns)
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    if (spread.faults(partition) > 0) needless.push(partition)
    else if (spread.shares(partition)) unavoidable += 1
  }
  return { needless, unavoidable }
}
