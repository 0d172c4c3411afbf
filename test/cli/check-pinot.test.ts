/** `check-config` against a controller and servers that are scripted. */
import { createServer, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryCluster } from '../systems/pinot/memory-cluster.ts'
import { cli, file, freePort } from './support.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** A server's admin interface. */
const admin = (status = 200) =>
  listen(
    createServer((request, response) => {
      response.writeHead(status)
      if (status !== 200) response.end('{"error":"no"}')
      else if (request.url === '/instance/diskUtilization')
        response.end('{"path":"/d","totalSpaceBytes":1000,"usedSpaceBytes":10}')
      else response.end('{"segments":[]}')
    }),
  )

interface Script {
  /** What `authorization` must be. */
  authorization?: string
  cluster?: string
  /** Status for everything. */
  status?: number
}

/** A controller, through which the znodes are read, with servers whose admin ports are these. */
async function controller(
  adminPorts: number[],
  { authorization, cluster = 'c', status }: Script = {},
): Promise<string> {
  const { znodes } = memoryCluster(
    Object.fromEntries(
      adminPorts.map((port, n) => [`s${n}`, { fields: { HELIX_HOST: '127.0.0.1', adminPort: `${port}` } }]),
    ),
  )
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://x')
    const answer = async (): Promise<[number, unknown]> => {
      if (status !== undefined) return [status, { error: 'out of order' }]
      if (pathname === '/version')
        return [200, { 'pinot-controller': '1.5.1-020ff0d0538b2079d4cf4cb2676a191c87c95d4d' }]
      if (request.headers.authorization !== authorization) return [401, { error: 'who are you?' }]
      if (pathname === '/cluster/info') return [200, { clusterName: cluster }]
      const path = searchParams.get('path')!
      const stat = async (at: string) => {
        const facts = await znodes.facts(at)
        return (
          facts && {
            version: facts.version,
            mzxid: Number(facts.stamp),
            numChildren: facts.children,
            dataLength: facts.bytes,
          }
        )
      }
      if (pathname === '/zk/ls') return [200, await znodes.children(path)]
      if (pathname === '/zk/stat') return [200, await stat(path)]
      if (pathname === '/zk/get') return [200, (await znodes.read(path))?.data.toString()]
      if (pathname === '/zk/lsl') {
        const names = (await znodes.children(path)) ?? []
        const stats = await Promise.all(names.map(async (name) => [name, await stat(`${path}/${name}`)]))
        return [200, Object.fromEntries(stats)]
      }
      return [404, { error: 'no such thing' }]
    }
    void answer().then(([code, body]) => {
      response.writeHead(body === undefined ? 404 : code)
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    })
  })
  return `http://127.0.0.1:${await listen(server)}`
}

const config = (urls: string[], more = '') =>
  file(
    'pinot.yaml',
    `version: 1
clusters:
  - name: analytics
    system: pinot
    controllers: [${urls.join(', ')}]
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
    expect(out.split('\n').slice(1, 6)).toEqual([
      `analytics: controller ${urls[0]}: Pinot 1.5.1, cluster c (no user)`,
      `analytics: controller ${urls[1]}: Pinot 1.5.1, cluster c (no user)`,
      'analytics: ZooKeeper: no address is given, it is read through the controllers',
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
    expect(bad.err).toMatch(/^analytics: controller http:\S+: GET \S+ was answered with 401: who are you\?\n$/)
    const nobody = await check([url])
    expect(nobody.code).toBe(4)
    const text = [good, bad, nobody].map(({ out, err }) => out + err).join('')
    expect(text).not.toContain('sec ret')
    expect(text).not.toContain(authorization.slice(6, 16))
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
    const more = `zookeeper: 127.0.0.1:${silent}\n    zookeeper_digest_file: ${digest}`
    const { code, out, err } = await check([url], more)
    expect([code, err]).toEqual([5, `analytics: ZooKeeper 127.0.0.1:${silent}: it did not answer within 8000 ms\n`])
    expect(out).not.toContain('nodes')
    expect(out + err).not.toContain('hunter2')
  }, 40_000)
})
