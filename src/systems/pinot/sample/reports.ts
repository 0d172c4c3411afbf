/** How a table lies, for people: judged by counts and bytes. Pinot's own verdict only says whether its algorithm would move something. */
import type { Evenness, TopicReport } from '../../../cluster/target.ts'
import type { Table } from '../reading.ts'
import { serverTenant } from '../rules/rebalance-policy.ts'
import type { Layout } from './layout.ts'

/** @param should the servers that should hold the table; those that hold it without are shown, and not counted. */
export function reportOf(table: Table, layout: Layout, domain: string, should: ReadonlySet<string>): TopicReport {
  return {
    topic: table.name,
    partitions: table.idealState.placement.segments.length,
    replicas: layout.replicas.reduce((sum, count) => sum + count, 0),
    bytes: layout.bytes.reduce((sum, bytes) => sum + bytes, 0),
    tenant: serverTenant(table),
    domain,
    evenness: evennessOf(layout, should),
    notConverged: layout.notConverged,
    inError: layout.inError,
    seen: layout.seen,
  }
}

function evennessOf({ columns, replicas, bytes }: Layout, should: ReadonlySet<string>): Evenness {
  const held = new Map(columns.nodes.map((node, at) => [String(node), { replicas: replicas[at]!, bytes: bytes[at]! }]))
  const holders = [...held].filter(([, share]) => share.replicas > 0).map(([name]) => name)
  const nodes = [...new Set([...should, ...holders])].sort().map((node) => ({
    node,
    ...(held.get(node) ?? { replicas: 0, bytes: 0 }),
  }))
  const counted = nodes.filter(({ node }) => should.has(node))
  return { nodes, replicas: excess(counted.map((n) => n.replicas)), bytes: excess(counted.map((n) => n.bytes)) }
}

/** (max − mean) ÷ mean; 0 where there is nothing to be even about. */
function excess(values: readonly number[]): number {
  const sum = values.reduce((total, value) => total + value, 0)
  return sum === 0 ? 0 : Math.max(...values) / (sum / values.length) - 1
}
