/** What Pinot would make of a table, for people: everything that is known of it before it runs. */
import type { DriftJson, TableJson } from '../cluster/table-json.ts'
import { checkResults, type TargetCheck } from '../cluster/target.ts'
import { formatBytes, formatCount, formatPercent } from '../lib/units.ts'
import { summaryLines } from './summary-view.ts'
import { table } from './table.ts'

/** One block per table. */
export function targetsText(rows: readonly TableJson[]): string {
  return rows.map(targetText).join('\n')
}

function targetText(row: TableJson): string {
  const { name, tenant, segments, replicas, bytes, evenness, drift, job, controller } = row
  const lines = [
    `${name}: tenant ${tenant}, ${formatCount(segments, 'segment')}, ${formatCount(replicas, 'replica')}, ${formatBytes(bytes)}`,
    `uneven: segments ${formatPercent(evenness.replicas)}, size ${formatPercent(evenness.bytes)} above the mean`,
    ...(job
      ? [`job: ${job.id}, ${job.ours ? 'ours' : "somebody else's"}${job.broken ? `, broken: ${job.broken}` : ''}`]
      : []),
    ...(row.left_alone ? [`left alone until ${row.left_alone.until}: ${row.left_alone.text}`] : []),
    ...(controller ? [`controller: ${controller.text}`] : []),
  ]
  const head = lines.map((line) => `${line}\n`).join('')
  if (drift) return `${head}${driftBlock(name, drift)}`
  if (job) return `${head}no target is computed while a job runs\n`
  return `${head}${controller ? 'nothing would be moved' : 'nothing suggests that it drifted: the controller was not asked'}\n`
}

function driftBlock(name: string, drift: DriftJson): string {
  const { causes, replicas, bytes, evenness, batch, reason, summary } = drift
  const { before, after } = evenness
  const facts = [
    ...causes.map(({ cause, text }) => `cause: ${cause}: ${text}`),
    `target: ${formatCount(replicas, 'replica')} of ${formatBytes(bytes)} to be made, fingerprint ${drift.fingerprint}`,
    `uneven: segments ${arrow(before.replicas, after.replicas)}, size ${arrow(before.bytes, after.bytes)}`,
    ...(drift.servers_added.length > 0 ? [`servers added: ${drift.servers_added.join(', ')}`] : []),
    ...(drift.servers_removed.length > 0 ? [`servers removed: ${drift.servers_removed.join(', ')}`] : []),
    ...(batch
      ? [
          `would run for ${reason}, at most ${formatCount(batch.replicas, 'replica')} (${formatBytes(batch.bytes)}) on their way to one server`,
        ]
      : []),
    ...heldLine(name, drift),
  ]
  const parts = [facts.map((line) => `${line}\n`).join(''), serversTable(drift)]
  const more = summaryLines(summary)
  if (more.length > 0) parts.push(more.map((line) => `${line}\n`).join(''))
  if (drift.checks.length > 0) {
    const rows = drift.checks.map(({ name, result, message }) => [name, result, message || '-'])
    parts.push(table(['PRE-CHECK', 'RESULT', 'MESSAGE'], rows))
  }
  parts.push(table(['PARAMETER', 'VALUE'], Object.entries(drift.parameters)))
  return parts.filter((part) => part !== '').join('\n')
}

function heldLine(name: string, { held, approved }: DriftJson): string[] {
  if (!held) return []
  const { code, text, approvable } = held
  if (approved) return [`approved, although ${code}: ${text}`]
  return [`held: ${code}: ${text}${approvable ? `; \`evenkeel approve ${name}\` lets it run` : ''}`]
}

function serversTable({ servers }: DriftJson): string {
  if (servers.length === 0) return ''
  const rows = servers.map((server) => [
    server.id,
    server.replicas_added,
    formatBytes(server.bytes_added),
    server.replicas_removed,
    formatBytes(server.bytes_removed),
  ])
  return table(['SERVER', 'ADDED', 'ADDED-SIZE', 'REMOVED', 'REMOVED-SIZE'], rows, [1, 2, 3, 4])
}

function arrow(before: number, after: number): string {
  return `${formatPercent(before)} → ${formatPercent(after)}`
}

/** ERROR before WARN before PASS; undefined where nothing was checked. */
export function worstCheck(checks: readonly Pick<TargetCheck, 'result'>[]): TargetCheck['result'] | undefined {
  return checkResults.findLast((result) => checks.some((check) => check.result === result))
}
