/** Small clusters as lines, and random ones for properties. */
import * as fc from 'fast-check'
import { buildState } from '../../src/cluster/builder.ts'
import type { ClusterLine, DirLine, NodeLine, PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import type { ClusterState, NodeId } from '../../src/cluster/state.ts'

const asked = process.env['EVENKEEL_PROPERTY_RUNS']

/** Runs of a property: a few in the fast suite, many when asked for by the environment. Shrinking has its time too. */
export const runs = (few: number) => ({
  numRuns: Number(asked ?? few),
  interruptAfterTimeLimit: asked === undefined ? 10_000 : 600_000,
})

export const clusterLine: ClusterLine = {
  type: 'cluster',
  version: 1,
  name: 'orders',
  system: 'kafka',
  taken_at: '2026-01-01T00:00:00.000Z',
}
export const takenAtMs = Date.UTC(2026, 0, 1)

export interface Lines {
  nodes: NodeLine[]
  topics: TopicLine[]
}

export const build = ({ nodes, topics }: Lines): ClusterState => buildState(clusterLine, nodes, topics)

export function node(id: NodeId, more: Partial<NodeLine> & { used?: number; capacity?: number } = {}): NodeLine {
  const { used = 0, capacity = 1000, ...line } = more
  return {
    type: 'node',
    id,
    state: 'alive',
    dirs: [{ path: '/d0', capacity_bytes: capacity, used_bytes: used }],
    ...line,
  }
}

/** A topic `t` of partitions 0, 1, … led by their first replica. */
export function topic(partitions: Partial<PartitionLine>[], more: Partial<TopicLine> = {}): TopicLine {
  return {
    type: 'topic',
    name: 't',
    partitions: partitions.map((line, id) => ({ id, leader: line.replicas?.[0] ?? null, replicas: [], ...line })),
    ...more,
  }
}

/** Sets every dir's use to what the replicas in it add up to, and `other` bytes of other data. */
export function weigh({ nodes, topics }: Lines, other = 0): Lines {
  const used = new Map<string, number>()
  const dirOf = (line: NodeLine, path: string | null | undefined) => path ?? line.dirs[0]?.path ?? ''
  for (const { partitions } of topics) {
    for (const { replicas, bytes, dirs } of partitions) {
      replicas.forEach((id, slot) => {
        const line = nodes.find((candidate) => candidate.id === id)!
        const key = `${id}${dirOf(line, dirs?.[slot])}`
        used.set(key, (used.get(key) ?? 0) + ((typeof bytes === 'object' ? bytes[slot] : bytes) ?? 0))
      })
    }
  }
  return {
    topics,
    nodes: nodes.map((line) => ({
      ...line,
      dirs: line.dirs.map((dir) => ({ ...dir, used_bytes: (used.get(`${line.id}${dir.path}`) ?? 0) + other })),
    })),
  }
}

export interface Size {
  nodes: [number, number]
  topics: number
  partitions: number
  /** Off: every node is alive, open and has one dir; every partition is healthy and free. */
  odd: boolean
}

/** Clusters of all sorts, their dirs holding what their replicas add up to. */
export function anyLines({ nodes: [least, most], topics, partitions, odd }: Size): fc.Arbitrary<Lines> {
  const rarely = fc.integer({ min: 0, max: 9 }).map((n) => odd && n === 0)
  const header = fc.record({ racks: fc.integer({ min: 0, max: 5 }), domains: fc.constantFrom(1, 1, 1, 2) })
  return header.chain(({ racks, domains }) =>
    fc
      .array(anyNode(racks, odd ? domains : 1, rarely), { minLength: least, maxLength: most })
      .map((drafts) => drafts.map((draft, id): NodeLine => ({ ...draft, id })))
      .chain((nodes) =>
        fc
          .array(anyTopic(nodes, odd ? domains : 1, partitions, rarely), { minLength: 1, maxLength: topics })
          .map((drafts) =>
            weigh({ nodes, topics: drafts.map((draft, index): TopicLine => ({ ...draft, name: `t${index}` })) }),
          ),
      ),
  )
}

type Flag = fc.Arbitrary<boolean>

function anyNode(racks: number, domains: number, rarely: Flag): fc.Arbitrary<NodeLine> {
  return fc
    .record({
      rack: fc.integer({ min: 0, max: Math.max(0, racks - 1) }),
      domain: fc.integer({ min: 0, max: domains - 1 }),
      capacities: fc.array(fc.constantFrom(20_000, 50_000, 100_000), { minLength: 1, maxLength: 3 }),
      away: rarely,
      excluded: rarely,
      limited: rarely,
      severalDirs: rarely,
      offline: rarely,
      cordoned: rarely,
    })
    .map(({ rack, domain, capacities, away, excluded, limited, severalDirs, offline, cordoned }) => {
      const dirs = (severalDirs ? capacities : capacities.slice(0, 1)).map(
        (capacity, index): DirLine => ({
          path: `/d${index}`,
          capacity_bytes: capacity,
          used_bytes: 0,
          ...(offline && index === 0 ? { state: 'offline' } : {}),
          ...(cordoned && index === 0 ? { cordoned: true } : {}),
        }),
      )
      return {
        type: 'node',
        id: 0,
        state: away ? 'unavailable' : 'alive',
        ...(racks === 0 ? {} : { rack: `r${rack}` }),
        ...(domains === 1 ? {} : { domain: `d${domain}` }),
        ...(excluded ? { excluded: true } : {}),
        ...(limited ? { max_replicas: 6 } : {}),
        dirs,
      }
    })
}

function anyTopic(nodes: NodeLine[], domains: number, most: number, rarely: Flag): fc.Arbitrary<TopicLine> {
  return fc
    .record({
      domain: fc.integer({ min: 0, max: domains - 1 }),
      factor: fc.integer({ min: 1, max: 4 }),
      capped: rarely,
    })
    .chain(({ domain, factor, capped }) => {
      const inside = domains === 1 ? nodes : nodes.filter((line) => line.domain === `d${domain}`)
      const ids = (inside.length > 0 ? inside : nodes).map((line) => line.id)
      return fc
        .array(anyPartition(ids, nodes, Math.min(factor, ids.length), rarely), { minLength: 1, maxLength: most })
        .map((drafts): TopicLine => {
          const legal = Object.fromEntries(drafts.flatMap(({ legal }, id) => (legal ? [[String(id), legal]] : [])))
          const constraints = {
            ...(domains === 1 ? {} : { domain: `d${domain}` }),
            ...(capped ? { cap: Math.max(2, Math.ceil((drafts.length * factor) / ids.length)) } : {}),
            ...(Object.keys(legal).length === 0 ? {} : { legal }),
          }
          return {
            type: 'topic',
            name: '',
            ...(Object.keys(constraints).length === 0 ? {} : { constraints }),
            partitions: drafts.map(({ line }, id) => ({ ...line, id })),
          }
        })
    })
}

interface PartitionDraft {
  line: PartitionLine
  legal?: (NodeId[] | null)[]
}

function anyPartition(ids: NodeId[], nodes: NodeLine[], factor: number, rarely: Flag): fc.Arbitrary<PartitionDraft> {
  return fc
    .record({
      replicas: fc.shuffledSubarray(ids, { minLength: factor, maxLength: factor }),
      bytes: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 4_000 })),
      leaderSlot: fc.nat(factor - 1),
      leaderless: rarely,
      sizeless: rarely,
      behind: rarely,
      moving: rarely,
      bound: rarely,
      extra: fc.subarray(ids),
    })
    .map(({ replicas, bytes, leaderSlot, leaderless, sizeless, behind, moving, bound, extra }) => {
      const alive = (id: NodeId) => nodes.find((line) => line.id === id)!.state === 'alive'
      const leader = leaderless ? undefined : [replicas[leaderSlot]!, ...replicas].find(alive)
      const isr = replicas.filter((id) => alive(id) && (id === leader || !behind))
      const line: PartitionLine = { id: 0, leader: leader ?? null, replicas, isr, bytes }
      line.dirs = replicas.map((id) => {
        const { dirs } = nodes.find((node) => node.id === id)!
        return dirs[bytes % dirs.length]!.path!
      })
      if (sizeless) line.bytes = replicas.map((_, slot) => (slot === 0 ? null : bytes))
      if (moving) line.adding = [replicas.at(-1)!]
      if (moving && replicas.length > 1) line.removing = [replicas[0]!]
      return bound ? { line, legal: replicas.map((id) => [...new Set([id, ...extra])]) } : { line }
    })
}

/** The same cluster with its lines, and the partitions of its topics, in another order. */
export function shuffled(lines: Lines): fc.Arbitrary<Lines> {
  const order = <T>(items: T[]) => fc.shuffledSubarray(items, { minLength: items.length })
  return fc.record({
    nodes: order(lines.nodes),
    topics: order(lines.topics).chain((topics) =>
      fc.tuple(...topics.map((line) => order(line.partitions).map((partitions) => ({ ...line, partitions })))),
    ),
  })
}

/** What a sample tells beside its state when nothing is wrong. */
export const allWell = {
  health: {
    underReplicated: { own_move: 0, node: 0, other: 0 },
    offline: 0,
    underMinIsr: 0,
    unexplained: { offline: 0, underMinIsr: 0 },
  },
  missingNodes: [],
  notes: [],
}
