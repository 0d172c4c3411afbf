/** One step, one cancellation, one judgement: looked at afresh, as the port asks. */

import { type Move, partitionName, replicasAfter } from '../../cluster/move.ts'
import type { NodeId } from '../../cluster/state.ts'
import { sameList, sameSet } from '../../lib/lists.ts'
import type { Outcome, Refusal, Step, StepResult } from '../port.ts'
import { isMoving, type Partition, targetOf } from './partition.ts'
import { runningOf } from './reading.ts'
import type { World } from './world.ts'

export function performStep(world: World, step: Step): StepResult {
  const { topic, partition: id, replicas } = step
  const partition = world.partition(topic, id)
  if (!partition) return refused('partition_gone', `there is no ${partitionName(step)}`)
  const current = targetOf(partition)
  if (isMoving(partition)) {
    if (step.kind === 'set' && sameList(current, replicas)) return { outcome: 'accepted' }
    return refused('already_moving', `${partitionName(step)} is being moved to ${current.join(', ')}`)
  }
  if (!sameList(current, step.expect)) {
    if (step.kind !== 'elect' && sameList(current, replicas)) return { outcome: 'accepted' }
    return refused(
      'replicas_changed',
      `${partitionName(step)} is on ${current.join(', ')}, not ${step.expect.join(', ')}`,
    )
  }
  return {
    set: () => setReplicas(world, partition, step),
    order: () => (sameSet(current, replicas) ? answer(world.reassign(topic, id, replicas)) : notTheSame(step)),
    elect: () => elect(world, partition, step),
    relocate: () => refused('rejected', 'there is no such thing here'),
  }[step.kind]()
}

/** Takes back a copy only while it is exactly this move. */
export function cancelMove(world: World, move: Move): StepResult {
  const name = partitionName(move)
  const partition = world.partition(move.topic, move.partition)
  if (!partition) return refused('partition_gone', `there is no ${name}`)
  if (move.kind === 'leader') return refused('rejected', 'leadership moves at once, there is nothing to take back')
  if (!isMoving(partition)) return refused('replicas_changed', `${name} is not being moved`)
  const ours =
    sameList(targetOf(partition), replicasAfter(move)) &&
    sameList(partition.adding, [move.to]) &&
    sameList(partition.removing, [move.from])
  if (!ours)
    return refused('replicas_changed', `${name} is being moved to ${targetOf(partition).join(', ')}, not by us`)
  if (partition.leader === undefined) return refused('no_leader', `${name} has no leader, nothing can be taken back`)
  return answer(world.revert(move.topic, move.partition))
}

export function judgeMove(world: World, move: Move): Outcome {
  const partition = world.partition(move.topic, move.partition)
  if (!partition) return { outcome: 'superseded', text: `there is no ${partitionName(move)} any more` }
  const { replicas, isr, leader } = partition
  const after = replicasAfter(move)
  if (isMoving(partition)) {
    const target = targetOf(partition)
    if (!sameList(target, after)) return { outcome: 'superseded', text: `it is being moved to ${target.join(', ')}` }
    const { bytesDone, bytesTotal } = runningOf(world, partition)
    return {
      outcome: 'running',
      ...(bytesDone !== undefined && { bytesDone }),
      ...(bytesTotal !== undefined && { bytesTotal }),
    }
  }
  if (move.kind === 'leader') {
    if (!sameSet(replicas, after)) return { outcome: 'superseded', text: `it is on ${replicas.join(', ')}` }
    if (leader === move.to) return { outcome: 'landed' }
    if (leader === move.from && sameList(replicas, move.replicas)) return { outcome: 'reverted' }
    return { outcome: 'partial', text: `its leader is ${leader ?? 'nobody'}` }
  }
  if (sameSet(replicas, move.replicas)) return { outcome: 'reverted' }
  if (!sameSet(replicas, after)) return { outcome: 'superseded', text: `it is on ${replicas.join(', ')}` }
  if (leader === undefined) return { outcome: 'partial', text: 'it has no leader' }
  if (!isr.includes(move.to)) return { outcome: 'partial', text: `node ${move.to} is not in sync` }
  return { outcome: 'landed' }
}

function setReplicas(world: World, partition: Partition, step: Step): StepResult {
  const { topic, partition: id, expect, replicas, adds } = step
  if (partition.leader === undefined) return refused('no_leader', `${partitionName(step)} has no leader to copy from`)
  const dead = adds.find((node) => !isAlive(world, node))
  if (dead !== undefined) return refused('target_not_alive', `node ${dead} is not alive`)
  const added = replicas.filter((node) => !expect.includes(node))
  if (replicas.length !== expect.length || !sameSet(added, adds)) return notTheSame(step)
  return answer(world.reassign(topic, id, replicas))
}

function elect(world: World, partition: Partition, step: Step): StepResult {
  const preferred = partition.replicas[0]!
  if (!isAlive(world, preferred)) return refused('target_not_alive', `node ${preferred} is not alive`)
  if (!partition.isr.includes(preferred)) return refused('target_not_in_sync', `node ${preferred} is not in sync`)
  return answer(world.elect(step.topic, step.partition))
}

/** As the controller sees it: a node that just stopped still counts. */
function isAlive(world: World, id: NodeId): boolean {
  const node = world.nodes.get(id)
  return node !== undefined && node.deadSinceMs === undefined
}

function notTheSame(step: Step): StepResult {
  return refused('rejected', `${step.replicas.join(', ')} does not follow from ${step.expect.join(', ')} by this step`)
}

function answer(rejection: string | undefined): StepResult {
  return rejection === undefined ? { outcome: 'accepted' } : refused('rejected', rejection)
}

function refused(code: Refusal, text: string): StepResult {
  return { outcome: 'refused', code, text }
}
