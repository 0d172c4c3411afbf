/** What became of a move, by what the cluster shows now. */
import {
  isDirMove,
  isListedAs,
  type PartitionMove,
  partitionName,
  type ReplicaMove,
  replicasAfter,
} from '../../cluster/move.ts'
import { sameSet } from '../../lib/lists.ts'
import type { Outcome } from '../port.ts'
import { listedOf } from './acts.ts'
import type { Partition } from './model.ts'
import { answers } from './node.ts'
import { isMoving, targetOf } from './partition.ts'
import type { World } from './world.ts'

export function judgeMove(world: World, move: PartitionMove): Outcome {
  const partition = world.partition(move.topic, move.partition)
  if (!partition) return { outcome: 'superseded', text: `there is no ${partitionName(move)} any more` }
  if (isDirMove(move)) return judgeDirMove(world, move, partition)
  if (isMoving(partition)) {
    const listed = listedOf(world, partition, move)
    if (!isListedAs(move, listed))
      return { outcome: 'superseded', text: `it is being moved to ${targetOf(partition).join(', ')}` }
    return running(listed)
  }
  if (move.kind === 'leader') return judgeLeader(move, partition)
  const { replicas, isr } = partition
  if (sameSet(replicas, move.replicas)) return { outcome: 'reverted' }
  if (!sameSet(replicas, replicasAfter(move))) return elsewhere(partition)
  if (isr.includes(move.to)) return { outcome: 'landed' }
  return { outcome: 'partial', text: `node ${move.to} is not in sync` }
}

function judgeLeader(move: PartitionMove, partition: Partition): Outcome {
  if (!sameSet(partition.replicas, move.replicas)) return elsewhere(partition)
  return partition.leader === move.to ? { outcome: 'landed' } : { outcome: 'reverted' }
}

/** Only the node itself tells where its replicas lie. */
function judgeDirMove(world: World, move: ReplicaMove & { toDir: string }, partition: Partition): Outcome {
  const node = world.nodes.get(move.to)
  const copy = partition.copies.get(move.to)
  if (!copy || !node) return elsewhere(partition)
  if (node.deadSinceMs !== undefined) return { outcome: 'partial', text: `node ${move.to} is gone` }
  if (!answers(node)) return { outcome: 'unknown', text: `node ${move.to} does not answer` }
  if (copy.dir.failed) return { outcome: 'superseded', text: `its dir ${copy.dir.path} is offline` }
  const listed = listedOf(world, partition, move)
  if (listed) return isListedAs(move, listed) ? running(listed) : elsewhere(partition)
  if (copy.dir.path === move.toDir) return { outcome: 'landed' }
  if (copy.dir.path === move.fromDir) return { outcome: 'reverted' }
  return { outcome: 'superseded', text: `it lies in ${copy.dir.path}` }
}

function running({ bytesDone, bytesTotal }: { bytesDone?: number; bytesTotal?: number } = {}): Outcome {
  return {
    outcome: 'running',
    ...(bytesDone !== undefined && { bytesDone }),
    ...(bytesTotal !== undefined && { bytesTotal }),
  }
}

function elsewhere({ replicas }: Partition): Outcome {
  return { outcome: 'superseded', text: `it is on ${replicas.join(', ')}` }
}
