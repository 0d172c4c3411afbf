/** The planner: passes in their one order, each on what the former left, then the verifier. Pure. */
import type { Columns } from '../cluster/state.ts'
import { evenCounts } from './counts.ts'
import { even } from './even.ts'
import { Filters } from './filters.ts'
import { evenLeaders } from './leadership/leadership.ts'
import { lowerBoundBytes } from './lower-bound.ts'
import { Model } from './model.ts'
import { Rejections } from './rejections.ts'
import type { PlannedMove, PlanRequest, PlanResult } from './request.ts'
import { verifyPlan } from './verify.ts'

export function makePlan(columns: Columns, request: PlanRequest): PlanResult {
  const rejections = new Rejections()
  const model = new Model(columns, request, rejections)
  const filters = new Filters(model)
  let bound = 0
  for (let domain = 0; domain < columns.domainCount; domain += 1) {
    bound += fillAddedNodes(model, filters, domain)
    bound += bringIntoBand(model, filters, domain)
  }
  if (request.balanceLeaders) evenLeaders(model)
  return {
    moves: model.moves,
    bytes: model.moves.reduce((sum, move) => sum + move.bytes, 0),
    lowerBoundBytes: bound,
    peakBytes: model.peakBytes,
    finalBytes: model.usedBytes,
    finalReplicas: model.replicas,
    finalLeaders: model.leaders,
    rejected: rejections.list(),
    problems: verifyPlan(columns, request, model.moves),
  }
}

/** Node add: the added nodes get their fair share, from the fullest; nobody else receives. */
function fillAddedNodes(model: Model, filters: Filters, domain: number): number {
  const { request, shares } = model
  const added = request.fillNodes.filter((node) => model.columns.nodeDomain[node] === domain)
  if (added.length === 0) return 0
  const nodes = participants(model, domain)
  const others = nodes.filter((node) => !added.includes(node))
  if (others.length === 0) return 0
  const { lower, upper } = bandsAround(model, request.fillTolerance)
  const bound = lowerBoundBytes(model.columns, request, added, model.usedBytes, lower, upper)
  const before = model.moves.length
  even(model, filters, {
    reason: 'node_underused',
    fix: added,
    sources: others,
    targets: added,
    lower,
    upper,
    minGainBytes: minGain(shares.fairBytes, nodes),
  })
  const filling = model.moves.splice(before)
  if (request.topicAware) evenCounts(model, filters, added, others, bytesOf(filling))
  // The small ones first: they take no time and let the node lead its part while the large ones copy.
  model.moves.push(...filling)
  return bound
}

function bringIntoBand(model: Model, filters: Filters, domain: number): number {
  const { request } = model
  if (!request.skewedDomains.includes(domain)) return 0
  const nodes = participants(model, domain)
  const { lower, upper } = bandsAround(model, request.band)
  const bound = lowerBoundBytes(model.columns, request, nodes, model.usedBytes, lower, upper)
  even(model, filters, {
    reason: 'disk_skew',
    fix: nodes,
    sources: nodes,
    targets: nodes,
    lower,
    upper,
    minGainBytes: minGain(model.shares.fairBytes, nodes),
  })
  return bound
}

function participants(model: Model, domain: number): number[] {
  return [...model.shares.participates.keys()].filter(
    (node) => model.shares.participates[node] === 1 && model.columns.nodeDomain[node] === domain,
  )
}

function bandsAround(model: Model, width: number): { lower: Float64Array; upper: Float64Array } {
  const { fairBytes } = model.shares
  return { lower: fairBytes.map((bytes) => bytes * (1 - width)), upper: fairBytes.map((bytes) => bytes * (1 + width)) }
}

/** A thousandth of the mean fair share. */
function minGain(fairBytes: Float64Array, nodes: number[]): number {
  return nodes.reduce((sum, node) => sum + fairBytes[node]!, 0) / nodes.length / 1000
}

function bytesOf(moves: PlannedMove[]): number {
  return moves.reduce((sum, move) => sum + move.bytes, 0)
}
