/**
 * May this replica go to that node? One named filter after the other, the first that says no is counted.
 *
 * A candidate is opened once and then asked for many targets: what depends on the replica alone (who holds the
 * partition, its racks, its legal nodes) is worked out once.
 */
import { nodeStates, type RejectReason } from '../cluster/reasons.ts'
import type { RackAwareness } from '../cluster/settings.ts'
import { REMOVING } from '../cluster/state.ts'
import type { Model } from './model.ts'

const ALIVE = nodeStates.indexOf('alive')

export class Filters {
  readonly #model: Model
  /** Nodes that may be targets at all. */
  readonly #open: Uint8Array
  /** Stamp of the last candidate whose partition the node holds, or held before this plan. */
  readonly #holds: Int32Array
  readonly #legal: Int32Array
  /** Replicas that are being removed: they take a node's capacity until they are gone. */
  readonly #leaving: Int32Array
  readonly #rackReplicas: Int32Array
  #stamp = 0
  #partition = -1
  #from = -1
  #topicRow = 0
  #cap = 0
  #domain = 0
  #bytes = 0
  #legalSet = -1
  /** Most other replicas of the partition that the target's rack may hold. */
  #rackLimit = 0

  constructor(model: Model) {
    const { columns } = model
    this.#model = model
    this.#open = Uint8Array.from(columns.nodeState, (state, node) =>
      Number(state === ALIVE && columns.nodeExcluded[node] === 0 && !allCordoned(model, node)),
    )
    this.#holds = new Int32Array(columns.nodeCount)
    this.#legal = new Int32Array(columns.nodeCount)
    this.#leaving = new Int32Array(columns.nodeCount)
    columns.replicaFlags.forEach((flags, replica) => {
      if ((flags & REMOVING) !== 0) this.#leaving[columns.replicaNode[replica]!]! += 1
    })
    this.#rackReplicas = new Int32Array(columns.rackCount + 1)
  }

  /** Whether the node may receive anything. */
  open(node: number): boolean {
    return this.#open[node] === 1
  }

  /** Takes up a candidate; the following `allows` are about it. */
  candidate(replica: number, partition: number): void {
    const { columns, replicaNode, request } = this.#model
    this.#stamp += 1
    this.#partition = partition
    this.#from = replicaNode[replica]!
    this.#bytes = columns.replicaBytes[replica]!
    const topic = columns.partitionTopic[partition]!
    this.#topicRow = topic * columns.nodeCount
    this.#cap = columns.topicCap[topic]!
    this.#domain = columns.topicDomain[topic]!
    this.#legalSet = columns.replicaLegal[replica]!
    if (this.#legalSet >= 0) {
      for (let i = columns.legalStart[this.#legalSet]!; i < columns.legalStart[this.#legalSet + 1]!; i += 1) {
        this.#legal[columns.legalNodes[i]!] = this.#stamp
      }
    }
    const start = columns.partitionReplicaStart[partition]!
    const end = columns.partitionReplicaStart[partition + 1]!
    this.#rackReplicas.fill(0)
    for (let other = start; other < end; other += 1) {
      const node = replicaNode[other]!
      this.#holds[node] = this.#stamp
      // Who gave one of its replicas by this plan takes no other: one move would have done for both.
      this.#holds[columns.replicaNode[other]!] = this.#stamp
      if (other !== replica) this.#rackReplicas[columns.nodeRack[node]! + 1]! += 1
    }
    const here = this.#rackReplicas[columns.nodeRack[this.#from]! + 1]!
    this.#rackLimit = rackLimit(columns.rackCount, end - start, here, request.rackAwareness)
  }

  /** Whether the candidate may go to the node; a no is counted. */
  allows(to: number): boolean {
    // Holding the partition already is not a candidate that was rejected: it is none.
    if (this.#holds[to] === this.#stamp) return false
    const reason = this.#rejects(to)
    if (reason === undefined) return true
    this.#model.rejections.add(reason, this.#partition, this.#from, to)
    return false
  }

  #rejects(to: number): RejectReason | undefined {
    const { columns, replicas, topicReplicas } = this.#model
    if (this.#open[to] === 0) return 'excluded'
    if (this.#legalSet >= 0 ? this.#legal[to] !== this.#stamp : columns.nodeDomain[to] !== this.#domain) {
      return 'tenant_mismatch'
    }
    if (this.#rackReplicas[columns.nodeRack[to]! + 1]! > this.#rackLimit) return 'rack_constraint'
    if (this.#cap > 0 && topicReplicas[this.#topicRow + to]! >= this.#cap) return 'replica_group'
    if (replicas[to]! + this.#leaving[to]! >= columns.nodeMaxReplicas[to]!) return 'no_capacity'
    if (!this.#model.fits(to, this.#bytes)) return 'would_exceed_limit'
    return undefined
  }
}

/**
 * A target's rack may hold as many of the other replicas as the source's rack does: then the spread cannot get worse.
 * `require` also asks that the place itself be a good one.
 */
function rackLimit(racks: number, replicas: number, here: number, awareness: RackAwareness): number {
  if (racks === 0 || awareness === 'ignore') return Number.POSITIVE_INFINITY
  return awareness === 'prefer' ? here : Math.min(here, Math.ceil(replicas / racks) - 1)
}

function allCordoned(model: Model, node: number): boolean {
  const { columns } = model
  for (let dir = columns.nodeDirStart[node]!; dir < columns.nodeDirStart[node + 1]!; dir += 1) {
    if (columns.dirState[dir] === 0 && columns.dirCordoned[dir] === 0) return false
  }
  return true
}
