/** What may happen to a simulated cluster, written in a file and as the simulator takes it. */
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { createSimulator } from '../../src/systems/simulator/simulator.ts'

const rows: [string, object][] = [
  [
    'add_node: { id: 3, disks: [1GiB, 2GiB], metadata_disk: 1, copy_rate: 1MB/s }',
    { addNode: { id: 3, disks: [2 ** 30, 2 ** 31], metadataDisk: 1, copyRate: 1e6 } },
  ],
  ['stop_node: 1', { stopNode: 1 }],
  ['start_node: 1', { startNode: 1 }],
  ['flap: { node: 1, down: 20s, up: 1m, times: 5 }', { flap: { node: 1, downMs: 20e3, upMs: 60e3, times: 5 } }],
  ['silence: { node: 1, for: 5m }', { silence: { node: 1, ms: 300e3 } }],
  ['fail_dir: { node: 1, dir: /disk1 }', { failDir: { node: 1, path: '/disk1' } }],
  ['replace_dir: { node: 1, dir: /disk1 }', { replaceDir: { node: 1, path: '/disk1' } }],
  ['fill_dir: { node: 1, dir: /disk0, other_data: 5MB }', { fillDir: { node: 1, path: '/disk0', otherBytes: 5e6 } }],
  ['cordon_dir: { node: 1, dir: /disk0, cordoned: true }', { cordonDir: { node: 1, path: '/disk0', cordoned: true } }],
  [
    'create_topic: { name: u, partitions: 1, replication_factor: 2, size: 1MB, min_isr: 2 }',
    { createTopic: { name: 'u', partitions: 1, replicationFactor: 2, size: 1e6, minIsr: 2 } },
  ],
  ['delete_topic: t', { deleteTopic: 't' }],
  ['add_partitions: { topic: t, count: 2 }', { addPartitions: { topic: 't', count: 2 } }],
  ['set_growth: { topic: t, growth: 1MB/s }', { setGrowth: { topic: 't', growth: 1e6 } }],
  ['set_copy_rate: { rate: 2MB/s }', { setCopyRate: { rate: 2e6 } }],
  ['set_copy_rate: { node: 2, rate: 2MB/s }', { setCopyRate: { node: 2, rate: 2e6 } }],
  [
    'reassign: { topic: t, partition: 0, replicas: [2, 1] }',
    { reassign: { topic: 't', partition: 0, replicas: [2, 1] } },
  ],
  [
    'relocate: { topic: t, partition: 0, node: 1, dir: /disk1 }',
    { relocate: { topic: 't', partition: 0, dir: { node: 1, path: '/disk1' } } },
  ],
  ['blind: { for: 1m }', { blind: { ms: 60e3 } }],
  ['blind: { for: 1m, code: unreachable }', { blind: { ms: 60e3, code: 'unreachable' } }],
  ['stop_controller: { for: 30s }', { stopController: { ms: 30e3 } }],
]

test.each(rows)('%s', (text, event) => {
  const [cluster] = parseConfig(config(`{ at: 1s, ${text} }`), 'c.yaml').clusters
  if (cluster?.system !== 'simulator') throw new Error('it is simulated')
  const { simulator } = cluster
  expect(simulator.events).toEqual([{ atMs: 1_000, ...event }])
  expect(simulator).toMatchObject({ noise: 0.005, sessionTimeoutMs: 3_000, deleteDelayMs: 10_000 })
  createSimulator(simulator, new VirtualClock())
})

test.each([
  ['flap: { node: 9, down: 20s, up: 1m, times: 5 }', 'flap.node: no node has this id'],
  ['fail_dir: { node: 9, dir: /disk1 }', 'fail_dir.node: no node has this id'],
  ['fail_dir: { node: 2, dir: /disk1 }', 'fail_dir.dir: the node has no such dir'],
  ['fill_dir: { node: 1, dir: disk0, other_data: 1MB }', 'fill_dir.dir: the node has no such dir'],
  ['relocate: { topic: t, partition: 0, node: 9, dir: /disk1 }', 'relocate.node: no node has this id'],
  ['relocate: { topic: u, partition: 0, node: 1, dir: /disk1 }', 'relocate.topic: no topic has this name'],
  ['delete_topic: u', 'delete_topic: no topic has this name'],
  ['reassign: { topic: u, partition: 0, replicas: [2, 1] }', 'reassign.topic: no topic has this name'],
])('what is not there: %s', (text, problem) => {
  expect(() => parseConfig(config(`{ at: 1s, ${text} }`), 'c.yaml')).toThrow(ConfigError)
  expect(() => parseConfig(config(`{ at: 1s, ${text} }`), 'c.yaml')).toThrow(`events[0].${problem}`)
})

test('a topic that comes later may be named', () => {
  const comes = '{ at: 1s, create_topic: { name: u, partitions: 1, replication_factor: 2, size: 1MB } }'
  expect(parseConfig(config(`${comes}, { at: 2s, delete_topic: u }`), 'c.yaml').clusters).toHaveLength(1)
})

function config(event: string): string {
  return `
version: 1
clusters:
  - name: x
    system: simulator
    simulator:
      copy_rate: 1MB/s
      noise_percent: 0.5
      session_timeout: 3s
      delete_delay: 10s
      nodes: [{ id: 1, disks: [1GB, 1GB] }, { id: 2, disk: 1GB }]
      topics: [{ name: t, partitions: 1, replication_factor: 2, size: 1MB }]
      events: [${event}]
balancing: { mode: off }
`
}
