/** Tables that are placed in other ways than by their tag alone: over pools, strictly by replica groups, and by the partitions of a stream. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Evenkeel } from '../acceptance/evenkeel.ts'
import { guardLeaks } from '../leaks.ts'
import { answered, atRest, inGroups, observedDuring, replicaGroups, startBeside } from './beside.ts'
import type { PinotCluster } from './cluster.ts'
import { jobsLog, jobsText } from './jobs-log.ts'
import { startPinot } from './start.ts'
import { converged, counts, createTable, idealState, updateTags, uploadSegments } from './tables.ts'

guardLeaks()

const KiB = 1024
const tmpfsMiB = 64
const tables = ['events_REALTIME', 'pooled_OFFLINE', 'strict_OFFLINE']
const shards = 4
/** One replica group in each of two pools, of all servers that there are. */
const overPools = {
  OFFLINE: {
    tagPoolConfig: { tag: 'DefaultTenant_OFFLINE', poolBased: true },
    replicaGroupPartitionConfig: { replicaGroupBased: true, numReplicaGroups: 2 },
  },
}
const strictly = { routing: { instanceSelectorType: 'strictReplicaGroup' } }

let cluster: PinotCluster
let daemon: Evenkeel
/** Of each server, in order. */
const pools = [0, 0, 1, 1, 0, 1]
const spec = (server: number) => ({ tmpfsMiB, pools: { DefaultTenant_OFFLINE: pools[server]! } })
const names = () => cluster.servers.map(({ name }) => name)
const poolsOf = (replicas: object) => new Set(Object.keys(replicas).map((server) => pools[names().indexOf(server)]))
const placed = async (table: string) => counts(await idealState(cluster, table), names())

beforeAll(async () => {
  cluster = await startPinot({ servers: [0, 1, 2, 3].map(spec) })
  await createTable(cluster, { name: 'pooled', replication: 2, config: { instanceAssignmentConfigMap: overPools } })
  await uploadSegments(
    cluster,
    'pooled',
    Array.from({ length: 24 }, () => 100 * KiB),
  )
  await createTable(cluster, {
    name: 'strict',
    replication: 2,
    shards,
    config: { ...strictly, instanceAssignmentConfigMap: inGroups(2, 0) },
  })
  await uploadSegments(
    cluster,
    'strict',
    Array.from({ length: 24 }, (_, n) => ({
      name: `strict_${`${n}`.padStart(3, '0')}`,
      bytes: 100 * KiB,
      shard: n % shards,
    })),
  )
  await createTable(cluster, {
    name: 'events',
    type: 'REALTIME',
    replication: 2,
    streamPartitions: 6,
    config: strictly,
  })
  await converged(cluster, 'events_REALTIME')
  daemon = await startBeside(cluster)
  await atRest(daemon)
})
afterAll(async () => {
  await daemon?.stop()
  await cluster?.close()
})

/** The daemon answers it; every table has a replica of each segment up all the time, and one job at most, that comes to its end. */
async function followed(what: string, act: () => Promise<unknown>): Promise<void> {
  const known = (await jobsLog(cluster)).jobs.length
  const seen = await observedDuring(cluster, tables, () => answered(daemon, what, act))
  const log = await jobsLog(cluster)
  const jobs = log.jobs.slice(known)
  console.log(jobsText({ jobs, together: [] }))
  expect(log.together).toEqual([])
  for (const [at, table] of tables.entries()) {
    await converged(cluster, table)
    const least = Math.min(...Object.values(seen[at]!.lowest))
    console.log(`${table}: ${(await placed(table)).join('/')}, at least ${least} up`)
    expect(least).toBeGreaterThanOrEqual(1)
    const own = jobs.filter((job) => job.table === table).map(({ statuses }) => statuses.at(-1))
    // Where two end at the same moment the controller may fail to write down one, which is then taken off the list by us.
    expect(own.join()).toMatch(/^(DONE|CANCELLED)?$/)
  }
  expect((await daemon.moves('ended')).filter(({ state }) => state !== 'done')).toEqual([])
}

test('a server joins each pool: every segment stays once in each, and the newcomers are filled', async () => {
  await followed('a server more for each pool', async () => {
    await cluster.addServer(spec(4))
    await cluster.addServer(spec(5))
  })
  const pooled = await idealState(cluster, 'pooled_OFFLINE')
  for (const replicas of Object.values(pooled)) {
    expect(poolsOf(replicas)).toEqual(new Set([0, 1]))
  }
  expect(await placed('pooled_OFFLINE')).toEqual([8, 8, 8, 8, 8, 8])
  // The same servers for all segments of a group: queries of one go to one group alone.
  const groups = await replicaGroups(cluster, 'strict')
  expect(groups.flat().toSorted()).toEqual(names())
  for (const replicas of Object.values(await idealState(cluster, 'strict_OFFLINE'))) {
    expect(groups.map((group) => group.filter((server) => server in replicas).length)).toEqual([1, 1])
  }
})

test('a server of each pool loses its tags: both are emptied, and what is consumed goes on elsewhere', async () => {
  const [first, , third] = names()
  await followed('two servers untagged', async () => {
    await updateTags(cluster, first!, ['server_untagged'])
    await updateTags(cluster, third!, ['server_untagged'])
  })
  for (const table of tables) {
    const held = await placed(table)
    expect([held[0], held[2]]).toEqual([0, 0])
  }
  const events = await idealState(cluster, 'events_REALTIME')
  expect(Object.values(events).map((replicas) => Object.values(replicas))).toEqual(
    Array.from({ length: 6 }, () => ['CONSUMING', 'CONSUMING']),
  )
  const pooled = await idealState(cluster, 'pooled_OFFLINE')
  for (const replicas of Object.values(pooled)) {
    expect(poolsOf(replicas)).toEqual(new Set([0, 1]))
  }
})
