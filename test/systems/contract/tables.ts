/** Targets and jobs as short texts and lists, and moves as the planner would write them. */
import type { BrokersMove, Move, RunningJob, TableMove } from '../../../src/cluster/move.ts'
import type { Sample } from '../../../src/cluster/sample.ts'
import type { NodeId } from '../../../src/cluster/state.ts'
import type { Target } from '../../../src/cluster/target.ts'
import type { System } from '../../../src/systems/port.ts'
import type { TableDriver } from './driver.ts'
import { answers, live } from './observe.ts'
import type { See } from './run.ts'

/** Of each table of a row: two replicas of each on four nodes, 6 to a node. */
export const PARTITIONS = 12

/** Table t, at rest. */
export async function atRest(cluster: TableDriver, see: See): Promise<void> {
  await cluster.createTable('t', PARTITIONS)
  await see.soon('at rest', async () => shown(await cluster.system.sample(live)), {
    topics: [cluster.topic('t')],
    targets: [],
  })
}

/** Table t when node 1 has just lost its tags. */
export async function withTarget(cluster: TableDriver, see: See): Promise<Target> {
  await atRest(cluster, see)
  await cluster.untag(1)
  return targetSoon(cluster, see)
}

/** The one that the cluster comes to show, and may be carried out. */
export async function targetSoon(cluster: TableDriver, see: See): Promise<Target> {
  let found: Target | undefined
  const look = async () => {
    const { targets = [] } = await cluster.system.sample(live)
    ;[found] = targets
    return targets.map(({ topic, held }) => ({ topic, held }))
  }
  await see.soon('target', look, [{ topic: cluster.topic('t'), held: undefined }])
  return found!
}

export function shown({ topics = [], targets = [] }: Sample) {
  return { topics: topics.map(({ topic }) => topic), targets: targets.map(({ topic }) => topic) }
}

/** @param batch at most so many replicas on their way to any one node. */
export function tableMove(target: Target, batch = target.adds): TableMove {
  const { topic, causes, parameters, shares, adds, bytes, largestBytes, evenness, fingerprint } = target
  return {
    kind: 'table',
    id: `table:${topic}`,
    topic,
    reason: 'target_drift',
    causes: causes.map(({ cause }) => cause),
    parameters,
    shares,
    adds,
    bytes,
    batch: { adds: batch, bytes: batch * largestBytes },
    counts: { before: evenness.before.nodes, after: evenness.after.nodes },
    fingerprint,
  }
}

export function brokersMove(topic: string, before: NodeId[], after: NodeId[]): BrokersMove {
  return { kind: 'brokers', id: `brokers:${topic}`, topic, reason: 'target_drift', before, after }
}

/** All steps of the moves in one call. */
export async function begin(system: System, ...moves: Move[]): Promise<string[]> {
  const steps = moves.flatMap((move) => system.steps(move))
  return answers(await system.perform(steps, live))
}

export async function verdict(system: System, move: Move): Promise<string> {
  return (await system.judge([move], live))[0]!.outcome
}

export async function takeBack(system: System, move: Move): Promise<string> {
  return answers(await system.cancel([move], live))[0]!
}

export async function jobsOf({ system }: TableDriver): Promise<RunningJob[]> {
  return (await system.pulse(live)).jobs ?? []
}

export async function jobTopics(cluster: TableDriver): Promise<string[]> {
  return (await jobsOf(cluster)).map(({ topic }) => topic)
}
