/**
 * How much more fits where. Two figures, each on the safe side: what fits is asked with everything counted that is or may
 * come to be on the volume, with the index of the copy, with growth until the copy is there and without what a move will
 * free; what breaches a limit is asked with what leaves counted as gone.
 *
 * Until we choose the dir of a copy that comes from another node it may land in any: it must fit the fullest usable one.
 */
import { ASSUMED_COPY_RATE, INDEX_RESERVE, METADATA_RESERVE, METADATA_RESERVE_BYTES } from '../cluster/settings.ts'
import type { Columns } from '../cluster/state.ts'
import type { PlanRequest } from './request.ts'

/** Which limit of a dir must not be exceeded: that of balance and racks, or that of repair, drain and relief. */
export type Limit = 'max' | 'hard'

export class Room {
  readonly #columns: Columns
  /** Ratio of a dir that each limit allows to be filled. */
  readonly #ratios: Record<Limit, number>
  /** Bytes under each limit in the fullest usable dir of each node. */
  readonly #fullest: Record<Limit, Float64Array>
  /** Planned to arrive on a node in a dir not chosen by us, and in a dir chosen by us; index reserve included. */
  readonly #arriving: Float64Array
  readonly #arrivingIn: Float64Array
  /** Once everything planned and in flight is done, arrivals in a dir not chosen by us left out. */
  readonly #finalBytes: Float64Array
  /** Bytes per second that the fastest growing usable dir of each node takes in. */
  readonly #growth: Float64Array

  constructor(columns: Columns, request: PlanRequest) {
    this.#columns = columns
    this.#ratios = { max: request.maxDiskUsage, hard: request.hardDiskUsage }
    this.#arriving = new Float64Array(columns.nodeCount)
    this.#arrivingIn = new Float64Array(columns.dirCount)
    this.#finalBytes = Float64Array.from(
      columns.dirUsedBytes,
      (used, dir) => used + columns.dirArrivingBytes[dir]! - columns.dirPendingFreeBytes[dir]!,
    )
    this.#growth = growthOf(columns)
    this.#fullest = { max: new Float64Array(columns.nodeCount), hard: new Float64Array(columns.nodeCount) }
    for (let node = 0; node < columns.nodeCount; node += 1) this.#measure(node)
  }

  usable(dir: number): boolean {
    return this.#columns.dirState[dir] === 0 && this.#columns.dirCordoned[dir] === 0
  }

  /** Whether `bytes` more fit on the node, in any dir it may choose. */
  fits(node: number, bytes: number, limit: Limit): boolean {
    return this.#needs(node, this.#arriving[node]! + withIndex(bytes)) <= this.#fullest[limit][node]!
  }

  /** How full the fullest dir it may choose would be with `bytes` more, and how full it may be: what `fits` compares. */
  filled(node: number, bytes: number, limit: Limit): { dir: number; bytes: number; most: number } {
    let fullest = -1
    for (let dir = this.#columns.nodeDirStart[node]!; dir < this.#columns.nodeDirStart[node + 1]!; dir += 1) {
      if (!this.usable(dir)) continue
      if (fullest === -1 || this.#roomOf(dir, limit) < this.#roomOf(fullest, limit)) fullest = dir
    }
    if (fullest === -1) return { dir: -1, bytes: Number.POSITIVE_INFINITY, most: 0 }
    const most = this.#most(fullest, limit)
    const needs = this.#needs(node, this.#arriving[node]! + withIndex(bytes))
    return { dir: fullest, bytes: most - this.#roomOf(fullest, limit) + needs, most }
  }

  /** Whether `bytes` more fit in that dir. */
  fitsIn(dir: number, bytes: number, limit: Limit): boolean {
    if (!this.usable(dir)) return false
    const node = this.#columns.dirNode[dir]!
    const arriving = this.#arriving[node]! + withIndex(bytes)
    return this.#needs(node, arriving) <= this.#roomOf(dir, limit)
  }

  /**
   * Whether `bytes` more will fit on the node, in any dir it may choose, once everything planned and in flight is done and
   * `leaving` is gone as well.
   */
  willFit(node: number, bytes: number, limit: Limit, leaving = { dir: -1, bytes: 0 }): boolean {
    const { nodeDirStart } = this.#columns
    const arriving = this.#needs(node, this.#arriving[node]! + withIndex(bytes))
    for (let dir = nodeDirStart[node]!; dir < nodeDirStart[node + 1]!; dir += 1) {
      if (!this.usable(dir)) continue
      const then = this.#finalBytes[dir]! - (dir === leaving.dir ? leaving.bytes : 0)
      if (then + arriving > this.#most(dir, limit)) return false
    }
    return true
  }

  /** Whether no usable dir of the node would be beyond `ratio` of its capacity in the end, wherever `bytes` more went. */
  staysBelow(node: number, bytes: number, ratio: number): boolean {
    const { nodeDirStart, dirCapacityBytes } = this.#columns
    for (let dir = nodeDirStart[node]!; dir < nodeDirStart[node + 1]!; dir += 1) {
      if (!this.usable(dir)) continue
      if (this.#finalBytes[dir]! + this.#arriving[node]! + bytes > dirCapacityBytes[dir]! * ratio) return false
    }
    return true
  }

  /** What the dir holds once everything planned and in flight is done. */
  finalBytes(dir: number): number {
    return this.#finalBytes[dir]!
  }

  /** Plans a copy from another node; returns the bytes it takes at its peak. */
  arrive(node: number, bytes: number): number {
    this.#arriving[node]! += withIndex(bytes)
    return withIndex(bytes)
  }

  /** Plans a copy into a dir of our choice; returns the bytes it takes at its peak. */
  arriveIn(dir: number, bytes: number): number {
    this.#arrivingIn[dir]! += withIndex(bytes)
    this.#finalBytes[dir]! += bytes
    this.#measure(this.#columns.dirNode[dir]!)
    return withIndex(bytes)
  }

  /** Plans that `bytes` leave the dir; -1 where it is not known which. */
  leave(dir: number, bytes: number): void {
    if (dir !== -1) this.#finalBytes[dir]! -= bytes
  }

  /** With what logs grow by while that much is copied in. */
  #needs(node: number, bytes: number): number {
    return bytes * (1 + this.#growth[node]! / ASSUMED_COPY_RATE)
  }

  #roomOf(dir: number, limit: Limit): number {
    const { dirUsedBytes, dirArrivingBytes } = this.#columns
    return this.#most(dir, limit) - (dirUsedBytes[dir]! + dirArrivingBytes[dir]! + this.#arrivingIn[dir]!)
  }

  /** What the dir may hold at most. */
  #most(dir: number, limit: Limit): number {
    const { dirCapacityBytes, dirMetadata } = this.#columns
    const capacity = dirCapacityBytes[dir]!
    const reserve = dirMetadata[dir] === 1 ? Math.min(METADATA_RESERVE_BYTES, capacity * METADATA_RESERVE) : 0
    return capacity * this.#ratios[limit] - reserve
  }

  #measure(node: number): void {
    for (const limit of ['max', 'hard'] as const) {
      let room = Number.POSITIVE_INFINITY
      for (let dir = this.#columns.nodeDirStart[node]!; dir < this.#columns.nodeDirStart[node + 1]!; dir += 1) {
        if (this.usable(dir)) room = Math.min(room, this.#roomOf(dir, limit))
      }
      this.#fullest[limit][node] = room === Number.POSITIVE_INFINITY ? Number.NEGATIVE_INFINITY : room
    }
  }
}

function withIndex(bytes: number): number {
  return bytes * (1 + INDEX_RESERVE)
}

function growthOf(columns: Columns): Float64Array {
  const dirs = new Float64Array(columns.dirCount)
  for (let partition = 0; partition < columns.partitionCount; partition += 1) {
    const rate = columns.partitionBytesIn[partition]!
    if (!(rate > 0)) continue
    const end = columns.partitionReplicaStart[partition + 1]!
    for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
      const dir = columns.replicaDir[replica]!
      if (dir !== -1) dirs[dir]! += rate
    }
  }
  const nodes = new Float64Array(columns.nodeCount)
  dirs.forEach((rate, dir) => {
    const node = columns.dirNode[dir]!
    nodes[node] = Math.max(nodes[node]!, rate)
  })
  return nodes
}
