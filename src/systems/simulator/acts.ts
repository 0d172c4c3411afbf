/** One step, one cancellation: looked at afresh, as the port asks, then done, unless something goes wrong with it. */
import { isDirMove, isListedAs, type PartitionMove, partitionName } from '../../cluster/move.ts'
import type { NodeId } from '../../cluster/state.ts'
import { sameList, sameSet } from '../../lib/lists.ts'
import type { PartitionStep, Refusal, StepResult } from '../port.ts'
import type { ActKind } from './faults.ts'
import type { Partition } from './model.ts'
import { answers } from './node.ts'
import { isMoving, targetOf } from './partition.ts'
import { relocationOf, runningOf } from './reading.ts'
import type { World } from './world.ts'

/** Undefined when it was done, else why not. */
type Act = () => string | undefined

export function performStep(world: World, step: PartitionStep): StepResult {
  const { topic, partition: id, replicas } = step
  const partition = world.partition(topic, id)
  if (!partition) return no('partition_gone', `there is no ${partitionName(step)}`)
  const refusal = refusalOf(world, partition, step)
  if (refusal) return refusal
  const { cluster } = world
  return act(
    world,
    step.kind,
    {
      set: () => cluster.reassign(topic, id, replicas),
      order: () => cluster.reassign(topic, id, replicas),
      elect: () => cluster.elect(topic, id),
      relocate: () => cluster.relocate(topic, id, step.dir!),
    }[step.kind],
  )
}

/** Takes back a copy only while it is exactly this move. */
export function cancelMove(world: World, move: PartitionMove): StepResult {
  const { topic, partition: id, to } = move
  const { cluster } = world
  const partition = cluster.partition(topic, id)
  const node = cluster.nodes.get(to)
  if (isDirMove(move) && partition && node && !answers(node))
    return no('not_sent', `node ${to} does not tell where its replicas lie`)
  const listed = partition && listedOf(world, partition, move)
  if (!isListedAs(move, listed)) return no('replicas_changed', `${partitionName(move)} is not in flight as we began it`)
  // Asking for the dir where it is ends a copy to another.
  const path = partition!.copies.get(to)!.dir.path
  return act(world, 'cancel', () =>
    isDirMove(move) ? cluster.relocate(topic, id, { node: to, path }) : cluster.revert(topic, id),
  )
}

/** What is in flight of the kind of the move. */
export function listedOf(world: World, partition: Partition, move: PartitionMove) {
  if (isDirMove(move)) return relocationOf(world, partition, move.to)
  return isMoving(partition) ? runningOf(world, partition) : undefined
}

export function act(world: World, kind: ActKind, send: Act): StepResult {
  world.touch()
  const fault = world.faults.take(kind)
  if (fault === undefined) return answer(send())
  if ('refused' in fault) return no(fault.refused, 'it was refused')
  if (fault.lost === 'at_once') send()
  else if (fault.lost !== 'never') world.later(fault.lost.afterMs, send)
  return { outcome: 'unknown', text: 'no answer came' }
}

/** What stands against the step as the cluster is now; undefined when nothing does. */
function refusalOf(world: World, partition: Partition, step: PartitionStep): StepResult | undefined {
  const name = partitionName(step)
  const { kind, expect, replicas, adds } = step
  const current = targetOf(partition)
  if (isMoving(partition)) return no('already_moving', `${name} is being moved to ${current.join(', ')}`)
  const same = kind === 'elect' || kind === 'relocate' ? sameSet : sameList
  if (!same(current, expect))
    return no('replicas_changed', `${name} is on ${current.join(', ')}, not ${expect.join(', ')}`)
  if (partition.leader === undefined) return no('no_leader', `${name} has no leader`)
  const dead = (kind === 'relocate' ? [step.dir!.node] : adds).find((node) => !isAlive(world, node))
  if (dead !== undefined) return no('target_not_alive', `node ${dead} is not alive`)
  if (kind === 'elect' && !partition.isr.includes(replicas[0]!))
    return no('target_not_in_sync', `node ${replicas[0]} is not in sync`)
  if (kind === 'relocate') return dirRefusal(world, partition, step)
  const added = replicas.filter((node) => !expect.includes(node))
  if (replicas.length === expect.length && sameSet(added, kind === 'set' ? adds : [])) return undefined
  return no('rejected', `${replicas.join(', ')} does not follow from ${expect.join(', ')} by this step`)
}

function dirRefusal({ cluster }: World, partition: Partition, step: PartitionStep): StepResult | undefined {
  const { node: id, path } = step.dir!
  const name = partitionName(step)
  const node = cluster.node(id)
  const copy = partition.copies.get(id)
  if (!copy) return no('replicas_changed', `${name} is not on node ${id}`)
  if (!answers(node)) return no('not_sent', `node ${id} does not tell its dirs`)
  const dir = node.dirs.find((dir) => dir.path === path)
  if (!dir) return no('dir_unusable', `node ${id} has no dir ${path}`)
  if (dir.failed) return no('dir_unusable', `dir ${path} of node ${id} is offline`)
  if (dir.cordoned) return no('dir_unusable', `dir ${path} of node ${id} is cordoned`)
  if (copy.dir.failed) return no('dir_unusable', `dir ${copy.dir.path} of node ${id} is offline`)
  const future = partition.futures.get(id)
  if (future && future.dir !== dir) return no('already_moving', `${name} is on its way to ${future.dir.path}`)
  return undefined
}

/** As the controller sees it: a node that just stopped still counts. */
function isAlive(world: World, id: NodeId): boolean {
  const node = world.nodes.get(id)
  return node !== undefined && node.deadSinceMs === undefined
}

function answer(rejection: string | undefined): StepResult {
  return rejection === undefined ? { outcome: 'accepted' } : no('rejected', rejection)
}

export function no(code: Refusal, text: string): StepResult {
  return { outcome: 'refused', code, text }
}
