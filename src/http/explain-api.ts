/** Why things are as they are: explanations and decisions. */
import { decisionJson, decisionsJson } from '../cluster/decision.ts'
import { type ExplainSubject, explanationJson } from '../cluster/explanation.ts'
import type { NodeId } from '../cluster/state.ts'
import { codeOf, messageOf } from '../lib/errors.ts'
import type { DecisionAnswer, DecisionsAnswer, ExplanationAnswer } from './answers.ts'
import { notSampled, type OfCluster, only } from './control-api.ts'
import { Problem, type ProblemCode } from './problem.ts'
import type { RouteParts } from './route.ts'

interface OfSubject extends OfCluster {
  partition?: string
  table?: string
  node?: NodeId
}

/** @throws Problem */
export async function explanationOf(asked: OfSubject, { view, explanations }: RouteParts): Promise<ExplanationAnswer> {
  const { name, report } = only(view, asked.cluster)
  const subject = subjectOf(asked)
  if (!report) throw notSampled(name)
  try {
    return explanationJson(await explanations.explain(name, subject))
  } catch (error) {
    if (codeOf(error) === 'usage') throw new Problem(unknown[subject.kind], messageOf(error))
    if (codeOf(error) === 'sample_incomplete') throw notSampled(name)
    throw error
  }
}

const unknown: Record<ExplainSubject['kind'], ProblemCode> = {
  partition: 'unknown_partition',
  table: 'unknown_table',
  node: 'unknown_node',
  cluster: 'unknown_cluster',
}

function subjectOf({ partition, table, node }: OfSubject): ExplainSubject {
  const asked: ExplainSubject[] = [
    ...(partition === undefined ? [] : [{ kind: 'partition' as const, partition }]),
    ...(table === undefined ? [] : [{ kind: 'table' as const, table }]),
    ...(node === undefined ? [] : [{ kind: 'node' as const, node }]),
  ]
  if (asked.length > 1) throw new Problem('bad_query', 'one of partition, table and node at most is explained at once')
  return asked[0] ?? { kind: 'cluster' }
}

/** @throws Problem */
export function someDecisions(
  { cluster, last }: OfCluster & { last?: number },
  { view, explanations }: RouteParts,
): DecisionsAnswer {
  return decisionsJson(explanations.decisions(only(view, cluster).name).slice(0, last))
}

/** @throws Problem */
export function oneDecision(
  { cluster, id }: OfCluster & { id: string },
  { view, explanations }: RouteParts,
): DecisionAnswer {
  const found = explanations.decisions(only(view, cluster).name).find((decision) => decision.id === id)
  if (found) return decisionJson(found)
  throw new Problem('unknown_decision', 'no decision with this id is kept; /api/v1/decisions lists those that are')
}
