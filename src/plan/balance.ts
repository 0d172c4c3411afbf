/** Evenness of disk use: added nodes get their share, then what is outside the band comes in. Domain by domain. */

import { immovableReasons } from '../cluster/reasons.ts'
import { skewEdge } from '../cluster/settings.ts'
import { evenCounts } from './counts.ts'
import { even } from './even.ts'
import { exchange } from './exchange.ts'
import type { Filters } from './filters.ts'
import type { Model } from './model.ts'
import type { EvenTask } from './worth.ts'

const ALREADY_MOVING = immovableReasons.indexOf('already_moving')

export function balance(model: Model, filters: Filters): void {
  for (let domain = 0; domain < model.columns.domainCount; domain += 1) {
    fillAddedNodes(model, filters, domain)
    bringIntoBand(model, filters, domain)
  }
}

/** The added nodes get their fair share, from the fullest; nobody else receives. Undefined where there is nothing to fill, or from. */
export function fillTask(model: Model, domain: number): EvenTask | undefined {
  const { request, shares } = model
  const added = request.fillNodes.filter((node) => model.columns.nodeDomain[node] === domain)
  if (added.length === 0) return undefined
  const nodes = participants(model, domain)
  const others = nodes.filter((node) => !added.includes(node))
  if (others.length === 0) return undefined
  const { lower, upper } = bandsAround(shares.fairBytes, request.fillTolerance)
  // Where racks confine what may move nobody's share can be fair: then a giver that has more still gives.
  for (const node of others) lower[node] = 0
  return {
    reason: 'node_underused',
    fix: added,
    sources: others,
    targets: added,
    lower,
    upper,
    minGainBytes: minGain(shares.fairBytes, nodes),
  }
}

function fillAddedNodes(model: Model, filters: Filters, domain: number): void {
  const task = fillTask(model, domain)
  if (!task) return
  const before = model.moves.length
  even(model, filters, task)
  const filling = model.moves.splice(before)
  const bytes = filling.reduce((sum, move) => sum + move.bytes, 0)
  if (model.request.topicAware) evenCounts(model, filters, task.fix, task.sources, bytes)
  // The small ones first: they take no time and let the node lead its part while the large ones copy.
  model.moves.push(...filling)
}

/** All nodes of the domain come into the band; undefined where none is to be kept. */
export function bandTask(model: Model, domain: number): EvenTask | undefined {
  const { request, shares } = model
  if (!request.skewedDomains.includes(domain)) return undefined
  const nodes = participants(model, domain)
  return {
    reason: 'disk_skew',
    fix: nodes,
    sources: nodes,
    targets: nodes,
    ...bandsAround(shares.fairBytes, request.band),
    minGainBytes: minGain(shares.fairBytes, nodes),
  }
}

function bringIntoBand(model: Model, filters: Filters, domain: number): void {
  const task = bandTask(model, domain)
  if (!task) return
  const { request, shares } = model
  even(model, filters, task)
  // What is in flight may be what a plain move waits for.
  if (model.columns.partitionImmovable.includes(ALREADY_MOVING)) return
  // Exchanges copy more than they mend: they are for what would else stay open, not for the last percent.
  const edge = bandsAround(shares.fairBytes, skewEdge(request.band))
  const outside = (node: number) =>
    model.usedBytes[node]! > edge.upper[node]! || model.usedBytes[node]! < edge.lower[node]!
  exchange(model, filters, { ...task, fix: task.fix.filter(outside) })
}

function participants(model: Model, domain: number): number[] {
  return [...model.shares.participates.keys()].filter(
    (node) => model.shares.participates[node] === 1 && model.columns.nodeDomain[node] === domain,
  )
}

/** @param width half of it, as a ratio of the fair share. */
function bandsAround(fairBytes: Float64Array, width: number): Pick<EvenTask, 'lower' | 'upper'> {
  return { lower: fairBytes.map((bytes) => bytes * (1 - width)), upper: fairBytes.map((bytes) => bytes * (1 + width)) }
}

/** A thousandth of the mean fair share. */
function minGain(fairBytes: Float64Array, nodes: number[]): number {
  return nodes.reduce((sum, node) => sum + fairBytes[node]!, 0) / nodes.length / 1000
}
