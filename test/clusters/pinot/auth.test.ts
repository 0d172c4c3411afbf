/** A controller that knows its users and speaks TLS: what evenkeel is granted is enough, everything that is wrong is told in one line. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { admin, controller } from '../../cli/scripted-pinot.ts'
import { cli } from '../../cli/support.ts'
import { Evenkeel, type PinotAccess } from '../acceptance/evenkeel.ts'
import { Authority, type Identity } from '../connections/certificates.ts'
import { guardLeaks } from '../leaks.ts'
import { mustRun } from '../make.ts'
import { freePort } from '../ports.ts'
import type { Properties } from '../properties-file.ts'
import { until } from '../wait.ts'
import { atRest, lowestDuring } from './beside.ts'
import type { PinotCluster } from './cluster.ts'
import { request } from './rest.ts'
import { startPinot } from './start.ts'
import { counts, createTable, idealState, updateTags, uploadSegments } from './tables.ts'

guardLeaks()

const KiB = 1024
const passwordOf = (user: string) => `hunter2-of-${user}`
const wrong = 'wr0ng-of-evenkeel'
const secrets = /hunter2|wr0ng/

/** Users with their permissions, and the tables these are for; all unless given. */
const users: Record<string, { permissions?: string; tables?: string }> = {
  admin: {},
  evenkeel: { permissions: 'READ,UPDATE' },
  reader: { permissions: 'READ' },
  some: { permissions: 'READ,UPDATE', tables: 'orders' },
}
const listeners = ['secure', 'named', 'expired', 'mutual'] as const
type Listener = (typeof listeners)[number]

let cluster: PinotCluster
let authority: Authority
let stranger: Authority
let client: Identity
let foreign: Identity
const ports: Partial<Record<Listener, number>> = {}

beforeAll(async () => {
  ;[authority, stranger] = await Promise.all([Authority.make(), Authority.make()])
  client = await authority.sign('evenkeel', 'DNS:evenkeel')
  foreign = await stranger.sign('evenkeel', 'DNS:evenkeel')
  const names = { secure: 'IP:127.0.0.1', named: 'DNS:pinot.example', expired: 'IP:127.0.0.1', mutual: 'IP:127.0.0.1' }
  const properties: Properties = { ...accessControl(), 'controller.access.protocols': listeners.join() }
  for (const listener of listeners) {
    ports[listener] = await freePort()
    const identity = await authority.sign(listener, names[listener], listener === 'expired' ? -1 : 1)
    Object.assign(properties, await listenerProperties(listener, identity))
  }
  cluster = await startPinot({
    servers: Array.from({ length: 3 }, () => ({ tmpfsMiB: 64 })),
    controllerProperties: properties,
    login: { username: 'admin', password: passwordOf('admin') },
  })
  for (const name of ['orders', 'logs']) await createTable(cluster, { name, replication: 2 })
  await uploadSegments(
    cluster,
    'orders',
    Array.from({ length: 6 }, () => 20 * KiB),
  )
})
afterAll(() => cluster?.close())

function accessControl(): Properties {
  const control = 'controller.admin.access.control'
  const properties: Properties = {
    [`${control}.factory.class`]: 'org.apache.pinot.controller.api.access.BasicAuthAccessControlFactory',
    [`${control}.principals`]: Object.keys(users).join(),
  }
  for (const [user, rights] of Object.entries(users)) {
    properties[`${control}.principals.${user}.password`] = passwordOf(user)
    for (const [key, value] of Object.entries(rights)) properties[`${control}.principals.${user}.${key}`] = value
  }
  return properties
}

/** Java wants its own kind of files. */
async function listenerProperties(listener: Listener, { certFile, keyFile, keystore }: Identity): Promise<Properties> {
  const store = `${keystore}.p12`
  const from = ['-in', certFile, '-inkey', keyFile]
  const deadlineMs = 30_000
  await mustRun('openssl', ['pkcs12', '-export', ...from, '-out', store, '-passout', 'pass:keystore'], {
    deadlineMs,
    otherwise: 'openssl could not make a keystore',
  })
  const at = `controller.access.protocols.${listener}`
  const properties: Properties = {
    [`${at}.protocol`]: 'https',
    [`${at}.host`]: '127.0.0.1',
    [`${at}.port`]: ports[listener]!,
    [`${at}.tls.keystore.type`]: 'PKCS12',
    [`${at}.tls.keystore.path`]: store,
    [`${at}.tls.keystore.password`]: 'keystore',
  }
  if (listener !== 'mutual') return properties
  const trusted = `${authority.file}.p12`
  const into = ['-keystore', trusted, '-storetype', 'PKCS12', '-storepass', 'truststore']
  await mustRun('keytool', ['-importcert', '-noprompt', '-alias', 'ca', '-file', authority.file, ...into], {
    deadlineMs,
    otherwise: 'keytool could not make a truststore',
  })
  return {
    ...properties,
    [`${at}.tls.client.auth.enabled`]: true,
    [`${at}.tls.truststore.type`]: 'PKCS12',
    [`${at}.tls.truststore.path`]: trusted,
    [`${at}.tls.truststore.password`]: 'truststore',
  }
}

const url = (listener: Listener) => `https://127.0.0.1:${ports[listener]}`
const plainUrl = () => new URL(cluster.controllerUrl).origin
const as = (username: string, password = passwordOf(username)) => ({ username, password })
const ca = () => ({ ca_file: authority.file })
/** Through the controller alone: everything goes over TLS and as that user. */
const access = (at: string, tls: PinotAccess['tls'] | undefined, auth?: PinotAccess['auth']): PinotAccess => ({
  system: 'pinot',
  controller_urls: [at],
  ...(tls === undefined ? {} : { tls }),
  ...(auth === undefined ? {} : { auth }),
})

let configs = 0

function config(access: PinotAccess): string {
  const file = join(cluster.dir, `evenkeel-${++configs}.yaml`)
  const clusters = [{ name: 'test', ...access }]
  writeFileSync(file, stringify({ version: 1, clusters, balancing: { mode: 'continuous' } }))
  return file
}

describe('check-config is content with', () => {
  const withClient = () => ({ ...ca(), cert_file: client.certFile, key_file: client.keyFile })
  test.each<[string, () => PinotAccess, string]>([
    ['TLS and a user', () => access(url('secure'), ca(), as('evenkeel')), 'user evenkeel'],
    [
      'another name in the certificate, if it is told',
      () => access(url('named'), { ...ca(), server_name: 'pinot.example' }, as('evenkeel')),
      'user evenkeel',
    ],
    ['a client certificate', () => access(url('mutual'), withClient(), as('evenkeel')), 'user evenkeel'],
    ['a user in plain text', () => access(plainUrl(), undefined, as('evenkeel')), 'user evenkeel'],
  ])('%s', async (_, access, who) => {
    const { code, out, err } = await cli('check-config', config(access()))
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(`: Pinot 1.5.1, cluster ${cluster.name} (${who})\n`)
    expect(out).toContain('test: everything is permitted that mode continuous needs\n')
    expect(out).toContain('test: 3 nodes, 6 partitions\n')
    expect(out).not.toMatch(secrets)
  })

  test('a bearer token, which is sent as such to a server with TLS', async () => {
    const { keyFile, certFile } = await authority.sign('tokens', 'IP:127.0.0.1')
    const tls = { key: readFileSync(keyFile), cert: readFileSync(certFile) }
    const token = passwordOf('token')
    // Whatever else it is shown it answers with 401.
    const at = await controller([await admin()], { authorization: `Bearer ${token}`, tls })
    const { code, out, err } = await cli('check-config', config(access(at, ca(), { token })))
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('cluster c (a token)\n')
    expect(out).not.toMatch(secrets)
    const refused = await cli('check-config', config(access(at, ca(), { token: wrong })))
    expect([refused.code, refused.err]).toEqual([
      4,
      expect.stringContaining('the controller does not accept the token in `auth`'),
    ])
  })
})

const rows: [string, code: number, () => PinotAccess, RegExp][] = [
  [
    'a wrong password',
    4,
    () => access(url('secure'), ca(), as('evenkeel', wrong)),
    /does not know user evenkeel, or not by the password in `auth`: .* 401: HTTP 401 Unauthorized$/,
  ],
  [
    'a user that does not exist',
    4,
    () => access(url('secure'), ca(), as('nobody', wrong)),
    /does not know user nobody, or not by the password in `auth`: .* 401: HTTP 401 Unauthorized$/,
  ],
  ['no user', 4, () => access(url('secure'), ca()), /wants to know who asks: `auth` is not set: .* 401/],
  [
    "a token, which Pinot's own access control does not know",
    4,
    () => access(url('secure'), ca(), { token: wrong }),
    /does not accept the token in `auth`: .* 401/,
  ],
  [
    'a user that may only read',
    4,
    () => access(url('secure'), ca(), as('reader')),
    /the permission TABLE UPDATE is missing: rebalances of 2 of 2 tables are refused with 403 \(logs, orders\)$/,
  ],
  [
    'a user of other tables',
    4,
    () => access(url('secure'), ca(), as('some')),
    /the permission TABLE UPDATE is missing: rebalances of 1 of 2 tables are refused with 403 \(logs\)$/,
  ],
  [
    'another authority',
    5,
    () => access(url('secure'), { ca_file: stranger.file }, as('evenkeel')),
    /its certificate is not signed by an authority that tls\.ca_file names$/,
  ],
  [
    'no authority',
    5,
    () => access(url('secure'), true, as('evenkeel')),
    /its certificate is not signed by an authority that this system trusts$/,
  ],
  [
    'another name in the certificate',
    5,
    () => access(url('named'), ca(), as('evenkeel')),
    /its certificate is not for 127\.0\.0\.1: tls\.server_name says which name to expect$/,
  ],
  ['an expired certificate', 5, () => access(url('expired'), ca(), as('evenkeel')), /its certificate has expired$/],
  [
    'no certificate where one is wanted',
    5,
    () => access(url('mutual'), ca(), as('evenkeel')),
    /broke off the TLS handshake: it wants a certificate of the client \(tls\.cert_file\)/,
  ],
  [
    'a certificate of a stranger where one is wanted',
    5,
    () => access(url('mutual'), { ...ca(), cert_file: foreign.certFile, key_file: foreign.keyFile }, as('evenkeel')),
    /broke off the TLS handshake: it does not accept that of the client \(tls\.cert_file\)/,
  ],
  [
    'plain text where the controller speaks TLS',
    5,
    () => access(url('secure').replace('https', 'http'), undefined, as('evenkeel')),
    /does it expect https\?$/,
  ],
  [
    'TLS where the controller speaks plain text',
    5,
    () => access(plainUrl().replace('http', 'https'), ca(), as('evenkeel')),
    /no TLS connection within 5000 ms: nothing is there, or it does not speak TLS$/,
  ],
]

describe('one line tells of', () => {
  test.concurrent.each(rows)('%s', async (_, code, access, text) => {
    const ended = await cli('check-config', config(access()))
    const lines = ended.err.trimEnd().split('\n')
    expect(lines, ended.err).toHaveLength(1)
    expect(lines[0]).toMatch(text)
    expect(ended.code).toBe(code)
    expect(ended.out + ended.err).not.toMatch(secrets)
  })
})

describe('permissions', () => {
  test.each([
    ['evenkeel', 0, 'granted'],
    ['reader', 4, 'is missing: rebalances of 2 of 2 tables are refused with 403 \\(logs, orders\\)'],
  ])('are found out of user %s, without a change', async (user, code, found) => {
    const before = await jobs()
    const at = { ...access(url('secure'), ca(), as(user)), zookeeper: { connect: cluster.zkConnect } }
    const { code: ended, out, err } = await cli('permissions', '--config', config(at), '--probe')
    expect([ended, err]).toEqual([code, ''])
    expect(out).toContain(`test: mode continuous needs "act"; user ${user}\n`)
    expect(out).toMatch(/^CLUSTER READ +yes +yes +granted/m)
    expect(out).toMatch(/^ZOOKEEPER READ +yes +yes +granted/m)
    expect(out).toMatch(new RegExp(`^TABLE UPDATE +- +yes +${found} +dry runs`, 'm'))
    expect(out).toMatch(/^ZOOKEEPER WRITE +- +yes +granted/m)
    expect(await jobs()).toEqual(before)
  })

  test("are no more than that, and Pinot's own access control lets a reader write to ZooKeeper and change tags", async () => {
    const { code, out } = await cli('permissions', '--config', config(access(url('secure'), ca(), as('evenkeel'))))
    expect(code).toBe(0)
    const granted = 'controller.admin.access.control.principals.evenkeel.permissions='
    expect(out.split('\n').filter((line) => line.startsWith(granted))).toEqual([
      `${granted}READ`,
      `${granted}${users['evenkeel']!.permissions}`,
    ])
    expect(out).toContain('lets every user that it knows change tags and everything in ZooKeeper')
    const reader = (path: string) => `${plainUrl().replace('//', `//reader:${passwordOf('reader')}@`)}${path}`
    const status = async (method: string, path: string, body?: unknown) =>
      (await request(method, reader(path), body === undefined ? {} : { body })).status
    expect(await status('POST', '/tables/orders/rebalance?type=OFFLINE&dryRun=true')).toBe(403)
    expect(await status('DELETE', '/tables/orders/rebalance?type=OFFLINE')).toBe(403)
    expect(await status('POST', '/segments/orders_OFFLINE/reset?errorSegmentsOnly=true')).toBe(403)
    expect(await status('POST', '/tables/orders_OFFLINE/rebuildBrokerResourceFromHelixTags')).toBe(403)
    const tags = 'DefaultTenant_OFFLINE,DefaultTenant_REALTIME'
    expect(await status('PUT', `/instances/${cluster.servers[0]!.name}/updateTags?tags=${tags}`)).toBe(200)
    const path = `/${cluster.name}/IDEALSTATES/orders_OFFLINE`
    const { body } = await request('GET', reader(`/zk/get?path=${path}`))
    expect(await status('PUT', `/zk/put?path=${path}`, body)).toBe(200)
  })
})

describe('the daemon', () => {
  test('moves nothing as a reader or with a wrong password, says why, and rebalances as whom it may', async () => {
    const away = cluster.servers[0]!.name
    await updateTags(cluster, away, ['server_untagged'])
    const [before, begun] = [await placed(), await jobs()]
    const refused: [PinotAccess, RegExp][] = [
      [
        access(url('secure'), ca(), as('reader')),
        /a dry run of orders_OFFLINE was refused: .*user reader: a grant is missing .* denied for UPDATE/,
      ],
      [access(url('secure'), ca(), as('evenkeel', wrong)), /does not know user evenkeel, or not by the password/],
    ]
    const daemons = await Promise.all(refused.map(([access]) => Evenkeel.startAt(access, { mode: 'continuous' })))
    try {
      for (const [index, [, text]] of refused.entries()) {
        const daemon = daemons[index]!
        await until(`${text} in what a daemon tells`, 30_000, async () => text.test(await everything(daemon)), 200)
        expect(await everything(daemon)).not.toMatch(secrets)
      }
    } finally {
      for (const daemon of daemons) await daemon.stop()
    }
    expect([await placed(), await jobs()]).toEqual([before, begun])

    const target = await cli(
      'plan',
      '--config',
      config(access(url('secure'), ca(), as('evenkeel'))),
      '--table',
      'orders',
    )
    expect([target.code, target.err]).toEqual([0, ''])
    expect(target.out).toContain(away)
    const daemon = await Evenkeel.startAt(access(url('secure'), ca(), as('evenkeel')), { mode: 'continuous' })
    try {
      const least = await lowestDuring(cluster, ['orders_OFFLINE'], async () => {
        await until('the server being emptied', 60_000, async () => (await placed())[0] === 0, 200)
        await atRest(daemon, 1)
      })
      expect(least).toBeGreaterThanOrEqual(1)
      expect(await placed()).toEqual([0, 6, 6])
      expect((await daemon.moves('ended')).map(({ topic, state }) => `${topic} ${state}`)).toEqual([
        'orders_OFFLINE done',
      ])
      expect(await everything(daemon)).not.toMatch(secrets)
    } finally {
      expect(await daemon.stop()).toBe(0)
    }
  })
})

const placed = async () =>
  counts(
    await idealState(cluster, 'orders_OFFLINE'),
    cluster.servers.map(({ name }) => name),
  )

const jobs = async () =>
  Object.keys((await request('GET', `${cluster.controllerUrl}/table/orders/jobs`)).body as object)

/** Whatever comes out of it: log, API, metrics. */
async function everything(daemon: Evenkeel): Promise<string> {
  const paths = ['status', 'nodes', 'plan', 'tables', 'moves', 'decisions'].map(
    (path) => `${daemon.url}/api/v1/${path}`,
  )
  const bodies = await Promise.all(paths.map(async (at) => (await fetch(at)).text()))
  return [daemon.text(), await daemon.metricsText(), ...bodies].join('\n')
}
