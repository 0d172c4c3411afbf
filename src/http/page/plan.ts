/** What is planned and for which reasons, and what the planner would not take. */
import { bytesOf, type Move } from '../../cluster/move.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { groupBy } from '../../lib/group-by.ts'
import { formatBytes, formatCount } from '../../lib/units.ts'
import { type Html, html } from './html.ts'
import { section, table } from './words.ts'

export function plan({ report }: ClusterView): Html | undefined {
  if (!report) return undefined
  const { moves, bytes, lowerBoundBytes, nodes, blocked } = report.plan
  const changed = nodes.filter(
    ({ replicas, leaders }) => replicas.now !== replicas.final || leaders.now !== leaders.final,
  ).length
  const rejected = blocked.map(
    ({ reason, count, examples }) =>
      html`<li><code>${reason}</code> ${formatCount(count, 'candidate')}${examples.length > 0 && `, such as ${examples.join('; ')}`}</li>`,
  )
  return section('plan', 'Plan', [
    moves.length === 0
      ? html`<p>Nothing is planned.</p>`
      : html`<p>${formatCount(moves.length, 'move')}, ${formatBytes(bytes)} to copy${lowerBoundBytes > 0 && `, ${(bytes / lowerBoundBytes).toFixed(2)} × the least possible`}; ${changed} of ${formatCount(nodes.length, 'node')} have other replicas or leaders in the end.</p>${reasons(moves)}`,
    rejected.length > 0 &&
      html`<details><summary>Candidates that the planner rejected</summary><ul>${rejected}</ul></details>`,
  ])
}

function reasons(moves: readonly Move[]): Html {
  const rows = [...groupBy(moves, ({ reason }) => reason)].map(
    ([reason, members]) =>
      html`<tr data-key="${reason}"><th scope="row"><code>${reason}</code></th><td class="number">${members.length}</td><td class="number">${formatBytes(members.reduce((sum, move) => sum + bytesOf(move), 0))}</td></tr>`,
  )
  return table('reasons of the plan', ['Reason', ['Moves'], ['To copy']], html`<tbody>${rows}</tbody>`)
}
