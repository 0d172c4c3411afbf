/** What is in flight, with its bytes. */
import type { RunningMove } from '../../cluster/move.ts'
import type { Reassignment } from './readings.ts'
import type { DirCopy, Sizes } from './sizes.ts'

/**
 * A reassignment: what lies at the added replicas, against the largest replica there is.
 * @param sizes of the brokers that told them just now.
 */
export function runningMove(move: Reassignment, sizes: Sizes): RunningMove {
  const { topic, partition, adding } = move
  const bytesAt = (node: number) => sizes.find(node, topic, partition)?.bytes
  const known = move.replicas.flatMap((node) => bytesAt(node) ?? [])
  const isSourceKnown = move.replicas.some((node) => !adding.includes(node) && bytesAt(node) !== undefined)
  const isDoneKnown = adding.every((node) => sizes.has(node))
  const broken = adding.find((node) => sizes.hasLost(node, topic, partition))
  return {
    topic,
    partition,
    target: move.replicas.filter((node) => !move.removing.includes(node)),
    adding: [...adding],
    removing: [...move.removing],
    ...(isDoneKnown ? { bytesDone: adding.reduce((sum, node) => sum + (bytesAt(node) ?? 0), 0) } : {}),
    ...(isSourceKnown ? { bytesTotal: Math.max(...known) * adding.length } : {}),
    ...(broken === undefined
      ? {}
      : { broken: `a dir of node ${broken} is offline and the copy is in none of the others` }),
  }
}

/** A copy between dirs of a broker: what lies in the new dir, against the replica it will replace. */
export function runningDirMove(broker: number, copy: DirCopy, replicas: readonly number[], sizes: Sizes): RunningMove {
  const { topic, partition, dir, bytes } = copy
  const bytesTotal = sizes.find(broker, topic, partition)?.bytes
  return {
    topic,
    partition,
    target: [...replicas],
    adding: [],
    removing: [],
    dir: { node: broker, path: dir },
    bytesDone: bytes,
    ...(bytesTotal === undefined ? {} : { bytesTotal }),
  }
}
