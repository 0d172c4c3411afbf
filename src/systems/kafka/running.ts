/** What is in flight, with its bytes. */
import type { RunningMove } from '../../cluster/move.ts'
import type { Reassignment } from './readings.ts'
import type { DirCopy, Sizes } from './sizes.ts'

/** A reassignment: what lies at the added replicas, against the largest replica there is. */
export function runningMove(move: Reassignment, sizes: Sizes): RunningMove {
  const size = Math.max(0, ...move.replicas.map((node) => sizes.find(node, move.topic, move.partition)?.bytes ?? 0))
  const done = move.adding.map((node) => sizes.find(node, move.topic, move.partition)?.bytes ?? 0)
  return {
    topic: move.topic,
    partition: move.partition,
    target: move.replicas.filter((node) => !move.removing.includes(node)),
    adding: [...move.adding],
    removing: [...move.removing],
    bytesDone: done.reduce((sum, bytes) => sum + bytes, 0),
    bytesTotal: size * move.adding.length,
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
