/** Two listeners: metrics and health for everybody, status and API for this machine alone. */

import type { AddressInfo, Socket } from 'node:net'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { DaemonView } from '../daemon/view.ts'
import { EvenkeelError, messageOf } from '../lib/errors.ts'
import { ReleaseStack } from '../lib/release-stack.ts'
import { currentPlanJson, movesJson, type Query, statusJson } from './control-api.ts'
import { Problem } from './problem.ts'
import { readiness } from './readiness.ts'

export interface ListenAddress {
  host: string
  /** 0: any free one. */
  port: number
}

export interface ServerOptions {
  view: DaemonView
  /** The text of GET /metrics. */
  render: () => Promise<{ contentType: string; body: string }>
  metricsListen: ListenAddress
  controlListen: ListenAddress
  /** Told of every request served; `handler` is the route, or `not_found`. */
  onRequest: (request: { handler: string; method: string; code: number }) => void
  /** Told what a request ran into that is no fault of its own. */
  onError: (error: unknown) => void
}

export interface Server {
  /** Where it listens: never port 0. */
  metrics: ListenAddress
  control: ListenAddress
  close(): Promise<void>
}

/** @throws EvenkeelError `usage` when an address cannot be listened on. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const releases = new ReleaseStack()
  const open = async (name: string, app: FastifyInstance, address: ListenAddress) => {
    releases.push(`the ${name} listener`, () => app.close())
    await listen(name, app, address)
    return { host: address.host, port: (app.server.address() as AddressInfo).port }
  }
  try {
    return {
      metrics: await open('metrics', metricsApp(options), options.metricsListen),
      control: await open('control', controlApp(options), options.controlListen),
      close: () => releases.close(),
    }
  } catch (error) {
    await releases.close()
    throw error
  }
}

function metricsApp(options: ServerOptions): FastifyInstance {
  const app = createApp(options)
  app.get('/metrics', async (_, reply) => {
    const { contentType, body } = await options.render()
    return reply.type(contentType).send(body)
  })
  app.get('/healthz', (_, reply) => reply.type('text/plain').send('ok\n'))
  app.get('/readyz', (request, reply) => {
    const checks = readiness(options.view.clusters())
    const ready = checks.every((check) => check.ready)
    const verbose = (request.query as Query)['verbose'] !== undefined
    const lines = checks.map((check) => `[${check.ready ? '+' : '-'}] ${check.name}: ${check.text}`)
    const shown = [...(verbose ? lines : []), ready ? 'ready' : 'not ready']
    return reply
      .code(ready ? 200 : 503)
      .type('text/plain')
      .send(`${shown.join('\n')}\n`)
  })
  return app
}

function controlApp(options: ServerOptions): FastifyInstance {
  const app = createApp(options)
  // A page in a browser on this machine may resolve its own name to us; it cannot choose the Host header.
  app.addHook('onRequest', async ({ headers }) => {
    if (!/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(headers.host ?? '')) {
      throw new Problem('host_not_allowed', 'the control interface is addressed as localhost or 127.0.0.1')
    }
  })
  for (const [path, answer] of [
    ['/api/v1/status', statusJson],
    ['/api/v1/plan', currentPlanJson],
    ['/api/v1/moves', movesJson],
  ] as const) {
    app.get(path, (request, reply) =>
      reply.header('cache-control', 'no-store').send(answer(options.view, request.query as Query)),
    )
  }
  return app
}

const requestTimeoutMs = 10_000

function createApp({ onRequest, onError }: ServerOptions): FastifyInstance {
  const fail = (error: unknown, reply: FastifyReply) => {
    const problem = problemOf(error)
    if (problem.code === 'internal') onError(error)
    return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem))
  }
  const app = fastify({
    requestTimeout: requestTimeoutMs,
    connectionTimeout: 2 * requestTimeoutMs,
    keepAliveTimeout: requestTimeoutMs,
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: 1000 },
    bodyLimit: 64 * 1024,
    forceCloseConnections: true,
    frameworkErrors: (error, _, reply) => void fail(error, reply),
    clientErrorHandler: refuseUnreadable,
  })
  app.setErrorHandler((error, _, reply) => fail(error, reply))
  app.setNotFoundHandler((request, reply) => {
    const known = app.hasRoute({ method: 'GET', url: request.url.split('?')[0]! })
    if (!known) return fail(new Problem('not_found', 'there is nothing here'), reply)
    return fail(
      new Problem('method_not_allowed', 'only GET and HEAD are answered here'),
      reply.header('allow', 'GET, HEAD'),
    )
  })
  app.addHook('onResponse', async (request, reply) => {
    onRequest({ handler: routeOf(request), method: request.method, code: reply.statusCode })
  })
  return app
}

function routeOf({ routeOptions, is404 }: FastifyRequest): string {
  return is404 ? 'not_found' : (routeOptions.url ?? 'not_found')
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  const status = (error as { statusCode?: unknown }).statusCode
  if (typeof status === 'number' && status < 500) return new Problem('bad_request', messageOf(error))
  return new Problem('internal', 'this is a bug of evenkeel; its log says more')
}

/** Something that is not HTTP, or too slow to be it. */
function refuseUnreadable(_: Error, socket: Socket): void {
  const body = JSON.stringify(new Problem('bad_request', 'the request could not be read'))
  if (!socket.writable) return
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  )
}

async function listen(name: string, app: FastifyInstance, { host, port }: ListenAddress): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    throw new EvenkeelError('usage', `cannot listen on ${host}:${port} for ${name}`, { cause })
  }
}
