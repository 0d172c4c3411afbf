/** A cluster that permits little: what evenkeel needs is enough, what is missing is named, and nothing moves without it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigResourceTypes } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { cli } from '../../cli/support.ts'
import { type Access, type Balancing, Evenkeel, isQuiet } from '../acceptance/evenkeel.ts'
import { kafkaClient } from '../kafka/client.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import { type Grants, grants, permit } from '../kafka/permit.ts'
import { createTopic } from '../kafka/tools.ts'
import { guardLeaks } from '../leaks.ts'
import { freshDir } from '../sandbox.ts'
import { until } from '../wait.ts'

guardLeaks()
const MiB = 1024 * 1024

/** Users by what is missing of the set to act, where a permission that implies another one gives way to that. */
const users: Record<string, Grants> = {
  full: grants('act'),
  observer: grants('observe'),
  nobody: { cluster: [], topics: [] },
  noAlter: { cluster: ['Describe', 'AlterConfigs'], topics: ['Describe', 'AlterConfigs'] },
  noDescribe: { cluster: ['AlterConfigs'], topics: ['Describe', 'AlterConfigs'] },
  noAlterConfigs: { cluster: ['Alter', 'DescribeConfigs'], topics: ['Describe', 'AlterConfigs'] },
  noDescribeConfigs: { cluster: ['Alter'], topics: ['Describe', 'AlterConfigs'] },
  noTopicDescribe: { cluster: ['Alter', 'AlterConfigs'], topics: ['AlterConfigs'] },
  someTopics: { cluster: ['Alter', 'AlterConfigs'], topics: ['Describe', 'AlterConfigs'], only: ['clicks'] },
  noTopicAlterConfigs: { cluster: ['Alter', 'AlterConfigs'], topics: ['Describe', 'DescribeConfigs'] },
  noTopicDescribeConfigs: { cluster: ['Alter', 'AlterConfigs'], topics: ['Describe'] },
}
const passwordOf = (user: string) => `secret-of-${user}`

let cluster: KafkaCluster
let config: (user: string, more?: object) => string

beforeAll(async () => {
  cluster = await startKafka({
    brokers: [1, 2, 3].map((id) => ({ id, tmpfsMiB: 256 })),
    sasl: Object.fromEntries(Object.keys(users).map((user) => [user, passwordOf(user)])),
    authorizer: true,
  })
  const dir = await freshDir('permissions')
  config = (user, more = {}) => {
    const file = join(dir, `${user}.yaml`)
    const balancing = { mode: 'continuous' }
    writeFileSync(
      file,
      stringify({ version: 1, clusters: [{ name: 'test', system: 'kafka', ...accessOf(user) }], balancing, ...more }),
    )
    return file
  }
  await permit(cluster, users)
  // Broker 3 is empty and is to be filled; broker 1 leads everything.
  await createTopic(cluster, 'orders', { assignment: Array.from({ length: 12 }, () => [1, 2]) })
  await createTopic(cluster, 'clicks', { assignment: [[1, 2]] })
  await fill(
    cluster,
    'orders',
    Array.from({ length: 12 }, () => MiB),
  )
})
afterAll(() => cluster?.close())

const accessOf = (user: string): Access => ({
  bootstrap_servers: cluster.bootstrap,
  sasl: { mechanism: 'PLAIN', username: user, password: passwordOf(user) },
})

describe('check-config tells what is missing', () => {
  test.each<[user: string, code: number, missing: string[]]>([
    ['full', 0, []],
    ['observer', 4, ['CLUSTER ALTER', 'CLUSTER ALTER_CONFIGS', 'TOPIC ALTER_CONFIGS']],
    ['noAlter', 4, ['CLUSTER ALTER']],
    ['noDescribe', 4, ['CLUSTER DESCRIBE', 'CLUSTER ALTER']],
    ['noAlterConfigs', 4, ['CLUSTER ALTER_CONFIGS']],
    ['noDescribeConfigs', 4, ['CLUSTER DESCRIBE_CONFIGS', 'CLUSTER ALTER_CONFIGS']],
    ['noTopicDescribe', 4, ['TOPIC DESCRIBE']],
    ['someTopics', 4, ['TOPIC DESCRIBE']],
    ['noTopicAlterConfigs', 4, ['TOPIC ALTER_CONFIGS']],
    ['noTopicDescribeConfigs', 4, ['TOPIC DESCRIBE_CONFIGS', 'TOPIC ALTER_CONFIGS']],
  ])('to %s', async (user, code, missing) => {
    const ended = await cli('check-config', config(user))
    const named = [...ended.err.matchAll(/^test: the permission ([A-Z_ ]+) is missing: .+$/gm)].map((match) => match[1])
    expect(named, ended.out + ended.err).toEqual(missing)
    expect(ended.code).toBe(code)
    expect(ended.out + ended.err).not.toMatch(/secret-of|Session@|Request\(/)
    if (user === 'full') {
      expect(ended.err).toBe('')
      expect(ended.out).toContain('test: everything is permitted that mode continuous needs')
    }
  })

  test('and asks for less where less is meant to be done', async () => {
    for (const balancing of [{ mode: 'off' }, { mode: 'continuous', dry_run: true }]) {
      const { code, out } = await cli('check-config', config('observer', { balancing }))
      expect([code, out]).toEqual([0, expect.stringContaining('everything is permitted')])
    }
    const unthrottled = await cli('check-config', config('noAlterConfigs', { throttle: { rate_per_node: null } }))
    expect([unthrottled.code, unthrottled.err]).toEqual([0, ''])
  })

  test('also where nothing is permitted at all', async () => {
    const { code, err } = await cli('check-config', config('nobody'))
    expect(code).toBe(4)
    expect(err).toContain('CLUSTER DESCRIBE is missing')
    expect(err).toContain('CLUSTER ALTER is missing')
  })

  test('permissions --probe changes nothing and says the same as a table and as JSON', async () => {
    const before = await placement()
    const asTable = await cli('permissions', '--config', config('noAlter'), '--probe')
    expect(asTable.code).toBe(4)
    expect(asTable.out).toMatch(/^CLUSTER ALTER +- +yes +is missing: AlterPartitionReassignments is refused/m)
    expect(asTable.out).toMatch(/^TOPIC DESCRIBE +yes +yes +granted/m)
    const { out } = await cli('permissions', '--config', config('noAlter'), '--probe', '-o', 'json')
    const { found } = JSON.parse(out) as { found: { resource: string; operation: string; granted: boolean }[] }
    expect(found.filter(({ granted }) => !granted)).toMatchObject([{ resource: 'cluster', operation: 'Alter' }])
    expect(await placement()).toEqual(before)
    expect(await throttled()).toEqual([])
  })
})

describe('the daemon', () => {
  /** [user, what its log or status says], by those that run at once. */
  const lacking: [user: string, text: RegExp][][] = [
    [
      ['noDescribe', /ListPartitionReassignments was refused: it needs the permission CLUSTER DESCRIBE/],
      ['someTopics', /1 topics lie on the brokers' disks but are not shown in metadata \(orders\).*TOPIC DESCRIBE/],
      ['noTopicDescribe', /2 topics lie on the brokers' disks but are not shown in metadata.*TOPIC DESCRIBE/],
    ],
    // These read everything: what one of them may set on the cluster could be all that another one lacks.
    [['noAlter', /not_permitted: the permission CLUSTER ALTER is missing/]],
    [['noAlterConfigs', /the permission CLUSTER ALTER_CONFIGS is missing/]],
    [['noTopicAlterConfigs', /the permission TOPIC ALTER_CONFIGS is missing/]],
  ]
  const balancing: Balancing = { mode: 'continuous' }

  test.each(lacking)('moves nothing while something is missing, and says what', async (...lacking) => {
    const before = await placement()
    const daemons = await Promise.all(lacking.map(([user]) => Evenkeel.startAt(accessOf(user), balancing)))
    try {
      for (const [index, [user, text]] of lacking.entries()) {
        const daemon = daemons[index]!
        await until(`${user} reading ${text} in ${daemon.text()}`, 30_000, async () => text.test(daemon.text()), 200)
        expect(daemon.text()).not.toMatch(/secret-of|Session@|Request\(/)
      }
      expect(await placement()).toEqual(before)
      // What could be set before something else was refused is given back.
      await until('no setting being left', 30_000, async () => (await throttled()).length === 0, 200)
    } finally {
      for (const daemon of daemons) await daemon.stop()
    }
    expect(await throttled(), 'settings left behind').toEqual([])
  })

  test('moves, throttles and transfers with the whole set', async () => {
    const daemon = await Evenkeel.startAt(accessOf('full'), balancing)
    const seen = new Set<string>()
    const watch = setInterval(() => {
      void throttled().then((settings) => {
        for (const setting of settings) seen.add(setting)
      })
    }, 200)
    try {
      await daemon.reaches('quiet', 60_000, (status) => isQuiet(status))
      const placed = await placement()
      expect(placed.filter(({ replicas }) => replicas.includes(3)).length).toBeGreaterThan(5)
      expect(new Set(placed.map(({ leader }) => leader)).size).toBe(3)
      expect(await daemon.metric('evenkeel_moves_finished_total', 'result="failed"')).toBe(0)
      expect(daemon.text()).not.toMatch(/permission .* is missing/)
      expect([...seen].join('\n')).toMatch(/^3 follower\.replication\.throttled\.rate=52428800$/m)
      expect([...seen].join('\n')).toMatch(/^orders follower\.replication\.throttled\.replicas=/m)
      await until('the throttles being taken back', 15_000, async () => (await throttled()).length === 0, 200)
    } finally {
      clearInterval(watch)
      expect(await daemon.stop()).toBe(0)
    }
  })
})

async function placement(): Promise<{ topic: string; partition: number; leader: number; replicas: number[] }[]> {
  const admin = kafkaClient(cluster).admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata()
    return topics.flatMap(({ name: topic, partitions }) =>
      partitions
        .map(({ partitionId: partition, leader, replicas }) => ({ topic, partition, leader, replicas }))
        .toSorted((a, b) => a.partition - b.partition),
    )
  } finally {
    await admin.disconnect()
  }
}

/** Throttles that are set on topics and brokers. */
async function throttled(): Promise<string[]> {
  const admin = kafkaClient(cluster).admin()
  await admin.connect()
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        ...['orders', 'clicks'].map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
        ...['1', '2', '3'].map((name) => ({ type: ConfigResourceTypes.BROKER, name })),
      ],
    })
    return resources.flatMap(({ resourceName, configEntries }) =>
      configEntries
        .filter(({ configName, configValue }) => configName.includes('replication.throttled') && configValue !== '')
        .map(({ configName, configValue }) => `${resourceName} ${configName}=${configValue}`),
    )
  } finally {
    await admin.disconnect()
  }
}
