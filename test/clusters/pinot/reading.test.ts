/** Reads real clusters: through ZooKeeper and through the controller, with servers that die, freeze and join. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nodeStates } from '../../../src/cluster/reasons.ts'
import type { Sample } from '../../../src/cluster/sample.ts'
import { ADDING, IN_SYNC, OFFLINE } from '../../../src/cluster/state.ts'
import { realClock } from '../../../src/lib/clock.ts'
import { JobWatch } from '../../../src/systems/pinot/act/jobs.ts'
import { ServerTags } from '../../../src/systems/pinot/act/settings.ts'
import { createPinot, type PinotParts, type PinotSystem } from '../../../src/systems/pinot/pinot.ts'
import { Decoder } from '../../../src/systems/pinot/read/decoder.ts'
import { Inventory } from '../../../src/systems/pinot/read/inventory.ts'
import type { PinotReading } from '../../../src/systems/pinot/reading.ts'
import { Http, refusal } from '../../../src/systems/pinot/wire/http.ts'
import type { PinotCall } from '../../../src/systems/pinot/wire/observed.ts'
import { RestZnodes, ZooKeeperZnodes } from '../../../src/systems/pinot/wire/znodes.ts'
import { ZooKeeper } from '../../../src/systems/pinot/wire/zookeeper.ts'
import { rebalanceOptions } from '../../systems/pinot/readings.ts'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import type { PinotCluster } from './cluster.ts'
import { must } from './rest.ts'
import { startPinot } from './start.ts'
import { converged, createTable, place, rebalance, updateTags, uploadSegments } from './tables.ts'

guardLeaks()

const KiB = 1024
const { signal } = new AbortController()

describe('a cluster of three servers and three tables', () => {
  let cluster: PinotCluster
  let http: Http
  let parts: PinotParts
  let pinot: PinotSystem
  let orders: string[]

  beforeAll(async () => {
    cluster = await startPinot({
      sessionTimeoutMs: 4000,
      servers: [{ tmpfsMiB: 64, pools: { DefaultTenant_OFFLINE: 1 } }, {}, {}],
    })
    await createTable(cluster, { name: 'orders', replication: 2 })
    orders = await uploadSegments(
      cluster,
      'orders',
      Array.from({ length: 12 }, (_, n) => (20 + 10 * n) * KiB),
    )
    await createTable(cluster, { name: 'clicks', type: 'REALTIME', replication: 2, streamPartitions: 4 })
    await converged(cluster, 'clicks_REALTIME')
    await createTable(cluster, { name: 'empty', replication: 1 })
    http = new Http()
    const never = () => Promise.reject(new Error('nothing is acted upon here'))
    parts = {
      controller: async (path, aborted) => {
        const answer = await http.request('GET', `${cluster.controllerUrl}${path}`, {
          deadlineMs: 5_000,
          signal: aborted,
        })
        if (answer.status === 404) return undefined
        if (answer.status > 299) throw refusal('GET', answer)
        return answer.body
      },
      acts: { steps: () => [], perform: never, judge: never, cancel: never },
      clusterName: async () => cluster.name,
      put: never,
      settings: new ServerTags({ updateTags: never }, never, () => rebalanceOptions),
      targets: {
        wanted: async () => ({ targets: [], brokers: [], verdicts: new Map() }),
        jobs: (reading, bytesOf) => new JobWatch().of(reading, bytesOf),
      },
    }
    const observe = ({ upstream, operation, outcome }: PinotCall) => calls.add(`${upstream} ${operation} ${outcome}`)
    pinot = await createPinot({ name: 'p', zooKeeper: { connect: cluster.zkConnect }, observe }, realClock, parts)
  })
  afterAll(async () => {
    await pinot?.close()
    await http?.close()
    await cluster?.close()
  })

  const calls = new Set<string>()
  const sample = async (): Promise<{ sample: Sample; ms: number }> => {
    const begin = performance.now()
    return { sample: await pinot.sample(signal), ms: performance.now() - begin }
  }
  const stateOf = ({ state }: Sample, node: string) => nodeStates[state.nodeState[state.names.nodes.indexOf(node)]!]
  const reportOf = ({ topics }: Sample, table: string) => topics!.find(({ topic }) => topic === table)!

  test('shows servers, tables, segments, sizes and disks', async () => {
    const { sample: first } = await sample()
    expect([...calls]).toEqual(
      expect.arrayContaining([
        'zookeeper getData ok',
        'zookeeper getChildren ok',
        'pinot_server GET /instance ok',
        'pinot_server GET /tables/…/size ok',
      ]),
    )
    expect(reportOf(first, 'clicks_REALTIME').seen).toEqual({ online: 0, consuming: 8, offline: 0, error: 0 })
    const { state, health } = first
    expect(state.names.nodes).toEqual(cluster.servers.map(({ name }) => name))
    expect(state.names.topics).toEqual(['clicks_REALTIME', 'empty_OFFLINE', 'orders_OFFLINE'])
    expect(state.names.domains).toEqual(['DefaultTenant'])
    expect(state.names.racks).toEqual(['1'])
    expect(state.dirCapacityBytes[0]).toBe(64 * KiB * KiB)
    expect(first.missingNodes).toEqual([])
    const [clicks] = state.topicPartitionStart.subarray(1)
    expect([clicks, state.partitionCount, state.replicaCount]).toEqual([4, 16, 32])
    expect([...state.replicaFlags].every((flags) => flags === IN_SYNC)).toBe(true)
    expect(health).toEqual({
      underReplicated: { own_move: 0, node: 0, other: 0 },
      offline: 0,
      underMinIsr: 0,
      unexplained: { offline: 0, underMinIsr: 0 },
    })
    // Consuming segments stay where they are; the others are as large as was asked for.
    expect([...state.partitionImmovable]).toEqual([...Array(4).fill(4), ...Array(12).fill(0)])
    const bytes = Array.from({ length: 12 }, (_, n) => state.replicaBytes[8 + 2 * n]!)
    expect(bytes).toEqual(bytes.toSorted((a, b) => a - b))
    expect(bytes[11]).toBeGreaterThan(100 * KiB)
    expect(reportOf(first, 'orders_OFFLINE')).toMatchObject({
      partitions: 12,
      replicas: 24,
      domain: 'DefaultTenant',
      evenness: { replicas: 0, nodes: cluster.servers.map(({ name }) => ({ node: name, replicas: 8 })) },
      notConverged: 0,
      inError: 0,
      seen: { online: 24, consuming: 0, offline: 0, error: 0 },
    })
  })

  test('is the same through the controller', async () => {
    const zooKeeper = new ZooKeeper({ connect: cluster.zkConnect, clock: realClock })
    const decoder = new Decoder()
    try {
      const stores = [new ZooKeeperZnodes(zooKeeper), new RestZnodes(parts.controller)]
      const [direct, proxied] = await Promise.all(
        stores.map((store) => new Inventory(cluster.name, store, decoder, realClock).read(signal)),
      )
      const facts = (reading: PinotReading) => ({ ...reading, takenAtMs: 0, notes: [] })
      expect(facts(proxied!)).toEqual(facts(direct!))
      expect([direct!.notes, proxied!.notes.length]).toEqual([[], 1])
    } finally {
      await decoder.close()
      await zooKeeper.close()
    }
  })

  test('a large table that Pinot packs is the same through the controller', async () => {
    await createTable(cluster, { name: 'large', replication: 1 })
    const path = `/${cluster.name}/IDEALSTATES/large_OFFLINE`
    const record = await must<{ simpleFields: Record<string, string>; mapFields: Record<string, unknown> }>(
      'GET',
      `${cluster.controllerUrl}/zk/get?path=${path}`,
    )
    record.simpleFields['enableCompression'] = 'true'
    for (let n = 0; n < 1500; n += 1) {
      record.mapFields[`large_${n}`] = { [cluster.servers[n % 3]!.name]: 'OFFLINE' }
    }
    await must('PUT', `${cluster.controllerUrl}/zk/put?path=${path}`, { body: record })
    const zooKeeper = new ZooKeeper({ connect: cluster.zkConnect, clock: realClock })
    try {
      const [direct, proxied] = [new ZooKeeperZnodes(zooKeeper), new RestZnodes(parts.controller)]
      expect((await direct.read(path, signal))!.data.subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
      expect(JSON.parse((await proxied.read(path, signal))!.data.toString())).toMatchObject({ id: 'large_OFFLINE' })
      expect((await sample()).sample.state.partitionCount).toBe(1516)
    } finally {
      await zooKeeper.close()
      await must('DELETE', `${cluster.controllerUrl}/tables/large?type=OFFLINE`)
    }
  })

  test('a rebalance is listed, and what it moves is on its way', async () => {
    const [a, b] = cluster.servers
    await cluster.setKnobs(b!.name, { loadDelayMs: 3_000 })
    await cluster.setKnobs(a!.name, { loadDelayMs: 3_000 })
    await place(cluster, 'orders_OFFLINE', Object.fromEntries(orders.map((name) => [name, [a!.name, b!.name]])))
    const moving = await until('replicas being on their way', 10_000, async () => {
      const { sample: now } = await sample()
      return [...now.state.replicaFlags].some((flags) => (flags & ADDING) !== 0) && now
    })
    expect(moving.health.underReplicated.own_move).toBeGreaterThan(0)
    expect(moving.health.underReplicated.other).toBe(0)
    for (const { name } of cluster.servers) await cluster.setKnobs(name, {})
    await converged(cluster, 'orders_OFFLINE')
    const { sample: uneven } = await sample()
    expect(reportOf(uneven, 'orders_OFFLINE').evenness.replicas).toBeCloseTo(0.5)
    expect(uneven.notes.join()).not.toContain('holds no segment')

    const { jobId } = await rebalance(cluster, 'orders_OFFLINE', { minAvailableReplicas: 1 })
    const { jobs } = await until('the job being listed', 10_000, async () => {
      const pulse = await pinot.pulse(signal)
      return pulse.jobs!.length > 0 && pulse
    })
    expect(jobs).toMatchObject([{ id: jobId, topic: 'orders_OFFLINE', parameters: { minAvailableReplicas: '1' } }])
    await until('the job being over', 30_000, async () => (await pinot.pulse(signal)).jobs!.length === 0)
    expect(reportOf((await sample()).sample, 'orders_OFFLINE').evenness.replicas).toBeLessThan(0.3)
  })

  test('a server that freezes holds no sample, is unreachable, and dead when ZooKeeper says so', async () => {
    const { name } = cluster.servers[1]!
    const before = (await sample()).sample
    cluster.freeze(name)
    try {
      const { sample: frozen, ms } = await sample()
      expect(ms).toBeLessThan(5_000)
      expect([stateOf(frozen, name), frozen.missingNodes]).toEqual(['unreachable', [name]])
      expect(frozen.state.dirUsedBytes[1]).toBe(before.state.dirUsedBytes[1])
      expect([...frozen.state.replicaBytes]).toEqual([...before.state.replicaBytes])
      const dead = await until('it being dead', 20_000, async () => {
        const { sample: now, ms } = await sample()
        expect(ms).toBeLessThan(5_000)
        return stateOf(now, name) === 'unavailable' && now
      })
      expect(dead.health.underReplicated).toMatchObject({ other: 0, own_move: 0 })
      expect(dead.health.underReplicated.node).toBeGreaterThan(0)
      expect((await pinot.pulse(signal)).aliveNodes).not.toContain(name)
    } finally {
      cluster.thaw(name)
    }
    await cluster.waitReady()
    await converged(cluster, 'orders_OFFLINE')
    await converged(cluster, 'clicks_REALTIME')
    expect(stateOf((await sample()).sample, name)).toBe('alive')
  })

  test('a server that is killed is unavailable, its replicas keep their sizes, and it comes back', async () => {
    const { name } = cluster.servers[2]!
    const before = (await sample()).sample
    await cluster.kill(name)
    const dead = await until('it being dead', 20_000, async () => {
      const { sample: now, ms } = await sample()
      expect(ms).toBeLessThan(5_000)
      return stateOf(now, name) === 'unavailable' && now
    })
    expect([...dead.state.replicaFlags].filter((flags) => flags === OFFLINE).length).toBe(
      dead.health.underReplicated.node,
    )
    expect([...dead.state.replicaBytes]).toEqual([...before.state.replicaBytes])
    expect([dead.health.offline, dead.missingNodes]).toEqual([0, []])
    await cluster.start(name)
    await converged(cluster, 'orders_OFFLINE')
    await converged(cluster, 'clicks_REALTIME')
    const back = (await sample()).sample
    expect([stateOf(back, name), back.health.underReplicated]).toEqual(['alive', { own_move: 0, node: 0, other: 0 }])
  })

  test('a new table and a new server are in the next sample', async () => {
    await createTable(cluster, { name: 'later', replication: 1 })
    expect((await sample()).sample.state.names.topics).toContain('later_OFFLINE')
    const name = await cluster.addServer()
    const joined = (await sample()).sample
    expect(stateOf(joined, name)).toBe('alive')
    expect(joined.notes).toContain(
      `${name} has the tag DefaultTenant_OFFLINE, DefaultTenant_REALTIME and holds no segment of any table`,
    )
    expect(reportOf(joined, 'orders_OFFLINE').evenness.nodes).toContainEqual({ node: name, replicas: 0, bytes: 0 })
    // Its tags taken away, it has nothing to do with the tables any more.
    await updateTags(cluster, name, ['server_untagged'])
    const apart = (await sample()).sample
    expect(apart.state.names.domains).toEqual(['DefaultTenant', `untagged ${name}`])
    expect([stateOf(apart, name), apart.notes]).toEqual(['alive', []])
  })

  test('a server whose tags are taken away while it holds segments is draining', async () => {
    const { name } = cluster.servers[0]!
    await updateTags(cluster, name, ['server_untagged'])
    expect(stateOf((await sample()).sample, name)).toBe('draining')
    await updateTags(cluster, name, ['DefaultTenant_OFFLINE', 'DefaultTenant_REALTIME'])
  })
})
