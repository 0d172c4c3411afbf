/** Instance partitions: the lists of servers that a table, or a tier of it, is spread over, by `PARTITION_REPLICAGROUP`. */

import type { Instance, InstancePartitions, Table } from '../reading.ts'
import { splitTable } from '../wire/controller.ts'
import type { AssignmentRules } from './table-rules.ts'

/** Replica group → its servers, over all partitions. */
export function groupsOf({ lists }: Pick<InstancePartitions, 'lists'>): Map<number, Set<string>> {
  const groups = new Map<number, Set<string>>()
  for (const [key, servers] of Object.entries(lists)) {
    const group = Number(key.split('_')[1])
    const members = groups.get(group) ?? new Set()
    for (const server of servers) members.add(server)
    groups.set(group, members)
  }
  return groups
}

function partitionsOf({ lists }: Pick<InstancePartitions, 'lists'>): number {
  return new Set(Object.keys(lists).map((key) => key.split('_')[0])).size
}

/** Every server that the lists name, each once. */
export function membersOf({ lists }: Pick<InstancePartitions, 'lists'>): string[] {
  return [...new Set(Object.values(lists).flat())].sort()
}

/** The persisted ones of a type (OFFLINE, CONSUMING, COMPLETED) or of a tier; undefined where the table goes by its tag alone. */
export function persistedOf(table: Table, of: string, isTier = false): InstancePartitions | undefined {
  const { raw } = splitTable(table.name)
  const name = isTier ? `${raw}__TIER__${of}` : `${raw}_${of}`
  return table.instancePartitions.find((partitions) => partitions.name === name)
}

/**
 * The list of a table that goes by its tag alone: all servers of the tag by name, rotated left by the hash of the table's name, so that
 * remainders do not pile up on the first. `InstancePartitionsUtils.computeDefaultInstancePartitions` of Pinot; alive or not does not matter.
 */
export function defaultList(table: string, servers: readonly string[]): string[] {
  if (servers.length === 0) return []
  const sorted = [...servers].sort()
  const by = Math.abs(javaHash(table)) % sorted.length
  return [...sorted.slice(by), ...sorted.slice(0, by)]
}

/** Java's `String.hashCode`. */
function javaHash(text: string): number {
  let hash = 0
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0
  return hash
}

/**
 * What of persisted instance partitions does not fit the assignment config, one sentence each. That servers were added is none of it.
 * @param eligible servers with the tag
 */
export function misfits(
  partitions: InstancePartitions,
  rules: AssignmentRules,
  eligible: ReadonlyMap<string, Instance>,
): string[] {
  // Its shape comes from a stream, from fault domains or from other instance partitions.
  if (rules.special) return []
  const found: string[] = []
  const groups = groupsOf(partitions)
  const { name } = partitions
  const wanted = Math.max(1, rules.replicaGroups)
  if (groups.size !== wanted) found.push(`${name} has ${groups.size} replica groups instead of ${wanted}`)
  const parts = partitionsOf(partitions)
  if (parts !== Math.max(1, rules.partitions)) {
    found.push(`${name} has ${parts} partitions instead of ${Math.max(1, rules.partitions)}`)
  }
  for (const [group, members] of rules.instances > 0 ? groups : []) {
    if (members.size !== rules.instances) {
      found.push(`replica group ${group} of ${name} has ${members.size} servers instead of ${rules.instances}`)
    }
  }
  for (const [group, members] of rules.poolBased ? groups : []) {
    const pools = new Set([...members].map((server) => eligible.get(server)?.pools[rules.tag]))
    pools.delete(undefined)
    if (pools.size > 1) found.push(`replica group ${group} of ${name} is spread over pools ${[...pools].join(', ')}`)
  }
  const short = Object.entries(partitions.lists).find(
    ([, servers]) => rules.instancesPerPartition > 0 && servers.length !== rules.instancesPerPartition,
  )
  if (short)
    found.push(`${name} has ${short[1].length} servers in ${short[0]} instead of ${rules.instancesPerPartition}`)
  return found
}

/** How many servers each replica group should have at least, where the config says "all": what divides evenly. */
export function groupSize(rules: AssignmentRules, eligible: readonly Instance[]): number {
  const groups = Math.max(1, rules.replicaGroups)
  if (rules.instances > 0) return rules.instances
  if (!rules.poolBased) return Math.floor(eligible.length / groups)
  const pools = new Map<string, number>()
  for (const { pools: all } of eligible) {
    const pool = all[rules.tag]
    if (pool !== undefined) pools.set(pool, (pools.get(pool) ?? 0) + 1)
  }
  if (pools.size === 0) return 0
  const perPool = Math.ceil(groups / pools.size)
  return Math.min(...[...pools.values()].map((size) => Math.floor(size / perPool)))
}
