/** `check-config` against a controller and servers that are scripted. */
import { createServer as createTcp } from 'node:net'
import { describe, expect, it } from 'vitest'
import { admin, controller, listen } from './scripted-pinot.ts'
import { cli, file, freePort } from './support.ts'

const config = (urls: string[], more = '') =>
  file(
    'pinot.yaml',
    `version: 1
clusters:
  - name: analytics
    system: pinot
    controller_urls: [${urls.join(', ')}]
    ${more}
balancing: { mode: "off" }
`,
  )
const check = (urls: string[], more = '') => cli('check-config', config(urls, more))
const without = (text: string, path: string) => text.split(path).join('')
const closedPort = async () => `http://127.0.0.1:${await freePort()}`

describe('check-config of a Pinot cluster', () => {
  it('tells each controller, ZooKeeper and the servers in a line of its own', async () => {
    const urls = [await controller([await admin(), await admin()]), await controller([])]
    const { code, out, err } = await check(urls)
    expect([code, err]).toEqual([0, ''])
    expect(without(out, '\nanalytics: ').split('\n')[0]).toContain('pinot.yaml: good, 1 cluster')
    expect(out.split('\n').slice(1, 7)).toEqual([
      `analytics: controller ${urls[0]}: Pinot 1.5.1, cluster c (no user)`,
      `analytics: controller ${urls[1]}: Pinot 1.5.1, cluster c (no user)`,
      'analytics: ZooKeeper: no address is given, it is read through the controllers',
      'analytics: everything is permitted that mode off needs',
      'analytics: 2 live servers, all tell their disk',
      'analytics: 2 nodes, 0 partitions',
    ])
  })

  it('is content with one controller that answers, and names the other', async () => {
    const [good, gone] = [await controller([await admin()]), await closedPort()]
    const { code, out } = await check([gone, good])
    expect(code).toBe(0)
    expect(out).toContain(`analytics: controller ${good}: Pinot 1.5.1, cluster c (no user)\n`)
    expect(out).toContain(`analytics: note: controller ${gone}: no controller answers: `)
    expect(out).toContain('analytics: 1 live server, all tell their disk\n')
  })

  it('tells who we are, and that we are not known, without the secret', async () => {
    const secret = 'sec ret"s'
    const authorization = `Basic ${Buffer.from(`me:${secret}`).toString('base64')}`
    const url = await controller([await admin()], { authorization })
    const auth = (password: string) => `auth: { username: me, password: ${JSON.stringify(password)} }`
    const good = await check([url], auth(secret))
    expect([good.code, good.err]).toEqual([0, ''])
    expect(good.out).toContain('cluster c (user me)\n')
    const bad = await check([url], auth(`${secret}!`))
    expect(bad.code).toBe(4)
    const answer = /^analytics: controller http:\S+: (.*): GET \S+ was answered with 401: who are you\?\n$/
    expect(answer.exec(bad.err)?.[1]).toBe('the controller does not know user me, or not by the password in `auth`')
    const nobody = await check([url])
    expect(nobody.code).toBe(4)
    expect(answer.exec(nobody.err)?.[1]).toBe('the controller wants to know who asks: `auth` is not set')
    const text = [good, bad, nobody].map(({ out, err }) => out + err).join('')
    expect(text).not.toContain('sec ret')
    expect(text).not.toContain(authorization.slice(6, 16))
  })

  it('names the permission that is missing: where it is needed, and where one would see more with it', async () => {
    const url = await controller([await admin()], {
      readOnly: true,
      fill: (cluster) => {
        for (const name of ['orders_OFFLINE', 'orders_REALTIME', 'logs_OFFLINE']) cluster.setTable(name, { a: 's0' })
      },
    })
    const lacks =
      'the permission TABLE UPDATE is missing: rebalances of 2 of 2 tables are refused with 403 (logs, orders)'
    const looking = await check([url])
    expect([looking.code, looking.err]).toEqual([0, ''])
    expect(looking.out).toContain('analytics: everything is permitted that mode off needs\n')
    expect(looking.out).toContain(`analytics: note: what Pinot would make of tables stays unknown: ${lacks}\n`)
    const acting = await check([url], 'balancing: { mode: continuous }')
    expect(acting.code).toBe(4)
    expect(acting.err).toBe(
      `analytics: ${lacks}\nanalytics: the permission CLUSTER UPDATE is missing: a change of tags is refused with 403\n`,
    )
    expect(acting.out).not.toContain('everything is permitted')
  })

  it('ends where no controller answers, or they are of different clusters', async () => {
    const gone = await check([await closedPort()])
    expect([gone.code, gone.out.split('\n').length]).toEqual([5, 2])
    expect(gone.err).toMatch(/^analytics: controller \S+: no controller answers: /)
    const broken = await check([await controller([], { status: 503 })])
    expect([broken.code, broken.err]).toEqual([5, expect.stringContaining('503: out of order')])
    const mixed = await check([await controller([]), await controller([], { cluster: 'd' })])
    expect([mixed.code, mixed.err]).toEqual([1, 'analytics: the controllers are of different clusters: c, d\n'])
    expect(mixed.out).not.toContain('nodes')
  })

  it('names the servers that do not tell their disk', async () => {
    const url = await controller([await admin(), await freePort(), await admin(403)])
    const { code, out, err } = await check([url])
    expect(code).toBe(5)
    expect(out).toContain('analytics: 3 live servers, 1 of them tell their disk\n')
    expect(err.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(/^analytics: Server_s1_8098 does not tell its disk: GET \S+ had no answer: .*ECONNREFUSED/),
      expect.stringMatching(/^analytics: Server_s2_8098 does not tell its disk: GET \S+ was answered with 403: no$/),
    ])
  })

  it('names a ZooKeeper that does not answer, without its digest', async () => {
    const silent = await listen(createTcp((socket) => void socket.on('error', () => undefined).destroy()))
    const url = await controller([await admin()])
    const digest = file('digest', 'user:hunter2\n')
    const more = `zookeeper: { connect: "127.0.0.1:${silent}", digest_file: ${digest} }`
    const { code, out, err } = await check([url], more)
    expect([code, err]).toEqual([5, `analytics: ZooKeeper 127.0.0.1:${silent}: it did not answer within 8000 ms\n`])
    expect(out).not.toContain('nodes')
    expect(out + err).not.toContain('hunter2')
  }, 40_000)
})
