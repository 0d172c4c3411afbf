/** A broker and its dirs. */
import { EvenkeelError } from '../../lib/errors.ts'
import type { Dir, Node } from './model.ts'
import type { SimulatedNode } from './options.ts'

export function newNode({ id, rack, disks, copyRate, metadataDisk = 0 }: SimulatedNode): Node {
  const dirs = disks.map((disk, index): Dir => {
    const { capacity, otherBytes = 0, cordoned = false } = typeof disk === 'number' ? { capacity: disk } : disk
    return {
      path: `/disk${index}`,
      capacityBytes: capacity,
      otherBytes,
      metadata: index === metadataDisk,
      cordoned,
      replaced: false,
      lost: new Set(),
      deleting: [],
      copiedBytes: 0,
      inflow: 0,
    }
  })
  return {
    id,
    ...(rack !== undefined && { rack }),
    ...(copyRate !== undefined && { copyRate }),
    dirs,
    up: true,
  }
}

/** @throws EvenkeelError `usage` when the node has no such dir. */
export function dirOf(node: Node, path: string): Dir {
  const dir = node.dirs.find((dir) => dir.path === path)
  if (!dir) throw new EvenkeelError('usage', `node ${node.id} has no dir ${path}`)
  return dir
}

/** The process is in the cluster and works. */
export function isServing(node: Node | undefined): node is Node {
  return node !== undefined && node.up && node.deadSinceMs === undefined
}

/** Tells its figures when asked. */
export function answers(node: Node): boolean {
  return node.up && node.lastWord === undefined
}

export function usedBytes(dir: Dir): number {
  return dir.copiedBytes + dir.otherBytes + dir.deleting.reduce((sum, file) => sum + file.bytes, 0)
}
