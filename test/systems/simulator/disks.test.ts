import { expect, test } from 'vitest'
import type { NodeId } from '../../../src/cluster/state.ts'
import type { Simulator } from '../../../src/systems/simulator/simulator.ts'
import { begin, dirMove, dirsOf, healthy, live, node, replicaMove, shown, simulate, topic } from './support.ts'

const GB = 1e9
const two = (id: NodeId) => node(id, undefined, [GB, GB])
const nodes = [two(1), two(2), two(3)]
/** Every replica of `t` in `/disk0`, of `u` in `/disk1`: a new one goes where the fewest are. */
const topics = [topic('t', [], { assignment: [[1, 2]] }), topic('u', [], { assignment: [[1, 2]] })]
const dir = (id: NodeId, disk: number) => ({ node: id, path: `/disk${disk}` })

test('the first dir has the metadata unless told otherwise', async () => {
  const { simulator } = simulate({ nodes: [two(1), { ...two(2), metadataDisk: 1 }, { ...two(3), metadataDisk: -1 }] })
  const { state } = await simulator.sample(live)
  expect([...state.dirMetadata]).toEqual([1, 0, 0, 1, 0, 0])
})

test('a dir fails: its replicas are offline, another leads, and the dir tells nothing', async () => {
  const { simulator, world } = simulate({ nodes, topics })
  world.happen({ failDir: dir(1, 1) })
  expect(shown(simulator, 'u')).toEqual({ replicas: [1, 2], isr: [2], leader: 2 })
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 2], isr: [1, 2], leader: 1 })
  expect(await dirsOf(simulator, 1)).toEqual({ '/disk0': '100 of 1000', '/disk1': 'offline' })
  const { state, health, missingNodes } = await simulator.sample(live)
  expect(health).toEqual({ ...healthy, underReplicated: { own_move: 0, node: 1, other: 0 } })
  expect(missingNodes).toEqual([])
  expect(replica(state, 'u', 1)).toEqual({ bytes: Number.NaN, dir: undefined, offline: true })
  expect(replica(state, 'u', 2)).toEqual({ bytes: 100e6, dir: '/disk1', offline: false })
})

test.each([
  ['/disk1', { bytesDone: 10e6, bytesTotal: 100e6 }],
  [
    '/disk0',
    { bytesDone: 0, bytesTotal: 100e6, broken: 'a dir of node 3 is offline and the copy is in none of the others' },
  ],
])('a move whose copy is in /disk0 of its target, which loses %s', async (path, expected) => {
  const target = { ...two(3), metadataDisk: -1 }
  const { clock, simulator, world } = simulate({ nodes: [two(1), two(2), target], topics })
  await begin(simulator, replicaMove(simulator, 't', 2, 3))
  await clock.advance(1_000)
  world.happen({ failDir: { node: 3, path } })
  const shown = { topic: 't', partition: 0, target: [1, 3], adding: [3], removing: [2] }
  expect((await simulator.pulse(live)).running).toEqual([{ ...shown, ...expected }])
  expect((await simulator.sample(live)).running).toEqual([{ ...shown, ...expected }])
  // Nothing is known of a node that does not answer, and nothing of the size when none of its holders does.
  world.happen({ silence: { node: 3, ms: 60_000 } })
  expect((await simulator.pulse(live)).running).toEqual([{ ...shown, bytesTotal: 100e6 }])
  for (const id of [1, 2]) world.happen({ silence: { node: id, ms: 60_000 } })
  expect((await simulator.pulse(live)).running).toEqual([shown])
})

test('the last in-sync replica fails with its dir: nobody leads, and that is explained', async () => {
  const alone = [topic('t', [], { assignment: [[1], [1]], minIsr: 1 })]
  const { simulator, world } = simulate({ nodes, topics: alone })
  world.happen({ failDir: dir(1, 1) })
  const { health } = await simulator.sample(live)
  expect(health).toMatchObject({ offline: 1, underMinIsr: 1, unexplained: { offline: 0, underMinIsr: 0 } })
})

test('the dir with the metadata takes its node with it, and the node shows what it last had', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  world.happen({ failDir: dir(1, 0) })
  expect((await simulator.sample(live)).missingNodes).toEqual([1])
  await clock.advance(9_000)
  expect((await simulator.pulse(live)).aliveNodes).toEqual([2, 3])
  expect(await dirsOf(simulator, 1)).toEqual({ '/disk0': '100 of 1000', '/disk1': '100 of 1000' })
  world.startNode(1)
  await clock.advance(60_000)
  expect((await simulator.pulse(live)).aliveNodes).toEqual([2, 3])
  world.happen({ replaceDir: dir(1, 0) })
  world.startNode(1)
  await clock.advance(10_000)
  expect((await simulator.pulse(live)).aliveNodes).toEqual([1, 2, 3])
  expect(shown(simulator, 't')).toEqual({ replicas: [1, 2], isr: [1, 2], leader: 2 })
})

test('a node whose metadata dir is full does not come up before there is room', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  world.happen({ fillDir: { ...dir(1, 0), otherBytes: GB } })
  await clock.advance(9_000)
  expect((await simulator.pulse(live)).aliveNodes).toEqual([2, 3])
  world.startNode(1)
  await clock.advance(1_000)
  expect((await simulator.sample(live)).missingNodes).toEqual([])
  expect((await simulator.pulse(live)).aliveNodes).toEqual([2, 3])
  world.happen({ fillDir: { ...dir(1, 0), otherBytes: 0 } })
  world.startNode(1)
  await clock.advance(1_000)
  expect((await simulator.pulse(live)).aliveNodes).toEqual([1, 2, 3])
  expect(shown(simulator, 't').isr).toEqual([1, 2])
})

test('a failed dir heals only when the node starts with an empty one in its place', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  world.happen({ failDir: dir(1, 1) })
  world.happen({ replaceDir: dir(1, 1) })
  await clock.advance(60_000)
  expect(shown(simulator, 'u').isr).toEqual([2])
  world.stopNode(1)
  await clock.advance(9_000)
  world.startNode(1)
  await clock.advance(5_000)
  expect(await dirsOf(simulator, 1)).toEqual({ '/disk0': '100 of 1000', '/disk1': '50 of 1000' })
  await clock.advance(5_000)
  expect(shown(simulator, 'u').isr).toEqual([1, 2])
})

test('a copy that does not fit takes the dir offline and stays listed for ever; it can be taken back', async () => {
  const full = { ...two(3), disks: [{ capacity: GB }, { capacity: GB, otherBytes: 950e6 }] }
  const more = [...topics, topic('v', [], { assignment: [[3]] }), topic('w', [], { assignment: [[1, 2]] })]
  const { clock, simulator, world } = simulate({ nodes: [two(1), two(2), full], topics: more })
  const move = replicaMove(simulator, 'w', 2, 3)
  await begin(simulator, move)
  await clock.advance(4_999)
  expect(await dirsOf(simulator, 3)).toEqual({ '/disk0': '100 of 1000', '/disk1': '1000 of 1000' })
  await clock.advance(3_600_000)
  expect(await dirsOf(simulator, 3)).toEqual({ '/disk0': '100 of 1000', '/disk1': 'offline' })
  const { state, running, health } = await simulator.sample(live)
  expect(running).toMatchObject([{ topic: 'w', adding: [3], removing: [2] }])
  expect(replica(state, 'w', 3).offline).toBe(false)
  expect(health).toEqual({ ...healthy, underReplicated: { own_move: 1, node: 0, other: 0 } })
  expect(await simulator.cancel([move], live)).toEqual([{ outcome: 'accepted' }])
  // Asked again, the node waits for the lost dir, although the other has room, until it starts anew.
  world.reassign('w', 0, [1, 2])
  await begin(simulator, replicaMove(simulator, 'w', 2, 3))
  await clock.advance(3_600_000)
  expect((await simulator.pulse(live)).running).toHaveLength(1)
  world.happen({ fillDir: { ...dir(3, 1), otherBytes: 0 } })
  world.stopNode(3)
  await clock.advance(9_000)
  world.startNode(3)
  await clock.advance(20_000)
  expect((await simulator.pulse(live)).running).toEqual([])
})

test('what others write onto a volume counts, and fails the dir once it is full', async () => {
  const growing = [topic('t', [], { assignment: [[1, 2]] }), topic('u', [], { assignment: [[1, 2]], growth: 1e6 })]
  const { clock, simulator, world } = simulate({ nodes, topics: growing })
  world.happen({ fillDir: { ...dir(1, 0), otherBytes: 800e6 } })
  world.happen({ fillDir: { ...dir(1, 1), otherBytes: GB - 105e6 } })
  expect(await dirsOf(simulator, 1)).toEqual({ '/disk0': '900 of 1000', '/disk1': '995 of 1000' })
  await clock.advance(6_000)
  expect(await dirsOf(simulator, 1)).toEqual({ '/disk0': '900 of 1000', '/disk1': 'offline' })
  expect(shown(simulator, 'u').leader).toBe(2)
  // Even where nothing is written.
  world.happen({ fillDir: { ...dir(2, 0), otherBytes: 900e6 } })
  expect((await simulator.sample(live)).missingNodes).toEqual([2])
})

test('a replica goes from dir to dir of its node, shown all the way, and frees the old dir later', async () => {
  const { clock, simulator } = simulate({ nodes, topics })
  const move = dirMove(simulator, 't', 1, '/disk0', '/disk1')
  expect(await begin(simulator, move)).toEqual([{ outcome: 'accepted' }])
  await clock.advance(4_000)
  const entry = { topic: 't', partition: 0, target: [1, 2], adding: [], removing: [], dir: dir(1, 1) }
  const running = [{ ...entry, bytesDone: 40e6, bytesTotal: 100e6 }]
  expect((await simulator.pulse(live)).running).toEqual(running)
  const sample = await simulator.sample(live)
  expect(sample.running).toEqual(running)
  expect(sample.health).toEqual(healthy)
  expect([sample.state.names.dirs[sample.state.replicaFutureDir[0]!], sample.state.replicaFutureBytes[0]]).toEqual([
    '/disk1',
    40e6,
  ])
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'running', bytesDone: 40e6, bytesTotal: 100e6 }])
  await clock.advance(6_000)
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'landed' }])
  expect((await simulator.pulse(live)).running).toEqual([])
  expect(await dirsOf(simulator, 1)).toEqual({ '/disk0': '100 of 1000', '/disk1': '200 of 1000' })
  await clock.advance(60_000)
  expect(await dirsOf(simulator, 1)).toEqual({ '/disk0': '0 of 1000', '/disk1': '200 of 1000' })
})

test('a copy between dirs is taken back by asking for the dir where the replica is', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  const move = dirMove(simulator, 't', 1, '/disk0', '/disk1')
  await begin(simulator, move)
  await clock.advance(4_000)
  expect(await simulator.cancel([move], live)).toEqual([{ outcome: 'accepted' }])
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'reverted' }])
  expect(await simulator.cancel([move], live)).toMatchObject([{ code: 'replicas_changed' }])
  world.relocate('t', 0, dir(2, 1))
  expect((await simulator.pulse(live)).running).toMatchObject([{ dir: dir(2, 1) }])
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'reverted' }])
})

test.each<[string, (simulator: Simulator) => unknown, Partial<{ to: string; from: NodeId }>, string]>([
  ['an unknown dir', () => {}, { to: '/disk7' }, 'dir_unusable'],
  ['a dir that is offline', ({ world }) => world.happen({ failDir: dir(1, 1) }), {}, 'dir_unusable'],
  ['a cordoned dir', ({ world }) => world.happen({ cordonDir: { ...dir(1, 1), cordoned: true } }), {}, 'dir_unusable'],
  ['a node that has no replica', () => {}, { from: 3 }, 'replicas_changed'],
  ['a partition that moves', ({ world }) => world.reassign('t', 0, [1, 3]), {}, 'already_moving'],
])('a move between dirs is refused: %s', async (_, before, { to = '/disk1', from = 1 }, code) => {
  const { simulator } = simulate({ nodes, topics })
  const move = dirMove(simulator, 't', from, '/disk0', to)
  before(simulator)
  expect(await begin(simulator, move)).toMatchObject([{ outcome: 'refused', code }])
})

test('a copy between dirs of a node that tells nothing can be neither judged nor taken back', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  const move = dirMove(simulator, 't', 1, '/disk0', '/disk1')
  await begin(simulator, move)
  await clock.advance(4_000)
  world.happen({ silence: { node: 1, ms: 60_000 } })
  await clock.advance(10_000)
  const [running] = (await simulator.pulse(live)).running
  expect(running).toEqual({ topic: 't', partition: 0, target: [1, 2], adding: [], removing: [], dir: dir(1, 1) })
  expect(await simulator.judge([move], live)).toMatchObject([{ outcome: 'unknown' }])
  expect(await simulator.cancel([move], live)).toMatchObject([{ code: 'not_sent' }])
  expect(await begin(simulator, move)).toMatchObject([{ code: 'not_sent' }])
  await clock.advance(50_000)
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'landed' }])
})

test('the target dir of a copy fails: the replica stays where it is', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  const move = dirMove(simulator, 't', 1, '/disk0', '/disk1')
  await begin(simulator, move)
  await clock.advance(4_000)
  world.happen({ failDir: dir(1, 1) })
  expect(await simulator.judge([move], live)).toEqual([{ outcome: 'reverted' }])
  expect(shown(simulator, 't').isr).toEqual([1, 2])
})

test('new replicas avoid a cordoned dir while another is open', async () => {
  const { clock, simulator, world } = simulate({ nodes, topics })
  world.happen({ cordonDir: { ...dir(3, 0), cordoned: true } })
  await begin(simulator, replicaMove(simulator, 't', 2, 3), replicaMove(simulator, 'u', 2, 3))
  await clock.advance(20_000)
  expect(await dirsOf(simulator, 3)).toEqual({ '/disk0': '0 of 1000', '/disk1': '200 of 1000' })
  expect([...(await simulator.sample(live)).state.dirCordoned]).toEqual([0, 0, 0, 0, 1, 0])
})

test('a node with a rate of its own copies at that', async () => {
  const slow = { ...two(3), copyRate: 1e6 }
  const { clock, simulator } = simulate({ nodes: [two(1), two(2), slow], topics })
  await begin(simulator, replicaMove(simulator, 't', 2, 3))
  await clock.advance(10_000)
  expect((await simulator.pulse(live)).running).toMatchObject([{ bytesDone: 10e6 }])
})

type State = Awaited<ReturnType<Simulator['sample']>>['state']

function replica(state: State, name: string, id: NodeId) {
  const partition = state.topicPartitionStart[state.names.topics.indexOf(name)]!
  const start = state.partitionReplicaStart[partition]!
  const slots = state.replicaNode.subarray(start, state.partitionReplicaStart[partition + 1])
  const at = start + slots.indexOf(state.names.nodes.indexOf(id))
  return {
    bytes: state.replicaBytes[at],
    dir: state.names.dirs[state.replicaDir[at]!],
    offline: (state.replicaFlags[at]! & 8) !== 0,
  }
}
