/** A controller and servers that are scripted: enough for reading a cluster through the controller. */
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecure, type ServerOptions } from 'node:https'
import type { AddressInfo, Server as TcpServer } from 'node:net'
import { afterEach } from 'vitest'
import { memoryCluster } from '../systems/pinot/memory-cluster.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** On a port of its own, until the test is over. @returns the port. */
export async function listen(server: Server | TcpServer): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** A server's admin interface. */
export const admin = (status = 200) =>
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
  /** Key and certificate. */
  tls?: ServerOptions
  cluster?: string
  /** Whether only what reads is permitted. */
  readOnly?: boolean
  /** Status for everything. */
  status?: number
  /** Prepares the znodes. */
  fill?: (cluster: ReturnType<typeof memoryCluster>) => void
  /** Told of each dry run, which finds nothing to do. */
  onDryRun?: (query: URLSearchParams) => void
}

/** A controller, through which the znodes are read, with servers whose admin ports are these. */
export async function controller(
  adminPorts: number[],
  { authorization, tls, cluster = 'c', readOnly, status, fill, onDryRun }: Script = {},
): Promise<string> {
  const memory = memoryCluster(
    Object.fromEntries(
      adminPorts.map((port, n) => [`s${n}`, { fields: { HELIX_HOST: '127.0.0.1', adminPort: `${port}` } }]),
    ),
  )
  const { znodes } = memory
  fill?.(memory)
  const listener: RequestListener = (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://x')
    const answer = async (): Promise<[number, unknown]> => {
      if (status !== undefined) return [status, { error: 'out of order' }]
      if (pathname === '/health') return [200, 'OK']
      if (pathname === '/version')
        return [200, { 'pinot-controller': '1.5.1-020ff0d0538b2079d4cf4cb2676a191c87c95d4d' }]
      if (request.headers.authorization !== authorization) return [401, { error: 'who are you?' }]
      if (readOnly && request.method !== 'GET') return [403, { error: 'no' }]
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
      if (request.method === 'POST') {
        onDryRun?.(searchParams)
        return [200, { status: 'NO_OP', description: 'it is balanced' }]
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
  }
  if (tls) return `https://127.0.0.1:${await listen(createSecure(tls, listener))}`
  return `http://127.0.0.1:${await listen(createServer(listener))}`
}
