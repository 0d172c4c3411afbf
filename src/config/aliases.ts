/**
 * Redpanda's own names of settings, in its own units, so that lines of `rpk cluster config export` can be pasted into `balancing` and
 * `leadership`. An alias is another way to write a key, never a key beside it: whoever reads a block finds our names alone.
 */
import { z } from 'zod'
import { block, isRecord, rules } from './values.ts'

interface Alias {
  /** Our name. */
  key: string
  /** Of a bare number; absent: the value is written as ours is. */
  unit?: 'ms' | 's'
}

const table: Record<string, Record<string, Alias>> = {
  balancing: {
    partition_autobalancing_mode: { key: 'mode' },
    partition_autobalancing_tick_interval_ms: { key: 'tick_interval', unit: 'ms' },
    partition_autobalancing_node_availability_timeout_sec: { key: 'node_availability_timeout', unit: 's' },
    partition_autobalancing_max_disk_usage_percent: { key: 'max_disk_usage_percent' },
    partition_autobalancing_concurrent_moves: { key: 'concurrent_moves' },
    partition_autobalancing_topic_aware: { key: 'topic_aware' },
  },
  leadership: {
    enable_leader_balancer: { key: 'enabled' },
    leader_balancer_mode: { key: 'strategy' },
    leader_balancer_idle_timeout: { key: 'idle_timeout', unit: 'ms' },
    leader_balancer_mute_timeout: { key: 'mute_timeout', unit: 'ms' },
  },
}

/** Redpanda has them too, and evenkeel nothing that they would set. */
const withoutCounterpart: Record<string, string[]> = {
  balancing: [
    'partition_autobalancing_node_autodecommission_timeout_sec',
    'partition_autobalancing_tick_moves_drop_threshold',
    'partition_autobalancing_min_size_threshold',
    'partition_autobalancing_movement_batch_size_bytes',
  ],
  leadership: ['leader_balancer_node_mute_timeout', 'leader_balancer_transfer_limit_per_shard'],
}

/** What to say of Redpanda's names at the top of a file. */
export const misplacedAliases = Object.fromEntries(
  Object.entries(table).flatMap(([name, aliases]) =>
    Object.keys(aliases).map((alias) => [alias, `belongs into the block ${name}`]),
  ),
)

/** Whether a key of a block is Redpanda's name of another one. */
export function isAlias(blockName: string, key: string): boolean {
  return aliasesIn(blockName)[key] !== undefined
}

/** Every name under which a setting may stand in its block, the given one first. */
export function namesOf(blockName: string, name: string): string[] {
  const aliases = aliasesIn(blockName)
  const ours = aliases[name]?.key ?? name
  const theirs = Object.keys(aliases).filter((alias) => aliases[alias]!.key === ours)
  return [name, ...[ours, ...theirs].filter((other) => other !== name)]
}

/** What a block says of a key of ours, by whichever name; undefined where it says nothing. */
export function valueIn(blockName: string, values: unknown, key: string): unknown {
  if (!isRecord(values)) return undefined
  const name = namesOf(blockName, key).find((candidate) => Object.hasOwn(values, candidate))
  return name === undefined ? undefined : values[name]
}

type Loose = Record<string, z.ZodType>

/** A block that also takes Redpanda's names; what it is parsed to has ours alone. */
export function blockWithAliases<Shape extends Loose>(blockName: string, shape: Shape) {
  const aliases = aliasesIn(blockName)
  const theirs = Object.fromEntries(
    Object.entries(aliases).map(([name, { key, unit }]) => [name, aliasSchema(shape[key]!, key, unit)]),
  )
  const refused = (withoutCounterpart[blockName] ?? []).map((name) => [
    name,
    'has no counterpart in evenkeel: remove it',
  ])
  const all: Shape = { ...shape, ...theirs }
  const keys = block(all, Object.fromEntries(refused))
  return rules(keys, (values, problem) => {
    for (const [name, { key }] of Object.entries(aliases)) {
      if (!Object.hasOwn(values, name) || !Object.hasOwn(values, key)) continue
      problem(`is Redpanda’s name of ${key}, which is given too: give one of them`, name)
    }
  }).transform(
    (values) =>
      Object.fromEntries(
        Object.entries(values).map(([name, value]) => [aliases[name]?.key ?? name, value]),
      ) as typeof values,
  )
}

function aliasSchema(own: z.ZodType, key: string, unit: Alias['unit']): z.ZodType {
  if (unit === undefined) return own.describe(`Redpanda’s name of \`${key}\`.`)
  const units = unit === 'ms' ? 'milliseconds' : 'seconds'
  const what = `${rangeOf(own)}, as a whole number of ${units}`
  const error = `expected ${what}`
  return z
    .int({ error })
    .min(0, { error })
    .transform((count, context) => {
      const { success, data } = own.safeParse(`${count}${unit}`)
      if (success) return data
      context.addIssue({ code: 'custom', message: error })
      return z.NEVER
    })
    .describe(`Redpanda’s name of \`${key}\`, in ${units}.`)
    .exactOptional()
}

/** "expected a duration from 500ms to 1h with its unit, such as 30s or 5m" → "a duration from 500ms to 1h" */
function rangeOf(own: z.ZodType): string {
  const { error } = own.safeParse('')
  return /a duration from \w+ to \w+/.exec(error!.issues[0]!.message)![0]
}

function aliasesIn(blockName: string): Record<string, Alias> {
  return Object.hasOwn(table, blockName) ? table[blockName]! : {}
}
