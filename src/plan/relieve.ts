/**
 * Brings dirs that are over a limit below it again, with as few bytes as it can and nothing else: the fullest dir first,
 * and only what must leave it. Another dir of the same node is tried before other nodes, since that needs no network.
 *
 * The limit is met with a small margin, so that what was just relieved does not breach it again by noise. A target must not
 * come over that same line by what it takes, for a critical dir not over the lower one either if there is a choice, and
 * must stay less full than the dir it relieves.
 */
import { nodeStates, type ViolationKind } from '../cluster/reasons.ts'
import { RELIEF_MARGIN } from '../cluster/settings.ts'
import { type Filters, limitOf } from './filters.ts'
import type { Model } from './model.ts'

const ALIVE = nodeStates.indexOf('alive')

/** Largest first choices that are followed up to see which needs fewest bytes in the end. */
const STARTS = 6
/** Candidates in a row that find no place before a dir is given up. */
const MISSES = 200

interface Place {
  replica: number
  partition: number
  /** Index of a dir of the same node, or of a node. */
  dir?: number
  node?: number
}

/** @param limit ratio of a dir's capacity. */
export function relieve(model: Model, filters: Filters, dirs: number[], kind: ViolationKind, limit: number): void {
  const { columns, room } = model
  const line = limit - RELIEF_MARGIN
  // What is filled beyond the lower line would be relieved in its turn, and of the very same replica.
  const softer = Math.min(line, model.request.maxDiskUsage - RELIEF_MARGIN)
  const lines = softer < line ? [softer, line] : [line]
  const excess = (dir: number) => room.finalBytes(dir) - columns.dirCapacityBytes[dir]! * line
  const open = [...columns.nodeState.keys()].filter((node) => filters.open(node))
  const left = new Set(dirs)
  while (left.size > 0) {
    const dir = [...left].reduce((worst, other) => (fullness(model, other) > fullness(model, worst) ? other : worst))
    left.delete(dir)
    const stuck = new Set<number>()
    while (excess(dir) > 0 && stuck.size < MISSES) {
      const place = choose(model, filters, dir, excess(dir), { kind, lines, open, stuck })
      if (!place) break
      const { replica, partition } = place
      if (place.dir !== undefined) model.moveDir(replica, partition, place.dir, kind)
      else model.moveReplica(replica, partition, place.node!, kind)
    }
  }
}

function fullness(model: Model, dir: number): number {
  return model.room.finalBytes(dir) / model.columns.dirCapacityBytes[dir]!
}

interface Task {
  kind: ViolationKind
  /** Ratios above which no target may come, those to be tried first before the others. */
  lines: number[]
  open: number[]
  /** Replicas that found no place. */
  stuck: Set<number>
}

/** The next replica to leave and where to; undefined when none finds a place. */
function choose(model: Model, filters: Filters, dir: number, excess: number, task: Task): Place | undefined {
  const node = model.columns.dirNode[dir]!
  for (;;) {
    const candidates = Array.from(model.replicasBySize(node, task.kind)).filter(
      (replica) =>
        model.columns.replicaDir[replica] === dir &&
        model.moved[replica] === 0 &&
        model.bytes[replica]! > 0 &&
        !task.stuck.has(replica),
    )
    const replica = cheapest(candidates, model.bytes, excess)
    if (replica === -1 || task.stuck.size >= MISSES) return undefined
    const partition = model.partitionOf(replica)
    const place = placeFor(model, filters, replica, partition, dir, task)
    if (place) return place
    task.stuck.add(replica)
  }
}

/**
 * First of the replicas that together free `excess` with fewest bytes: greedily the largest that fits, from several
 * starts, and the smallest that is enough by itself. -1 when there are none.
 * @param candidates largest first.
 */
function cheapest(candidates: number[], bytes: Float64Array, excess: number): number {
  if (candidates.length === 0) return -1
  let enough = -1
  for (const replica of candidates) {
    if (bytes[replica]! < excess) break
    enough = replica
  }
  const smaller = candidates.filter((replica) => bytes[replica]! < excess)
  let best = enough === -1 ? smaller[0]! : enough
  let least = enough === -1 ? Number.POSITIVE_INFINITY : bytes[enough]!
  for (let start = 0; start < Math.min(STARTS, smaller.length); start += 1) {
    const total = greedyTotal(smaller, bytes, excess, start)
    if (total < least) {
      least = total
      best = smaller[start]!
    }
  }
  return best
}

/** Bytes that it takes from `start` on: always the largest that is not too much, at the end the smallest that is enough. */
function greedyTotal(sizes: number[], bytes: Float64Array, excess: number, start: number): number {
  let total = 0
  let enough = -1
  for (let i = start; i < sizes.length; i += 1) {
    const size = bytes[sizes[i]!]!
    if (total + size < excess) total += size
    else enough = size
    if (total >= excess) return total
  }
  // The smallest seen that was too much brings it home.
  return enough === -1 ? Number.POSITIVE_INFINITY : total + enough
}

function placeFor(
  model: Model,
  filters: Filters,
  replica: number,
  partition: number,
  dir: number,
  task: Task,
): Place | undefined {
  for (const line of task.lines) {
    const place = placeBelow(model, filters, replica, partition, dir, task, line)
    if (place) return place
  }
  return undefined
}

function placeBelow(
  model: Model,
  filters: Filters,
  replica: number,
  partition: number,
  dir: number,
  task: Task,
  line: number,
): Place | undefined {
  const { columns, room, request } = model
  const bytes = model.bytes[replica]!
  const node = columns.dirNode[dir]!
  const after = (room.finalBytes(dir) - bytes) / columns.dirCapacityBytes[dir]!
  const limit = limitOf(task.kind)
  let best = -1
  // What must leave the node anyway is not copied within it first.
  if (request.dirMoves && columns.nodeState[node] === ALIVE) {
    for (let other = columns.nodeDirStart[node]!; other < columns.nodeDirStart[node + 1]!; other += 1) {
      if (other === dir || !room.fitsIn(other, bytes, limit)) continue
      const then = (room.finalBytes(other) + bytes) / columns.dirCapacityBytes[other]!
      if (then > Math.min(line, after)) continue
      if (best === -1 || fullness(model, other) < fullness(model, best)) best = other
    }
  }
  if (best !== -1) return { replica, partition, dir: best }

  filters.candidate(replica, partition, task.kind)
  const { usedBytes, shares } = model
  let lowest = Number.POSITIVE_INFINITY
  for (const to of task.open) {
    const then = (usedBytes[to]! + bytes) / shares.capacityBytes[to]!
    if (then >= lowest || then > after || to === node) continue
    if (!room.staysBelow(to, bytes, line)) {
      model.rejections.add('would_exceed_limit', partition, node, to)
      continue
    }
    if (!filters.allows(to)) continue
    best = to
    lowest = then
  }
  return best === -1 ? undefined : { replica, partition, node: best }
}
