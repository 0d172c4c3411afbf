/**
 * The nodes, by rack, each with its disk: used now, at the peak and at the end of the plan, against the limit in force. Of a large cluster
 * its racks, and the nodes that stand out or that are asked for.
 */
import type { NodeForecast } from '../../cluster/plan.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { groupBy } from '../../lib/group-by.ts'
import { formatBytes, formatCount, formatPercent } from '../../lib/units.ts'
import { type NodeMoves, replicasMoving } from '../control-api.ts'
import { type Bar, bar, key, partChanged, partUsed, percentUsed, together } from './disk-bar.ts'
import { type Html, html } from './html.ts'
import { change, type Head, nodeHead, section, table } from './words.ts'

/** Which nodes of a large cluster are shown: those that stand out, unless all are asked for, or those of a rack. */
export interface NodeChoice {
  nodes?: 'all' | undefined
  rack?: string | undefined
}

/** More than these are not shown one by one unless they are asked for. */
const MANY = 40
const STANDING_OUT = 20

export function nodes({ name, report, running }: ClusterView, choice: NodeChoice): Html {
  if (!report) return section('nodes', 'Nodes', html`<p>Not read yet.</p>`)
  const all = report.plan.nodes
  const moving = replicasMoving(running)
  const limit = report.maxDiskUsage
  const led = all.some(({ leaders }) => leaders.now + leaders.final > 0)
  const heads = headsOf(led)
  const rows = (members: readonly NodeForecast[]) => members.map((node) => nodeRow(node, { moving, limit, led }))
  const racks = [...groupBy(all, ({ rack = '' }) => rack)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const { alive, unavailable, unreachable, draining } = report.nodesAvailable
  const states = { alive, draining, unreachable, unavailable }
  const counts = Object.entries(states).flatMap(([state, count]) => (count > 0 ? [`${count} ${state}`] : []))
  const summary = html`<p>${counts.join(', ')}. ${key(limit)}</p>`
  const link = (more: Record<string, string>) => `?${new URLSearchParams({ cluster: name, ...more }).toString()}`
  const show: Show = { limit, heads, rows, link }
  if (all.length <= MANY) return section('nodes', 'Nodes', [summary, byRack(racks, show)])
  return section('nodes', 'Nodes', [
    summary,
    rackTable(racks, moving, limit, (rack) => link({ rack })),
    chosen(choice, racks, show),
  ])
}

type Racks = readonly (readonly [rack: string, members: readonly NodeForecast[]])[]

interface Show {
  limit: number
  heads: Head[]
  rows: (members: readonly NodeForecast[]) => Html[]
  link: (more: Record<string, string>) => string
}

function chosen(choice: NodeChoice, racks: Racks, show: Show): Html {
  const { limit, heads, rows, link } = show
  const all = racks.flatMap(([, members]) => members)
  const whole = html`<a href="${link({ nodes: 'all' })}">all ${all.length}</a>`
  const few = html`<a href="${link({})}">those that stand out</a>`
  const worstFirst = (members: readonly NodeForecast[]) => members.toSorted((a, b) => worse(a, b, limit))
  const flat = (members: readonly NodeForecast[]) => table('nodes', heads, html`<tbody>${rows(members)}</tbody>`)
  if (choice.nodes === 'all') {
    const sorted = racks.map(([rack, members]) => [rack, worstFirst(members)] as const)
    return html`<h3>All nodes by rack, worst first</h3><p>Show ${few}.</p>${byRack(sorted, show)}`
  }
  const rack = racks.find(([name]) => name === choice.rack)
  if (rack) {
    return html`<h3>Nodes of ${rackName(rack[0])}, worst first</h3><p>Show ${few} or ${whole}.</p>${flat(worstFirst(rack[1]))}`
  }
  return html`<h3>The ${STANDING_OUT} nodes that stand out</h3><p>Show ${whole}, or those of a rack by its name above.</p>${flat(worstFirst(all).slice(0, STANDING_OUT))}`
}

/** Not alive, then over the limit, then whose disk the plan changes most, then the fullest. */
function worse(a: NodeForecast, b: NodeForecast, limit: number): number {
  const over = (node: NodeForecast) => Number(partUsed(node) > limit)
  return (
    Number(b.state !== 'alive') - Number(a.state !== 'alive') ||
    over(b) - over(a) ||
    partChanged(b) - partChanged(a) ||
    partUsed(b) - partUsed(a)
  )
}

function byRack(racks: Racks, { heads, rows }: Show): Html {
  const bodies = racks.map(
    ([rack, members]) =>
      html`<tbody data-key="${rack}"><tr><th scope="rowgroup" colspan="${heads.length}">${rackName(rack)}, ${formatCount(members.length, 'node')}</th></tr>${rows(members)}</tbody>`,
  )
  return table('nodes', heads, bodies)
}

function rackName(rack: string): string {
  return rack === '' ? 'no rack' : `rack ${rack}`
}

/** @param led whether anything has leaders here. */
function headsOf(led: boolean): Head[] {
  const leaders: Head[] = led ? [['Leaders']] : []
  return ['Node', 'Disk', ['%'], 'State', ['Used'], ['Capacity'], ['Replicas'], ...leaders, ['In'], ['Out']]
}

interface RowFacts {
  moving: ReadonlyMap<NodeForecast['id'], NodeMoves>
  limit: number
  led: boolean
}

function nodeRow(node: NodeForecast, { moving, limit, led }: RowFacts): Html {
  const { id, state, replicas, leaders } = node
  return html`<tr data-key="${id}">${nodeHead(id)}${disk(node, limit)}<td${state !== 'alive' && html` class="${state}"`}>${state}</td>
    ${amounts(node)}<td class="number">${change(replicas.now, replicas.final)}</td>${led && html`<td class="number">${change(leaders.now, leaders.final)}</td>`}
    <td class="number">${moving.get(id)?.in || ''}</td><td class="number">${moving.get(id)?.out || ''}</td></tr>`
}

function rackTable(
  racks: Racks,
  moving: ReadonlyMap<NodeForecast['id'], NodeMoves>,
  limit: number,
  link: (rack: string) => string,
): Html {
  const heads: Head[] = [
    'Rack',
    'Disks',
    ['%'],
    ['Fullest'],
    ['Used'],
    ['Capacity'],
    ['Nodes'],
    ['Not alive'],
    ['In'],
    ['Out'],
  ]
  const rows = racks.map(([rack, members]) => {
    const whole = together(members)
    const fullest = Math.max(...members.map(partUsed))
    const sick = members.filter(({ state }) => state !== 'alive').length
    const sum = (way: keyof NodeMoves) => members.reduce((total, { id }) => total + (moving.get(id)?.[way] ?? 0), 0)
    return html`<tr data-key="${rack}"><th scope="row"><a class="name" href="${link(rack)}">${rack === '' ? 'no rack' : rack}</a></th>${disk(whole, limit)}
      <td class="number${fullest > limit && ' bad'}">${formatPercent(fullest)}</td>${amounts(whole)}<td class="number">${members.length}</td>
      <td class="number${sick > 0 && ' bad'}">${sick || ''}</td><td class="number">${sum('in') || ''}</td><td class="number">${sum('out') || ''}</td></tr>`
  })
  return table('racks', heads, html`<tbody>${rows}</tbody>`)
}

function disk(of: Bar, limit: number): Html {
  return html`<td class="disk">${bar(of, limit)}</td><td class="number">${percentUsed(of)}</td>`
}

function amounts({ diskBytes, capacityBytes }: Bar): Html {
  return html`<td class="number">${formatBytes(diskBytes.now)}</td><td class="number">${formatBytes(capacityBytes)}</td>`
}
