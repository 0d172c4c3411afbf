/** The nodes, by rack, each with its disk: used now, at the peak and at the end of the plan, against the limit in force. */
import type { NodeForecast } from '../../cluster/plan.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { groupBy } from '../../lib/group-by.ts'
import { formatBytes, formatCount, formatPercent } from '../../lib/units.ts'
import { type NodeMoves, replicasMoving } from '../control-api.ts'
import { type Html, html } from './html.ts'
import { change, type Head, section, table } from './words.ts'

const HEADS = [
  'Node',
  'State',
  'Disk',
  ['Used'],
  ['Capacity'],
  ['%'],
  ['Replicas'],
  ['Leaders'],
  ['In'],
  ['Out'],
] satisfies Head[]

export function nodes({ report, running }: ClusterView): Html {
  if (!report) return section('nodes', 'Nodes', html`<p>Not read yet.</p>`)
  const moving = replicasMoving(running)
  const racks = [...groupBy(report.plan.nodes, ({ rack = '' }) => rack)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const bodies = racks.map(
    ([rack, members]) =>
      html`<tbody><tr><th scope="rowgroup" colspan="${HEADS.length}">${rack === '' ? 'no rack' : `rack ${rack}`}, ${formatCount(members.length, 'node')}</th></tr>${members.map(
        (node) => row(node, moving.get(node.id), report.maxDiskUsage),
      )}</tbody>`,
  )
  const { alive, unavailable, unreachable, draining } = report.nodesAvailable
  const states = { alive, draining, unreachable, unavailable }
  const counts = Object.entries(states).flatMap(([state, count]) => (count > 0 ? [`${count} ${state}`] : []))
  return section(
    'nodes',
    'Nodes',
    html`<p>${counts.join(', ')}. <span class="key"><span class="now"></span> used now <span class="peak"></span> at the peak of the plan
      <span class="mark"></span> at its end <span class="limit"></span> limit, ${formatPercent(report.maxDiskUsage)}</span></p>
      ${table('nodes', HEADS, bodies)}`,
  )
}

function row(node: NodeForecast, moving: NodeMoves | undefined, limit: number): Html {
  const { id, state, diskBytes, capacityBytes, replicas, leaders } = node
  const part = diskBytes.now / capacityBytes
  return html`<tr><th scope="row">${id}</th><td${state !== 'alive' && html` class="${state}"`}>${state}</td><td>${bar(node, limit)}</td>
    <td class="number">${formatBytes(diskBytes.now)}</td><td class="number">${formatBytes(capacityBytes)}</td>
    <td class="number">${Number.isFinite(part) ? formatPercent(part) : '–'}</td>
    <td class="number">${change(replicas.now, replicas.final)}</td><td class="number">${change(leaders.now, leaders.final)}</td>
    <td class="number">${moving?.in || ''}</td><td class="number">${moving?.out || ''}</td></tr>`
}

/** A drawing, so that its lengths need no styles of their own; in words for whoever does not see it. */
function bar({ diskBytes, capacityBytes }: NodeForecast, limit: number): Html {
  const percent = (bytes: number) => (Math.max(0, Math.min(1, bytes / capacityBytes)) * 100 || 0).toFixed(1)
  const [now, peak, final] = [percent(diskBytes.now), percent(diskBytes.peak), percent(diskBytes.final)]
  const over = diskBytes.now / capacityBytes > limit
  const words = `${now}% used, ${peak}% at the peak of the plan, ${final}% at its end, limit ${formatPercent(limit)}`
  return html`<svg class="bar${over && ' over'}" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${words}"><title>${words}</title>
    <rect class="all" width="100" height="10"/><rect class="peak" width="${peak}" height="10"/><rect class="now" width="${now}" height="10"/>
    <rect class="mark" x="${(Number(final) - 0.4).toFixed(1)}" width="0.8" height="10"/><rect class="limit" x="${(limit * 100).toFixed(1)}" width="0.6" height="10"/></svg>`
}
