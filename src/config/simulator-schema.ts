import { z } from 'zod'
import { block, bytes, count, duration, isRecord, list, rate, rules, text } from './values.ts'

const dayMs = 86_400_000
const nodeId = () => count(0, 2 ** 31 - 1)

/** The `simulator` block of a cluster with `system: simulator`. */
export function simulatorBlock() {
  const keys = block({
    seed: count(0, 2 ** 32 - 1)
      .describe('The same seed gives the same cluster.')
      .exactOptional(),
    copy_rate: rate().describe('What a node can send, and apart from that receive, for all its copies together.'),
    nodes: list(nodeBlock(), 'nodes')
      .min(1, { error: 'expected at least one node' })
      .describe('The brokers at the start.'),
    topics: list(topicBlock(), 'topics').describe('The topics at the start.').exactOptional(),
    events: list(eventBlock(), 'events').describe('What happens later.').exactOptional(),
  })
  return rules(keys, checkReferences).transform(({ seed, copy_rate, nodes, topics, events }) => ({
    ...(seed === undefined ? {} : { seed }),
    copyRate: copy_rate,
    nodes,
    topics: topics ?? [],
    events: events ?? [],
  }))
}

function nodeBlock() {
  const keys = block({
    id: nodeId().describe('Broker id.'),
    rack: text('a rack name in quotes').describe('Absent: the node is in no rack.').exactOptional(),
    disk: bytes().describe('Size of its only disk.').exactOptional(),
    disks: list(bytes(), 'sizes')
      .min(1, { error: 'expected at least one size' })
      .describe('Or the sizes of several.')
      .exactOptional(),
  })
  return rules(keys, ({ disk, disks }, problem) => {
    if (disk !== undefined && disks !== undefined) problem('give disk or disks, not both')
    if (disk === undefined && disks === undefined) problem('disk or disks is missing')
  }).transform(({ id, rack, disk, disks }) => ({
    id,
    ...(rack === undefined ? {} : { rack }),
    disks: disks ?? [disk!],
  }))
}

function topicBlock() {
  return block({
    name: text('a topic name').describe('Name of the topic.'),
    partitions: count(1, 100_000).describe('How many partitions it has.'),
    replication_factor: count(1, 100).describe('Replicas of each partition.'),
    size: bytes().describe('Mean of a partition.'),
    spread: z
      .number({ error: 'expected a number from 0 to 3' })
      .min(0, { error: 'expected a number from 0 to 3' })
      .max(3, { error: 'expected a number from 0 to 3' })
      .describe('How unlike the partitions are: sigma of a log-normal distribution.')
      .exactOptional(),
    growth: rate().describe('Bytes written to the whole topic.').exactOptional(),
    nodes: list(nodeId(), 'node ids').describe('The only nodes it is placed on at the start.').exactOptional(),
  }).transform(({ replication_factor, ...topic }) => ({ ...topic, replicationFactor: replication_factor }))
}

function eventBlock() {
  const keys = block({
    at: duration(0, 365 * dayMs).describe('Since the start.'),
    add_node: nodeBlock().describe('A broker joins, empty.').exactOptional(),
    stop_node: nodeId().describe('A broker goes down.').exactOptional(),
    start_node: nodeId().describe('It comes back with what it had.').exactOptional(),
  })
  return rules(keys, ({ add_node, stop_node, start_node }, problem) => {
    const given = [add_node, stop_node, start_node].filter((what) => what !== undefined)
    if (given.length !== 1) problem('give exactly one of add_node, stop_node, start_node')
  }).transform(({ at, add_node, stop_node, start_node }) => {
    if (add_node !== undefined) return { atMs: at, addNode: add_node }
    return stop_node !== undefined ? { atMs: at, stopNode: stop_node } : { atMs: at, startNode: start_node! }
  })
}

type Report = (message: string, ...path: PropertyKey[]) => void

/** Ids that name something else of the block. Values that are wrong by themselves are passed over. */
function checkReferences(block: Record<string, unknown>, problem: Report): void {
  const initial = new Set<unknown>()
  const all = new Set<unknown>()
  const add = (node: unknown, path: PropertyKey[]) => {
    const id = isRecord(node) ? node['id'] : undefined
    if (id === undefined) return
    if (all.has(id)) problem('another node has this id', ...path, 'id')
    all.add(id)
  }
  for (const [index, node] of entries(block['nodes'])) {
    add(node, ['nodes', index])
    initial.add(node['id'])
  }
  for (const [index, event] of entries(block['events']))
    add(event['addNode'] ?? event['add_node'], ['events', index, 'add_node'])
  for (const [index, event] of entries(block['events'])) {
    for (const [key, column] of [
      ['stopNode', 'stop_node'],
      ['startNode', 'start_node'],
    ] as const) {
      if (event[key] !== undefined && !all.has(event[key])) problem('no node has this id', 'events', index, column)
    }
  }
  const topics = new Set<unknown>()
  for (const [index, topic] of entries(block['topics'])) {
    if (topic['name'] !== undefined && topics.has(topic['name']))
      problem('another topic has this name', 'topics', index, 'name')
    topics.add(topic['name'])
    const nodes = Array.isArray(topic['nodes']) ? new Set<unknown>(topic['nodes']) : initial
    if (Array.isArray(topic['nodes'])) {
      topic['nodes'].forEach((id: unknown, place) => {
        if (!initial.has(id)) problem('no node has this id at the start', 'topics', index, 'nodes', place)
      })
    }
    if (typeof topic['replicationFactor'] === 'number' && topic['replicationFactor'] > nodes.size) {
      problem(`the topic has only ${nodes.size} nodes to be on`, 'topics', index, 'replication_factor')
    }
  }
}

function entries(value: unknown): [number, Record<string, unknown>][] {
  if (!Array.isArray(value)) return []
  return value.map((item: unknown, index): [number, Record<string, unknown>] => [index, isRecord(item) ? item : {}])
}
