/** The bound against every placement there is, on clusters small enough to try them all. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { NodeLine } from '../../src/cluster/lines.ts'
import { immovableReasons } from '../../src/cluster/reasons.ts'
import { sharesOf } from '../../src/cluster/shares.ts'
import { type Columns, OFFLINE, replicaNodesOf } from '../../src/cluster/state.ts'
import { lowerBoundBytes } from '../../src/plan/lower-bound.ts'
import type { PlanRequest } from '../../src/plan/request.ts'
import { build, heldBy, type Lines, node, runs, topic, weigh } from '../cluster/support.ts'
import { request } from './support.ts'

interface Replica {
  node: number
  bytes: number
}

function boundOf(lines: Lines, band: number): number {
  const columns = build(lines)
  return lowerBoundBytes(columns, request({ skewedDomains: [0], band }))
}

/** Fewest bytes that bring every node into its band; Infinity when no placement does. */
function fewest(
  start: number[],
  replicas: Replica[],
  band: number,
  mayGo: (from: number, to: number) => boolean,
): number {
  const mean = start.reduce((sum, bytes) => sum + bytes, 0) / start.length
  const inBand = (bytes: number) => bytes >= mean * (1 - band) && bytes <= mean * (1 + band)
  const tryFrom = (index: number, used: number[], moved: number): number => {
    const replica = replicas[index]
    if (!replica) return used.every(inBand) ? moved : Infinity
    let best = tryFrom(index + 1, used, moved)
    for (const to of used.keys()) {
      if (to === replica.node || !mayGo(replica.node, to)) continue
      const next = [...used]
      next[replica.node]! -= replica.bytes
      next[to]! += replica.bytes
      best = Math.min(best, tryFrom(index + 1, next, moved + replica.bytes))
    }
    return best
  }
  return tryFrom(0, start, 0)
}

/** Checks the bound on many clusters; says how often the goal could be reached at some cost. */
function check(racks: 1 | 2) {
  let reached = 0
  const anyReplica = fc.record({ node: fc.nat(3), bytes: fc.integer({ min: 1, max: 20 }) })
  const anyCluster = fc.record({
    nodes: racks === 1 ? fc.integer({ min: 2, max: 4 }) : fc.constant(4),
    drawn: fc.array(anyReplica, { minLength: 1, maxLength: racks === 1 ? 6 : 3 }),
    band: fc.constantFrom(0, 0.1, 0.25, 0.5),
  })
  fc.assert(
    fc.property(anyCluster, ({ nodes, drawn, band }) => {
      const nodeLines = Array.from({ length: nodes }, (_, id) => node(id, racks === 1 ? {} : { rack: `r${id % 2}` }))
      // With two racks every partition has a second replica, in the other one.
      const lists = drawn.map(({ node: id, bytes }) => ({
        bytes,
        replicas: racks === 1 ? [id % nodes] : [id, (id * 3 + bytes) % 2 === id % 2 ? (id + 1) % 4 : (id + 3) % 4],
      }))
      const replicas = lists.flatMap(({ bytes, replicas: ids }) => ids.map((id) => ({ node: id, bytes })))
      const lines = weigh({ nodes: nodeLines, topics: [topic(lists)] })
      const used = lines.nodes.map((line) => line.dirs[0]!.used_bytes)
      const least = fewest(used, replicas, band, (from, to) => racks === 1 || from % 2 === to % 2)
      const bound = boundOf(lines, band)
      expect(bound).toBeLessThanOrEqual(least + 1e-9)
      if (least > 0 && least < Infinity) reached += 1
    }),
    runs(1000),
  )
  return reached
}

test('no placement that reaches the goal costs fewer bytes', () => {
  expect(check(1)).toBeGreaterThan(10)
})

test('neither does one where no replica may leave its rack', () => {
  expect(check(2)).toBeGreaterThan(10)
})

const holding = (...used: number[]): Lines => {
  const nodes = used.map((bytes, id) => node(id, { used: bytes }))
  return { nodes, topics: [heldBy(nodes)] }
}

test.each([
  ['what must leave', holding(75, 25, 50, 50), 0.2, 15],
  ['what must enter', holding(60, 60, 60, 20), 0.2, 20],
  ['nothing inside the band', holding(55, 45, 50, 50), 0.2, 0],
])('%s decides', (_, lines, band, bytes) => {
  expect(boundOf(lines, band)).toBeCloseTo(bytes, 9)
})

test('racks that nothing may leave are told apart, and only those', () => {
  const nodes = [0, 1, 2, 3].map((id) => node(id, { rack: id < 2 ? 'a' : 'b' }))
  const lines = (confined: boolean, ...bytes: [number, number][]): Lines =>
    weigh({
      nodes,
      topics: [
        topic([
          ...(confined ? [{ replicas: [0, 2], bytes: 10 }] : [0, 2].map((id) => ({ replicas: [id], bytes: 10 }))),
          { replicas: [0, 3], bytes: bytes[0]! },
          { replicas: [1, 3], bytes: 10 },
          { replicas: [1, 2], bytes: bytes[1]! },
        ]),
      ],
    })
  const even = (confined: boolean) => lines(confined, [80, 80], [20, 20])
  expect(even(true).nodes.map(({ dirs }) => dirs[0]!.used_bytes)).toEqual([90, 30, 30, 90])
  expect(boundOf(even(true), 0)).toBe(60)
  expect(boundOf(even(false), 0)).toBe(60)
  const uneven = (confined: boolean) => lines(confined, [80, 50], [50, 20])
  expect(uneven(true).nodes.map(({ dirs }) => dirs[0]!.used_bytes)).toEqual([90, 60, 30, 60])
  expect(boundOf(uneven(false), 0)).toBe(30)
  expect(boundOf(uneven(true), 0)).toBe(60)
})

test('what is relieved from outside the nodes that take part may serve two racks at once', () => {
  const lines: Lines = {
    nodes: [
      node(0, { rack: 'a', capacity: 50, used: 25 }),
      node(1, { rack: 'b', capacity: 50 }),
      node(2, { rack: 'b', capacity: 16, used: 15, state: 'draining' }),
    ],
    topics: [topic([{ replicas: [0, 2], bytes: 15 }])],
  }
  const asked = { skewedDomains: [0], band: 0.25 }
  expect(lowerBoundBytes(build(lines), request(asked))).toBe(18.75)
  // Once its 15 bytes are on node 1 both are in the band.
  expect(lowerBoundBytes(build(lines), request({ ...asked, criticalDirs: [2] }))).toBeLessThanOrEqual(15)
})

test.each([
  [false, 15],
  [true, 0],
])('an excluded topic leaves with the rest, excluded from everything: %s', (excludeHard, bytes) => {
  const state = build({
    nodes: [node(0), node(1, { state: 'draining' }), node(2)],
    topics: [topic([{ replicas: [0, 1], bytes: 15 }], { constraints: { excluded: true } })],
  })
  expect(lowerBoundBytes(state, request({ drainNodes: [1], excludeHard }))).toBe(bytes)
})

describe('no placement that reaches the goals costs fewer bytes, whatever the goals are', () => {
  test.each<[string, (keyof Wanted)[], number]>([
    ['relief', ['critical', 'over'], 2000],
    ['lost nodes and dirs', ['lost'], 2000],
    ['drain', ['drain'], 2000],
    ['racks', ['racks'], 2000],
    ['fill', ['fill'], 2000],
    ['band', ['band'], 2000],
    ['fill and band', ['fill', 'band'], 1000],
    ['relief and band', ['over', 'band'], 1000],
    ['racks and relief', ['racks', 'over'], 1000],
    ['lost, drain and racks', ['lost', 'drain', 'racks'], 1000],
    ['everything', ['critical', 'over', 'lost', 'drain', 'racks', 'fill', 'band'], 1000],
  ])('%s', (_, kinds, few) => {
    let told = 0
    let tight = 0
    fc.assert(
      fc.property(anyCrowd(kinds), (lines) => {
        const state = build(lines)
        const asked = wanted(state, kinds)
        const bound = lowerBoundBytes(state, asked)
        const least = new Placements(state, asked).cheapest()
        expect(bound).toBeLessThanOrEqual(least + 1e-9)
        if (bound > 0 && least < Infinity) told += 1
        if (bound > 0 && least - bound < 1) tight += 1
      }),
      runs(few),
    )
    // It says something, and now and then all there is to say.
    expect(told).toBeGreaterThan(20)
    expect(tight).toBeGreaterThan(0)
  })
})

interface Wanted {
  critical: true
  over: true
  lost: true
  drain: true
  racks: true
  fill: true
  band: true
}

/** Few nodes of one or two dirs, few replicas, other data; what only some goals are about only where they are asked for. */
function anyCrowd(kinds: (keyof Wanted)[]): fc.Arbitrary<Lines> {
  const fates = fc.constantFrom<Partial<NodeLine>>(
    {},
    {},
    {},
    ...(kinds.includes('lost') ? [{ state: 'unavailable' } as const] : []),
    ...(kinds.includes('drain') || kinds.includes('over') ? [{ state: 'draining' } as const] : []),
    { excluded: true },
  )
  const anyDir = fc.record({
    capacity: fc.constantFrom(50, 100),
    other: fc.constantFrom(0, 0, 10, 30, 60),
    failed: fc.integer({ min: 0, max: 9 }).map((n) => n === 9 && kinds.includes('lost')),
  })
  const anyNode = fc.record({
    rack: fc.constantFrom('a', 'b', 'c'),
    fate: fates,
    dirs: fc.array(anyDir, { minLength: 1, maxLength: 2 }),
  })
  return fc
    .record({
      racks: kinds.includes('racks') ? fc.constant(true) : fc.boolean(),
      excluded: fc.integer({ min: 0, max: 4 }).map((n) => n === 4),
      nodes: fc.array(anyNode, { minLength: 2, maxLength: 4 }),
      drawn: fc.array(
        fc.record({ places: fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }), bytes: fc.nat(30), dir: fc.nat(1) }),
        { minLength: 1, maxLength: 4 },
      ),
    })
    .map(({ racks, excluded, nodes, drawn }) => {
      const lines = nodes.map(({ rack, fate, dirs }, id) =>
        node(id, {
          ...fate,
          ...(racks ? { rack } : {}),
          dirs: dirs.map(({ capacity, other, failed }, index) => ({
            path: `/d${index}`,
            capacity_bytes: capacity,
            used_bytes: other,
            ...(failed ? { state: 'offline' as const } : {}),
          })),
        }),
      )
      let replicasLeft = 5
      const partitions = drawn.map(({ places, bytes, dir }) => {
        const replicas = [...new Set(places.map((place) => place % lines.length))].slice(0, Math.max(1, replicasLeft))
        replicasLeft -= replicas.length
        const dirOf = (id: number) => lines[id]!.dirs[dir % lines[id]!.dirs.length]!
        const isGone = (id: number) => lines[id]!.state === 'unavailable' || dirOf(id).state === 'offline'
        const present = replicas.filter((id) => !isGone(id))
        return {
          replicas,
          bytes,
          dirs: replicas.map((id) => dirOf(id).path!),
          leader: present[0] ?? null,
          isr: present,
          offline: replicas.filter(isGone),
        }
      })
      const topics = [
        topic(partitions.slice(0, 2)),
        topic(partitions.slice(2), { name: 'u', constraints: { excluded } }),
      ]
      return weigh({ nodes: lines, topics }, (dir) => dir.used_bytes)
    })
}

/** Everything of the wanted kinds that there is to go for. */
function wanted(state: Columns, kinds: (keyof Wanted)[]): PlanRequest {
  const { participates, usedBytes, fairBytes } = sharesOf(state)
  const nodes = (holds: (node: number) => boolean) => [...state.nodeState.keys()].filter(holds)
  const dirs = (limit: number) =>
    [...state.dirState.keys()].filter((dir) => {
      const well = [0, 3].includes(state.nodeState[state.dirNode[dir]!]!) && state.dirState[dir] === 0
      return well && state.dirUsedBytes[dir]! > state.dirCapacityBytes[dir]! * limit
    })
  const want = <T>(kind: keyof Wanted, found: T[]) => (kinds.includes(kind) ? found : [])
  return request({
    criticalDirs: want('critical', dirs(0.9)),
    overDirs: want('over', dirs(0.8)),
    lostNodes: want(
      'lost',
      nodes((node) => state.nodeState[node] === 1),
    ),
    failedDirNodes: want(
      'lost',
      nodes((node) => state.nodeState[node] !== 1),
    ),
    drainNodes: want(
      'drain',
      nodes((node) => state.nodeDraining[node] === 1),
    ),
    repairRacks: kinds.includes('racks'),
    fillNodes: want(
      'fill',
      nodes((node) => participates[node] === 1 && usedBytes[node]! < fairBytes[node]! / 2),
    ),
    skewedDomains: want('band', [0]),
    band: 0.25,
  })
}

interface Place {
  node: number
  dir: number
}

/** Every placement there is, the distinct nodes of a partition and its racks apart. */
class Placements {
  readonly #state: Columns
  readonly #asked: PlanRequest
  readonly #open: Place[]
  readonly #places: Place[]
  readonly #partition: number[]
  readonly #bytes: number[]
  /** Who takes part. */
  readonly #taking: number[]
  readonly #capacity: Float64Array
  #least = Number.POSITIVE_INFINITY

  constructor(state: Columns, asked: PlanRequest) {
    this.#state = state
    this.#asked = asked
    this.#open = [...state.dirNode].flatMap((node, dir) =>
      state.nodeState[node] === 0 && state.nodeExcluded[node] === 0 && state.dirState[dir] === 0 ? [{ node, dir }] : [],
    )
    this.#places = Array.from(state.replicaNode, (node, replica) => ({ node, dir: state.replicaDir[replica]! }))
    this.#partition = Array.from({ length: state.partitionCount }, (_, p) => p).flatMap((p) =>
      replicaNodesOf(state, p).map(() => p),
    )
    this.#bytes = [...state.replicaBytes]
    const { participates, capacityBytes } = sharesOf(state)
    this.#taking = [...participates.keys()].filter((id) => participates[id] === 1)
    this.#capacity = capacityBytes
  }

  /** Bytes of the cheapest that reaches the goals; Infinity when none does. */
  cheapest(): number {
    this.#try(0, 0)
    return this.#least
  }

  #try(replica: number, cost: number): void {
    if (cost >= this.#least) return
    const here = this.#places[replica]
    if (!here) {
      if (this.#reached()) this.#least = cost
      return
    }
    if (!this.#mustGo(replica)) this.#try(replica + 1, cost)
    if (!this.#mayGo(replica)) return
    for (const place of this.#open) {
      if (place.dir === here.dir || (place.node !== here.node && this.#holds(replica, place.node))) continue
      this.#places[replica] = place
      this.#try(replica + 1, cost + this.#bytes[replica]!)
    }
    this.#places[replica] = here
  }

  #holds(replica: number, node: number): boolean {
    return this.#places.some(
      (place, other) => place.node === node && this.#partition[other] === this.#partition[replica],
    )
  }

  /** Nothing is taken from a node that takes no part, unless it has to be emptied or relieved. */
  #mayGo(replica: number): boolean {
    const dir = this.#state.replicaDir[replica]!
    if (this.#asked.criticalDirs.includes(dir) || this.#asked.overDirs.includes(dir)) return true
    return this.#mustGo(replica) || this.#taking.includes(this.#state.replicaNode[replica]!)
  }

  #mustGo(replica: number): boolean {
    const { nodeState, replicaFlags, partitionImmovable, replicaNode } = this.#state
    const { lostNodes, failedDirNodes, drainNodes } = this.#asked
    const node = replicaNode[replica]!
    const stays = immovableReasons[partitionImmovable[this.#partition[replica]!]!]
    if (stays !== '' && stays !== 'excluded') return false
    const failed = failedDirNodes.includes(node) && (replicaFlags[replica]! & OFFLINE) !== 0
    return (lostNodes.includes(node) && nodeState[node] === 1) || failed || drainNodes.includes(node)
  }

  #reached(): boolean {
    return this.#relieved() && this.#racksWell() && this.#even()
  }

  #used(dir: number): number {
    let used = this.#state.dirUsedBytes[dir]!
    this.#places.forEach((place, replica) => {
      if (this.#state.replicaDir[replica] === dir) used -= this.#bytes[replica]!
      if (place.dir === dir) used += this.#bytes[replica]!
    })
    return used
  }

  #relieved(): boolean {
    const { criticalDirs, overDirs, hardDiskUsage, maxDiskUsage } = this.#asked
    const below = (limit: number) => (dir: number) =>
      this.#used(dir) <= this.#state.dirCapacityBytes[dir]! * (limit - 0.01) + 1e-9
    return criticalDirs.every(below(hardDiskUsage)) && overDirs.every(below(maxDiskUsage))
  }

  /** Racks are never worse than before but for what had to go; where they are to be repaired they are as good as can be. */
  #racksWell(): boolean {
    if (this.#state.rackCount === 0) return true
    return Array.from({ length: this.#state.partitionCount }, (_, p) => p).every((p) => {
      const replicas = [...this.#partition.keys()].filter((replica) => this.#partition[replica] === p)
      if (replicas.some((replica) => this.#mustGo(replica))) return true
      const before = replicas.map((replica) => this.#state.replicaNode[replica]!)
      const now = replicas.map((replica) => this.#places[replica]!.node)
      if (this.#squares(now) > this.#squares(before)) return false
      return !this.#asked.repairRacks || this.#state.partitionImmovable[p] !== 0 || !this.#improvable(now)
    })
  }

  #squares(nodes: number[]): number {
    const { nodeRack } = this.#state
    return nodes.reduce((sum, node) => sum + nodes.filter((other) => nodeRack[other] === nodeRack[node]).length, 0)
  }

  #improvable(nodes: number[]): boolean {
    return nodes.some((_, slot) =>
      this.#open.some(
        ({ node }) => !nodes.includes(node) && this.#squares(nodes.with(slot, node)) < this.#squares(nodes),
      ),
    )
  }

  #even(): boolean {
    const { fillNodes, fillTolerance, skewedDomains, band } = this.#asked
    if (fillNodes.length + skewedDomains.length === 0) return true
    const nodes = this.#taking
    const used = new Float64Array(this.#state.nodeCount)
    const other = new Float64Array(this.#state.nodeCount)
    for (const [dir, node] of this.#state.dirNode.entries()) {
      if (this.#state.dirState[dir] !== 0) continue
      used[node]! += this.#used(dir)
      other[node]! += this.#used(dir)
    }
    this.#places.forEach(({ node, dir }, replica) => {
      if (this.#state.dirState[dir] === 0) other[node]! -= this.#bytes[replica]!
    })
    const shares = sharesOfAll(
      nodes.map((id) => ({ capacity: this.#capacity[id]!, other: other[id]!, used: used[id]! })),
    )
    const ratio = (id: number) => used[id]! / shares[nodes.indexOf(id)]!
    return (
      fillNodes.every((id) => ratio(id) >= 1 - fillTolerance - 1e-9) &&
      (skewedDomains.length === 0 || nodes.every((id) => Math.abs(ratio(id) - 1) <= band + 1e-9))
    )
  }
}

/** The same part of every capacity, where others do not keep more than that: the level is found by halving. */
function sharesOfAll(nodes: { capacity: number; other: number; used: number }[]): number[] {
  const total = nodes.reduce((sum, { used }) => sum + used, 0)
  const sharesAt = (level: number) => nodes.map(({ capacity, other }) => Math.max(other, capacity * level))
  let [low, high] = [0, 2]
  for (let step = 0; step < 40; step += 1) {
    const middle = (low + high) / 2
    if (sharesAt(middle).reduce((sum, share) => sum + share, 0) > total) high = middle
    else low = middle
  }
  return sharesAt(low)
}
