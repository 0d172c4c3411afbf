/** Simulated clusters to which something happens that an alert is for, and what must be told of each, and nothing else. */

/** A cluster of the config file, and the alerts for which it is there. */
export interface World {
  name: string
  simulator: Record<string, unknown>
  balancing?: Record<string, unknown>
  throttle?: Record<string, unknown>
  /** Fire, after what happens here and for no other reason. */
  fires: string[]
  /** Follow from the same cause, sooner or later. */
  follows?: string[]
}

/** Name of the one that two instances keep. */
export const twoMinds = 'two-minds'

/** Until then all of them are well. */
export const peaceSeconds = 8
const at = `${peaceSeconds}s`

const racks = ['a', 'b', 'c']
const nodes = (count: number, disk: string) =>
  Array.from({ length: count }, (_, index) => ({ id: index + 1, rack: racks[index % 3], disk }))
const orders = { name: 'orders', partitions: 12, replication_factor: 2, size: '10MiB', spread: 0 }
const simulator = { seed: 1, copy_rate: '50MiB/s', session_timeout: '1s', delete_delay: '1s', topics: [orders] }

export const worlds: World[] = [
  {
    name: 'well',
    simulator: { ...simulator, nodes: nodes(4, '200MiB') },
    balancing: { disk_balance_percent: 50 },
    fires: [],
  },
  {
    // Another evenkeel keeps it too, with another config.
    name: twoMinds,
    simulator: { ...simulator, nodes: nodes(4, '200MiB') },
    fires: ['EvenkeelConfigInconsistent'],
  },
  {
    name: 'full',
    simulator: {
      ...simulator,
      nodes: nodes(4, '200MiB'),
      topics: [{ ...orders, partitions: 5, replication_factor: 4 }],
      events: [1, 2, 3, 4].map((node) => ({
        at,
        fill_dir: { node, dir: '/disk0', other_data: node === 1 ? '142MiB' : '122MiB' },
      })),
    },
    fires: ['EvenkeelDiskAlmostFull', 'EvenkeelDiskNearFullNoPlan', 'EvenkeelStalled', 'EvenkeelViolationOld'],
    follows: ['EvenkeelDiskFullPredicted'],
  },
  {
    name: 'gone',
    simulator: {
      ...simulator,
      nodes: nodes(3, '1GiB'),
      topics: [{ ...orders, replication_factor: 3 }],
      events: [{ at, stop_node: 3 }],
    },
    fires: ['EvenkeelNodeDownUnhealed'],
    follows: ['EvenkeelStalled', 'EvenkeelViolationOld'],
  },
  {
    name: 'unreachable',
    simulator: { ...simulator, nodes: nodes(3, '1GiB'), events: [{ at, blind: { for: '1h', code: 'unreachable' } }] },
    fires: ['EvenkeelNotSampling'],
  },
  {
    name: 'silent',
    simulator: { ...simulator, nodes: nodes(4, '1GiB'), events: [{ at, silence: { node: 2, for: '1h' } }] },
    fires: ['EvenkeelSampleIncomplete'],
  },
  {
    name: 'one-rack',
    simulator: {
      ...simulator,
      nodes: nodes(6, '1GiB'),
      events: [{ at, reassign: { topic: 'orders', partition: 0, replicas: [1, 4] } }],
    },
    balancing: { mode: 'off' },
    fires: ['EvenkeelRackViolation'],
  },
  {
    name: 'asked-to-pause',
    simulator: { ...simulator, nodes: nodes(3, '1GiB') },
    fires: ['EvenkeelPausedLong'],
  },
  {
    name: 'stuck',
    // The newcomer goes away while it is filled, and whoever set the grace did not mean to wait so long.
    simulator: {
      ...simulator,
      copy_rate: '2MiB/s',
      nodes: nodes(3, '1GiB'),
      events: [
        { at: '3s', add_node: { id: 4, rack: 'a', disk: '1GiB' } },
        { at, stop_node: 4 },
      ],
    },
    balancing: { target_grace: '24h' },
    fires: ['EvenkeelMovesNotProgressing', 'EvenkeelMoveStuck'],
  },
  {
    name: 'taken-back',
    // Somebody takes our moves back as soon as they run.
    simulator: {
      ...simulator,
      copy_rate: '1MiB/s',
      nodes: nodes(3, '1GiB'),
      topics: [{ ...orders, nodes: [1, 2] }],
      events: [
        { at: '5s', add_node: { id: 4, rack: 'a', disk: '1GiB' } },
        ...Array.from({ length: orders.partitions }, (_, partition) => ({
          at,
          reassign: { topic: 'orders', partition, replicas: [1, 2] },
        })),
      ],
    },
    balancing: { concurrent_moves_per_node: 10 },
    fires: ['EvenkeelPausedItself'],
  },
  {
    name: 'undone',
    // The same, once they are done.
    simulator: {
      ...simulator,
      nodes: nodes(3, '1GiB'),
      topics: [{ ...orders, nodes: [1, 2] }],
      events: Array.from({ length: orders.partitions }, (_, partition) => ({
        at: '20s',
        reassign: { topic: 'orders', partition, replicas: [1, 2] },
      })),
    },
    fires: ['EvenkeelMovesReverted', 'EvenkeelConflict'],
  },
  {
    name: 'growing',
    simulator: {
      ...simulator,
      nodes: nodes(3, '10GiB'),
      topics: [{ ...orders, size: '750MiB' }],
      events: [
        { at, set_growth: { topic: 'orders', growth: '120MiB/s' } },
        { at: '36s', set_growth: { topic: 'orders', growth: '1B/s' } },
      ],
    },
    balancing: { mode: 'off' },
    fires: ['EvenkeelDiskFullPredicted'],
  },
  {
    name: 'lagging',
    simulator: {
      ...simulator,
      copy_rate: '3MiB/s',
      nodes: nodes(4, '10GiB'),
      topics: [{ ...orders, size: '40MiB', growth: '4MiB/s' }],
      events: [
        { at: '3s', add_node: { id: 5, rack: 'a', disk: '10GiB' } },
        { at, stop_node: 2 },
        { at: '14s', start_node: 2 },
      ],
    },
    balancing: { node_availability_timeout: '10m' },
    fires: ['EvenkeelUnderReplicated'],
    follows: ['EvenkeelMoveStuck', 'EvenkeelThrottleTooLow'],
  },
  {
    name: 'too-busy',
    simulator: {
      ...simulator,
      nodes: nodes(3, '10GiB'),
      topics: [{ ...orders, growth: '36MiB/s' }],
      events: [{ at, add_node: { id: 4, rack: 'a', disk: '10GiB' } }],
    },
    throttle: { rate_per_node: '1MiB/s', max_rate_per_node: '2MiB/s' },
    fires: ['EvenkeelThrottleTooLow', 'EvenkeelStalled', 'EvenkeelViolationOld'],
  },
]
