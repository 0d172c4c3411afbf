/** Options that contradict themselves are refused before anything is made of them. */
import type { NodeId } from '../../cluster/state.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import type { SimulatedEvent, SimulatedNode, SimulatedTopic, SimulatorOptions } from './options.ts'
import { EVERY_NODE } from './setting-store.ts'

/** @throws EvenkeelError `bad_config` naming the node, topic or event that cannot be. */
export function checkOptions(options: SimulatorOptions): void {
  const known = new Map<NodeId, SimulatedNode>()
  const add = (node: SimulatedNode) => {
    if (known.has(node.id)) fail(`node ${node.id} is added twice`)
    if (node.disks.length === 0) fail(`node ${node.id} has no disk`)
    known.set(node.id, node)
  }
  options.nodes.forEach(add)
  const atStart = new Set(known.keys())
  for (const event of options.events.toSorted((a, b) => a.atMs - b.atMs)) {
    if ('addNode' in event) add(event.addNode)
    for (const { node: id, path } of namedBy(event)) {
      const node = known.get(id)
      if (!node) fail(`the event at ${event.atMs} ms names node ${id}, which does not exist then`)
      const paths = node.disks.map((_, index) => `/disk${index}`)
      if (path !== undefined && !paths.includes(path)) fail(`the event at ${event.atMs} ms: node ${id} has no ${path}`)
    }
  }
  const topics = new Set<string>()
  for (const topic of options.topics) {
    if (topics.has(topic.name)) fail(`topic ${topic.name} is described twice`)
    topics.add(topic.name)
    checkTopic(topic, atStart)
  }
}

function checkTopic(topic: SimulatedTopic, atStart: ReadonlySet<NodeId>): void {
  const nodes = new Set(topic.assignment?.flat() ?? topic.nodes ?? atStart)
  for (const id of nodes)
    if (!atStart.has(id)) fail(`topic ${topic.name} names node ${id}, which is not there at the start`)
  if (topic.assignment === undefined && (topic.replicationFactor < 1 || topic.replicationFactor > nodes.size)) {
    fail(`topic ${topic.name} cannot have ${topic.replicationFactor} replicas on ${nodes.size} nodes`)
  }
  const partitions = topic.assignment?.length ?? topic.partitions
  if (topic.sizes !== undefined && topic.sizes.length !== partitions) {
    fail(`topic ${topic.name} has ${partitions} partitions and ${topic.sizes.length} sizes`)
  }
}

/** The nodes that an event says something of. What strangers ask for the cluster itself judges. */
function namedBy(event: SimulatedEvent): { node: NodeId; path?: string }[] {
  if ('stopNode' in event) return [{ node: event.stopNode }]
  if ('startNode' in event) return [{ node: event.startNode }]
  if ('flap' in event) return [{ node: event.flap.node }]
  if ('silence' in event) return [{ node: event.silence.node }]
  if ('failDir' in event) return [event.failDir]
  if ('replaceDir' in event) return [event.replaceDir]
  if ('fillDir' in event) return [event.fillDir]
  if ('cordonDir' in event) return [event.cordonDir]
  if ('setCopyRate' in event && event.setCopyRate.node !== undefined) return [{ node: event.setCopyRate.node }]
  if ('setSetting' in event) {
    const { scope, of } = event.setSetting
    return scope === 'topic' || of === EVERY_NODE ? [] : [{ node: of }]
  }
  return []
}

function fail(text: string): never {
  throw new EvenkeelError('bad_config', `simulator: ${text}`)
}
