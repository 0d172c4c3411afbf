/**
 * Steps on Kafka: looked at, acted and judged.
 *
 * A replica move is one reassignment. Leadership goes by order and election: first the new leader is put at the head of
 * the replica list, so that Kafka's own timer agrees with us, then it is elected. Moves between dirs are in dir-acts.ts.
 */

import { isDirMove, isListedAs, type PartitionMove, partitionName, replicasAfter } from '../../cluster/move.ts'
import { messageOf } from '../../lib/errors.ts'
import { groupBy } from '../../lib/group-by.ts'
import { sameList, sameSet } from '../../lib/lists.ts'
import type { Outcome, PartitionStep, StepResult } from '../port.ts'
import { accepted, type CodedTopic, codesOf, no, notAnswered, resultOf } from './answers.ts'
import { DirActs, type DirAnswers, dirRefusal, isRelocation, judgeDirMove } from './dir-acts.ts'
import type { DirMoves } from './dir-moves.ts'
import type { Readings, Reassignment } from './readings.ts'
import type { KafkaTransport } from './router.ts'
import { alterPartitionReassignments } from './wire/alter-partition-reassignments.ts'
import { electLeaders } from './wire/elect-leaders.ts'
import type { MetadataPartition } from './wire/metadata.ts'

/** Without a controller a broker answers after 60 s, whatever it was told. */
const ACT_MS = 65_000
const CONTROLLER_MS = 30_000

export function kafkaSteps(move: PartitionMove): PartitionStep[] {
  const { topic, partition, replicas } = move
  const after = replicasAfter(move)
  if (isDirMove(move)) {
    const dir = { node: move.to, path: move.toDir }
    return [{ kind: 'relocate', topic, partition, expect: replicas, replicas, adds: [], dir }]
  }
  if (move.kind === 'replica')
    return [{ kind: 'set', topic, partition, expect: replicas, replicas: after, adds: [move.to] }]
  const elect: PartitionStep = { kind: 'elect', topic, partition, expect: after, replicas: after, adds: [] }
  if (replicas[0] === move.to) return [elect]
  return [{ kind: 'order', topic, partition, expect: replicas, replicas: after, adds: [] }, elect]
}

/** What the cluster shows of some partitions now. */
interface Look {
  partitions: Map<string, MetadataPartition>
  moving: Map<string, Reassignment>
  live: Set<number>
  /** Of the nodes with moves between dirs. */
  dirs: DirAnswers
}

export class Acts {
  readonly #readings: Readings
  readonly #transport: KafkaTransport
  readonly #dirs: DirActs

  constructor(readings: Readings, transport: KafkaTransport, dirMoves: DirMoves) {
    this.#readings = readings
    this.#transport = transport
    this.#dirs = new DirActs(readings, transport, dirMoves)
  }

  async perform(steps: PartitionStep[], signal: AbortSignal): Promise<StepResult[]> {
    let look: Look
    try {
      look = await this.#look(steps, signal)
    } catch (error) {
      return steps.map(() => no('not_sent', messageOf(error)))
    }
    const results: StepResult[] = steps.map((step) => refusal(step, look) ?? accepted)
    const open = steps.filter((_, index) => results[index]!.outcome === 'accepted')
    const ofKind = (...kinds: PartitionStep['kind'][]) => open.filter((step) => kinds.includes(step.kind))
    const answers = await Promise.all([
      this.#reassign(ofKind('set', 'order'), signal),
      this.#elect(ofKind('elect'), signal),
      this.#dirs.perform(open.filter(isRelocation), signal),
    ])
    const answer = new Map(answers.flatMap((map) => [...map]))
    return steps.map((step, index) => answer.get(step) ?? results[index]!)
  }

  async judge(moves: PartitionMove[], signal: AbortSignal): Promise<Outcome[]> {
    const look = await this.#look(moves, signal)
    return moves.map((move) => judgeMove(move, look))
  }

  /** Only what is listed exactly as we submitted it is cancelled: cancelling what a stranger superseded raises the RF. */
  async cancel(moves: PartitionMove[], signal: AbortSignal): Promise<StepResult[]> {
    const look = await this.#look(moves, signal)
    const ours = moves.filter((move) => !isDirMove(move) && isListedAs(move, look.moving.get(partitionName(move))))
    const steps = ours.map((move): PartitionStep => ({ ...kafkaSteps(move)[0]!, replicas: [] }))
    const answers = await this.#reassign(steps, signal)
    const results = await this.#dirs.cancel(moves.filter(isDirMove), look.dirs, signal)
    ours.forEach((move, index) => results.set(move, answers.get(steps[index]!)!))
    return moves.map((move) => results.get(move) ?? no('replicas_changed', 'it is not in flight as we submitted it'))
  }

  async #look(of: (PartitionStep | PartitionMove)[], signal: AbortSignal): Promise<Look> {
    const topics = [...new Set(of.map(({ topic }) => topic))]
    const [reassignments, answer] = await Promise.all([
      this.#readings.reassignments(signal),
      this.#readings.metadata(topics, signal),
    ])
    const live = new Set(answer.brokers.map(({ id }) => id))
    const inDirs = of.flatMap((one) => {
      const node = nodeOfDirs(one)
      return node === undefined ? [] : [{ node, topic: one.topic, partition: one.partition }]
    })
    return {
      partitions: new Map(
        answer.topics.flatMap(({ name, partitions }) => partitions.map((p) => [`${name}-${p.partition}`, p])),
      ),
      moving: new Map(reassignments.map((move) => [partitionName(move), move])),
      live,
      dirs: await this.#dirs.look(inDirs, live, signal),
    }
  }

  /** An empty replica list stands for a cancel. */
  async #reassign(steps: PartitionStep[], signal: AbortSignal): Promise<Map<PartitionStep, StepResult>> {
    if (steps.length === 0) return new Map()
    const topics = byTopic(steps).map(([name, group]) => ({
      name,
      partitions: group.map((step) => ({
        partition: step.partition as number,
        replicas: step.replicas.length === 0 ? null : (step.replicas as number[]),
      })),
    }))
    return this.#act(steps, async () => {
      const request = { timeoutMs: CONTROLLER_MS, topics }
      return this.#transport.send('any', alterPartitionReassignments, request, { signal, timeoutMs: ACT_MS })
    })
  }

  async #elect(steps: PartitionStep[], signal: AbortSignal): Promise<Map<PartitionStep, StepResult>> {
    if (steps.length === 0) return new Map()
    const topics = byTopic(steps).map(([name, group]) => ({
      name,
      partitions: group.map((step) => step.partition as number),
    }))
    return this.#act(steps, async () => {
      const request = { type: 'preferred' as const, topics, timeoutMs: CONTROLLER_MS }
      return this.#transport.send('any', electLeaders, request, { signal, timeoutMs: ACT_MS })
    })
  }

  async #act(steps: PartitionStep[], send: () => Promise<ActAnswer>): Promise<Map<PartitionStep, StepResult>> {
    let answer: ActAnswer
    try {
      answer = await send()
    } catch (error) {
      const result = notAnswered(error)
      return new Map(steps.map((step) => [step, result]))
    }
    const codes = codesOf(answer.topics)
    return new Map(steps.map((step) => [step, resultOf(codes.get(partitionName(step)) ?? answer.errorCode)]))
  }
}

interface ActAnswer {
  errorCode: number
  topics: CodedTopic[]
}

/** What stands against the step as the cluster is now; undefined when nothing does. */
function refusal(step: PartitionStep, look: Look): StepResult | undefined {
  const name = partitionName(step)
  const partition = look.partitions.get(name)
  if (!partition) return no('partition_gone', `${name} does not exist`)
  if (look.moving.has(name)) return no('already_moving', `${name} is being reassigned`)
  // The broker that is asked may not have heard of a new order yet; the controller, who elects, has. Dirs know no order.
  const same = step.kind === 'elect' || step.kind === 'relocate' ? sameSet : sameList
  if (!same(partition.replicas, step.expect)) {
    return no('replicas_changed', `${name} is on ${partition.replicas.join(', ')}, not on ${step.expect.join(', ')}`)
  }
  if (partition.leader === -1) return no('no_leader', `${name} has no leader`)
  if (!partition.isr.includes(partition.leader)) return no('leader_not_in_sync', `the leader of ${name} is not in sync`)
  const needed = isRelocation(step) ? [step.dir.node] : step.adds
  const dead = needed.filter((node) => !look.live.has(node as number))
  if (dead.length > 0) return no('target_not_alive', `node ${dead.join(', ')} is not alive`)
  if (step.kind === 'elect' && !partition.isr.includes(step.replicas[0] as number)) {
    return no('target_not_in_sync', `node ${step.replicas[0]} is not in sync`)
  }
  if (!isRelocation(step)) return undefined
  if (!partition.replicas.includes(step.dir.node as number)) {
    return no('replicas_changed', `${name} is on ${partition.replicas.join(', ')}, not on ${step.dir.node}`)
  }
  return dirRefusal(step, partition, look.dirs)
}

/** The node that alone can tell of a step or move between dirs. */
function nodeOfDirs(of: PartitionStep | PartitionMove): number | undefined {
  if ('expect' in of) return isRelocation(of) ? (of.dir.node as number) : undefined
  return isDirMove(of) ? (of.to as number) : undefined
}

function judgeMove(move: PartitionMove, look: Look): Outcome {
  const name = partitionName(move)
  const partition = look.partitions.get(name)
  if (!partition) return { outcome: 'superseded', text: `${name} does not exist any more` }
  if (isDirMove(move)) return judgeDirMove(move, partition, look.live, look.dirs)
  const listed = look.moving.get(name)
  if (listed) {
    return isListedAs(move, listed)
      ? { outcome: 'running' }
      : { outcome: 'superseded', text: `somebody else is moving it to ${listed.replicas.join(', ')}` }
  }
  if (move.kind === 'leader') return judgeLeader(move, partition)
  if (sameSet(partition.replicas, replicasAfter(move))) {
    return partition.isr.includes(move.to as number)
      ? { outcome: 'landed' }
      : { outcome: 'partial', text: `node ${move.to} is not in sync yet` }
  }
  if (sameSet(partition.replicas, move.replicas)) return { outcome: 'reverted' }
  // The controller's list is ahead of a broker's metadata, which then still shows the middle of the move.
  if (sameSet(partition.replicas, [...replicasAfter(move), move.from])) {
    return { outcome: 'partial', text: 'its end is not shown in metadata yet' }
  }
  return { outcome: 'superseded', text: `it is on ${partition.replicas.join(', ')} now` }
}

function judgeLeader(move: PartitionMove, partition: MetadataPartition): Outcome {
  if (!sameSet(partition.replicas, move.replicas)) {
    return { outcome: 'superseded', text: `it is on ${partition.replicas.join(', ')} now` }
  }
  return partition.leader === move.to ? { outcome: 'landed' } : { outcome: 'reverted' }
}

function byTopic(steps: PartitionStep[]): [string, PartitionStep[]][] {
  return [...groupBy(steps, (step) => step.topic)]
}
