/** `evenkeel tables`: the Pinot tables of a cluster as the running daemon sees them. */
import type { Command } from 'commander'
import type { TableJson } from '../cluster/table-json.ts'
import type { TablesAnswer } from '../http/answers.ts'
import { formatBytes, formatPercent } from '../lib/units.ts'
import type { Io } from './io.ts'
import { table } from './table.ts'
import { worstCheck } from './target-view.ts'
import { addView, type ViewOptions } from './view-command.ts'

export type Tables = TablesAnswer

export function addTables(program: Command, io: Io): void {
  const command = program
    .command('tables')
    .description('list the Pinot tables of a cluster: how even they are, and what Pinot would make of them')
  addView<Tables, ViewOptions & { tenant?: string }>(command, io, {
    ask: (client, { cluster, tenant }) => client.get('tables', { cluster, tenant }),
    text: tablesText,
  }).option('--tenant <name>', 'only those of this server tenant')
}

/** Columns as Pinot's users call them. */
const header = [
  'TABLE',
  'TENANT',
  'SEGMENTS',
  'REPLICAS',
  'SIZE',
  'UNEVEN-SEGMENTS',
  'UNEVEN-SIZE',
  'DRIFT',
  'JOB',
  'PRE-CHECK',
]
const right = [2, 3, 4, 5, 6]
const wideHeader = ['NOT-CONVERGED', 'IN-ERROR', 'SERVERS', 'CAUSES', 'CONTROLLER']

function tablesText({ tables }: Tables, wide: boolean): string {
  if (tables.length === 0) return 'no tables\n'
  if (!wide) return table(header, tables.map(cells), right)
  const rows = tables.map((row) => [...cells(row), ...wideCells(row)])
  return table([...header, ...wideHeader], rows, [...right, 10, 11])
}

function cells(row: TableJson) {
  return [
    row.name,
    row.tenant,
    row.segments,
    row.replicas,
    formatBytes(row.bytes),
    formatPercent(row.evenness.replicas),
    formatPercent(row.evenness.bytes),
    driftText(row),
    jobText(row),
    worstCheck(row.drift?.checks ?? []) ?? '-',
  ]
}

function wideCells({ not_converged: notConverged, in_error: inError, servers, drift, controller }: TableJson) {
  const held = servers.map(({ id, replicas, bytes }) => `${id} ${replicas} (${formatBytes(bytes)})`).join(', ')
  const causes = drift?.causes.map(({ text }) => text).join('; ') ?? '-'
  return [notConverged, inError, held || '-', causes, controller?.text ?? '-']
}

/** Causes, and whether it is held. */
function driftText({ drift }: TableJson): string {
  if (!drift) return '-'
  const causes = drift.causes.map(({ cause }) => cause).join(',')
  if (!drift.held) return causes
  return `${causes} (${drift.approved ? 'approved' : `held: ${drift.held.code}`})`
}

function jobText({ job, asked, left_alone: alone }: TableJson): string {
  if (job) {
    const whose = job.ours ? 'running' : 'foreign'
    const how = job.broken === undefined ? whose : `${whose}, broken`
    return job.progress === undefined ? how : `${how} ${formatPercent(Math.round(job.progress * 1000) / 1000)}`
  }
  if (alone) return alone.exhausted ? 'given up for today' : 'left alone'
  return asked ? 'asked for' : '-'
}
