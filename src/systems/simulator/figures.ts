/** What a broker tells of itself: its dirs and the copies in them. */
import type { DirLine } from '../../cluster/lines.ts'
import type { Copy, CopyFigures, Dir, Figures, Node, Partition } from './model.ts'
import { usedBytes } from './node.ts'

/** All of them at this moment, to be kept for when the broker does not answer. */
export function figuresOf(node: Node, partitions: Partition[]): Figures {
  const copies = new Map<Partition, CopyFigures>()
  for (const dir of node.dirs) dir.copiedBytes = 0
  for (const partition of partitions) {
    const copy = partition.copies.get(node.id)
    if (!copy) continue
    const future = partition.futures.get(node.id)
    copies.set(partition, copyFigures(copy, future))
    copy.dir.copiedBytes += copy.bytes
    if (future) future.dir.copiedBytes += future.bytes
  }
  return { dirs: node.dirs.map((dir) => dirLine(dir)), copies }
}

/** A dir that is offline tells nothing of what lies in it. */
export function copyFigures(copy: Copy, future: Copy | undefined, measured = exact): CopyFigures {
  if (copy.dir.failed) return { bytes: null, dir: null }
  return {
    bytes: measured(copy.bytes),
    dir: copy.dir.path,
    ...(future && { future: { to: future.dir.path, bytes: measured(future.bytes) } }),
  }
}

/** @param measured gives whole bytes. */
export function dirLine(dir: Dir, measured = exact): DirLine {
  const { path, capacityBytes, deleting, metadata, cordoned } = dir
  if (dir.failed) return { path, capacity_bytes: 0, used_bytes: 0, state: 'offline' }
  const freeing = deleting.reduce((sum, file) => sum + file.bytes, 0)
  return {
    path,
    capacity_bytes: capacityBytes,
    used_bytes: Math.min(capacityBytes, measured(usedBytes(dir))),
    ...(freeing > 0 && { freeing_bytes: Math.round(freeing) }),
    ...(cordoned && { cordoned }),
    ...(metadata && { metadata }),
  }
}

function exact(bytes: number): number {
  return Math.round(bytes)
}
