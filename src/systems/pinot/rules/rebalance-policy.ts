/** Which parameters a table is rebalanced with, and what is done about warnings, dead servers and segments in ERROR. */

import type { Table } from '../reading.ts'
import { isRecord, splitTable } from '../wire/controller.ts'

/** Keys of one layer of the config. */
export interface RebalanceLayer {
  /** By Pinot's names. */
  parameters?: Readonly<Record<string, string | number | boolean>>
  onPrecheckWarn?: 'proceed' | 'hold'
  untagDeadServers?: boolean
  resetErrorSegments?: boolean
  /** Of a table only: higher goes first. */
  priority?: number
}

export interface RebalanceOptions {
  /** For all tables: everything is decided. */
  base: Required<Omit<RebalanceLayer, 'priority'>>
  /** By the name of the server tenant. */
  tenants: Readonly<Record<string, RebalanceLayer>>
  /** By name, with the type or without. */
  tables: Readonly<Record<string, RebalanceLayer>>
}

export interface RebalancePolicy extends Required<RebalanceLayer> {
  parameters: Readonly<Record<string, string | number | boolean>>
}

/** Later layers win, key by key: all tables, the tenant, the table, the table with its type. */
export function policyOf({ base, tenants, tables }: RebalanceOptions, table: Table): RebalancePolicy {
  const tenant = serverTenant(table)
  const layers = [tenants[tenant], tables[splitTable(table.name).raw], tables[table.name]]
  return layers.reduce<RebalancePolicy>(
    (policy, layer) => ({ ...policy, ...layer, parameters: { ...policy.parameters, ...layer?.parameters } }),
    { ...base, priority: 0 },
  )
}

/** As they are sent: every one of them, for defaults differ between releases and between endpoints. Retries are ours. */
export function sentParameters(policy: RebalancePolicy): Record<string, string> {
  const sent = Object.entries(policy.parameters).map(([name, value]) => [name, String(value)])
  return { ...Object.fromEntries(sent), disableSummary: 'false', maxAttempts: '1' }
}

export function serverTenant(table: Table): string {
  const tenants = table.config['tenants']
  const server = isRecord(tenants) ? tenants['server'] : undefined
  return typeof server === 'string' ? server : 'DefaultTenant'
}
