/** The ZooKeeper of a real cluster: what the library behind our adapter would let hang, spin or crash. */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { ACL, CreateMode, Id, Permission } from 'node-zookeeper-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { realClock, VirtualClock } from '../../../src/lib/clock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import { PinotPermissionProbe } from '../../../src/systems/pinot/permission-probe.ts'
import { ZooKeeperZnodes } from '../../../src/systems/pinot/wire/znodes.ts'
import { ZooKeeper } from '../../../src/systems/pinot/wire/zookeeper.ts'
import { type Client, openClient } from '../../../src/systems/pinot/wire/zookeeper-client.ts'
import { until } from '../wait.ts'
import type { PinotCluster } from './cluster.ts'
import { startPinot } from './start.ts'
import { readSessions } from './zookeeper-log.ts'

const SESSION_MS = 6_000
const SHORT_MS = 2_000

describe('ZooKeeper', () => {
  let cluster: PinotCluster
  let writer: Client
  let zk: ZooKeeper
  const { signal } = new AbortController()

  const create = (path: string, text: string) =>
    new Promise<string>((resolve, reject) => {
      writer.create(path, Buffer.from(text), (error, made) => (error ? reject(error) : resolve(made)))
    })
  const connect = () => new ZooKeeper({ connect: cluster.zkConnect, sessionTimeoutMs: SESSION_MS, clock: realClock })

  beforeAll(async () => {
    cluster = await startPinot({ servers: [], brokers: 0, sessionTimeoutMs: SESSION_MS })
    writer = openClient(cluster.zkConnect, { sessionTimeout: 30_000 }).client
    await new Promise<void>((resolve) => {
      writer.once('connected', () => resolve())
      writer.connect()
    })
    zk = connect()
  })
  afterAll(async () => {
    await zk?.close()
    writer?.close()
    await cluster?.close()
  })

  test('reads what is there, and says what is not', async () => {
    await create('/a', 'one')
    await create('/a/b', '')
    expect(await zk.read('/a', signal)).toMatchObject({ data: Buffer.from('one'), version: 0 })
    expect(await zk.children('/a', signal)).toEqual(['b'])
    expect(await zk.facts('/a', signal)).toMatchObject({ version: 0, children: 1, bytes: 3 })
    expect([await zk.read('/x', signal), await zk.children('/x', signal), await zk.facts('/x', signal)]).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    const all = await zk.readAll(['/a', '/x', '/a/b'], signal)
    expect([...all.keys()].toSorted()).toEqual(['/a', '/a/b'])
  })

  test('is shown a digest, and what its user lacks is told', async () => {
    const idOf = (user: string) => {
      const hash = createHash('sha1').update(`${user}:hunter2`).digest('base64')
      return new Id('digest', `${user}:${hash}`)
    }
    const acls = [new ACL(Permission.READ, idOf('reader')), new ACL(Permission.READ | Permission.WRITE, idOf('all'))]
    await create('/acl', '')
    for (const path of [
      'EXTERNALVIEW',
      'LIVEINSTANCES',
      'CONFIGS',
      'CONFIGS/PARTICIPANT',
      'IDEALSTATES',
      'PROPERTYSTORE',
    ])
      await create(`/acl/${path}`, '')
    for (const path of ['CONFIGS', 'CONFIGS/TABLE']) await create(`/acl/PROPERTYSTORE/${path}`, '')
    const path = '/acl/IDEALSTATES/brokerResource'
    await new Promise<void>((resolve, reject) => {
      writer.create(path, Buffer.from('x'), acls, CreateMode.PERSISTENT, (error) => (error ? reject(error) : resolve()))
    })
    const seen = async (digest?: string) => {
      const one = new ZooKeeper({
        connect: cluster.zkConnect,
        sessionTimeoutMs: SESSION_MS,
        clock: realClock,
        ...(digest === undefined ? {} : { digest: new Secret(digest) }),
      })
      try {
        const accepted = async () => ({ outcome: 'answered' as const, body: {} })
        const probe = new PinotPermissionProbe({
          clusterName: 'acl',
          controllers: { tryRebalance: accepted, updateTags: accepted },
          store: new ZooKeeperZnodes(one),
          zooKeeper: one,
        })
        const found = (await probe.ask('act', signal)).filter(({ permission }) => permission.on === 'zookeeper')
        const text = await one.read(path, signal).then((node) => `${node?.data.toString()} ${node?.version}`, String)
        // To find out changed nothing: the version is that of the node as it was made.
        return [text, ...found.map(({ permission, granted }) => `${permission.access} ${granted}`)]
      } finally {
        await one.close()
      }
    }
    expect(await seen('all:hunter2')).toEqual(['x 0', 'READ true', 'WRITE true'])
    expect(await seen('reader:hunter2')).toEqual(['x 0', 'READ true', 'WRITE false'])
    const refused = `EvenkeelError: ZooKeeper at ${cluster.zkConnect} does not permit reading ${path}: `
    const lacks = 'the user in `zookeeper.digest_file` lacks the right, or its password is wrong'
    expect(await seen('reader:wr0ng')).toEqual([`${refused}${lacks}`, 'READ false', 'WRITE false'])
    expect(await seen()).toEqual([`${refused}\`zookeeper.digest_file\` is not set`, 'READ false', 'WRITE false'])
  })

  test('writes only over the version that it was made from, also over version 0', async () => {
    await create('/cas', 'zero')
    expect(await zk.write('/cas', Buffer.from('one'), 0, signal)).toEqual({ outcome: 'written', version: 1 })
    expect(await zk.write('/cas', Buffer.from('two'), 0, signal)).toEqual({ outcome: 'bad_version' })
    expect((await zk.read('/cas', signal))!.data.toString()).toBe('one')
    expect(await zk.write('/none', Buffer.from('x'), 0, signal)).toEqual({ outcome: 'no_node' })
  })

  test('a watch tells of each change, also of a node that is not there yet', async () => {
    let told = 0
    const end = zk.watch('/later', () => {
      told += 1
    })
    await zk.facts('/later', signal)
    await create('/later', 'x')
    await until('the making being told', 5_000, async () => told === 1, 20)
    await zk.write('/later', Buffer.from('y'), 0, signal)
    await until('the change being told', 5_000, async () => told === 2, 20)
    end()
    await zk.write('/later', Buffer.from('z'), 1, signal)
    await zk.read('/later', signal)
    expect(told).toBe(2)
  })

  test('a frozen server is noticed, though it keeps the connection', async () => {
    await zk.read('/a', signal)
    cluster.freeze('zookeeper')
    await until('the silence being noticed', SESSION_MS, async () => !zk.connected, 50)
    const reading = zk.read('/a', signal)
    cluster.thaw('zookeeper')
    expect((await reading)!.data.toString()).toBe('one')
  })

  test('what counts is the session that was granted, and not the longer one that was asked for', async () => {
    const patient = new ZooKeeper({ connect: cluster.zkConnect, sessionTimeoutMs: 60_000, clock: realClock })
    await patient.read('/a', signal)
    cluster.freeze('zookeeper')
    // ZooKeeper grants 20 of its ticks, of which there are 12 in the members' session.
    await until('the silence being noticed', (SESSION_MS * 20) / 12, async () => !patient.connected, 50)
    cluster.thaw('zookeeper')
    expect((await patient.read('/a', signal))!.data.toString()).toBe('one')
    await patient.close()
  })

  test('a session that was given up ends, and is not kept alive beside its successor', async () => {
    // Shorter than the others', by which it is known.
    const own = async () => (await readSessions(cluster.zkDir)).filter(({ timeoutMs }) => timeoutMs === SHORT_MS)
    const clock = new VirtualClock()
    const short = new ZooKeeper({ connect: cluster.zkConnect, sessionTimeoutMs: SHORT_MS, clock })
    await short.read('/a', signal)
    const [first] = await own()
    await cluster.kill('zookeeper')
    await until('the loss being noticed', 5_000, async () => !short.connected, 20)
    // For us it is over now. A server that starts knows it still and gives it its whole time once more.
    await clock.advance(SHORT_MS * 2)
    await cluster.start('zookeeper')
    await short.read('/a', signal)
    await until('one session being left', SHORT_MS * 4, async () => {
      const open = (await own()).filter(({ closedAtMs }) => closedAtMs === undefined)
      return open.length === 1 && open[0]!.id !== first!.id
    })
    await short.close()
  })

  test('a server that is killed and started again goes on being read', async () => {
    await cluster.kill('zookeeper')
    const reading = zk.read('/cas', signal)
    await cluster.start('zookeeper')
    expect((await reading)!.data.toString()).toBe('one')
  })

  test('who nobody answers, and who is closed, does not wait for ever', async () => {
    const nobody = new ZooKeeper({ connect: '127.0.0.1:1', clock: realClock })
    const given = new AbortController()
    const reading = nobody.read('/a', given.signal)
    given.abort()
    await expect(reading).rejects.toMatchObject({ code: 'aborted' })
    const waiting = nobody.read('/a', signal)
    await nobody.close()
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' })
  })

  test('a session that is over is replaced, and watches are told that they may have missed something', async () => {
    let told = 0
    zk.watch('/a', () => {
      told += 1
    })
    await zk.read('/a', signal)
    // A server that has forgotten everything knows no session either.
    await cluster.kill('zookeeper')
    await rm(cluster.zkDir, { recursive: true })
    await cluster.start('zookeeper')
    expect(await zk.read('/a', signal)).toBeUndefined()
    await until('the watch being told', 5_000, async () => told > 0, 20)
  })
})
