/** A plan in indices → the plan that people, executor and observers see. */
import { type Move, moveId, sharesOfMove, totalBytes } from '../cluster/move.ts'
import type { NodeForecast, Plan } from '../cluster/plan.ts'
import { nodeStates } from '../cluster/reasons.ts'
import { leaderCounts, replicaCounts } from '../cluster/shares.ts'
import { type ClusterState, partitionLabel } from '../cluster/state.ts'
import type { NodeShare } from '../cluster/target.ts'
import { groupBy } from '../lib/group-by.ts'
import type { PlannedMove, PlanResult, RejectedExample } from './request.ts'
import type { TablesPlan } from './tables.ts'

/** @param planningMs how long the planning took. */
export function describePlan(state: ClusterState, result: PlanResult, planningMs: number): Plan {
  return {
    moves: result.moves.map((move) => describeMove(state, move)),
    bytes: result.bytes,
    lowerBoundBytes: result.lowerBoundBytes,
    nodes: forecasts(state, result),
    blocked: result.rejected.map(({ reason, count, examples }) => ({
      reason,
      count,
      examples: examples.map((example) => describeExample(state, example)),
    })),
    planningMs,
  }
}

/** The plan with moves of topics as a whole: their peak is that of all of them together, before anything has left. */
export function withTables(plan: Plan, { moves, blocked }: TablesPlan): Plan {
  const shares = groupBy(moves.flatMap(sharesOfMove), ({ node }) => node)
  const bytes = totalBytes(moves)
  return {
    ...plan,
    moves: [...moves, ...plan.moves],
    bytes: plan.bytes + bytes,
    // The target is the system's own: there is no lesser way to it.
    lowerBoundBytes: plan.lowerBoundBytes + bytes,
    blocked: [...blocked, ...plan.blocked],
    nodes: plan.nodes.map((node) => {
      const own = shares.get(node.id) ?? []
      const sum = (of: (share: NodeShare) => number) => own.reduce((total, share) => total + of(share), 0)
      const { diskBytes, replicas } = node
      return {
        ...node,
        diskBytes: {
          ...diskBytes,
          peak: diskBytes.peak + sum((share) => share.addBytes),
          final: diskBytes.final + sum((share) => share.addBytes - share.removeBytes),
        },
        replicas: { ...replicas, final: replicas.final + sum((share) => share.adds - share.removes) },
      }
    }),
  }
}

function describeMove(state: ClusterState, move: PlannedMove): Move {
  const topic = state.names.topics[state.partitionTopic[move.partition]!]!
  const partition = state.names.partitions[move.partition]!
  const from = state.names.nodes[move.from]!
  const to = state.names.nodes[move.to]!
  const dirs = move.dirs && { from: state.names.dirs[move.dirs.from]!, to: state.names.dirs[move.dirs.to]! }
  const common = {
    id: moveId(move.kind, topic, partition, from, to, dirs),
    ...(move.group === undefined ? {} : { group: `g${move.group}` }),
    topic,
    partition,
    from,
    to,
    reason: move.reason,
    replicas: move.replicas.map((node) => state.names.nodes[node]!),
    leader: state.names.nodes[move.leader]!,
  }
  if (move.kind === 'leader') return { kind: 'leader', ...common }
  return { kind: 'replica', ...common, bytes: move.bytes, ...(dirs && { fromDir: dirs.from, toDir: dirs.to }) }
}

function forecasts(state: ClusterState, result: PlanResult): NodeForecast[] {
  const replicas = replicaCounts(state)
  const leaders = leaderCounts(state)
  return state.names.nodes.map((id, node) => {
    const rack = state.nodeRack[node]!
    const host = state.names.hosts[node]!
    const tenant = state.names.domains[state.nodeDomain[node]!]!
    const first = state.nodeDirStart[node]!
    const dirs = state.names.dirs.slice(first, state.nodeDirStart[node + 1]).map((path, offset) => ({
      path,
      usedBytes: state.dirUsedBytes[first + offset]!,
      capacityBytes: state.dirCapacityBytes[first + offset]!,
    }))
    return {
      id,
      ...(host === '' ? {} : { host }),
      ...(rack === -1 ? {} : { rack: state.names.racks[rack]! }),
      ...(tenant === '' ? {} : { tenant }),
      state: nodeStates[state.nodeState[node]!]!,
      diskBytes: {
        now: dirs.reduce((sum, dir) => sum + dir.usedBytes, 0),
        peak: result.peakBytes[node]!,
        final: result.finalBytes[node]!,
      },
      capacityBytes: dirs.reduce((sum, dir) => sum + dir.capacityBytes, 0),
      dirs,
      replicas: { now: replicas[node]!, final: result.finalReplicas[node]! },
      leaders: { now: leaders[node]!, final: result.finalLeaders[node]! },
    }
  })
}

function describeExample(state: ClusterState, { partition, from, to }: RejectedExample): string {
  const what = partition === -1 ? '' : `${partitionLabel(state, partition)} `
  const where =
    to === -1 ? `on ${state.names.nodes[from]}` : `from ${state.names.nodes[from]} to ${state.names.nodes[to]}`
  return `${what}${where}`
}
