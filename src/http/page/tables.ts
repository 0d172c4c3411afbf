/** The tables of a Pinot cluster: how even they are, why they drift, what holds them, and their jobs. */
import { type TableJson, tablesOf } from '../../cluster/table-json.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { formatBytes, formatPercent } from '../../lib/units.ts'
import { type Html, html } from './html.ts'
import { type Head, partDone, section, table } from './words.ts'

const HEADS = [
  'Table',
  'Tenant',
  ['Segments'],
  ['Size'],
  ['Unevenness'],
  ['Not converged'],
  ['In error'],
  'Drift',
  'Job',
] satisfies Head[]

/** Nothing where the system has no tables. */
export function tables(view: ClusterView): Html | undefined {
  const { report, running } = view
  if (!report?.topics) return undefined
  const jobs = new Map(running.map((progress) => [progress.move.topic, progress]))
  const rows = tablesOf(report, view).map((one) => {
    const part = jobs.has(one.name) ? partDone(jobs.get(one.name)!) : undefined
    return html`<tr><th scope="row">${one.name}</th><td>${one.tenant}</td><td class="number">${one.segments}</td><td class="number">${formatBytes(one.bytes)}</td>
      <td class="number">${formatPercent(one.evenness.bytes)}</td><td class="number">${one.not_converged}</td>
      <td class="number${one.in_error > 0 && ' bad'}">${one.in_error}</td><td>${driftText(one)}</td>
      <td>${part !== undefined && html`<progress max="1" value="${part.toFixed(3)}" aria-label="${one.name}"></progress> `}${jobText(one)}</td></tr>`
  })
  return section('tables', 'Tables', table('tables', HEADS, html`<tbody>${rows}</tbody>`))
}

function driftText({ drift, left_alone: leftAlone }: TableJson): Html {
  if (!drift) return html`none`
  const failing = drift.checks.filter(({ result }) => result !== 'PASS')
  return html`${drift.causes.map(({ cause, text }) => html`<code>${cause}</code> ${text}<br>`)}${formatBytes(drift.bytes)} in ${drift.replicas} replicas
    ${drift.held && html`<br><b>held</b>: ${drift.held.text}`}${failing.map(({ name, result, message }) => html`<br>check ${name}: <b>${result}</b> ${message}`)}
    ${leftAlone && html`<br>left alone until ${leftAlone.until}: ${leftAlone.text}`}`
}

function jobText({ job }: TableJson): Html {
  if (!job) return html`none`
  const whose = job.ours ? 'ours' : 'of somebody else'
  return html`${whose}${job.replicas_total !== undefined && `, ${job.replicas_done} of ${job.replicas_total} replicas`}
    ${(job.broken ?? job.text) !== undefined && html`<br><small>${job.broken ?? job.text}</small>`}`
}
