/** `balancing`, `leadership` and `throttle`: what they may say, here and per cluster, and what holds when neither says it. */
import { z } from 'zod'
import { blockWithAliases } from './aliases.ts'
import {
  block,
  bytes,
  count,
  duration,
  flag,
  list,
  oneOf,
  percent,
  quantity,
  rate,
  rules,
  text,
  wordError,
} from './values.ts'

const secondMs = 1000
const minuteMs = 60 * secondMs
const hourMs = 60 * minuteMs

export const modes = ['off', 'node_add', 'continuous'] as const

/** Templates and YAML 1.1 turn an unquoted `off` into false before it comes here, and nothing else can be meant by that. */
const mode = z
  .union([z.literal(false), z.enum(modes)], { error: ({ input }) => wordError(modes, input) })
  .transform((word) => (word === false ? 'off' : word))
  .describe('off: nothing is moved. node_add: added nodes are filled. continuous: the cluster is kept balanced.')

const excludeShape = {
  topics: list(
    quantity('a regular expression', (input) => {
      try {
        return new RegExp(input)
      } catch {
        return undefined
      }
    }),
    'regular expressions',
  ).describe('Topics that balancing and leadership leave alone.'),
  nodes: list(z.union([z.int(), text('a node id')], { error: 'expected a node id' }), 'node ids').describe(
    'Nodes that are neither source nor target.',
  ),
  hard: flag().describe('Excluded topics are left alone by repair and drain as well.'),
}

/** Classes of moves, by the violation that they mend. */
const boundClasses = [
  'disk_critical',
  'node_unavailable',
  'node_draining',
  'disk_over_limit',
  'rack_violation',
  'target_drift',
  'node_underused',
  'disk_skew',
  'leader_skew',
] as const
export type BoundClass = (typeof boundClasses)[number]

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

const dayMinutes = 24 * 60

/** `HH:MM` → minutes since midnight. */
const timeOfDay = (example: string, lastMinute: number) =>
  quantity(`a time of day in quotes, such as "${example}"`, (input) => {
    const match = /^([01]?\d|2[0-4]):([0-5]\d)$/.exec(input)
    const minute = match ? Number(match[1]) * 60 + Number(match[2]) : Number.POSITIVE_INFINITY
    return minute <= lastMinute ? minute : undefined
  })

const windowKeys = block({
  days: list(oneOf(weekdays), 'weekdays')
    .min(1, { error: 'expected at least one of sun, mon, tue, wed, thu, fri, sat' })
    .describe('Days on which it begins; absent: every day.')
    .exactOptional(),
  from: timeOfDay('22:00', dayMinutes - 1).describe('When it begins.'),
  to: timeOfDay('05:00', dayMinutes).describe(
    'When it ends; before `from`: on the next day. 24:00 is the end of the day.',
  ),
  timezone: quantity('a time zone such as Europe/Berlin', (input) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: input }).resolvedOptions().timeZone
    } catch {
      return undefined
    }
  })
    .describe('IANA name; absent: UTC.')
    .exactOptional(),
  classes: list(oneOf(boundClasses), 'classes of moves')
    .min(1, { error: 'expected at least one class of moves' })
    .describe('What may start only while a window that names it is open.'),
})

const windowBlock = rules(windowKeys, ({ from, to }, problem) => {
  if (typeof from !== 'number' || from !== to) return
  problem('is the same as from: a whole day is from "00:00" to "24:00"', 'to')
}).transform(({ days, from, to, timezone, classes }) => ({
  days: (days ?? weekdays).map((day) => weekdays.indexOf(day)),
  fromMinute: from,
  toMinute: to,
  timezone: timezone ?? 'UTC',
  classes,
}))

const balancingShape = {
  dry_run: flag().describe('Plan and show, but start nothing.'),
  tick_interval: duration(secondMs / 2, hourMs).describe('From one sample and plan to the next.'),
  pulse_interval: duration(secondMs / 10, hourMs).describe('From one look at what is running to the next.'),
  node_availability_timeout: duration(0, 24 * hourMs).describe(
    'A node that is gone for longer is given up: its replicas are made anew elsewhere.',
  ),
  node_add_hold: duration(0, 24 * hourMs).describe('A new node must have been alive this long.'),
  node_add_below_percent: percent(1, 100).describe('Below this part of its fair share a node counts as added.'),
  max_disk_usage_percent: percent(5, 100).describe('A disk beyond this is relieved; balancing fills none so far.'),
  hard_disk_usage_percent: percent(5, 100).describe(
    'No disk is filled beyond this, not even for repair; one that is beyond is relieved first of all.',
  ),
  disk_balance_percent: percent(1, 100)
    .nullable()
    .describe('Half width of the band around the mean disk usage; null: fullness is not evened out.'),
  concurrent_moves: count(1, 10_000).describe('Moves in flight in the cluster.'),
  concurrent_moves_per_node: count(1, 1000).describe('Moves in flight into, and out of, one node.'),
  bytes_in_flight_per_node: bytes()
    .nullable()
    .describe(
      'Bytes in flight into, and out of, one node; null: what its rate copies in ten minutes, no limit without a rate.',
    ),
  max_bytes_per_day: bytes()
    .nullable()
    .describe('Bytes of moves begun in one UTC day; repair, drain and critical disks are not bound. null: no limit.'),
  topic_aware: flag().describe('Among moves of like worth prefer those that spread topics evenly.'),
  rack_awareness: oneOf(['require', 'prefer', 'ignore']).describe(
    'require: no move into a rack that has its share. prefer: never worsen the spread over racks.',
  ),
  unknown_outcome_hold: duration(secondMs, hourMs).describe(
    'An act without an answer may still happen this long; Kafka’s controller keeps one for a minute.',
  ),
  target_grace: duration(0, 24 * hourMs).describe(
    'A move whose target is gone waits this long for it to come back, for a copy goes on where it ended.',
  ),
  windows: list(windowBlock, 'windows').describe(
    'When classes of moves may start; binds only the classes it names. Empty: at any time.',
  ),
}

const leadershipShape = {
  enabled: flag().describe('Even out partition leadership.'),
  strategy: oneOf(['random_hill_climbing', 'greedy_balanced_shards']).describe(
    'random_hill_climbing: improving transfers in seeded random order. greedy_balanced_shards: from the node that leads most to the one that leads least.',
  ),
  by: oneOf(['count', 'traffic']).describe(
    'What is evened out: partitions led, or the bytes per second that go into and out of them.',
  ),
  idle_timeout: duration(0, 24 * hourMs).describe('From the end of one evening out to the begin of the next at least.'),
  mute_timeout: duration(0, 24 * hourMs).describe('A partition whose transfer failed is left alone this long.'),
  max_transfers_per_tick: count(1, 10_000).describe('Leaders transferred in one tick.'),
}

const throttleShape = {
  rate_per_node: rate()
    .nullable()
    .describe('How much is copied per second into, and out of, one node; null: copying is not throttled.'),
  max_rate_per_node: rate().describe(
    'The rate of a node is raised up to here where more is written than it could keep up with; a move that needs even more waits.',
  ),
  headroom_percent: percent(0, 1000).describe('How far the rate of a node stays above what is written to it.'),
}

/** In the words of a config file; also shown by editors. */
export const defaultTexts = {
  balancing: {
    dry_run: false,
    tick_interval: '30s',
    pulse_interval: '3s',
    node_availability_timeout: '15m',
    node_add_hold: '5m',
    node_add_below_percent: 50,
    max_disk_usage_percent: 80,
    hard_disk_usage_percent: 90,
    disk_balance_percent: null,
    concurrent_moves: 50,
    concurrent_moves_per_node: 5,
    bytes_in_flight_per_node: null,
    max_bytes_per_day: null,
    topic_aware: true,
    rack_awareness: 'prefer',
    unknown_outcome_hold: '90s',
    target_grace: '5m',
    windows: [],
    exclude: { topics: [], nodes: [], hard: false },
  },
  leadership: {
    enabled: true,
    strategy: 'random_hill_climbing',
    by: 'count',
    idle_timeout: '2m',
    mute_timeout: '5m',
    max_transfers_per_tick: 50,
  },
  throttle: { rate_per_node: '50MiB/s', max_rate_per_node: '200MiB/s', headroom_percent: 20 },
}

export const defaults = {
  balancing: block({ ...balancingShape, exclude: block(excludeShape) }).parse(defaultTexts.balancing),
  leadership: block(leadershipShape).parse(defaultTexts.leadership),
  throttle: block(throttleShape).parse(defaultTexts.throttle),
}

/** The blocks as they stand at the top or under a cluster: every key may be absent. */
export const overridable = {
  balancing: blockWithAliases('balancing', {
    mode: mode.exactOptional(),
    ...allOptional(balancingShape),
    exclude: block(allOptional(excludeShape)).describe('What balancing leaves alone.').exactOptional(),
  })
    .describe('When and how replicas are moved; a key under a cluster wins over the one at the top.')
    .exactOptional(),
  leadership: blockWithAliases('leadership', allOptional(leadershipShape))
    .describe('Which node leads a partition; a key under a cluster wins over the one at the top.')
    .exactOptional(),
  throttle: block(allOptional(throttleShape))
    .describe('How fast replicas are copied; a key under a cluster wins over the one at the top.')
    .exactOptional(),
}

export type AllOptional<Shape extends Record<string, z.ZodType>> = {
  [Key in keyof Shape]: z.ZodExactOptional<Shape[Key]>
}

export function allOptional<Shape extends Record<string, z.ZodType>>(shape: Shape): AllOptional<Shape> {
  return Object.fromEntries(
    Object.entries(shape).map(([key, type]) => [key, type.exactOptional()]),
  ) as AllOptional<Shape>
}
