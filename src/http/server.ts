/** Two listeners: metrics and health for everybody, status and control for this machine alone. */

import type { AddressInfo, Socket } from 'node:net'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify'
import type { ActionSource, Asker } from '../cluster/process-events.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { ReleaseStack } from '../lib/release-stack.ts'
import { authorize, type Token } from './auth.ts'
import { readFields } from './fields.ts'
import { content, frame } from './page/page.ts'
import { Problem } from './problem.ts'
import { readiness } from './readiness.ts'
import type { Route, RouteParts } from './route.ts'
import { routes } from './routes.ts'

export interface ListenAddress {
  host: string
  /** 0: any free one. */
  port: number
}

export interface ServerOptions extends RouteParts {
  /** Who may use the control listener; undefined: whoever reaches it. */
  tokens: () => readonly Token[] | undefined
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
    const verbose = (request.query as Record<string, unknown>)['verbose'] !== undefined
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
  app.addHook('onRequest', async ({ headers: { host = '', origin } }) => {
    checkOrigin(host, origin, options.tokens() !== undefined)
  })
  // Only what no form can send: what is not JSON is refused before it is read.
  app.removeContentTypeParser('text/plain')
  app.decorateRequest('caller', null)
  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      onRequest: async (request) => {
        const { authorization, 'x-evenkeel-client': client } = request.headers
        request.caller = { ...authorize(options.tokens(), authorization, route.role), source: sourceOf(client) }
      },
      handler: async (request, reply) => {
        if (route.patienceMs !== undefined) request.raw.socket.setTimeout(route.patienceMs)
        const answer = await route.respond(fieldsOf(route, request), options, request.caller!)
        return reply.code(route.status).header('cache-control', 'no-store').send(answer)
      },
    })
  }
  app.get('/', (_, reply) => reply.headers(frame.headers).send(frame.text))
  app.get('/page', (request, reply) => {
    authorize(options.tokens(), request.headers.authorization, 'viewer')
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(content(request.query, options))
  })
  return app
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; null until that is known. */
    caller: Asker | null
  }
}

/** Our own clients say what they are; whoever says nothing, or anything else, is one of others. */
function sourceOf(client: unknown): ActionSource {
  return client === 'cli' || client === 'ui' ? client : 'api'
}

function fieldsOf({ method, fields, bare }: Route, { query, params, body }: FastifyRequest): unknown {
  if (method === 'GET') return readFields('query', fields, { ...(query as object), ...(params as object) })
  if (Object.keys(query as object).length > 0) {
    throw new Problem('bad_query', 'this takes its parameters as fields of the body')
  }
  return readFields('body', fields, bare && body === undefined ? {} : body)
}

/**
 * A page in a browser may resolve its own name to us, or send a form; it can choose neither header. Where a token is needed,
 * which no page has, we may be reached under any name, and only pages from under that name may ask.
 * @throws Problem
 */
function checkOrigin(host: string, origin: string | undefined, withToken: boolean): void {
  if (!withToken && !isLoopback(host)) {
    throw new Problem('host_not_allowed', 'the control interface is addressed as localhost or 127.0.0.1')
  }
  const from = origin?.replace(/^https?:\/\//, '')
  if (from !== undefined && !(withToken ? from === host : isLoopback(from))) {
    throw new Problem('origin_not_allowed', 'the control interface is not for pages of other origins')
  }
}

function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/i.test(host)
}

const requestTimeoutMs = 10_000

function createApp({ onRequest, onError }: ServerOptions): FastifyInstance {
  const fail = (error: unknown, reply: FastifyReply) => {
    const problem = asProblem(error)
    if (problem.code === 'internal') onError(error)
    if (problem.code === 'unauthorized') reply.header('www-authenticate', 'Bearer')
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
    const url = request.url.split('?')[0]!
    const allowed = (['GET', 'HEAD', 'POST'] as const).filter((method) => app.hasRoute({ method, url }))
    if (allowed.length === 0) return fail(new Problem('not_found', 'there is nothing here'), reply)
    const are = allowed.length === 1 ? 'is' : 'are'
    return fail(
      new Problem('method_not_allowed', `only ${allowed.join(' and ')} ${are} answered here`),
      reply.header('allow', allowed.join(', ')),
    )
  })
  app.addHook('onResponse', async (request, reply) => {
    onRequest({ handler: routeOf(request), method: request.method, code: reply.statusCode })
  })
  return app
}

function routeOf({ routeOptions, is404 }: FastifyRequest): string {
  return is404 ? 'not_found' : (routeOptions.url?.replace(/:(\w+)/g, '{$1}') ?? 'not_found')
}

function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const status = (error as { statusCode?: unknown }).statusCode
  if (status === 413) return new Problem('too_large', 'the body is larger than 64 KiB')
  if (status === 415) return new Problem('unsupported_media_type', 'expected a body of type application/json')
  if (typeof status === 'number' && status < 500) return new Problem('bad_request', unreadable(error))
  return new Problem('internal', 'this is a bug of evenkeel; its log says more')
}

/** In words of our own: those of the framework repeat what was given. */
function unreadable(error: unknown): string {
  const { code } = error as { code?: unknown }
  if (code === 'FST_ERR_BAD_URL') return 'the address is not encoded as addresses are'
  if (code === 'FST_ERR_MAX_PARAM_LENGTH') return 'a part of the address is longer than any that there is'
  if (code === 'FST_ERR_CTP_EMPTY_JSON_BODY') return 'the body is empty: expected a JSON object'
  if (code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH') return 'the body is not as long as its content-length says'
  return 'the body is not JSON, or has keys that no object may have'
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
    throw new EvenkeelError('usage', `cannot listen on ${host}:${port} (server.${name}_listen)`, { cause })
  }
}
