import { afterAll, describe, expect, test } from 'vitest'
import { foldInFlight } from '../../../src/cluster/influence.ts'
import { immovableReasons, nodeStates } from '../../../src/cluster/reasons.ts'
import type { Sample } from '../../../src/cluster/sample.ts'
import { ADDING, IN_SYNC, OFFLINE, REMOVING } from '../../../src/cluster/state.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { codeOf, EvenkeelError, messageOf } from '../../../src/lib/errors.ts'
import { Decoder } from '../../../src/systems/pinot/read/decoder.ts'
import { Inventory } from '../../../src/systems/pinot/read/inventory.ts'
import { Servers } from '../../../src/systems/pinot/read/servers.ts'
import { Sampler } from '../../../src/systems/pinot/sample/sampler.ts'
import { fakeServers } from './fake-servers.ts'
import { jobEntry, memoryCluster, root, serverName } from './memory-cluster.ts'

const { signal } = new AbortController()
const decoder = new Decoder()
afterAll(() => decoder.close())

function sampled(servers: Parameters<typeof memoryCluster>[0] = { s1: {}, s2: {}, s3: {} }) {
  const cluster = memoryCluster(servers)
  const fake = fakeServers()
  const clock = new VirtualClock()
  const inventory = new Inventory('c', cluster.znodes, decoder, clock)
  const asking = new Servers(fake.get, decoder, clock)
  const sampler = new Sampler('orders', asking)
  return {
    cluster,
    fake,
    clock,
    sampler,
    servers: asking,
    sample: async (): Promise<Sample> => {
      const reading = await inventory.read(signal)
      await asking.read(reading, signal)
      return sampler.sample(reading, { targets: [], brokers: [], verdicts: new Map() }, [])
    },
  }
}

const statesOf = ({ state }: Sample) => [...state.nodeState].map((code) => nodeStates[code])

/** `segment server:FLAGS/bytes …` */
function replicasOf({ state }: Sample): string[] {
  const words = [
    [IN_SYNC, 'in'],
    [ADDING, 'adding'],
    [REMOVING, 'removing'],
    [OFFLINE, 'offline'],
  ] as const
  return state.names.partitions.map((name, partition) => {
    const replicas = []
    for (let at = state.partitionReplicaStart[partition]!; at < state.partitionReplicaStart[partition + 1]!; at += 1) {
      const flags = words.filter(([bit]) => (state.replicaFlags[at]! & bit) !== 0).map(([, word]) => word)
      const server = String(state.names.nodes[state.replicaNode[at]!]).split('_')[1]
      replicas.push(`${server}:${flags.join('+') || 'out'}/${state.replicaBytes[at]}`)
    }
    return `${name} ${replicas.join(' ')}`
  })
}

const immovableOf = ({ state }: Sample) => [...state.partitionImmovable].map((code) => immovableReasons[code])

test('servers are nodes, tables topics, segments partitions', async () => {
  const { cluster, fake, sample } = sampled({
    s1: { pools: { DefaultTenant_OFFLINE: 'p1' } },
    s2: { pools: { DefaultTenant_REALTIME: 'p2', else_OFFLINE: 'p9' } },
  })
  fake.disks = { s1: { total: 1000, used: 700 } }
  fake.sizes = { s1: { 't_OFFLINE/a': 10 }, s2: { 't_OFFLINE/a': 11 } }
  cluster.setTable('t_OFFLINE', { a: 's1 s2' })
  cluster.setTable('r_REALTIME', { r__0__0__1: 's1:CONSUMING s2:CONSUMING' })
  const result = await sample()
  const { state } = result
  expect(state.cluster).toEqual({ name: 'orders', system: 'pinot', clusterId: 'c', version: '1.5.1' })
  expect(state.names).toMatchObject({
    nodes: [serverName('s1'), serverName('s2')],
    hosts: ['s1', 's2'],
    racks: ['p1', 'p2'],
    domains: ['DefaultTenant'],
    dirs: ['/data', '/data'],
    topics: ['r_REALTIME', 't_OFFLINE'],
  })
  expect([...state.dirCapacityBytes, ...state.dirUsedBytes]).toEqual([1000, 1000, 700, 500])
  expect(replicasOf(result)).toEqual(['r__0__0__1 s1:in/0 s2:in/0', 'a s1:in/10 s2:in/11'])
  expect(immovableOf(result)).toEqual(['excluded', ''])
  expect([...state.replicaDir]).toEqual([0, 1, 0, 1])
  expect([result.missingNodes, result.notes, result.running]).toEqual([[], [], []])
})

describe('who is there', () => {
  test.each([
    ['as usual', {}, 'alive', 0, 0],
    ['dead', { live: false }, 'unavailable', 0, 0],
    ['disabled', { fields: { HELIX_ENABLED: 'false' } }, 'alive', 1, 0],
    ['restarting', { fields: { shutdownInProgress: 'true' } }, 'alive', 1, 0],
    ['routed around', { fields: { queriesDisabled: 'true' } }, 'alive', 1, 0],
    ['being evacuated', { operations: ['{"OPERATION":"EVACUATE"}'] }, 'draining', 0, 1],
    ['without tags, and still holding something', { tags: ['server_untagged'] }, 'draining', 0, 1],
    ['without tags, and dead', { tags: [], live: false }, 'unavailable', 0, 1],
  ])('a server that is %s', async (_, spec, state, excluded, draining) => {
    const { cluster, sample } = sampled({ s1: spec, s2: {} })
    cluster.setTable('t_OFFLINE', { a: 's1 s2' })
    const result = await sample()
    expect([statesOf(result)[0], result.state.nodeExcluded[0], result.state.nodeDraining[0]]).toEqual([
      state,
      excluded,
      draining,
    ])
    expect([statesOf(result)[1], result.state.nodeExcluded[1], result.state.nodeDraining[1]]).toEqual(['alive', 0, 0])
  })

  test('a server that is gone is told at once, if it holds anything', async () => {
    const { cluster, sample } = sampled({ s1: {}, s2: {}, s3: { live: false } })
    cluster.setTable('t_OFFLINE', { a: 's1 s2' })
    expect((await sample()).notes.join()).not.toContain('gone')
    cluster.setLive('s2', false)
    expect((await sample()).notes).toContain(`servers that are gone and hold segments: ${serverName('s2')}`)
  })

  test('a new server without tags is not draining, and of no domain but its own', async () => {
    const { cluster, sample } = sampled({ s1: {}, s2: { tags: ['server_untagged'] } })
    cluster.setTable('t_OFFLINE', { a: 's1' })
    const result = await sample()
    expect(statesOf(result)).toEqual(['alive', 'alive'])
    expect(result.state.names.domains).toEqual(['DefaultTenant', `untagged ${serverName('s2')}`])
    expect(result.notes.join()).not.toContain('s2')
  })

  test('a server that a table names and nobody knows is unavailable', async () => {
    const { cluster, sample } = sampled({ s1: {} })
    cluster.setTable('t_OFFLINE', { a: 's1 gone' }, { a: 's1' })
    const result = await sample()
    expect(result.state.names.nodes).toEqual([serverName('gone'), serverName('s1')])
    expect(statesOf(result)).toEqual(['unavailable', 'alive'])
    expect(result.health.underReplicated).toEqual({ own_move: 0, node: 1, other: 0 })
  })

  test('a live server that does not answer keeps its last figures, and is unreachable until it is dead', async () => {
    const { cluster, fake, clock, sample } = sampled()
    fake.sizes = { s1: { 't_OFFLINE/a': 10 }, s2: { 't_OFFLINE/a': 11 } }
    cluster.setTable('t_OFFLINE', { a: 's1 s2' })
    await sample()
    fake.silent.add('s2')
    fake.disks = { s2: { total: 1, used: 1 } }
    await clock.advance(60_000)
    const frozen = await sample()
    expect([statesOf(frozen), frozen.missingNodes]).toEqual([['alive', 'unreachable', 'alive'], [serverName('s2')]])
    expect([frozen.state.dirCapacityBytes[1], replicasOf(frozen)]).toEqual([1000, ['a s1:in/10 s2:in/11']])
    expect(frozen.notes).toContainEqual(
      expect.stringContaining(`${serverName('s2')} does not tell its disk, its figures are 1m old`),
    )
    cluster.setLive('s2', false)
    cluster.setView('t_OFFLINE', { a: 's1' })
    const dead = await sample()
    expect([statesOf(dead), dead.missingNodes]).toEqual([['alive', 'unavailable', 'alive'], []])
    expect(replicasOf(dead)).toEqual(['a s1:in/10 s2:offline/11'])
  })

  test('one that lets calls wait hangs, dead or alive, for a while; one that refuses them does not', async () => {
    const { cluster, fake, clock, sample, servers } = sampled()
    fake.silent.add('s2')
    fake.answers.set('s3/instance/diskUtilization', new EvenkeelError('unreachable', 'nobody listens'))
    await sample()
    expect(servers.hanging).toEqual([serverName('s2')])
    cluster.setLive('s2', false)
    await clock.advance(299_000)
    await sample()
    expect(servers.hanging).toEqual([serverName('s2')])
    await clock.advance(1_000)
    expect(servers.hanging).toEqual([])
    const asked = fake.asked.length
    await sample()
    // A machine that is off is not waited for each time.
    expect(fake.asked.slice(asked).filter((at) => at.startsWith('s2'))).toEqual([])
    cluster.setLive('s2', true)
    fake.silent.clear()
    await sample()
    fake.silent.add('s2')
    await sample()
    expect(servers.hanging).toEqual([serverName('s2')])
  })

  test('that none answers is no cluster without figures', async () => {
    const { fake, sample } = sampled()
    for (const host of ['s1', 's2', 's3']) fake.silent.add(host)
    const error = await sample().catch((thrown: unknown) => thrown)
    expect([codeOf(error), messageOf(error)]).toEqual(['sample_incomplete', expect.stringContaining('no server tells')])
  })

  test('a refusal is no matter of reachability', async () => {
    const { fake, sample } = sampled()
    fake.answers.set('s1/instance/diskUtilization', new EvenkeelError('not_permitted', 'no'))
    expect(codeOf(await sample().catch((thrown: unknown) => thrown))).toBe('not_permitted')
  })
})

describe('segments, and what is wrong with them', () => {
  const healthy = { own_move: 0, node: 0, other: 0, offline: 0, unexplained: 0 }
  const healthOf = ({ health }: Sample) => ({
    ...health.underReplicated,
    offline: health.offline,
    unexplained: health.unexplained.offline,
  })

  test.each([
    ['all there', 's1 s2', 's1 s2', {}, ['s1:in/10', 's2:in/10']],
    ['one on its way', 's1 s2', 's1', { own_move: 1 }, ['s1:in/10', 's2:adding/0']],
    ['one moving', 's1 s3', 's1 s2', { own_move: 1 }, ['s1:in/10', 's2:in+removing/10', 's3:adding/0']],
    ['the only one moving', 's3', 's2', { own_move: 1 }, ['s2:in+removing/10', 's3:adding/0']],
    ['one in ERROR', 's1 s2', 's1 s2:ERROR', { other: 1 }, ['s1:in/10', 's2:out/10']],
    ['one that Helix forgot', 's1 s2', 's1 s2:OFFLINE', { other: 1 }, ['s1:in/10', 's2:out/10']],
    ['one on a dead server', 's1 dead', 's1', { node: 1 }, ['dead:offline/10', 's1:in/10']],
    ['one on a disabled server', 's1 off', 's1 off:OFFLINE', { node: 1 }, ['off:offline/10', 's1:in/10']],
    ['one dead, one on its way', 's1 dead s2', 's1', { node: 1 }, ['dead:offline/10', 's1:in/10', 's2:adding/0']],
    ['one dead, one in ERROR', 's1 dead', 's1:ERROR', { other: 1, offline: 1 }, ['dead:offline/10', 's1:out/10']],
    ['all dead', 'dead', '', { node: 1, offline: 1 }, ['dead:offline/NaN']],
    [
      'all in ERROR',
      's1 s2',
      's1:ERROR s2:ERROR',
      { other: 1, offline: 1, unexplained: 1 },
      ['s1:out/10', 's2:out/10'],
    ],
    ['none anywhere', 's1', '', { own_move: 1, offline: 1, unexplained: 1 }, ['s1:adding/0']],
    ['wanted OFFLINE', 's1:OFFLINE s2:OFFLINE', '', {}, ['s1:out/10', 's2:out/10']],
    ['consuming', 's1:CONSUMING s2:CONSUMING', 's1:CONSUMING s2:CONSUMING', {}, ['s1:in/10', 's2:in/10']],
    ['just committed', 's1 s2', 's1:CONSUMING s2:CONSUMING', {}, ['s1:in/10', 's2:in/10']],
    ['left on a dead server', 's1', 's1 dead', {}, ['s1:in/10']],
    ['dropped and wanted again', 's1 s2', 's1 s2:DROPPED', { own_move: 1 }, ['s1:in/10', 's2:adding/0']],
  ])('%s', async (_, wanted, seen, health, replicas) => {
    const { cluster, fake, sample } = sampled({
      s1: {},
      s2: {},
      s3: {},
      dead: { live: false },
      off: { fields: { HELIX_ENABLED: 'false' } },
    })
    fake.sizes = Object.fromEntries(['s1', 's2', 's3', 'off'].map((host) => [host, { 't_OFFLINE/a': 10 }]))
    cluster.setTable('t_OFFLINE', { a: wanted }, seen === '' ? {} : { a: seen })
    const result = await sample()
    expect(replicasOf(result)).toEqual([`a ${replicas.join(' ')}`])
    expect(healthOf(result)).toEqual({ ...healthy, ...health })
    expect([result.health.underMinIsr, result.health.unexplained.underMinIsr]).toEqual([0, 0])
  })

  test('a view of other segments than the wish', async () => {
    const { cluster, sample } = sampled()
    cluster.setTable('t_OFFLINE', { b: 's1', d: 's2', e: 's1' }, { a: 's1', b: 's1', c: 's2', e: 's1' })
    expect(replicasOf(await sample())).toEqual(['b s1:in/NaN', 'd s2:adding/0', 'e s1:in/NaN'])
  })

  test('a new segment that is still loading is no loss, one that was there is', async () => {
    const { cluster, clock, sample } = sampled()
    cluster.setTable('t_OFFLINE', { a: 's1' })
    await sample()
    cluster.setTable('t_OFFLINE', { a: 's1', b: 's2' }, {})
    expect(healthOf(await sample())).toEqual({ ...healthy, own_move: 2, offline: 1, unexplained: 1 })
    await clock.advance(11 * 60_000)
    expect(healthOf(await sample())).toMatchObject({ offline: 2 })
  })

  test('segments of a new table are new', async () => {
    const { cluster, sample } = sampled()
    await sample()
    cluster.setTable('t_OFFLINE', { a: 's1', b: 's2:OFFLINE' }, {})
    expect(healthOf(await sample())).toEqual({ ...healthy, own_move: 1 })
  })

  test('what a server has to load that is just back explains what is missing', async () => {
    const { cluster, clock, sample } = sampled({ s1: {}, s2: {} })
    cluster.setTable('t_OFFLINE', { a: 's1' })
    await sample()
    cluster.setLive('s1', false)
    cluster.setView('t_OFFLINE', {})
    expect(healthOf(await sample())).toMatchObject({ node: 1, offline: 1, unexplained: 0 })
    cluster.setLive('s1', true)
    expect(healthOf(await sample())).toMatchObject({ node: 1, offline: 1, unexplained: 0 })
    // With its new session all that it has begins OFFLINE.
    cluster.setView('t_OFFLINE', { a: 's1:OFFLINE' })
    expect(healthOf(await sample())).toMatchObject({ node: 1, other: 0, offline: 1, unexplained: 0 })
    cluster.setView('t_OFFLINE', { a: 's1:ERROR' })
    expect(healthOf(await sample())).toMatchObject({ other: 1, offline: 1, unexplained: 1 })
    // After ten minutes it loads no more.
    cluster.setView('t_OFFLINE', { a: 's1:OFFLINE' })
    await clock.advance(601_000)
    expect(healthOf(await sample())).toMatchObject({ node: 0, other: 1, offline: 1, unexplained: 1 })
  })

  test('a server that is new has nothing to load but what is moved there', async () => {
    const { cluster, sample } = sampled({ s1: {} })
    cluster.setTable('t_OFFLINE', { a: 's1' })
    await sample()
    cluster.setServer('s2', {})
    cluster.setTable('t_OFFLINE', { a: 's2' }, { a: 's1' })
    expect(healthOf(await sample())).toEqual({ ...healthy, own_move: 1 })
  })

  test('a table that is disabled is left alone and misses nothing', async () => {
    const { cluster, sample } = sampled()
    cluster.setTable('t_OFFLINE', { a: 's1' }, {}, {}, { HELIX_ENABLED: 'false' })
    const result = await sample()
    expect([healthOf(result), [...result.state.topicExcluded]]).toEqual([healthy, [1]])
    expect(result.notes).toContain('tables that are disabled and left alone: t_OFFLINE')
  })

  test.each([
    ['c1 c2', '', undefined],
    ['c1', '', 'controllers that are gone: Controller_c2_9000'],
    [
      'c1',
      'IN_PROGRESS',
      'controllers that are gone, and with them every job that they ran, whatever the list of jobs says: Controller_c2_9000',
    ],
    ['', '', 'no controller is alive: no job gets on, and none can be begun (Controller_c1_9000, Controller_c2_9000)'],
  ])('of the controllers c1 and c2 only %s live, with a job %s', async (live, status, note) => {
    const { cluster, sample } = sampled()
    for (const name of ['c1', 'c2']) {
      const id = `Controller_${name}_9000`
      cluster.znodes.set(`${root}/CONFIGS/PARTICIPANT/${id}`, { id, simpleFields: {}, mapFields: {}, listFields: {} })
      if (live.includes(name)) cluster.znodes.set(`${root}/LIVEINSTANCES/${id}`)
    }
    if (status !== '') cluster.setJobs({ job: jobEntry('job', 't_OFFLINE', { status }) })
    const told = (await sample()).notes.filter((each) => each.includes('controller'))
    expect(told).toEqual(note === undefined ? [] : [note])
  })

  test('what arrives is folded into the disks at its full size', async () => {
    const { cluster, fake, sample } = sampled()
    fake.sizes = { s1: { 't_OFFLINE/a': 10 } }
    cluster.setTable('t_OFFLINE', { a: 's1 s2' }, { a: 's1 s3' })
    const { state } = await sample()
    foldInFlight(state, [])
    expect([[...state.dirArrivingBytes], [...state.dirPendingFreeBytes]]).toEqual([
      [0, 10, 0],
      [0, 0, 10],
    ])
  })
})

describe('sizes', () => {
  test('of its own server, else of another, else the average, else not known', async () => {
    const { cluster, fake, sample } = sampled()
    fake.sizes = { s1: { 't_OFFLINE/a': 10, 't_OFFLINE/b': 30 }, s2: { 't_OFFLINE/a': 14 } }
    cluster.setTable('t_OFFLINE', { a: 's1 s2 s3', b: 's1 s2', c: 's2 s3' })
    cluster.setTable('u_OFFLINE', { a: 's1' })
    const result = await sample()
    expect(replicasOf(result)).toEqual([
      'a s1:in/10 s2:in/14 s3:in/14',
      'b s1:in/30 s2:in/30',
      'c s2:in/22 s3:in/22',
      'a s1:in/NaN',
    ])
    expect(immovableOf(result)).toEqual(['', '', '', 'size_unknown'])
    expect(result.notes).toEqual([
      'no server tells the size of 2 segments (t_OFFLINE, u_OFFLINE): the average of the table is taken, where there is one',
    ])
  })

  test('what is being consumed is no part of the average', async () => {
    const { cluster, fake, sample } = sampled()
    fake.sizes = { s1: { 'r_REALTIME/a': 10, 'r_REALTIME/c': 0 } }
    cluster.setTable('r_REALTIME', { a: 's1', b: 's2', c: 's1:CONSUMING', d: 's2:CONSUMING' })
    expect(replicasOf(await sample())).toEqual(['a s1:in/10', 'b s2:in/10', 'c s1:in/0', 'd s2:in/0'])
  })

  test('are asked for again when something has no size yet, or after a while', async () => {
    const { cluster, fake, clock, sample } = sampled({ s1: {}, s2: {} })
    const asked = () => fake.asked.splice(0).filter((path) => path.endsWith('/size'))
    cluster.setTable('t_OFFLINE', { a: 's1' })
    cluster.setTable('u_OFFLINE', { a: 's2' })
    fake.sizes = { s1: { 't_OFFLINE/a': 10 }, s2: { 'u_OFFLINE/a': 10 } }
    await sample()
    expect(asked()).toEqual(['s1/tables/t_OFFLINE/size', 's2/tables/u_OFFLINE/size'])
    await clock.advance(60_000)
    await sample()
    expect(asked()).toEqual([])
    cluster.setTable('t_OFFLINE', { a: 's1', b: 's1' }, { a: 's1' })
    await sample()
    expect(asked()).toEqual(['s1/tables/t_OFFLINE/size'])
    await clock.advance(60_000)
    await sample()
    expect(asked()).toEqual([])
    cluster.setView('t_OFFLINE', { a: 's1', b: 's1' })
    fake.sizes['s1']!['t_OFFLINE/b'] = 12
    const loaded = await sample()
    expect(asked()).toEqual(['s1/tables/t_OFFLINE/size'])
    expect(replicasOf(loaded)).toEqual(['a s1:in/10', 'b s1:in/12', 'a s2:in/10'])
    await clock.advance(10 * 60_000)
    await sample()
    expect(asked()).toHaveLength(2)
  })

  test('that come late hold no sample, and are in the next', async () => {
    const { cluster, fake, clock, sample } = sampled({ s1: {}, s2: {} })
    cluster.setTable('t_OFFLINE', { a: 's1 s2' })
    fake.sizes = { s1: { 't_OFFLINE/a': 10 }, s2: { 't_OFFLINE/a': 14 } }
    const release = fake.hold('s2/tables/t_OFFLINE/size')
    const first = sample()
    await clock.advance(2_000)
    expect(replicasOf(await first)).toEqual(['a s1:in/10 s2:in/10'])
    // While it is waited for, nobody is asked for sizes anew.
    await clock.advance(60_000)
    fake.asked.length = 0
    const second = sample()
    await clock.advance(2_000)
    await second
    expect(fake.asked.filter((path) => path.endsWith('/size'))).toEqual([])
    release()
    expect(replicasOf(await sample())).toEqual(['a s1:in/10 s2:in/14'])
  })

  test('that a server does not tell are asked for again, and a note', async () => {
    const { cluster, fake, clock, sample } = sampled({ s1: {}, s2: {} })
    cluster.setTable('t_OFFLINE', { a: 's1' })
    fake.answers.set('s1/tables/t_OFFLINE/size', '{}')
    expect((await sample()).notes).toContainEqual(
      expect.stringMatching(
        /^Server_s1_8098 does not tell the sizes of its segments: the answer of http:.* has no segments$/,
      ),
    )
    fake.answers.clear()
    fake.sizes = { s1: { 't_OFFLINE/a': 5 } }
    await clock.advance(10_000)
    const result = await sample()
    expect([replicasOf(result), result.notes.filter((note) => note.includes('sizes'))]).toEqual([['a s1:in/5'], []])
  })
})

describe('for people', () => {
  test('evenness by counts and bytes over those that should hold the table', async () => {
    const { cluster, fake, sample } = sampled({ s1: {}, s2: {}, s3: {}, old: { tags: [] } })
    fake.sizes = {
      s1: { 't_OFFLINE/a': 10, 't_OFFLINE/b': 20 },
      s2: { 't_OFFLINE/c': 30 },
      old: { 't_OFFLINE/d': 100 },
    }
    cluster.setTable('t_OFFLINE', { a: 's1', b: 's1', c: 's2', d: 'old' }, { a: 's1', b: 's1:ERROR', c: 's2' })
    const { topics } = await sample()
    expect(topics).toEqual([
      {
        topic: 't_OFFLINE',
        partitions: 4,
        replicas: 4,
        bytes: 160,
        domain: 'DefaultTenant',
        tenant: 'DefaultTenant',
        evenness: {
          nodes: [
            { node: serverName('old'), replicas: 1, bytes: 100 },
            { node: serverName('s1'), replicas: 2, bytes: 30 },
            { node: serverName('s2'), replicas: 1, bytes: 30 },
            { node: serverName('s3'), replicas: 0, bytes: 0 },
          ],
          replicas: 1,
          bytes: 0.5,
        },
        notConverged: 2,
        inError: 1,
        seen: { online: 2, consuming: 0, offline: 0, error: 1 },
      },
    ])
  })

  test('persisted instance partitions say who should hold it', async () => {
    const { cluster, sample } = sampled()
    cluster.setTable('t_OFFLINE', { a: 's1', b: 's2' })
    cluster.znodes.set(`${root}/PROPERTYSTORE/INSTANCE_PARTITIONS/t_OFFLINE`, {
      listFields: { '0_0': [serverName('s1')], '0_1': [serverName('s2')] },
    })
    const [report] = (await sample()).topics!
    expect([report!.evenness.nodes.length, report!.evenness.replicas]).toEqual([2, 0])
  })

  test('servers of one host that tell one disk', async () => {
    const { cluster, sample } = sampled({ s1: {}, s2: { fields: { HELIX_HOST: 's1' } }, s3: {} })
    cluster.setTable('t_OFFLINE', { a: 's1 s2 s3' })
    expect((await sample()).notes).toContain(
      'Server_s1_8098, Server_s2_8098 are on one host and tell the same disk: what is used counts for each of them',
    )
  })

  test('servers with a tag and nothing on them, limits, maintenance, errors', async () => {
    const { cluster, sample } = sampled()
    cluster.setTable('t_OFFLINE', { a: 's1 s2' }, { a: 's1 s2:ERROR' })
    cluster.znodes.set(`${root}/CONTROLLER/MAINTENANCE`)
    cluster.znodes.set(`${root}/CONFIGS/CLUSTER/c`, {
      simpleFields: { 'pinot.server.max.segment.download.parallelism': '4' },
    })
    expect((await sample()).notes).toEqual([
      'Server_s3_8098 has the tag DefaultTenant_OFFLINE and holds no segment of any table',
      'Helix is in maintenance: nothing that is wanted is done',
      'limits on the loading of segments are set: pinot.server.max.segment.download.parallelism = 4',
      'no server tells the size of 1 segment (t_OFFLINE): the average of the table is taken, where there is one',
      '1 replica of t_OFFLINE in ERROR (a)',
    ])
  })
})

describe('domains', () => {
  test('servers that share a tag of a table belong together', async () => {
    const { cluster, sample } = sampled({
      s1: { tags: ['a_OFFLINE'] },
      s2: { tags: ['a_OFFLINE', 'b_OFFLINE'] },
      s3: { tags: ['b_OFFLINE'] },
      s4: { tags: ['c_OFFLINE', 'c_REALTIME'] },
      s5: { tags: ['cold_OFFLINE'] },
    })
    cluster.setTable('t_OFFLINE', { x: 's1' }, undefined, { tenants: '{"server":"a"}' })
    cluster.setTable('u_OFFLINE', { x: 's3' }, undefined, { tenants: '{"server":"b"}' })
    cluster.setTable('v_REALTIME', { x: 's4' }, undefined, {
      tenants: '{"server":"c"}',
      tierConfigs: '[{"name":"cold","serverTag":"cold_OFFLINE"}]',
    })
    const { state } = await sample()
    expect([...state.nodeDomain].map((at) => state.names.domains[at])).toEqual([
      'a+b',
      'a+b',
      'a+b',
      'c+cold',
      'c+cold',
    ])
    expect([...state.topicDomain].map((at) => state.names.domains[at])).toEqual(['a+b', 'a+b', 'c+cold'])
  })
})
