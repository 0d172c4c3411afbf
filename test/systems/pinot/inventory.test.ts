import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { codeOf, messageOf } from '../../../src/lib/errors.ts'
import { Decoder } from '../../../src/systems/pinot/read/decoder.ts'
import { Inventory } from '../../../src/systems/pinot/read/inventory.ts'
import { jobEntry, memoryCluster, root, serverName } from './memory-cluster.ts'

const { signal } = new AbortController()
const decoder = new Decoder()
afterAll(() => decoder.close())

function inventoryOf(servers: Parameters<typeof memoryCluster>[0] = { s1: {}, s2: {} }) {
  const cluster = memoryCluster(servers)
  const clock = new VirtualClock()
  const inventory = new Inventory('c', cluster.znodes, decoder, clock)
  /** Moving time on where it waits for a second look; what may happen meanwhile comes before. */
  const read = async (meanwhile: () => void = () => undefined) => {
    const reading = inventory.read(signal)
    reading.catch(() => undefined)
    await clock.advance(0)
    meanwhile()
    await clock.advance(1_000)
    return reading
  }
  return { cluster, inventory, read }
}

async function errorOf(work: Promise<unknown>): Promise<[string, string]> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  return [codeOf(error), messageOf(error)]
}

test('a cluster that has no job, no instance partitions and no lineage yet', async () => {
  const { cluster, read } = inventoryOf()
  cluster.setTable('t_OFFLINE', { a: 's1 s2', b: 's2' }, { a: 's1', b: 's2:ERROR' })
  const reading = await read()
  expect(reading).toMatchObject({ jobs: [], maintenance: false, paused: false, throttles: {}, notes: [] })
  expect(reading.brokerResource).toEqual({ version: -1, brokers: new Map() })
  const [table] = reading.tables
  expect(table).toMatchObject({
    name: 't_OFFLINE',
    type: 'OFFLINE',
    config: { isDimTable: false, tenants: { server: 'DefaultTenant' }, tableName: 't_OFFLINE' },
    instancePartitions: [],
    lineageInProgress: 0,
    idealState: { enabled: true, replicas: 2, consumptionPaused: false },
  })
  const { placement } = table!.idealState
  expect([placement.segments, placement.servers, [...placement.start], [...placement.server]]).toEqual([
    ['a', 'b'],
    [serverName('s1'), serverName('s2')],
    [0, 2, 3],
    [0, 1, 1],
  ])
  expect([...table!.externalView!.placement.state]).toEqual([0, 3])
  expect(table!.externalView!.placement.segments).toBe(placement.segments)
})

test('members of the cluster', async () => {
  const { cluster, read } = inventoryOf({
    plain: { messages: 2 },
    dead: { live: false },
    disabled: { fields: { HELIX_ENABLED: 'false' } },
    enabled: { fields: { HELIX_ENABLED: 'true', shutdownInProgress: 'true', queriesDisabled: 'true' } },
    evacuating: { operations: ['{"OPERATION":"EVACUATE","TIMESTAMP":"1"}'] },
    old: { operations: ['{"OPERATION":"ENABLE"}'], fields: { HELIX_HOST: 'Server_old', adminPort: '-1' } },
    secure: { fields: { adminPort: '', adminHttpsPort: '9443' }, pools: { DefaultTenant_OFFLINE: '1' } },
  })
  cluster.znodes.set(`${root}/CONFIGS/PARTICIPANT/Broker_b_8099`, {
    listFields: { TAG_LIST: ['DefaultTenant_BROKER'] },
  })
  cluster.znodes.set(`${root}/CONFIGS/PARTICIPANT/somebody`, { listFields: {} })
  const { instances } = await read()
  const by = new Map(instances.map((instance) => [instance.name, instance]))
  expect(by.get(serverName('plain'))).toEqual({
    name: 'Server_plain_8098',
    role: 'server',
    host: 'plain',
    live: true,
    enabled: true,
    evacuating: false,
    tags: ['DefaultTenant_OFFLINE', 'DefaultTenant_REALTIME'],
    pools: {},
    shuttingDown: false,
    queriesDisabled: false,
    adminUrl: 'http://plain:8097',
    version: '1.5.1',
    queueDepth: 2,
  })
  expect(by.get(serverName('dead'))).toMatchObject({ live: false, enabled: true })
  expect(by.get(serverName('disabled'))).toMatchObject({ enabled: false, evacuating: false })
  expect(by.get(serverName('enabled'))).toMatchObject({ enabled: true, shuttingDown: true, queriesDisabled: true })
  expect(by.get(serverName('evacuating'))).toMatchObject({ enabled: false, evacuating: true })
  expect(by.get(serverName('old'))).toMatchObject({ enabled: true, host: 'old' })
  expect(by.get(serverName('old'))).not.toHaveProperty('adminUrl')
  expect(by.get(serverName('secure'))).toMatchObject({
    adminUrl: 'https://secure:9443',
    pools: { DefaultTenant_OFFLINE: '1' },
  })
  expect(by.get('Broker_b_8099')).toMatchObject({ role: 'broker', live: false, host: 'b' })
  expect(instances).toHaveLength(8)
})

test('switches, limits, lineage, instance partitions and brokers', async () => {
  const { cluster, read } = inventoryOf()
  const { znodes } = cluster
  cluster.setTable('t_OFFLINE', { a: 's1' }, null, {
    tierConfigs: '[{"name":"cold","serverTag":"cold_OFFLINE"}]',
    instancePartitionsMap: '{"OFFLINE":"shared"}',
  })
  cluster.setTable('u_REALTIME', { a: 's1:CONSUMING' }, undefined, {}, { pauseState: '{"paused":true}', REPLICAS: 'x' })
  cluster.setTable('v_OFFLINE', {}, undefined, {}, { HELIX_ENABLED: 'false' })
  for (const name of [
    't_OFFLINE',
    't__TIER__cold',
    't__TIER__gone',
    'shared',
    'u_CONSUMING',
    'u_OFFLINE',
    'tt_OFFLINE',
  ]) {
    znodes.set(`${root}/PROPERTYSTORE/INSTANCE_PARTITIONS/${name}`, { listFields: { '0_0': [serverName('s1')] } })
  }
  znodes.set(`${root}/PROPERTYSTORE/SEGMENT_LINEAGE/t_OFFLINE`, {
    listFields: { x: ['a', 'b', 'IN_PROGRESS', '1'], y: ['c', 'd', 'COMPLETED', '2'] },
  })
  znodes.set(`${root}/CONFIGS/CLUSTER/c`, {
    simpleFields: { 'pinot.server.max.segment.download.parallelism': '4', 'enable.case.insensitive': 'true' },
  })
  znodes.set(`${root}/CONTROLLER/PAUSE`)
  znodes.set(`${root}/CONTROLLER/MAINTENANCE`)
  znodes.set(`${root}/IDEALSTATES/brokerResource`, { mapFields: { t_OFFLINE: { b2: 'ONLINE', b1: 'ONLINE' } } })
  const reading = await read()
  expect(reading).toMatchObject({
    paused: true,
    maintenance: true,
    throttles: { 'pinot.server.max.segment.download.parallelism': '4' },
    brokerResource: { version: 0, brokers: new Map([['t_OFFLINE', ['b1', 'b2']]]) },
  })
  expect(Object.keys(reading.throttles)).toHaveLength(1)
  const [t, u, v] = reading.tables
  expect(t!.instancePartitions.map(({ name }) => name)).toEqual(['shared', 't_OFFLINE', 't__TIER__cold'])
  expect(t!.lineageInProgress).toBe(1)
  expect(t).not.toHaveProperty('externalView')
  expect(u!.idealState).toMatchObject({ consumptionPaused: true })
  expect(u!.idealState).not.toHaveProperty('replicas')
  expect(u!.instancePartitions.map(({ name }) => name)).toEqual(['u_CONSUMING'])
  expect(v!.idealState.enabled).toBe(false)
})

describe('jobs', () => {
  test('as the controllers keep them; a broken entry is a note', async () => {
    const { cluster, read } = inventoryOf()
    cluster.setJobs({
      one: jobEntry('one', 't_OFFLINE'),
      two: { ...jobEntry('two', 't_OFFLINE'), REBALANCE_PROGRESS_STATS: '{' },
      three: { jobId: 'three', tableName: 't_OFFLINE' },
      four: jobEntry('four', 't_OFFLINE', { status: 'WHAT' }),
    })
    const { jobs, notes } = await read()
    expect(jobs).toEqual([
      {
        id: 'one',
        originalId: 'one-first',
        attempt: 2,
        table: 't_OFFLINE',
        status: 'IN_PROGRESS',
        startedAtMs: 1_795_254_627_222,
        updatedAtMs: 1_795_254_629_290,
        heartbeatIntervalMs: 300_000,
        heartbeatTimeoutMs: 3_600_000,
        allowRetries: true,
        config: { minAvailableReplicas: 1, heartbeatIntervalInMs: 300_000, heartbeatTimeoutInMs: 3_600_000 },
        adds: { total: 60, left: 20 },
        deletes: { total: 60, left: 20 },
        notConverged: 4,
      },
    ])
    expect(notes).toEqual([
      "job two in the controllers' list of rebalances is left out: its REBALANCE_PROGRESS_STATS is not JSON",
      "job three in the controllers' list of rebalances is left out: it has no REBALANCE_PROGRESS_STATS",
      "job four in the controllers' list of rebalances is left out: its status WHAT is not known",
    ])
  })
})

describe('what has not changed', () => {
  test('is not read again, and is the same object', async () => {
    const { cluster, read } = inventoryOf()
    cluster.setTable('t_OFFLINE', { a: 's1' })
    cluster.setTable('u_OFFLINE', { a: 's1' })
    const first = await read()
    cluster.znodes.reads.length = 0
    cluster.setView('t_OFFLINE', { a: 's1:ERROR' })
    const second = await read()
    expect(cluster.znodes.reads.filter((path) => path.includes('_OFFLINE'))).toEqual([`${root}/EXTERNALVIEW/t_OFFLINE`])
    expect(second.tables[0]!.idealState).toBe(first.tables[0]!.idealState)
    expect(second.tables[1]!.externalView!.placement).toBe(first.tables[1]!.externalView!.placement)
    expect([...second.tables[0]!.externalView!.placement.state]).toEqual([3])
  })

  test('is not taken for a table of the same name and version that was made anew', async () => {
    const { cluster, read } = inventoryOf()
    cluster.setTable('t_OFFLINE', { a: 's1' })
    await read()
    for (const parent of ['IDEALSTATES', 'EXTERNALVIEW']) cluster.znodes.delete(`${root}/${parent}/t_OFFLINE`)
    cluster.setTable('t_OFFLINE', { b: 's2' })
    const { tables } = await read()
    expect([tables[0]!.idealState.version, tables[0]!.idealState.placement.segments]).toEqual([0, ['b']])
  })
})

describe('a smaller cluster is never made of what cannot be read', () => {
  test.each([
    ['empty', Buffer.alloc(0)],
    ['torn', Buffer.from('{"mapFields":{"a":{')],
    ['torn and packed', gzipSync('{"mapFields":{}}').subarray(0, 12)],
  ])('an IdealState that is %s', async (_, data) => {
    const { cluster, read } = inventoryOf()
    cluster.setTable('t_OFFLINE', { a: 's1' })
    await read()
    cluster.znodes.set(`${root}/IDEALSTATES/t_OFFLINE`, data)
    const [code, text] = await errorOf(read())
    expect([code, text]).toEqual(['sample_incomplete', expect.stringMatching(/^\/c\/IDEALSTATES\/t_OFFLINE is not a /)])
  })

  test.each(['EXTERNALVIEW/t_OFFLINE', 'PROPERTYSTORE/CONFIGS/TABLE/t_OFFLINE', 'CONFIGS/PARTICIPANT/Server_s1_8098'])(
    'nor of %s',
    async (path) => {
      const { cluster, read } = inventoryOf()
      cluster.setTable('t_OFFLINE', { a: 's1' })
      cluster.znodes.set(`${root}/${path}`, Buffer.from('{'))
      const [code, text] = await errorOf(read())
      expect([code, text.split(' ')[0]]).toEqual(['sample_incomplete', `${root}/${path}`])
    },
  )

  test('a table without an IdealState, or an IdealState without a table, in two looks', async () => {
    const { cluster, read } = inventoryOf()
    cluster.setTable('t_OFFLINE', { a: 's1' })
    cluster.setTable('u_OFFLINE', { a: 's1' })
    cluster.znodes.delete(`${root}/IDEALSTATES/t_OFFLINE`)
    cluster.znodes.delete(`${root}/PROPERTYSTORE/CONFIGS/TABLE/u_OFFLINE`)
    const [code, text] = await errorOf(read())
    expect([code, text]).toEqual([
      'sample_incomplete',
      expect.stringContaining('table t_OFFLINE has no IdealState; IdealState u_OFFLINE has no table config'),
    ])
  })

  test('one that is just being made is not waited for longer than that', async () => {
    const { cluster, read } = inventoryOf()
    cluster.setTable('t_OFFLINE', { a: 's1' })
    cluster.znodes.delete(`${root}/IDEALSTATES/t_OFFLINE`)
    const { tables } = await read(() => cluster.setIdeal('t_OFFLINE', { a: 's1' }))
    expect(tables).toHaveLength(1)
  })

  test('a cluster that is not there', async () => {
    const { cluster, read } = inventoryOf()
    cluster.znodes.delete(`${root}/CONFIGS/CLUSTER`)
    expect(await errorOf(read())).toEqual(['sample_incomplete', 'ZooKeeper has no cluster /c'])
  })
})

test('a few tables are read without a look at the others, which are known afterwards as before', async () => {
  const { cluster, inventory, read } = inventoryOf()
  cluster.setTable('t_OFFLINE', { a: 's1' })
  cluster.setTable('u_OFFLINE', { a: 's1' })
  const first = await read()
  cluster.setIdeal('t_OFFLINE', { b: 's2' })
  cluster.setIdeal('u_OFFLINE', { b: 's2' })
  cluster.znodes.reads.length = 0
  const few = await inventory.read(signal, new Set(['t_OFFLINE', 'gone_OFFLINE']))
  expect(few.tables.map(({ name, idealState }) => [name, idealState.placement.segments])).toEqual([
    ['t_OFFLINE', ['b']],
  ])
  expect(few.instances).toEqual(first.instances)
  expect(cluster.znodes.reads.filter((path) => path.includes('u_OFFLINE'))).toEqual([])
  const all = await read()
  expect(all.tables.map(({ idealState }) => idealState.placement.segments)).toEqual([['b'], ['b']])
  expect(all.tables[1]!.externalView!.placement).toBe(first.tables[1]!.externalView!.placement)
})
