/** `balancing` and `leadership`: what they may say, here and per cluster, and what holds when neither says it. */
import { z } from 'zod'
import { block, bytes, count, duration, flag, list, oneOf, percent, quantity, text } from './values.ts'

const secondMs = 1000
const hourMs = 3_600_000

export const modes = ['off', 'node_add', 'continuous'] as const

const mode = oneOf(modes, (input) =>
  typeof input === 'boolean' ? 'expected a mode, not true or false: write "off" in quotes' : undefined,
).describe('off: nothing is moved. node_add: added nodes are filled. continuous: the cluster is kept balanced.')

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
}

const balancingShape = {
  dry_run: flag().describe('Plan and show, but start nothing.'),
  tick_interval: duration(secondMs / 2, hourMs).describe('From one sample and plan to the next.'),
  pulse_interval: duration(secondMs / 10, hourMs).describe('From one look at what is running to the next.'),
  node_add_hold: duration(0, 24 * hourMs).describe('A new node must have been alive this long.'),
  node_add_below_percent: percent(1, 100).describe('Below this part of its fair share a node counts as added.'),
  max_disk_usage_percent: percent(5, 100).describe('Balancing fills no disk beyond this.'),
  disk_balance_percent: percent(1, 100)
    .nullable()
    .describe('Half width of the band around the mean disk usage; null: fullness is not evened out.'),
  concurrent_moves: count(1, 10_000).describe('Moves in flight in the cluster.'),
  concurrent_moves_per_node: count(1, 1000).describe('Moves in flight into, and out of, one node.'),
  bytes_in_flight_per_node: bytes().nullable().describe('Bytes in flight into, and out of, one node; null: no limit.'),
  topic_aware: flag().describe('Among moves of like worth prefer those that spread topics evenly.'),
  rack_awareness: oneOf(['require', 'prefer', 'ignore']).describe(
    'require: no move into a rack that has its share. prefer: never worsen the spread over racks.',
  ),
}

const leadershipShape = {
  enabled: flag().describe('Even out partition leadership.'),
  max_transfers_per_tick: count(1, 10_000).describe('Leaders transferred in one tick.'),
}

/** In the words of a config file; also shown by editors. */
export const defaultTexts = {
  balancing: {
    dry_run: false,
    tick_interval: '30s',
    pulse_interval: '3s',
    node_add_hold: '5m',
    node_add_below_percent: 50,
    max_disk_usage_percent: 80,
    disk_balance_percent: null,
    concurrent_moves: 50,
    concurrent_moves_per_node: 5,
    bytes_in_flight_per_node: null,
    topic_aware: true,
    rack_awareness: 'prefer',
    exclude: { topics: [], nodes: [] },
  },
  leadership: { enabled: true, max_transfers_per_tick: 50 },
}

export const defaults = {
  balancing: block({ ...balancingShape, exclude: block(excludeShape) }).parse(defaultTexts.balancing),
  leadership: block(leadershipShape).parse(defaultTexts.leadership),
}

/** The two blocks as they stand at the top or under a cluster: every key may be absent. */
export const overridable = {
  balancing: block({
    mode: mode.exactOptional(),
    ...allOptional(balancingShape),
    exclude: block(allOptional(excludeShape)).describe('What balancing leaves alone.').exactOptional(),
  })
    .describe('When and how replicas are moved; a key under a cluster wins over the one at the top.')
    .exactOptional(),
  leadership: block(allOptional(leadershipShape))
    .describe('Which node leads a partition; a key under a cluster wins over the one at the top.')
    .exactOptional(),
}

type AllOptional<Shape extends Record<string, z.ZodType>> = { [Key in keyof Shape]: z.ZodExactOptional<Shape[Key]> }

function allOptional<Shape extends Record<string, z.ZodType>>(shape: Shape): AllOptional<Shape> {
  return Object.fromEntries(
    Object.entries(shape).map(([key, type]) => [key, type.exactOptional()]),
  ) as AllOptional<Shape>
}
