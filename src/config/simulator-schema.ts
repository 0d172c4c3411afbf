import { simulatorEvent } from './simulator-events.ts'
import { nodeBlock, topicBlock } from './simulator-parts.ts'
import { block, count, duration, isRecord, list, percent, rate, rules } from './values.ts'

const dayMs = 86_400_000

let made: ReturnType<typeof makeBlock> | undefined

/** The `simulator` block of a cluster with `system: simulator`. Large, and the same for every file: made once. */
export function simulatorBlock(): ReturnType<typeof makeBlock> {
  made ??= makeBlock()
  return made
}

function makeBlock() {
  const keys = block({
    seed: count(0, 2 ** 32 - 1)
      .describe('The same seed gives the same cluster.')
      .exactOptional(),
    copy_rate: rate().describe('What a node can send, and apart from that receive, for all its copies together.'),
    noise_percent: percent(0, 50).describe('How far measured sizes are off at most. Default 0.').exactOptional(),
    session_timeout: duration(1, dayMs).describe('Until a stopped broker is noticed. Default 9s.').exactOptional(),
    delete_delay: duration(0, dayMs)
      .describe('Until the space of a removed replica is free. Default 1m.')
      .exactOptional(),
    nodes: list(nodeBlock(), 'nodes')
      .min(1, { error: 'expected at least one node' })
      .describe('The brokers at the start.'),
    topics: list(topicBlock(), 'topics').describe('The topics at the start.').exactOptional(),
    events: list(simulatorEvent(), 'events').describe('What happens later.').exactOptional(),
  })
  return rules(keys, checkReferences).transform(
    ({ seed, copy_rate, noise_percent, session_timeout, delete_delay, nodes, topics, events }) => ({
      ...(seed === undefined ? {} : { seed }),
      ...(noise_percent === undefined ? {} : { noise: noise_percent / 100 }),
      ...(session_timeout === undefined ? {} : { sessionTimeoutMs: session_timeout }),
      ...(delete_delay === undefined ? {} : { deleteDelayMs: delete_delay }),
      copyRate: copy_rate,
      nodes,
      topics: topics ?? [],
      events: events ?? [],
    }),
  )
}

type Report = (message: string, ...path: PropertyKey[]) => void

/** Ids and names that mean something else of the block. Values that are wrong by themselves are passed over. */
function checkReferences(block: Record<string, unknown>, problem: Report): void {
  const initial = new Set<unknown>()
  /** By id: how many disks it has. */
  const all = new Map<unknown, number>()
  const add = (node: unknown, path: PropertyKey[]) => {
    const id = isRecord(node) ? node['id'] : undefined
    if (!isRecord(node) || id === undefined) return
    if (all.has(id)) problem('another node has this id', ...path, 'id')
    all.set(id, Array.isArray(node['disks']) ? node['disks'].length : 1)
  }
  for (const [index, node] of entries(block['nodes'])) {
    add(node, ['nodes', index])
    initial.add(node['id'])
  }
  const events = entries(block['events'])
  for (const [index, event] of events) add(event['addNode'] ?? event['add_node'], ['events', index, 'add_node'])
  const topics = checkTopics(block, initial, problem)
  for (const [, event] of events) if (isRecord(event['createTopic'])) topics.add(event['createTopic']['name'])
  for (const [index, event] of events) {
    for (const { column, node, path, topic } of namesIn(event)) {
      const say = (text: string, ...key: PropertyKey[]) => problem(text, 'events', index, column, ...key)
      if (node && !all.has(node.id)) say('no node has this id', ...node.key)
      else if (node && path !== undefined && !hasDir(all.get(node.id)!, path)) say('the node has no such dir', 'dir')
      if (topic && !topics.has(topic.name)) say('no topic has this name', ...topic.key)
    }
  }
}

/** @returns the names of the topics. */
function checkTopics(block: Record<string, unknown>, initial: Set<unknown>, problem: Report): Set<unknown> {
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
  return topics
}

function hasDir(disks: number, path: unknown): boolean {
  return Array.from({ length: disks }, (_, disk) => `/disk${disk}`).includes(String(path))
}

interface Names {
  column: string
  /** What it names, and by which keys below the column. */
  node?: { id: unknown; key: string[] }
  path?: unknown
  topic?: { name: unknown; key: string[] }
}

/** What an event names. It has been transformed already unless it was wrong, which is said elsewhere. */
function* namesIn(event: Record<string, unknown>): Generator<Names> {
  for (const [key, value] of Object.entries(event)) {
    const column = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (key === 'stopNode' || key === 'startNode') yield { column, node: { id: value, key: [] } }
    if (key === 'deleteTopic') yield { column, topic: { name: value, key: [] } }
    if (key === 'addNode' || key === 'createTopic' || !isRecord(value)) continue
    const { node, path } = isRecord(value['dir']) ? value['dir'] : value
    const { topic } = value
    yield {
      column,
      ...(node !== undefined && { node: { id: node, key: ['node'] }, path }),
      ...(topic !== undefined && { topic: { name: topic, key: ['topic'] } }),
    }
  }
}

function entries(value: unknown): [number, Record<string, unknown>][] {
  if (!Array.isArray(value)) return []
  return value.map((item: unknown, index): [number, Record<string, unknown>] => [index, isRecord(item) ? item : {}])
}
