/** What a table's config says about where its segments belong, in the terms that drift, targets and safety need. */

import type { Table } from '../reading.ts'
import { isRecord } from '../wire/controller.ts'

export interface TierRules {
  name: string
  serverTag: string
  /** Segments that are pinned to it by name; absent where age decides. */
  segments?: ReadonlySet<string>
}

/** Of `instanceAssignmentConfigMap`, for one type of instance partitions. 0 stands for "all" or "not set", as in Pinot. */
export interface AssignmentRules {
  tag: string
  poolBased: boolean
  replicaGroups: number
  /** Per replica group. */
  instances: number
  partitions: number
  instancesPerPartition: number
  /** Chosen by another selector than the default one: its shape is not ours to foretell. */
  special: boolean
}

export interface TableRules {
  replication: number
  /** Tag of the servers that consume, or of all servers of an OFFLINE table. */
  tag: string
  /** Tag of the servers of completed segments, where it is another one. */
  completedTag?: string
  tiers: TierRules[]
  /** By type: OFFLINE, CONSUMING, COMPLETED, or the name of a tier. */
  assignment: ReadonlyMap<string, AssignmentRules>
  /** Its instance partitions are those of another name, which others keep. */
  preconfigured: boolean
  /** Every server of the tenant holds all of it. */
  dimension: boolean
  /** Segments of a partition move only together. */
  strict: boolean
}

export function rulesOf({ config, type }: Table): TableRules {
  const segments = record(config['segmentsConfig'])
  const tenants = record(config['tenants'])
  const override = record(tenants['tagOverrideConfig'])
  const server = text(tenants['server']) ?? 'DefaultTenant'
  const usual = `${server}_${type}`
  const tag = type === 'REALTIME' ? (text(override['realtimeConsuming']) ?? usual) : usual
  const completed = type === 'REALTIME' ? (text(override['realtimeCompleted']) ?? usual) : usual
  const assignment = new Map(
    Object.entries(record(config['instanceAssignmentConfigMap'])).map(([name, rules]) => [name, assignmentIn(rules)]),
  )
  const own = assignment.get('COMPLETED')
  const completedTag = own?.tag ?? (completed === tag ? undefined : completed)
  return {
    replication: whole(segments['replication']) || whole(segments['replicasPerPartition']) || 1,
    tag: assignment.get(type === 'REALTIME' ? 'CONSUMING' : 'OFFLINE')?.tag ?? tag,
    ...(type === 'REALTIME' && completedTag !== undefined ? { completedTag } : {}),
    tiers: tiersIn(config['tierConfigs']),
    assignment,
    preconfigured: Object.keys(record(config['instancePartitionsMap'])).length > 0,
    dimension: config['isDimTable'] === true || config['isDimTable'] === 'true',
    strict:
      record(config['routing'])['instanceSelectorType'] === 'strictReplicaGroup' ||
      isSet(record(config['upsertConfig'])['mode']) ||
      record(config['dedupConfig'])['dedupEnabled'] === true,
  }
}

/** Both tags of the tenant: a dimension table is on all their servers. */
export function tenantTags({ config }: Table): string[] {
  const server = text(record(config['tenants'])['server']) ?? 'DefaultTenant'
  return [`${server}_OFFLINE`, `${server}_REALTIME`]
}

/** Tag of the brokers of the table. */
export function brokerTag({ config }: Table): string {
  return `${text(record(config['tenants'])['broker']) ?? 'DefaultTenant'}_BROKER`
}

/** Stream partition of a segment `table__partition__sequence__time`; undefined for a segment that was uploaded. */
export function streamPartition(segment: string): number | undefined {
  const parts = segment.split('__')
  return parts.length === 4 && /^\d+$/.test(parts[1]!) ? Number(parts[1]) : undefined
}

function assignmentIn(found: unknown): AssignmentRules {
  const rules = record(found)
  const pool = record(rules['tagPoolConfig'])
  const groups = record(rules['replicaGroupPartitionConfig'])
  const selector = text(rules['partitionSelector'])
  return {
    tag: text(pool['tag']) ?? '',
    poolBased: pool['poolBased'] === true,
    replicaGroups: groups['replicaGroupBased'] === true ? whole(groups['numReplicaGroups']) : 1,
    instances:
      groups['replicaGroupBased'] === true
        ? whole(groups['numInstancesPerReplicaGroup'])
        : whole(groups['numInstances']),
    partitions: whole(groups['numPartitions']),
    instancesPerPartition: whole(groups['numInstancesPerPartition']),
    special: selector !== undefined && selector !== 'INSTANCE_REPLICA_GROUP_PARTITION_SELECTOR',
  }
}

function tiersIn(found: unknown): TierRules[] {
  if (!Array.isArray(found)) return []
  return found.filter(isRecord).map((tier) => {
    const pinned = Array.isArray(tier['segmentList']) ? tier['segmentList'].map(String) : undefined
    const fixed = String(tier['segmentSelectorType']).toLowerCase() === 'fixed'
    return {
      name: text(tier['name']) ?? '',
      serverTag: text(tier['serverTag']) ?? '',
      ...(fixed ? { segments: new Set(pinned) } : {}),
    }
  })
}

function isSet(mode: unknown): boolean {
  return typeof mode === 'string' && mode !== 'NONE'
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Pinot writes some numbers as texts. */
function whole(value: unknown): number {
  const number = Number(value)
  return Number.isInteger(number) && number > 0 ? number : 0
}
