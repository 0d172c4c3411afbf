/**
 * Admin requests over kafkajs, of which only sockets, TLS, SASL and the handshake are used: its own Admin fails as a whole as
 * soon as one partition has no leader. Connections are made through parts of kafkajs 2.2.4 that it does not export; every
 * one of them is named in `parts` below and looked for when a transport is made.
 */
import type { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { Kafka, type LogEntry, logLevel, type SASLOptions } from 'kafkajs'
import { withDeadline } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import type { Secret } from '../../lib/secret.ts'
import { tlsTrouble } from '../../lib/tls-trouble.ts'
import { type Address, type KafkaTransport, type Link, Router, type UpstreamCall } from './router.ts'
import { TransportError } from './transport-error.ts'
import { errorKind } from './wire/errors.ts'
import { Reader } from './wire/reader.ts'

export type { Address, KafkaTransport, UpstreamCall } from './router.ts'

export interface Sasl {
  mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
  username: string
  password: Secret
}

export interface TransportOptions {
  /** At least one. */
  bootstrap: readonly Address[]
  clientId: string
  /** Options of node:tls, or true for its defaults; absent means plain text. */
  tls?: ConnectionOptions | true
  sasl?: Sasl
  /** For TCP and TLS; the handshake that follows (versions, SASL) gets the same again. Default 5,000. */
  connectTimeoutMs?: number
  /** Called once per `send`. */
  observe?: (call: UpstreamCall) => void
  /** What kafkajs itself has to say; its errors are no more than the reason of what `send` throws anyway. */
  log?: (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>) => void
}

/**
 * Opens no connection yet.
 * @throws EvenkeelError `internal` when the installed kafkajs lacks a part that is needed.
 */
export async function createTransport(options: TransportOptions): Promise<KafkaTransport> {
  const { bootstrap, connectTimeoutMs = 5_000, observe = () => undefined } = options
  const first = bootstrap[0]
  if (!first) throw new EvenkeelError('usage', 'a transport needs a bootstrap address')
  const cluster = createCluster(options, connectTimeoutMs)
  await createBroker(cluster, first)
  const open = (address: Address, signal: AbortSignal) => openLink(cluster, address, connectTimeoutMs, options, signal)
  return new Router(bootstrap, open, observe)
}

/** What of kafkajs is touched beyond its exports. */
const parts = {
  cluster: ['connectionPoolBuilder.build', 'brokerPool.createBroker', 'rootLogger.namespace'],
  pool: [
    'send',
    'pool.0.isConnected',
    'pool.0.processData',
    'pool.0.rejectRequests',
    'pool.0.disconnect',
    'pool.0.bytesNeeded',
    'pool.0.requestQueue.scheduleCheckPendingRequests',
    'pool.0.requestQueue.pending',
  ],
  broker: ['connect', 'isConnected', 'versions'],
}

interface Cluster {
  connectionPoolBuilder: { build(address: Address): Promise<Pool> }
  brokerPool: { createBroker(options: { connectionPool: Pool; logger: unknown; nodeId: null }): Broker }
  rootLogger: unknown
}

interface Pool {
  send(request: PoolRequest): Promise<Buffer>
  /** Two, of which the second is used for Fetch only. */
  pool: [Connection]
}

interface PoolRequest {
  request: { apiKey: number; apiName: string; apiVersion: number; encode(): Promise<{ buf: Buffer; buffer: Buffer }> }
  response: { decode(answer: Buffer): Promise<Buffer>; parse(answer: Buffer): Promise<Buffer> }
  logResponseError: boolean
}

interface Connection {
  isConnected(): boolean
  processData(data: Buffer): void
  rejectRequests(error: Error): void
  disconnect(): Promise<unknown>
  bytesNeeded: number
  requestQueue: { scheduleCheckPendingRequests(): void; pending: unknown[] }
  socket?: Socket
}

interface Broker {
  connect(): Promise<void>
  isConnected(): boolean
  versions: Record<number, { minVersion: number; maxVersion: number } | undefined> | null
}

function createCluster(options: TransportOptions, connectTimeoutMs: number): Cluster {
  const { bootstrap, clientId, tls, sasl, log } = options
  const kafka: object = new Kafka({
    clientId,
    brokers: bootstrap.map(({ host, port }) => `${host}:${port}`),
    ...(tls ? { ssl: tls } : {}),
    ...(sasl ? { sasl: { ...sasl, password: sasl.password.reveal() } as SASLOptions } : {}),
    connectionTimeout: connectTimeoutMs,
    authenticationTimeout: connectTimeoutMs,
    requestTimeout: connectTimeoutMs,
    // Deadlines are ours; kafkajs would keep ten timers a second going on every connection to enforce its own.
    enforceRequestTimeout: false,
    // Explicit, since the default depends on NODE_ENV.
    retry: { retries: 0 },
    logLevel: logLevel.INFO,
    logCreator: () => (entry) => passOn(entry, log),
  })
  const symbol = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === FACTORY)
  const factory: unknown = symbol && Reflect.get(kafka, symbol)
  if (typeof factory !== 'function') throw missing([FACTORY])
  const cluster: unknown = factory({})
  requireParts('cluster', cluster)
  return cluster as Cluster
}

const FACTORY = 'private:Kafka:createCluster'

async function createBroker(cluster: Cluster, address: Address): Promise<{ pool: Pool; broker: Broker }> {
  const pool = await cluster.connectionPoolBuilder.build(address)
  requireParts('pool', pool)
  const broker = cluster.brokerPool.createBroker({ connectionPool: pool, logger: cluster.rootLogger, nodeId: null })
  requireParts('broker', broker)
  return { pool, broker }
}

function requireParts(of: keyof typeof parts, object: unknown): void {
  const absent = parts[of].filter((path) => {
    let part: unknown = object
    for (const name of path.split('.')) {
      if (typeof part !== 'object' || part === null || !(name in part)) return true
      part = Reflect.get(part, name)
    }
    return false
  })
  if (absent.length > 0) throw missing(absent.map((path) => `${of}.${path}`))
}

function missing(names: string[]): EvenkeelError {
  return new EvenkeelError('internal', `kafkajs is not the 2.2.4 we know; it lacks ${names.join(', ')}`)
}

async function openLink(
  cluster: Cluster,
  address: Address,
  connectTimeoutMs: number,
  options: Pick<TransportOptions, 'sasl' | 'tls'>,
  signal: AbortSignal,
): Promise<Link> {
  const where = `${address.host}:${address.port}`
  const { pool, broker } = await createBroker(cluster, address)
  const sever = harden(pool.pool[0], where)
  let answered = false
  try {
    await withDeadline(`the handshake of ${where}`, 2 * connectTimeoutMs, signal, () => broker.connect())
  } catch (error) {
    const failure = TransportError.of(translate(error, address, options, answered), where, false)
    sever(failure)
    throw failure
  }
  return {
    served(key) {
      const range = broker.versions?.[key]
      return range && { min: range.minVersion, max: range.maxVersion }
    },
    isOpen: () => broker.isConnected(),
    async send(api, version, body) {
      const flexible = version >= api.flexibleFrom
      // kafkajs writes the older header; what the newer one has in addition, an empty list of tagged fields, goes before the body.
      const buffer = flexible ? Buffer.concat([NO_TAGS, body]) : body
      try {
        const answer = await pool.send({
          request: {
            apiKey: api.key,
            apiName: api.name,
            apiVersion: version,
            encode: async () => ({ buf: buffer, buffer }),
          },
          response: { decode: async (answer) => answer, parse: async (answer) => answer },
          logResponseError: false,
        })
        answered = true
        return flexible ? withoutHeaderTags(answer, api.name, version) : answer
      } catch (error) {
        throw translate(error, address, options, answered)
      }
    },
    close: () => sever(new TransportError('aborted', `the connection to ${where} was closed`)),
  }
}

const NO_TAGS = Buffer.of(0)

/** Far above any answer of a real cluster; a first word beyond it is another protocol's, such as "HTTP". */
const MAX_ANSWER_BYTES = 256 * 2 ** 20

/** Mends what of a kafkajs connection can hang, crash or spin, and gives the way to end it at once. */
function harden(connection: Connection, where: string): (error: TransportError) => void {
  const sever = (error: TransportError) => {
    // Without an error kafkajs would go on waiting for a socket that is still connecting.
    const unfinished = connection.isConnected() ? undefined : error
    connection.rejectRequests(error)
    void connection.disconnect()
    connection.socket?.destroy(unfinished)
  }

  // It runs in the socket's data handler, where anything thrown would end the process.
  const processData = connection.processData.bind(connection)
  connection.processData = (data) => {
    try {
      processData(data)
      if (connection.bytesNeeded > MAX_ANSWER_BYTES)
        throw new RangeError(`an answer of ${connection.bytesNeeded} bytes`)
    } catch (cause) {
      sever(new TransportError('protocol', `${where} does not speak Kafka's protocol, or not without TLS`, { cause }))
    }
  }

  // With nothing pending it would re-arm a timer of no delay for ever.
  const queue = connection.requestQueue
  const schedule = queue.scheduleCheckPendingRequests.bind(queue)
  queue.scheduleCheckPendingRequests = () => {
    if (queue.pending.length > 0) schedule()
  }
  return sever
}

function withoutHeaderTags(answer: Buffer, api: string, version: number): Buffer {
  const reader = new Reader(answer, api, version, true)
  reader.tags()
  return reader.rest()
}

/** Kafka's codes that speak of credentials: mechanism unsupported, out of order, refused. */
const AUTH_CODES = [33, 34, 58]

/** What kafkajs threw, in our words. Its own error is never kept: texts around SASL are no place to take chances with. */
function translate(
  error: unknown,
  { host, port }: Address,
  { sasl, tls }: Pick<TransportOptions, 'sasl' | 'tls'>,
  answered: boolean,
): EvenkeelError {
  if (error instanceof EvenkeelError) return error
  const where = `${host}:${port}`
  const { name = '', message = '', code } = error as { name?: string; message?: string; code?: unknown }
  switch (name) {
    case 'KafkaJSSASLAuthenticationError':
      return refused(where, sasl)
    case 'KafkaJSProtocolError':
      if (AUTH_CODES.includes(Number(code))) return refused(where, sasl)
      return new TransportError('rejected', `${where} refused the handshake: ${errorKind(Number(code)).name}`)
    case 'KafkaJSRequestTimeoutError':
    case 'KafkaJSLockTimeout':
      return new TransportError('timeout', `${where} did not finish the handshake`)
    case 'KafkaJSConnectionError': {
      const text = message.replace(/^Connection error: /, '')
      const why = tlsTrouble({ code, message: text }, tls, host) ?? text
      return new TransportError('connect', `no connection to ${where}: ${why}`)
    }
    case 'KafkaJSConnectionClosedError': {
      const hint = answered ? '' : ' before its first answer: does it expect TLS or SASL?'
      return new TransportError('connect', `${where} closed the connection${hint}`)
    }
    default:
      return new TransportError('protocol', `${where} does not speak Kafka's protocol: ${message}`)
  }
}

function refused(where: string, sasl: Sasl | undefined): TransportError {
  const who = sasl ? `user ${sasl.username} by SASL ${sasl.mechanism}` : 'a connection without SASL'
  return new TransportError('auth', `${where} refused ${who}`)
}

function passOn({ level, label, namespace, log: entry }: LogEntry, log: TransportOptions['log']): void {
  if (!log || level > logLevel.INFO) return
  const fields = Object.entries(entry).filter(([name]) => !['message', 'timestamp', 'logger', 'stack'].includes(name))
  log(label.toLowerCase() as 'info' | 'warn' | 'error', entry.message, {
    part: namespace,
    ...Object.fromEntries(fields),
  })
}
