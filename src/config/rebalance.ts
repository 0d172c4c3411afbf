/** `rebalance` of a file as the rest reads it, and what in it is risky. */
import {
  parameterNames,
  type RebalanceBlock,
  type RebalanceKeys,
  rebalanceDefaults,
  rebalanceDefaultTexts,
} from './rebalance-schema.ts'

export interface RebalanceLayer {
  /** By Pinot's own names. */
  parameters: Record<string, string | number | boolean>
  onPrecheckWarn?: 'proceed' | 'hold'
  untagDeadServers?: boolean
  resetErrorSegments?: boolean
  priority?: number
}

export interface RebalanceConfig {
  /** For every table: all is decided. */
  base: Required<Omit<RebalanceLayer, 'priority'>>
  /** What holds instead for tables of a server tenant; keys of a table win over it. */
  tenants: Record<string, RebalanceLayer>
  tables: Record<string, RebalanceLayer>
}

/** @param blocks at the top of the file and under the cluster: the later wins, key by key */
export function compileRebalance(blocks: readonly (RebalanceBlock | undefined)[]): RebalanceConfig {
  const given = blocks.filter((block) => block !== undefined)
  const base = layerOf(Object.assign({}, rebalanceDefaults, ...given))
  return {
    base: base as RebalanceConfig['base'],
    tenants: named(given.map(({ tenants }) => tenants)),
    tables: named(given.map(({ tables }) => tables)),
  }
}

function named(layers: (Record<string, RebalanceKeys> | undefined)[]): Record<string, RebalanceLayer> {
  const names = new Set(layers.flatMap((layer) => Object.keys(layer ?? {})))
  return Object.fromEntries(
    [...names].map((name) => [name, layerOf(Object.assign({}, ...layers.map((layer) => layer?.[name])))]),
  )
}

function layerOf(keys: RebalanceKeys): RebalanceLayer {
  const { on_precheck_warn, untag_dead_servers, reset_error_segments, priority } = keys
  const parameters = parameterNames.flatMap((name) => (keys[name] === undefined ? [] : [[name, keys[name]] as const]))
  return {
    parameters: Object.fromEntries(parameters),
    ...(on_precheck_warn === undefined ? {} : { onPrecheckWarn: on_precheck_warn }),
    ...(untag_dead_servers === undefined ? {} : { untagDeadServers: untag_dead_servers }),
    ...(reset_error_segments === undefined ? {} : { resetErrorSegments: reset_error_segments }),
    ...(priority === undefined ? {} : { priority }),
  }
}

/** More than this Pinot itself advises against: one queue per server is flooded. */
const ADVISED_BATCH = 200

/** What is allowed and better known beforehand, one sentence each, beginning with the key. */
export function rebalanceWarnings({ base, tenants, tables }: RebalanceConfig): string[] {
  return [
    ...warningsOf('rebalance', base),
    ...Object.entries(tenants).flatMap(([name, layer]) => warningsOf(`rebalance.tenants.${name}`, layer)),
    ...Object.entries(tables).flatMap(([name, layer]) => warningsOf(`rebalance.tables.${name}`, layer)),
  ]
}

const warnings: { name: string; if: (value: unknown) => boolean; text: string }[] = [
  {
    name: 'downtime',
    if: isTrue,
    text: 'segments that move serve no queries until they are loaded, and nothing waits for them',
  },
  { name: 'bestEfforts', if: isTrue, text: 'a job may leave replicas behind, and drop the last one that serves' },
  { name: 'bootstrap', if: isTrue, text: 'nearly all segments of a table move' },
  { name: 'allowPeerDownloadDataLoss', if: isTrue, text: 'segments that only servers have may be lost for good' },
  {
    name: 'reassignInstances',
    if: (value) => value === false,
    text: 'tables with instance partitions never use an added server',
  },
  {
    name: 'minAvailableReplicas',
    if: (value) => value === 0,
    text: 'all replicas of a segment may be down at once while it moves',
  },
  { name: 'batchSizePerServer', if: (value) => value === -1, text: 'a server may be given all its segments at once' },
  {
    name: 'batchSizePerServer',
    if: (value) => Number(value) > ADVISED_BATCH,
    text: `more than ${ADVISED_BATCH} segments at once flood the queue of a server`,
  },
  {
    name: 'diskUtilizationThreshold',
    if: (value) => Number(value) > 0.95,
    text: 'servers may be filled until they take in nothing any more',
  },
  {
    name: 'externalViewStabilizationTimeoutInMs',
    if: (value) => Number(value) > 6 * rebalanceDefaultTexts.externalViewStabilizationTimeoutInMs,
    text: 'a job that is stuck blocks its table for so long',
  },
]

function isTrue(value: unknown): boolean {
  return value === true
}

function warningsOf(path: string, { parameters }: RebalanceLayer): string[] {
  return warnings
    .filter((warning) => warning.name in parameters && warning.if(parameters[warning.name]))
    .map(({ name, text }) => `${path}.${name} is ${parameters[name]}: ${text}`)
}
