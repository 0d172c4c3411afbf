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
    for (const [column, named] of namedNodes(event)) {
      if (!all.has(named)) problem('no node has this id', 'events', index, ...column)
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

/** Nodes that an event names, and where. It has been transformed already unless it was wrong, which is said elsewhere. */
function* namedNodes(event: Record<string, unknown>): Generator<[PropertyKey[], unknown]> {
  for (const [key, value] of Object.entries(event)) {
    const column = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    if (key === 'stopNode' || key === 'startNode') yield [[column], value]
    const inside = isRecord(value) ? (isRecord(value['dir']) ? value['dir'] : value) : {}
    if (key !== 'addNode' && inside['node'] !== undefined) yield [[column, 'node'], inside['node']]
  }
}

function entries(value: unknown): [number, Record<string, unknown>][] {
  if (!Array.isArray(value)) return []
  return value.map((item: unknown, index): [number, Record<string, unknown>] => [index, isRecord(item) ? item : {}])
}
