/** Small clusters as lines, and random ones for properties. */
import * as fc from 'fast-check'
import { buildState } from '../../src/cluster/builder.ts'
import type { ClusterLine, DirLine, NodeLine, PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import type { ClusterState, NodeId } from '../../src/cluster/state.ts'
import { groupBy } from '../../src/lib/group-by.ts'

const asked = process.env['EVENKEEL_PROPERTY_RUNS']
const seed = process.env['EVENKEEL_PROPERTY_SEED']

/**
 * Runs of a property: a few in the fast suite, always the same ones, so that it fails for what was changed and not by
 * chance; many, of a new seed each time, when asked for by the environment. Shrinking has its time too.
 */
export const runs = (few: number) => ({
  numRuns: Number(asked ?? few),
  ...(asked !== undefined && seed === undefined ? {} : { seed: Number(seed ?? 20_260_101) }),
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

/** Replicas that make up all that the nodes use, one on each. */
export function heldBy(nodes: NodeLine[], name = 'held'): TopicLine {
  const used = ({ dirs }: NodeLine) => dirs.reduce((sum, dir) => sum + dir.used_bytes, 0)
  return topic(
    nodes.map((line) => ({ replicas: [line.id], bytes: used(line), leader: null })),
    { name },
  )
}

/** Sets every dir's use to what the replicas in it add up to, and `other` bytes of other data. */
export function weigh({ nodes, topics }: Lines, other: number | ((dir: DirLine) => number) = 0): Lines {
  const used = new Map<string, number>()
  const beside = typeof other === 'number' ? () => other : other
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
      dirs: line.dirs.map((dir) => ({ ...dir, used_bytes: (used.get(`${line.id}${dir.path}`) ?? 0) + beside(dir) })),
    })),
  }
}

export interface Size {
  nodes: [number, number]
  topics: number
  partitions: number
  /** Off: every node is alive, open and has one dir of nothing but replicas; every partition is healthy and free. */
  odd: boolean
  /** What a unit of size and capacity stands for: what is smaller than a megabyte is nobody's concern. */
  unitBytes?: number
}

/** Clusters of all sorts, their dirs holding what their replicas add up to and, where odd, other data. */
export function anyLines({ nodes: [least, most], topics, partitions, odd, unitBytes = 1 }: Size): fc.Arbitrary<Lines> {
  // Simplest is what is not odd.
  const rarely = fc.integer({ min: 0, max: 19 }).map((n) => odd && n === 19)
  const header = fc.record({ racks: fc.integer({ min: 0, max: 5 }), domains: fc.constantFrom(1, 1, 1, 2) })
  return header.chain(({ racks, domains }) =>
    fc
      .array(anyNode(racks, odd ? domains : 1, odd, rarely), { minLength: least, maxLength: most })
      .map((drafts) => drafts.map((draft, id): NodeLine => ({ ...draft, id })))
      .chain((nodes) =>
        fc
          .array(anyTopic(nodes, odd ? domains : 1, partitions, rarely), { minLength: 1, maxLength: topics })
          .map((drafts) => drafts.map((draft, index): TopicLine => ({ ...draft, name: `t${index}` })))
          .map((topicLines) => weigh(inUnits({ nodes, topics: topicLines }, unitBytes), (dir) => dir.used_bytes)),
      ),
  )
}

function inUnits({ nodes, topics }: Lines, unit: number): Lines {
  return {
    nodes: nodes.map((line) => ({
      ...line,
      dirs: line.dirs.map((dir) => ({
        ...dir,
        capacity_bytes: dir.capacity_bytes * unit,
        used_bytes: dir.used_bytes * unit,
      })),
    })),
    topics: topics.map((line) => ({
      ...line,
      partitions: line.partitions.map((partition) => ({ ...partition, ...sizesInUnits(partition, unit) })),
    })),
  }
}

function sizesInUnits({ bytes, dir_moves: moves }: PartitionLine, unit: number): Partial<PartitionLine> {
  const times = (size: number | null) => (size === null ? null : size * unit)
  return {
    ...(typeof bytes === 'object' ? { bytes: bytes.map(times) } : {}),
    ...(typeof bytes === 'number' ? { bytes: bytes * unit } : {}),
    ...(moves ? { dir_moves: moves.map((move) => ({ ...move, bytes: move.bytes * unit })) } : {}),
  }
}

type Flag = fc.Arbitrary<boolean>

/** What may be the matter with a node, the first thing being nothing. */
const fates = fc.oneof(
  { weight: 30, arbitrary: fc.constant({ state: 'alive' } as const) },
  {
    weight: 3,
    arbitrary: fc.constant({ state: 'unavailable', unavailable_since: '2025-12-31T23:00:00.000Z' } as const),
  },
  {
    weight: 1,
    arbitrary: fc.constant({ state: 'unavailable', unavailable_since: '2025-12-31T23:59:00.000Z' } as const),
  },
  { weight: 1, arbitrary: fc.constant({ state: 'unreachable' } as const) },
  { weight: 3, arbitrary: fc.constant({ state: 'draining' } as const) },
  {
    weight: 1,
    arbitrary: fc.constant({
      state: 'unavailable',
      draining: true,
      unavailable_since: '2025-12-31T23:00:00.000Z',
    } as const),
  },
)

function anyNode(racks: number, domains: number, odd: boolean, rarely: Flag): fc.Arbitrary<NodeLine> {
  const sometimes = fc.integer({ min: 0, max: 3 }).map((n) => odd && n === 3)
  const anyDir = fc
    .record({
      capacity: fc.constantFrom(20_000, 50_000, 100_000),
      offline: rarely,
      cordoned: rarely,
      metadata: sometimes,
      crowded: sometimes,
      other: fc.integer({ min: 50, max: 97 }),
    })
    .map(
      ({ capacity, offline, cordoned, metadata, crowded, other }): DirLine => ({
        path: '',
        capacity_bytes: capacity,
        used_bytes: crowded ? (capacity * other) / 100 : 0,
        ...(offline ? { state: 'offline' } : {}),
        ...(cordoned ? { cordoned: true } : {}),
        ...(metadata ? { metadata: true } : {}),
      }),
    )
  return fc
    .record({
      rack: fc.integer({ min: 0, max: Math.max(0, racks - 1) }),
      rackless: rarely,
      domain: fc.integer({ min: 0, max: domains - 1 }),
      fate: odd ? fates : fc.constant({ state: 'alive' } as const),
      dirs: fc.array(anyDir, { minLength: 1, maxLength: 3 }),
      severalDirs: fc.boolean(),
      excluded: rarely,
      limited: rarely,
    })
    .map(({ rack, rackless, domain, fate, dirs, severalDirs, excluded, limited }) => ({
      type: 'node',
      id: 0,
      ...fate,
      ...(racks === 0 || rackless ? {} : { rack: `r${rack}` }),
      ...(domains === 1 ? {} : { domain: `d${domain}` }),
      ...(excluded ? { excluded: true } : {}),
      ...(limited ? { max_replicas: 6 } : {}),
      dirs: (odd && severalDirs ? dirs : dirs.slice(0, 1)).map((dir, index) => ({ ...dir, path: `/d${index}` })),
    }))
}

function anyTopic(nodes: NodeLine[], domains: number, most: number, rarely: Flag): fc.Arbitrary<TopicLine> {
  return fc
    .record({
      domain: fc.integer({ min: 0, max: domains - 1 }),
      factor: fc.integer({ min: 1, max: 5 }),
      inEveryRack: fc.boolean(),
      capped: rarely,
      excluded: rarely,
    })
    .chain(({ domain, factor, inEveryRack, capped, excluded }) => {
      const inside = domains === 1 ? nodes : nodes.filter((line) => line.domain === `d${domain}`)
      const places = inside.length > 0 ? inside : nodes
      const ids = places.map((line) => line.id)
      const replicas = inEveryRack ? oneInEachRack(places) : anyOf(ids, Math.min(factor, ids.length))
      return fc
        .array(anyPartition(replicas, ids, nodes, rarely), { minLength: 1, maxLength: most })
        .map((drafts): TopicLine => {
          const legal = Object.fromEntries(drafts.flatMap(({ legal }, id) => (legal ? [[String(id), legal]] : [])))
          const constraints = {
            ...(domains === 1 ? {} : { domain: `d${domain}` }),
            ...(capped ? { cap: Math.max(2, Math.ceil((drafts.length * factor) / ids.length)) } : {}),
            ...(Object.keys(legal).length === 0 ? {} : { legal }),
            ...(excluded ? { excluded } : {}),
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

function anyOf(ids: NodeId[], count: number): fc.Arbitrary<NodeId[]> {
  return fc.shuffledSubarray(ids, { minLength: count, maxLength: count })
}

/** Lists of as many replicas as there are racks. */
function oneInEachRack(nodes: NodeLine[]): fc.Arbitrary<NodeId[]> {
  const racks = groupBy(nodes, (line) => line.rack ?? '')
  return fc
    .tuple(...[...racks.values()].map((lines) => fc.constantFrom(...lines.map((line) => line.id))))
    .chain((ids) => anyOf(ids, ids.length))
}

interface PartitionDraft {
  line: PartitionLine
  legal?: (NodeId[] | null)[]
}

function anyPartition(
  anyReplicas: fc.Arbitrary<NodeId[]>,
  ids: NodeId[],
  nodes: NodeLine[],
  rarely: Flag,
): fc.Arbitrary<PartitionDraft> {
  return fc
    .record({
      replicas: anyReplicas,
      bytes: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 4_000 })),
      leaderSlot: fc.nat(5),
      leaderless: rarely,
      sizeless: rarely,
      /** Copies are never quite of one size. */
      unlike: fc.boolean(),
      forgotten: fc.boolean(),
      dirless: rarely,
      behind: rarely,
      moving: rarely,
      changingDir: rarely,
      bound: rarely,
      extra: fc.subarray(ids),
    })
    .map((draft) => {
      const { replicas, bytes, leaderless, behind, moving, bound, extra } = draft
      const nodeOf = (id: NodeId) => nodes.find((line) => line.id === id)!
      const dirs = replicas.map((id) => nodeOf(id).dirs[bytes % nodeOf(id).dirs.length]!)
      const gone = (slot: number) => nodeOf(replicas[slot]!).state === 'unavailable' || dirs[slot]!.state === 'offline'
      const failed = replicas.some((id) => nodeOf(id).dirs.some((dir) => dir.state === 'offline'))
      const dirless = draft.dirless && !failed
      const present = replicas.filter((_, slot) => !gone(slot))
      const leader = leaderless ? undefined : (present[draft.leaderSlot] ?? present[0])
      const isr = present.filter((id) => id === leader || !behind)
      const line: PartitionLine = { id: 0, leader: leader ?? null, replicas, isr, bytes }
      const absent = replicas.filter((id) => !present.includes(id))
      if (absent.length > 0) line.offline = absent
      if (draft.unlike) line.bytes = replicas.map((_, slot) => Math.max(0, bytes - slot))
      if (draft.sizeless) line.bytes = replicas.map((_, slot) => (slot === 0 ? null : bytes))
      if (!dirless) line.dirs = dirs.map((dir) => dir.path!)
      if (draft.forgotten && absent.length > 0) {
        line.bytes = replicas.map((_, slot) => (gone(slot) ? null : bytes))
        line.dirs = dirs.map((dir, slot) => (gone(slot) ? null : dir.path!))
      }
      if (moving) line.adding = [replicas.at(-1)!]
      if (moving && replicas.length > 1) line.removing = [replicas[0]!]
      const other = nodeOf(replicas[0]!).dirs.find((dir) => dir !== dirs[0])
      if (draft.changingDir && !moving && line.dirs && other) {
        line.dir_moves = [{ node: replicas[0]!, to: other.path!, bytes: Math.floor(bytes / 2) }]
      }
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
