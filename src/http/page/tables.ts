/** The tables of a Pinot cluster: how even they are, why they drift, what holds them, their pre-checks and their jobs. */
import { type TableJson, tablesOf } from '../../cluster/table-json.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { formatBytes, formatPercent } from '../../lib/units.ts'
import { type Html, html } from './html.ts'
import { type Head, partDone, section, table, whyButton } from './words.ts'

const HEADS = [
  'Table',
  'Drift',
  'Pre-checks',
  'Job',
  'Tenant',
  ['Segments'],
  ['Size'],
  ['Unevenness'],
  ['Not converged'],
  ['In error'],
] satisfies Head[]

/** Nothing where the system has no tables. */
export function tables(view: ClusterView): Html | undefined {
  const { report, running } = view
  if (!report?.topics) return undefined
  const jobs = new Map(running.map((progress) => [progress.move.topic, progress]))
  const rows = tablesOf(report, view).map((one) => {
    const ours = jobs.get(one.name)
    const part = one.job?.progress ?? (ours && partDone(ours))
    return html`<tr data-key="${one.name}"><th scope="row">${whyButton('table', one.name)}</th><td class="text">${driftText(one)}</td><td class="text">${checksText(one)}</td>
      <td class="text">${one.job && part !== undefined && html`<progress max="1" value="${part.toFixed(3)}" aria-label="Job of ${one.name}"></progress> `}${jobText(one)}</td>
      <td>${one.tenant}</td><td class="number">${one.segments}</td><td class="number">${formatBytes(one.bytes)}</td><td class="number">${formatPercent(one.evenness.bytes)}</td>
      <td class="number">${one.not_converged}</td><td class="number${one.in_error > 0 && ' bad'}">${one.in_error}</td></tr>`
  })
  return section('tables', 'Tables', table('tables', HEADS, html`<tbody>${rows}</tbody>`))
}

function driftText({ drift, left_alone: leftAlone, asked }: TableJson): Html {
  const notes = html`${asked && html`<br>asked for`}${leftAlone && html`<br>left alone until ${leftAlone.until}: ${leftAlone.text}`}`
  if (!drift) return html`none${notes}`
  return html`${drift.causes.map(({ cause, text }) => html`<code>${cause}</code> ${text}<br>`)}${formatBytes(drift.bytes)} in ${drift.replicas} replicas
    ${drift.held && html`<br><b class="bad">held</b>: ${drift.held.text}${drift.held.approvable && html`; <code>evenkeel approve</code> lets it run`}`}${notes}`
}

function checksText({ drift }: TableJson): Html {
  const checks = drift?.checks ?? []
  if (checks.length === 0) return html`–`
  const failing = checks.filter(({ result }) => result !== 'PASS')
  return html`${checks.length - failing.length} of ${checks.length} PASS${failing.map(
    ({ name, result, message }) =>
      html`<br><b${result === 'ERROR' && html` class="bad"`}>${result}</b> ${name}: ${message}`,
  )}`
}

function jobText({ job }: TableJson): Html {
  if (!job) return html`none`
  const whose = job.ours ? 'ours' : 'of somebody else'
  return html`${whose}${job.replicas_total !== undefined && `, ${job.replicas_done} of ${job.replicas_total} replicas`}
    ${(job.broken ?? job.text) !== undefined && html`<br><small>${job.broken ?? job.text}</small>`}`
}
