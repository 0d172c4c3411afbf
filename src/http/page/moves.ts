/** What moves, what waits, what ended lately, and what the plan did not take. */
import type { MoveProgress } from '../../cluster/events.ts'
import { bytesOf, subjectOf } from '../../cluster/move.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { formatBytes, formatCount, formatDuration, formatPercent, formatRate } from '../../lib/units.ts'
import { remainingBytes } from '../control-api.ts'
import { type Html, html } from './html.ts'
import { firstOf, partDone, section, table, wayOf } from './words.ts'

const WAITING_SHOWN = 50
const ENDED_SHOWN = 20

export function moves({ running, pending, ended, report }: ClusterView): Html {
  const summary = html`<p>${formatCount(running.length, 'move')} running, ${pending.length} waiting, ${formatBytes(remainingBytes({ running, pending }))} to copy.
    ${report && report.plan.lowerBoundBytes > 0 && html`The plan copies ${(report.plan.bytes / report.plan.lowerBoundBytes).toFixed(2)} × the least possible.`}</p>`
  return section('moves', 'Moves', [
    summary,
    running.length > 0 &&
      table(
        'running moves',
        ['Move', 'Of', 'Way', 'Progress', ['Rate'], ['Left'], 'Why', 'Act'],
        html`<tbody>${running.map(runningRow)}</tbody>`,
      ),
    waiting(pending),
    lately(ended),
  ])
}

function runningRow(progress: MoveProgress): Html {
  const { move, state, text, bytesDone, bytesTotal, bytesPerSecond, remainingMs } = progress
  const subject = subjectOf(move)
  const part = partDone(progress)
  const words = part === undefined ? state : `${formatPercent(part)} of ${formatBytes(bytesTotal)}`
  return html`<tr><td>${move.kind}</td><th scope="row">${subject}</th><td>${wayOf(move)}</td>
    <td>${part !== undefined && html`<progress max="${bytesTotal}" value="${Math.min(bytesDone, bytesTotal)}" aria-label="${subject}"></progress> `}${words}${
      state !== 'running' && part !== undefined && html` <b>${state}</b>`
    }${text !== undefined && html`<br><small>${text}</small>`}</td>
    <td class="number">${bytesPerSecond === undefined ? '' : formatRate(bytesPerSecond)}</td>
    <td class="number">${remainingMs === undefined ? '' : formatDuration(remainingMs)}</td><td><code>${move.reason}</code></td>
    <td><button type="button" data-dialog="cancel" data-subject="${subject}" aria-label="Cancel ${subject}">Cancel</button></td></tr>`
}

function waiting(pending: ClusterView['pending']): Html | undefined {
  if (pending.length === 0) return undefined
  const { shown, more } = firstOf(pending, WAITING_SHOWN)
  const rows = shown.map(
    (move) => html`<tr><td>${move.kind}</td><th scope="row">${subjectOf(move)}</th><td>${wayOf(move)}</td>
      <td class="number">${formatBytes(bytesOf(move))}</td><td><code>${move.reason}</code></td></tr>`,
  )
  return html`<h3>Waiting</h3>${table('waiting moves', ['Move', 'Of', 'Way', ['Size'], 'Why'], html`<tbody>${rows}</tbody>`)}
    ${more > 0 && html`<p>And ${more} more.</p>`}`
}

function lately(ended: readonly MoveProgress[]): Html | undefined {
  if (ended.length === 0) return undefined
  const rows = firstOf(ended, ENDED_SHOWN).shown.map(
    ({
      move,
      state,
      text = '',
      bytesDone,
    }) => html`<tr><td>${move.kind}</td><th scope="row">${subjectOf(move)}</th><td>${wayOf(move)}</td>
      <td${state !== 'done' && html` class="bad"`}>${state}</td><td class="number">${formatBytes(bytesDone)}</td><td><code>${move.reason}</code></td><td>${text}</td></tr>`,
  )
  return html`<h3>Ended lately</h3>${table('moves that ended lately', ['Move', 'Of', 'Way', 'Result', ['Copied'], 'Why', 'What happened'], html`<tbody>${rows}</tbody>`)}`
}

/** What the plan is, and which candidates it did not take. */
export function plan({ report }: ClusterView): Html | undefined {
  if (!report) return undefined
  const { plan, violations } = report
  const changed = plan.nodes.filter(
    ({ replicas, leaders }) => replicas.now !== replicas.final || leaders.now !== leaders.final,
  ).length
  const rejected = plan.blocked.map(
    ({ reason, count, examples }) =>
      html`<li><code>${reason}</code> ${formatCount(count, 'candidate')}${examples.length > 0 && `, such as ${examples.join('; ')}`}</li>`,
  )
  return section('plan', 'Plan', [
    html`<p>${plan.moves.length === 0 ? 'Nothing is planned.' : `${formatCount(plan.moves.length, 'move')} of ${formatBytes(plan.bytes)} for ${formatCount(violations.length, 'violation')}.`}
      ${changed > 0 && html`It changes ${changed} of ${formatCount(plan.nodes.length, 'node')}.`}</p>`,
    rejected.length > 0 &&
      html`<details><summary>Candidates that the planner rejected</summary><ul>${rejected}</ul></details>`,
  ])
}
