/** What the control listener takes as an order of a person, and when it takes one. */
import type { Order } from '../cluster/orders.ts'
import { moveJson, nodeJson } from '../cluster/plan-json.ts'
import type { NodeId } from '../cluster/state.ts'
import type { ClusterView } from '../daemon/view.ts'
import { notSampled, only } from './control-api.ts'
import * as fields from './fields.ts'
import { knownNode } from './known-node.ts'
import { Problem } from './problem.ts'
import type { RouteParts } from './route.ts'

const { orderedPartition: partition, node, dir } = fields

/** What is to be moved, by the name of the route. */
export const orderFields = {
  move: { partition, from: node, to: node, from_dir: dir.exactOptional(), to_dir: dir.exactOptional() },
  'transfer-leadership': { partition, to: node },
}

/** As it was read; without `from` it is about leadership. */
export interface Ordered {
  partition: { topic: string; partition: number }
  from?: NodeId
  to: NodeId
  from_dir?: string
  to_dir?: string
}

/** @throws Problem where it makes no sense, or names a node that there is not. */
export function orderOf(
  cluster: ClusterView,
  asked: Ordered & { reason?: string; override?: boolean },
  { clock }: Pick<RouteParts, 'clock'>,
): Order {
  if (!cluster.report) throw notSampled(cluster.name)
  const { partition, from, to, from_dir: fromDir, to_dir: toDir, reason = '', override } = asked
  const target = knownNode(cluster, to, true)
  const common = { ...partition, to: target, reason, atMs: clock.now(), ...(override && { override }) }
  if (from === undefined) return { kind: 'leader', ...common }
  const source = knownNode(cluster, from, true)
  if (source === target && toDir === undefined) {
    throw new Problem('bad_body', 'from and to are one node: to_dir says to which of its log dirs')
  }
  if (source !== target && (fromDir ?? toDir) !== undefined) {
    throw new Problem('bad_body', 'a log dir is chosen within a node only: from and to are to be the same then')
  }
  return {
    kind: 'replica',
    ...common,
    from: source,
    ...(fromDir !== undefined && { fromDir }),
    ...(toDir !== undefined && { toDir }),
  }
}

/** What would hold it for as long as somebody does nothing about that is told at once, with what there is to do. @throws Problem */
export function mayOrder({ report, pause }: ClusterView, { override }: { override?: boolean }): void {
  if (report?.mode === 'off' && !override) {
    throw notPossible('the mode is off and nothing is started; with override this one move is carried out all the same')
  }
  if (report?.dryRun)
    throw notPossible('dry_run is set and nothing is started, whoever asks for it: take it out of the config first')
  if (pause) {
    const who = pause.by === 'operator' ? 'an operator' : 'evenkeel itself'
    throw notPossible(
      `the cluster is paused by ${who} and nothing is started: ${pause.reason}; \`evenkeel resume\` ends that`,
    )
  }
}

function notPossible(why: string): Problem {
  return new Problem('not_possible', why)
}

/** What would come of an order. @throws Problem as the order would */
export async function weighedJson(asked: Ordered & { cluster?: string }, parts: RouteParts) {
  const cluster = only(parts.view, asked.cluster)
  const order = orderOf(cluster, asked, parts)
  const { move, nodes } = await parts.control.weigh(cluster.name, order)
  return { move: moveJson(move), nodes: nodes.map(nodeJson) }
}
