/** The planner: what people asked for, then passes in their one order, each on what the former left, then the verifier. Pure. */
import type { Columns } from '../cluster/state.ts'
import { balance } from './balance.ts'
import { drain, replaceLost } from './evacuate.ts'
import { Filters } from './filters.ts'
import { evenLeaders } from './leadership/leadership.ts'
import { lowerBoundBytes } from './lower-bound.ts'
import { Model } from './model.ts'
import { carryOutOrders } from './orders.ts'
import { Rejections } from './rejections.ts'
import { relieve } from './relieve.ts'
import { repairRacks } from './repair-racks.ts'
import type { PlanRequest, PlanResult } from './request.ts'
import { verifyPlan } from './verify.ts'

export function makePlan(columns: Columns, request: PlanRequest): PlanResult {
  const rejections = new Rejections()
  const model = new Model(columns, request, rejections)
  const filters = new Filters(model)
  const { criticalDirs, overDirs, hardDiskUsage, maxDiskUsage } = request

  const orders = carryOutOrders(model, filters)
  const orderedBytes = model.moves.reduce((sum, move) => sum + move.bytes, 0)
  relieve(model, filters, criticalDirs, 'disk_critical', hardDiskUsage)
  replaceLost(model, filters)
  drain(model, filters)
  relieve(model, filters, overDirs, 'disk_over_limit', maxDiskUsage)
  if (request.repairRacks) repairRacks(model, filters)
  // target_drift has its place here.
  model.shareAnew()
  balance(model, filters)
  if (request.balanceLeaders) evenLeaders(model)

  return {
    moves: model.moves,
    bytes: model.moves.reduce((sum, move) => sum + move.bytes, 0),
    // What was asked for is copied as a whole; it may serve the other goals as well.
    lowerBoundBytes: Math.max(orderedBytes, lowerBoundBytes(columns, request)),
    peakBytes: model.peakBytes,
    finalBytes: model.usedBytes,
    finalReplicas: model.replicas,
    finalLeaders: model.leaders,
    rejected: rejections.list(),
    orders,
    problems: verifyPlan(columns, request, model.moves),
  }
}
