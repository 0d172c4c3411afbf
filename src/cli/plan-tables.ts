/**
 * `evenkeel plan --table`: what Pinot would make of a table, whether or not anything suggests that it drifted. Asked of Pinot itself with
 * a config, else of the running daemon, which knows only what it has asked lately.
 */
import type { Sample } from '../cluster/sample.ts'
import { nonePicked, pickTables, type TableJson, tableNames, tablesOf } from '../cluster/table-json.ts'
import { EvenkeelError } from '../lib/errors.ts'
import type { System } from '../systems/port.ts'
import { type ClientOptions, DaemonClient } from './daemon-client.ts'
import { shownAs } from './formats.ts'
import type { Io } from './io.ts'
import { type PlanSource, planOnce } from './plan-once.ts'
import type { PlanFormat } from './plan-view.ts'
import type { Tables } from './tables.ts'
import { targetsText } from './target-view.ts'

interface Which {
  table?: string | undefined
  tenant?: string | undefined
}

interface PlannedTables {
  /** What the whole cluster comes to; absent where the daemon was asked. */
  verdict?: { act: boolean; code: string; text: string }
  tables: TableJson[]
  /** Of the sample. */
  notes?: string[]
}

/** @throws EvenkeelError `usage` where there is no such table. */
export async function planTables(
  source: PlanSource & Which & Pick<ClientOptions, 'url' | 'tokenFile'>,
  io: Io,
): Promise<PlannedTables> {
  const { table, tenant, snapshot, config, cluster } = source
  const which = { table, tenant }
  if (table !== undefined && tenant !== undefined)
    throw new EvenkeelError('usage', '--table and --tenant exclude each other')
  if (snapshot !== undefined)
    throw new EvenkeelError('usage', 'a snapshot knows nothing of what Pinot would do: give --config')
  if (config === undefined) return new DaemonClient(source, io.signal).get<Tables>('tables', { cluster, ...which })
  const report = await planOnce(source, io, (system, signal) => sampleFor(system, which, signal))
  if (report.topics === undefined)
    throw new EvenkeelError('usage', `a cluster of ${report.cluster.system} has no tables`)
  const all = tablesOf(report, {})
  const tables = pickTables(all, which)
  if (tables.length === 0) throw new EvenkeelError('usage', nonePicked(all, which))
  const { act, code, text } = report.verdict
  return { verdict: { act, code, text }, tables, notes: report.notes }
}

/** Pinot is asked about the tables although they may be where they should be. */
export async function sampleFor(system: Pick<System, 'sample'>, which: Which, signal: AbortSignal): Promise<Sample> {
  if (which.table !== undefined) return system.sample(signal, { drained: [], asked: tableNames(which.table) })
  // Which tables a tenant has is known only from a first look.
  const { topics = [] } = await system.sample(signal)
  const rows = topics.map(({ topic, tenant }) => ({ name: topic, tenant }))
  return system.sample(signal, { drained: [], asked: pickTables(rows, which).map(({ name }) => name) })
}

/** @throws EvenkeelError `usage` for a format that is for partitions only. */
export function planTablesText(planned: PlannedTables, format: PlanFormat): string {
  if (format === 'kafka-reassignment') throw new EvenkeelError('usage', 'tables are no reassignment of Kafka')
  const { verdict, tables, notes = [] } = planned
  const data = { ...(verdict && { verdict }), tables, notes }
  return shownAs(format, data, () => `${verdict ? `${verdict.text}\n\n` : ''}${targetsText(tables)}`)
}
