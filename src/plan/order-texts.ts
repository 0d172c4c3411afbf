/** What became of orders, in sentences: why one is refused, with who holds what, and what there is instead. */

import { partitionName } from '../cluster/move.ts'
import { type JudgedOrder, type Order, type OrderOutcome, orderName, type Refused } from '../cluster/orders.ts'
import { nodeStates, type RejectReason, rejectReasons, rejectText } from '../cluster/reasons.ts'
import { type ClusterState, partitionFinder, replicaNodesOf } from '../cluster/state.ts'
import { formatPercent } from '../lib/units.ts'

/** @param outcomes of the orders, in their order. */
export function judgedOrders(
  state: ClusterState,
  orders: readonly Order[],
  outcomes: readonly OrderOutcome[],
): JudgedOrder[] {
  return orders.map((order, index) => {
    const outcome = outcomes[index]!
    if (outcome === 'done') return { order, outcome, text: doneText(order) }
    return typeof outcome === 'object'
      ? { order, outcome, text: refusedText(state, order, outcome) }
      : { order, outcome }
  })
}

function doneText(order: Order): string {
  const name = partitionName(order)
  if (order.kind === 'leader') return `${name} is led by node ${order.to} already`
  return `${name} is on node ${order.to} already${order.toDir === undefined ? '' : `, in ${order.toDir}`}`
}

function refusedText(state: ClusterState, order: Order, { fault, fullness }: Refused): string {
  const { to } = order
  const name = partitionName(order)
  const from = order.kind === 'replica' ? order.from : to
  switch (fault) {
    case 'partition_unknown':
      return `the cluster has no partition ${name}`
    case 'node_unknown': {
      const missing = [from, to].find((node) => !state.names.nodes.includes(node))
      return `the cluster has no node ${missing}; it has ${state.names.nodes.join(', ')}`
    }
    case 'dir_unknown':
      return `node ${to} has no such dir; it has ${dirsOf(state, order).join(', ')}`
    case 'not_there':
      return `node ${from} holds no replica of ${name}; ${holders(state, order)} do`
    case 'there_already':
      return `node ${to} holds a replica of ${name} already`
    case 'dir_elsewhere':
      return `the replica of ${name} on node ${from} does not lie in that dir, or it is not known where it lies`
    case 'dir_unusable':
      return `${order.kind === 'replica' ? order.toDir : 'the dir'} of node ${to} takes nothing: it is offline or cordoned, or replicas are not moved between dirs here`
    case 'source_lost':
      return `node ${from} is ${stateOf(state, from)}: what is on it cannot be moved off it by hand`
    case 'target_not_alive':
      return `node ${to} is ${stateOf(state, to)}`
    case 'target_draining':
      return `node ${to} is to be emptied: it gets nothing until \`evenkeel undrain ${to}\``
    case 'no_replica':
      return `node ${to} holds no replica of ${name} that could lead; ${holders(state, order)} do`
    case 'not_in_sync':
      return `the replica of ${name} on node ${to} is not in sync`
    case 'under_replicated':
      return `${name} is under-replicated: it is moved once all of its replicas are in sync`
    case 'already_moving':
      return `${name} is being moved already`
    case 'no_quorum':
      return order.kind === 'leader' ? `${name} has no leader` : `${name} has no leader to copy from`
    case 'rack_constraint':
      return `on node ${to} the replicas of ${name} would share a rack more than they do now`
    case 'excluded':
      return excludedText(state, order)
    case 'would_exceed_limit': {
      const would = fullness ? `: it could be ${formatPercent(fullness.would)} full on the way, ` : ', '
      const limit = fullness ? `at most ${formatPercent(fullness.limit)} is allowed` : 'which is not allowed'
      return `${name} does not fit on node ${to} below hard_disk_usage_percent${would}${limit}`
    }
    default: {
      const known: readonly RejectReason[] = rejectReasons
      return `${orderName(order)} is not possible (${fault})${known.includes(fault) ? `: ${rejectText[fault]}` : ''}`
    }
  }
}

function excludedText({ topicExcluded, names }: ClusterState, { topic, to }: Order): string {
  return topicExcluded[names.topics.indexOf(topic)] === 1
    ? `${topic} is excluded by the config, from what is asked for by hand as well (exclude.hard)`
    : `node ${to} takes nothing: it is excluded by the config, or its dirs are offline or cordoned`
}

function stateOf({ names, nodeState }: ClusterState, node: Order['to']): string {
  return nodeStates[nodeState[names.nodes.indexOf(node)]!]!
}

function holders(state: ClusterState, { topic, partition }: Order): string {
  const nodes = replicaNodesOf(state, partitionFinder(state)(topic, partition))
  return nodes.map((node) => state.names.nodes[node]!).join(', ')
}

function dirsOf({ names, nodeDirStart }: ClusterState, { to }: Order): string[] {
  const node = names.nodes.indexOf(to)
  return names.dirs.slice(nodeDirStart[node], nodeDirStart[node + 1])
}
