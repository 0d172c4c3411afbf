/** TLS and SASL as clusters have them, and everything that can be wrong with them: told in one line, and no secret in it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { cli } from '../../cli/support.ts'
import { Evenkeel, isQuiet, type KafkaAccess } from '../acceptance/evenkeel.ts'
import { type KafkaCluster, startKafka } from '../kafka/cluster.ts'
import { fill } from '../kafka/fill.ts'
import { createTopic, describeTopics, runTool } from '../kafka/tools.ts'
import { guardLeaks } from '../leaks.ts'
import type { Properties } from '../properties-file.ts'
import { freshDir } from '../sandbox.ts'
import { until } from '../wait.ts'
import { Authority, type Identity } from './certificates.ts'

guardLeaks()
const MiB = 1024 * 1024
const password = 'hunter2-of-evenkeel'
const wrong = 'wr0ng-of-evenkeel'

let cluster: KafkaCluster
let authority: Authority
let stranger: Authority
let client: Identity
let foreign: Identity
let dir: string

beforeAll(async () => {
  dir = await freshDir('secure')
  ;[authority, stranger] = await Promise.all([Authority.make(), Authority.make()])
  const good = await authority.sign('broker', 'IP:127.0.0.1')
  const named = await authority.sign('named', 'DNS:kafka.example')
  const expired = await authority.sign('expired', 'IP:127.0.0.1', -1)
  client = await authority.sign('evenkeel', 'DNS:evenkeel')
  foreign = await stranger.sign('evenkeel', 'DNS:evenkeel')
  const tls = ({ keystore }: Identity): Properties => ({
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keystore,
  })
  const scram = 'org.apache.kafka.common.security.scram.ScramLoginModule required;'
  const sasl: Properties = {
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_evenkeel="${password}";`,
    'scram-sha-256.sasl.jaas.config': scram,
    'scram-sha-512.sasl.jaas.config': scram,
  }
  const mutual = {
    'ssl.client.auth': 'required',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': authority.file,
  }
  cluster = await startKafka({
    brokers: [1, 2, 3].map((id) => ({ id, tmpfsMiB: 256 })),
    listeners: [
      { name: 'SECURE', protocol: 'SASL_SSL', properties: { ...tls(good), ...sasl } },
      { name: 'PASSWORD', protocol: 'SASL_PLAINTEXT', properties: sasl },
      { name: 'TLS', protocol: 'SSL', properties: tls(good) },
      { name: 'MUTUAL', protocol: 'SSL', properties: { ...tls(good), ...mutual } },
      { name: 'EXPIRED', protocol: 'SSL', properties: tls(expired) },
      { name: 'NAMED', protocol: 'SSL', properties: tls(named) },
      { name: 'PLAIN', protocol: 'PLAINTEXT' },
    ],
  })
  const user = ['--entity-type', 'users', '--entity-name', 'evenkeel']
  await Promise.all(
    ['256', '512'].map((bits) => {
      const credential = `SCRAM-SHA-${bits}=[password=${password}]`
      return runTool(cluster, 'kafka.admin.ConfigCommand', ['--alter', ...user, '--add-config', credential])
    }),
  )
  // Broker 3 is empty and is to be filled.
  await createTopic(cluster, 'orders', { assignment: Array.from({ length: 12 }, (_, p) => (p % 2 ? [1, 2] : [2, 1])) })
  await fill(
    cluster,
    'orders',
    Array.from({ length: 12 }, () => MiB),
  )
})
afterAll(() => cluster?.close())

const ca = () => ({ ca_file: authority.file })
const sasl = (mechanism: string, secret = password) => ({ mechanism, username: 'evenkeel', password: secret })
const access = (listener: string, more: Omit<KafkaAccess, 'bootstrap_servers'> = {}): KafkaAccess => ({
  bootstrap_servers: cluster.bootstrapAt(listener),
  ...more,
})

function config(access: KafkaAccess): string {
  const file = join(dir, 'evenkeel.yaml')
  const clusters = [{ name: 'test', system: 'kafka', ...access }]
  writeFileSync(file, stringify({ version: 1, clusters, balancing: { mode: 'continuous' } }))
  return file
}

describe('check-config is content with', () => {
  test.each<[string, () => KafkaAccess, string]>([
    ['TLS', () => access('TLS', { tls: ca() }), 'TLS, no user'],
    [
      'TLS with another name in the certificate, if it is told',
      () => access('NAMED', { tls: { ...ca(), server_name: 'kafka.example' } }),
      'TLS, no user',
    ],
    [
      'a client certificate',
      () => access('MUTUAL', { tls: { ...ca(), cert_file: client.certFile, key_file: client.keyFile } }),
      'TLS, no user',
    ],
    ['SASL PLAIN', () => access('PASSWORD', { sasl: sasl('PLAIN') }), 'plain text, user evenkeel by SASL PLAIN'],
    [
      'SASL PLAIN over TLS',
      () => access('SECURE', { tls: ca(), sasl: sasl('PLAIN') }),
      'TLS, user evenkeel by SASL PLAIN',
    ],
    [
      'SCRAM-SHA-256',
      () => access('PASSWORD', { sasl: sasl('SCRAM-SHA-256') }),
      'plain text, user evenkeel by SASL SCRAM-SHA-256',
    ],
    [
      'SCRAM-SHA-512 over TLS',
      () => access('SECURE', { tls: ca(), sasl: sasl('SCRAM-SHA-512') }),
      'TLS, user evenkeel by SASL SCRAM-SHA-512',
    ],
  ])('%s', async (_, access, how) => {
    const { code, out, err } = await cli('check-config', config(access()))
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(`test: connected to 3 bootstrap addresses (${how})\ntest: 3 brokers, all answer\n`)
    expect(out).toContain('test: 3 nodes, 12 partitions\n')
    expect(out).not.toContain(password)
  })
})

const rows: [string, code: number, () => KafkaAccess, RegExp][] = [
  [
    'a wrong password by PLAIN',
    4,
    () => access('PASSWORD', { sasl: sasl('PLAIN', wrong) }),
    /refused user evenkeel by SASL plain$/,
  ],
  [
    'a wrong password by SCRAM',
    4,
    () => access('SECURE', { tls: ca(), sasl: sasl('SCRAM-SHA-512', wrong) }),
    /refused user evenkeel by SASL scram-sha-512$/,
  ],
  [
    'a user that does not exist',
    4,
    () => access('PASSWORD', { sasl: { ...sasl('SCRAM-SHA-256'), username: 'nobody' } }),
    /refused user nobody by SASL scram-sha-256$/,
  ],
  ['no user where one is wanted', 5, () => access('PASSWORD'), /does it expect TLS or SASL\?$/],
  [
    'a user where none is wanted',
    4,
    () => access('PLAIN', { sasl: sasl('PLAIN') }),
    /refused user evenkeel by SASL plain/,
  ],
  ['an expired certificate', 5, () => access('EXPIRED', { tls: ca() }), /its certificate has expired$/],
  [
    'another authority',
    5,
    () => access('TLS', { tls: { ca_file: stranger.file } }),
    /its certificate is not signed by an authority that tls\.ca_file names/,
  ],
  [
    'no authority',
    5,
    () => access('TLS', { tls: true as never }),
    /its certificate is not signed by an authority that this system trusts/,
  ],
  [
    'another name in the certificate',
    5,
    () => access('NAMED', { tls: ca() }),
    /its certificate is not for 127\.0\.0\.1: tls\.server_name/,
  ],
  ['TLS where the broker speaks plain text', 5, () => access('PLAIN', { tls: ca() }), /it does not speak TLS$/],
  ['plain text where the broker speaks TLS', 5, () => access('TLS'), /TLS/],
  [
    'no certificate where one is wanted',
    5,
    () => access('MUTUAL', { tls: ca() }),
    /it wants a certificate of the client: tls\.cert_file/,
  ],
  [
    'a certificate of a stranger where one is wanted',
    5,
    () => access('MUTUAL', { tls: { ...ca(), cert_file: foreign.certFile, key_file: foreign.keyFile } }),
    /does not accept the certificate of the client/,
  ],
]

describe('one line tells of', () => {
  test.each(rows)('%s', async (_, code, access, text) => {
    const ended = await cli('check-config', config(access()))
    const lines = ended.err.trimEnd().split('\n')
    expect(lines, ended.err).toHaveLength(1)
    expect(lines[0]).toMatch(text)
    expect(lines[0]).toMatch(/127\.0\.0\.1:\d+/)
    expect(ended.code).toBe(code)
    expect(ended.out + ended.err).not.toMatch(/hunter2|wr0ng/)
  })
})

describe('the daemon', () => {
  test('tells the same by log, status and API, and never a secret', async () => {
    const told = rows.filter(([name]) => /wrong password by SCRAM|expired|speaks plain/.test(name))
    const daemons = await Promise.all(told.map(([, , access]) => Evenkeel.startAt(access(), { mode: 'continuous' })))
    try {
      for (const [index, [name, , , text]] of told.entries()) {
        const daemon = daemons[index]!
        // A pulse may tell of it before the first sample has failed.
        const { error } = await daemon.reaches(name, 30_000, ({ status }) => status === 'unreachable')
        expect(error).toMatch(text)
        await until(`the log telling of ${name}`, 5_000, async () =>
          daemon
            .text()
            .split('\n')
            .some((line) => text.test(line)),
        )
        const paths = ['status', 'nodes', 'plan', 'moves'].map((path) => `${daemon.url}/api/v1/${path}`)
        const bodies = await Promise.all(paths.map(async (url) => (await fetch(url)).text()))
        const everything = [daemon.text(), await daemon.metricsText(), ...bodies].join('\n')
        expect(everything).not.toMatch(/hunter2|wr0ng/)
      }
    } finally {
      for (const daemon of daemons) await daemon.stop()
    }
  })

  test('balances a cluster by TLS and SCRAM-SHA-512', async () => {
    const daemon = await Evenkeel.startAt(access('SECURE', { tls: ca(), sasl: sasl('SCRAM-SHA-512') }), {
      mode: 'continuous',
    })
    try {
      await daemon.reaches('quiet', 60_000, isQuiet)
      const placed = await describeTopics(cluster, 'orders')
      const received = placed.filter(({ replicas }) => replicas.includes(3))
      expect(received.length).toBeGreaterThan(5)
      expect(placed.every(({ replicas, isr }) => replicas.length === 2 && isr.length === 2)).toBe(true)
      expect(await daemon.metric('evenkeel_moves_finished_total', 'result="failed"')).toBe(0)
      expect(daemon.text()).not.toContain(password)
    } finally {
      expect(await daemon.stop()).toBe(0)
    }
  })
})
