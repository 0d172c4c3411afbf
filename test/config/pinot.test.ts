import { describe, expect, it } from 'vitest'
import { changesBetween } from '../../src/config/changes.ts'
import type { PinotConfig } from '../../src/config/compile.ts'
import { parseConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { rebalanceWarnings } from '../../src/config/rebalance.ts'

/** `own` stands under the cluster, `top` at the top. */
const text = (own = '', top = '') => `version: 1
clusters:
  - name: analytics
    system: pinot
    controller_urls: [http://a:9000]
    ${own}
balancing: { mode: "off" }
${top}`

function pinot(own = '', top = '', file = text(own, top)): PinotConfig {
  const [cluster] = parseConfig(file, 'c.yaml').clusters
  if (cluster?.system !== 'pinot') throw new Error('no cluster of Pinot')
  return cluster.pinot
}

function problems(file: string): string[] {
  try {
    parseConfig(file, 'c.yaml')
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return error.message.split('\n')
  }
}

describe('a cluster of Pinot', () => {
  it('needs no more than a controller', () => {
    expect(pinot()).toEqual({
      controllerUrls: ['http://a:9000'],
      rebalance: {
        base: {
          parameters: {
            reassignInstances: true,
            includeConsuming: true,
            minimizeDataMovement: 'ENABLE',
            bootstrap: false,
            downtime: false,
            allowPeerDownloadDataLoss: false,
            minAvailableReplicas: -1,
            lowDiskMode: false,
            bestEfforts: false,
            batchSizePerServer: 100,
            updateTargetTier: false,
            diskUtilizationThreshold: 0.9,
            externalViewCheckIntervalInMs: 1000,
            externalViewStabilizationTimeoutInMs: 600_000,
            heartbeatIntervalInMs: 60_000,
            heartbeatTimeoutInMs: 600_000,
            forceCommit: false,
            forceCommitBatchSize: 2_147_483_647,
            forceCommitBatchStatusCheckIntervalMs: 5000,
            forceCommitBatchStatusCheckTimeoutMs: 180_000,
          },
          onPrecheckWarn: 'proceed',
          untagDeadServers: false,
          resetErrorSegments: true,
        },
        tenants: {},
        tables: {},
      },
    })
    expect(rebalanceWarnings(pinot().rebalance)).toEqual([])
  })

  it('has its addresses and who we are', () => {
    const { auth, ...rest } = pinot(
      'zookeeper: { connect: "zk-0:2181,[::1]:2181/pinot/a" }\n    auth: { username: me, password: hunter2 }',
    )
    expect(rest).toMatchObject({ zookeeper: { connect: 'zk-0:2181,[::1]:2181/pinot/a' } })
    expect(auth).toMatchObject({ username: 'me' })
    expect(auth && 'password' in auth && auth.password.reveal()).toBe('hunter2')
    const bearer = pinot('auth: { token: hunter2 }').auth
    expect(bearer && 'token' in bearer && bearer.token.reveal()).toBe('hunter2')
    expect(JSON.stringify(bearer)).not.toContain('hunter2')
    expect(pinot('', '', text().replace('http://a:9000', 'https://a/pinot/')).controllerUrls).toEqual([
      'https://a/pinot',
    ])
  })

  it('takes keys of rebalance from the top, the cluster, the tenant and the table, the later winning', () => {
    const { rebalance } = pinot(
      'rebalance: { batchSizePerServer: 7, tables: { orders: { priority: 3, downtime: true } } }',
      `rebalance:
  batchSizePerServer: 5
  lowDiskMode: true
  on_precheck_warn: hold
  tenants: { Cold: { minAvailableReplicas: 1 } }
  tables: { orders: { priority: 2, bestEfforts: true } }`,
    )
    expect(rebalance.base).toMatchObject({
      parameters: { batchSizePerServer: 7, lowDiskMode: true, downtime: false },
      onPrecheckWarn: 'hold',
    })
    expect(rebalance.tenants).toEqual({ Cold: { parameters: { minAvailableReplicas: 1 } } })
    expect(rebalance.tables).toEqual({ orders: { parameters: { downtime: true, bestEfforts: true }, priority: 3 } })
  })

  it('is warned of what is risky', () => {
    const { rebalance } = pinot(
      '',
      `rebalance:
  reassignInstances: false
  bestEfforts: true
  bootstrap: true
  allowPeerDownloadDataLoss: true
  minAvailableReplicas: 0
  batchSizePerServer: 201
  diskUtilizationThreshold: 0.96
  externalViewStabilizationTimeoutInMs: 3600001
  tenants: { Cold: { batchSizePerServer: -1 } }
  tables: { orders: { downtime: true } }`,
    )
    expect(rebalanceWarnings(rebalance)).toEqual([
      'rebalance.bestEfforts is true: a job may leave replicas behind, and drop the last one that serves',
      'rebalance.bootstrap is true: nearly all segments of a table move',
      'rebalance.allowPeerDownloadDataLoss is true: segments that only servers have may be lost for good',
      'rebalance.reassignInstances is false: tables with instance partitions never use an added server',
      'rebalance.minAvailableReplicas is 0: all replicas of a segment may be down at once while it moves',
      'rebalance.batchSizePerServer is 201: more than 200 segments at once flood the queue of a server',
      'rebalance.diskUtilizationThreshold is 0.96: servers may be filled until they take in nothing any more',
      'rebalance.externalViewStabilizationTimeoutInMs is 3600001: a job that is stuck blocks its table for so long',
      'rebalance.tenants.Cold.batchSizePerServer is -1: a server may be given all its segments at once',
      'rebalance.tables.orders.downtime is true: segments that move serve no queries until they are loaded, and nothing waits for them',
    ])
  })

  it('tells what changed, and shows no secret', () => {
    const config = (own: string, top = '') => parseConfig(text(own, top), 'c.yaml')
    const changes = changesBetween(
      config('auth: { token: hunter2 }'),
      config('auth: { token: hunter3 }', 'rebalance: { lowDiskMode: true, tables: { orders: { priority: 1 } } }'),
    )
    expect(changes.map(({ key, before, after }) => `${key}: ${before} → ${after}`)).toEqual([
      'auth.token: <redacted> → <redacted>',
      'rebalance.lowDiskMode: false → true',
      'rebalance.tables.orders.priority: absent → 1',
    ])
  })
})

describe('a wrong config of Pinot', () => {
  const top = (line: string) => text('', `rebalance: { ${line} }`)
  const flags = [
    'reassignInstances',
    'includeConsuming',
    'bootstrap',
    'downtime',
    'allowPeerDownloadDataLoss',
    'lowDiskMode',
    'bestEfforts',
    'updateTargetTier',
    'forceCommit',
    'untag_dead_servers',
    'reset_error_segments',
  ]
  it.each(flags)('%s that is neither true nor false', (name) => {
    const column = 'rebalance: { '.length + name.length + 3
    expect(problems(top(`${name}: yes please`))).toEqual([
      `c.yaml:8:${column}: rebalance.${name}: expected true or false`,
    ])
  })

  const cases: [what: string, file: string, expected: string[]][] = [
    [
      'no controllers',
      text().replace('[http://a:9000]', '[]'),
      ['c.yaml:5:22: clusters[0].controller_urls: expected at least one URL of a controller'],
    ],
    [
      'controllers that are no URLs, or have secrets in them',
      text().replace('[http://a:9000]', '[a:9000, ftp://a, "http://me:hunter2@a", "http://a?b"]'),
      [23, 31, 40, 63].map((column, index) => {
        const what = 'expected an http or https URL such as https://pinot-controller:9000'
        return `c.yaml:5:${column}: clusters[0].controller_urls[${index}]: ${what}`
      }),
    ],
    [
      'a wrong address of ZooKeeper',
      text('zookeeper: { connect: zk-0 }'),
      [
        'c.yaml:6:27: clusters[0].zookeeper.connect: expected host:port,host:port/path, such as zk-0:2181,zk-1:2181/pinot',
      ],
    ],
    [
      'a digest file that is not there',
      text('zookeeper: { digest_file: nowhere }'),
      [
        'c.yaml:6:31: clusters[0].zookeeper.digest_file: the file cannot be read: no such file (a relative path starts at the folder of the config)',
      ],
    ],
    [
      'two kinds of authentication',
      text('auth: { username: me, password: a, token: b }'),
      [
        'c.yaml:6:11: clusters[0].auth: give one of password, password_file, token and token_file',
        'c.yaml:6:23: clusters[0].auth.username: does not go with a token, which says itself whose it is',
      ],
    ],
    [
      'a password of nobody',
      text('auth: { password: a }'),
      ['c.yaml:6:5: clusters[0].auth.username: is missing: a user name'],
    ],
    [
      'nothing to show',
      text('auth: { username: me }'),
      ['c.yaml:6:11: clusters[0].auth: password, password_file, token or token_file is missing'],
    ],
    ['keys of Kafka', text('sasl: {}'), ['c.yaml:6:5: clusters[0].sasl: unknown key']],
    [
      'rebalance under a cluster of Kafka',
      text('rebalance: {}')
        .replace('pinot', 'kafka')
        .replace('controller_urls: [http://a:9000]', 'bootstrap_servers: [a:1]'),
      ['c.yaml:6:5: clusters[0].rebalance: unknown key'],
    ],
    [
      'a word that is none',
      top('minimizeDataMovement: enable, on_precheck_warn: stop'),
      [
        'c.yaml:8:36: rebalance.minimizeDataMovement: expected one of ENABLE, DISABLE, DEFAULT (did you mean ENABLE?)',
        'c.yaml:8:62: rebalance.on_precheck_warn: expected one of proceed, hold',
      ],
    ],
    [
      'a batch of nothing',
      top('batchSizePerServer: 0'),
      ['c.yaml:8:34: rebalance.batchSizePerServer: expected -1 or a whole number from 1 to 1000000'],
    ],
    [
      'a ratio in percent',
      top('diskUtilizationThreshold: 90'),
      ['c.yaml:8:40: rebalance.diskUtilizationThreshold: expected -1 or a ratio above 0 up to 1'],
    ],
    [
      'half a replica',
      top('minAvailableReplicas: 0.5'),
      ['c.yaml:8:36: rebalance.minAvailableReplicas: expected a whole number from -1000 to 1000'],
    ],
    [
      'a duration with its unit',
      top('externalViewStabilizationTimeoutInMs: 10m, externalViewCheckIntervalInMs: 1'),
      [
        'c.yaml:8:52: rebalance.externalViewStabilizationTimeoutInMs: expected a whole number from 1000 to 604800000',
        'c.yaml:8:88: rebalance.externalViewCheckIntervalInMs: expected a whole number from 100 to 604800000',
      ],
    ],
    [
      'a heartbeat that comes too seldom',
      top('heartbeatIntervalInMs: 60000, heartbeatTimeoutInMs: 100000'),
      [
        'c.yaml:8:66: rebalance.heartbeatTimeoutInMs: is less than three times heartbeatIntervalInMs, which Pinot does not accept',
      ],
    ],
    [
      'numbers of commits',
      top('forceCommitBatchSize: 0, forceCommitBatchStatusCheckIntervalMs: 1, forceCommitBatchStatusCheckTimeoutMs: 1'),
      [
        'c.yaml:8:36: rebalance.forceCommitBatchSize: expected a whole number from 1 to 2147483647',
        'c.yaml:8:78: rebalance.forceCommitBatchStatusCheckIntervalMs: expected a whole number from 100 to 604800000',
        'c.yaml:8:119: rebalance.forceCommitBatchStatusCheckTimeoutMs: expected a whole number from 1000 to 604800000',
      ],
    ],
    [
      'parameters that are not for a config',
      top('dryRun: true, preChecks: true, disableSummary: true, maxAttempts: 3, retryInitialDelayInMs: 1'),
      [
        'c.yaml:8:14: rebalance.dryRun: is set by evenkeel: every rebalance is tried before it is run',
        'c.yaml:8:28: rebalance.preChecks: is set by evenkeel: the pre-checks always run',
        'c.yaml:8:45: rebalance.disableSummary: is set by evenkeel: the summary is always kept',
        'c.yaml:8:67: rebalance.maxAttempts: is always 1: retries are made by evenkeel, with what is right by then',
        'c.yaml:8:83: rebalance.retryInitialDelayInMs: has no effect: retries are made by evenkeel',
      ],
    ],
    [
      'a slip',
      top('batchSizePerServers: 10'),
      ['c.yaml:8:14: rebalance.batchSizePerServers: unknown key (did you mean batchSizePerServer?)'],
    ],
    [
      'a priority of all tables, and of a tenant',
      top('priority: 1, tenants: { A: { priority: 1 } }'),
      ['c.yaml:8:14: rebalance.priority: unknown key', 'c.yaml:8:43: rebalance.tenants.A.priority: unknown key'],
    ],
    [
      'a wrong value of one table',
      top('tables: { orders: { priority: high, maxAttempts: 2 } }'),
      [
        'c.yaml:8:44: rebalance.tables.orders.priority: expected a whole number from -1000 to 1000',
        'c.yaml:8:50: rebalance.tables.orders.maxAttempts: is always 1: retries are made by evenkeel, with what is right by then',
      ],
    ],
    [
      'tables that are a list',
      top('tables: [orders]'),
      ['c.yaml:8:22: rebalance.tables: expected names of tables, each with keys of rebalance'],
    ],
  ]
  it.each(cases)('%s', (_, file, expected) => {
    expect(problems(file)).toEqual(expected)
  })
})
