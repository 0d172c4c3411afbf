/** What a simulated cluster is made of. Sizes in bytes, rates in bytes per second, times in milliseconds. */
import type { NodeId } from '../../cluster/state.ts'
import { EvenkeelError } from '../../lib/errors.ts'

export interface SimulatorOptions {
  /** Name of the cluster in samples; `simulator` unless given. */
  name?: string
  /** The same seed gives the same placement and sizes; 1 unless given. */
  seed?: number
  /** What one node can send, and apart from that receive, for catching up, over all its copies together. */
  copyRate: number
  nodes: SimulatedNode[]
  topics: SimulatedTopic[]
  events: SimulatedEvent[]
  /** Until a stopped node is noticed; 9 s unless given. */
  sessionTimeoutMs?: number
  /** Until the space of a removed replica is free; 60 s unless given. */
  deleteDelayMs?: number
}

export interface SimulatedNode {
  id: NodeId
  rack?: string
  /** Capacity of each log dir. */
  disks: number[]
}

export interface SimulatedTopic {
  name: string
  partitions: number
  replicationFactor: number
  /** Mean over the partitions, met exactly but for rounding. */
  size: number
  /** Sigma of the log-normal sizes, 0 for equal ones; 0.8 unless given. */
  spread?: number
  /** Over the whole topic, to each partition in proportion to its size; 0 unless given. */
  growth?: number
  /** The only nodes it is placed on at the start; all unless given. */
  nodes?: NodeId[]
}

/** `atMs` counts from the start of the simulation. */
export type SimulatedEvent = { atMs: number } & (
  | { addNode: SimulatedNode }
  | { stopNode: NodeId }
  | { startNode: NodeId }
)

/** @throws EvenkeelError `bad_config` naming the node, topic or event that cannot be. */
export function checkOptions(options: SimulatorOptions): void {
  const known = new Set<NodeId>()
  const add = ({ id, disks }: SimulatedNode) => {
    if (known.has(id)) fail(`node ${id} is added twice`)
    if (disks.length === 0) fail(`node ${id} has no disk`)
    known.add(id)
  }
  options.nodes.forEach(add)
  const atStart = new Set(known)
  for (const event of options.events.toSorted((a, b) => a.atMs - b.atMs)) {
    if ('addNode' in event) {
      add(event.addNode)
      continue
    }
    const id = 'stopNode' in event ? event.stopNode : event.startNode
    if (!known.has(id)) fail(`the event at ${event.atMs} ms names node ${id}, which does not exist then`)
  }
  const topics = new Set<string>()
  for (const topic of options.topics) {
    if (topics.has(topic.name)) fail(`topic ${topic.name} is described twice`)
    topics.add(topic.name)
    const nodes = new Set(topic.nodes ?? atStart)
    for (const id of nodes)
      if (!atStart.has(id)) fail(`topic ${topic.name} names node ${id}, which is not there at the start`)
    if (topic.replicationFactor < 1 || topic.replicationFactor > nodes.size) {
      fail(`topic ${topic.name} cannot have ${topic.replicationFactor} replicas on ${nodes.size} nodes`)
    }
  }
}

function fail(text: string): never {
  throw new EvenkeelError('bad_config', `simulator: ${text}`)
}
