import { Kafka, logLevel } from 'kafkajs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { realClock } from '../../../src/lib/clock.ts'
import { Secret } from '../../../src/lib/secret.ts'
import type { UpstreamCall } from '../../../src/systems/kafka/router.ts'
import { createTransport, type KafkaTransport, type TransportOptions } from '../../../src/systems/kafka/transport.ts'
import { TransportError } from '../../../src/systems/kafka/transport-error.ts'
import { describeCluster } from '../../../src/systems/kafka/wire/describe-cluster.ts'
import { describeLogDirs } from '../../../src/systems/kafka/wire/describe-log-dirs.ts'
import { electLeaders } from '../../../src/systems/kafka/wire/elect-leaders.ts'
import { FakeBroker, type FakeBrokerOptions, type Service, serve } from '../../support/fake-broker.ts'

const within = (timeoutMs: number) => ({ signal: new AbortController().signal, timeoutMs })
const until = (signal: AbortSignal) => ({ signal, timeoutMs: 5000 })
const at = (id: number, { address }: FakeBroker) => [{ id, rack: null, ...address }]
const sasl = (password: string) => ({ mechanism: 'plain', username: 'alice', password: new Secret(password) }) as const
const allDirs = { topics: null }
const election = { type: 'preferred', topics: null, timeoutMs: 1000 } as const

/** A broker without log dirs, so that the answer is short; at v3 and above the error code shows which broker it was. */
function logDirs(range: { min?: number; max?: number } = {}, errorCode = 0): Service {
  return serve(
    describeLogDirs,
    (request, response, version) => {
      request.nullableArray(() => 0)
      request.tags()
      response.int32(0)
      if (version >= 3) response.int16(errorCode)
      response.array([], () => undefined)
      response.tags()
      return undefined
    },
    range,
  )
}

function elections(outcome: 'nothing' | 'drop' | undefined): Service {
  return serve(electLeaders, (request, response) => {
    request.int8()
    request.nullableArray(() => 0)
    request.int32()
    request.tags()
    response.int32(0)
    response.int16(0)
    response.array([], () => undefined)
    response.tags()
    return outcome
  })
}

const brokers: FakeBroker[] = []
const transports: KafkaTransport[] = []
afterEach(async () => {
  for (const transport of transports.splice(0)) await transport.close()
  for (const broker of brokers.splice(0)) {
    await broker.close()
    expect(broker.complaints).toEqual([])
  }
})

async function broker(options: Partial<FakeBrokerOptions> = {}): Promise<FakeBroker> {
  const started = await FakeBroker.start({ services: [logDirs()], ...options })
  brokers.push(started)
  return started
}

async function transportTo(brokers: FakeBroker[], options: Partial<TransportOptions> = {}): Promise<KafkaTransport> {
  const transport = await createTransport({
    bootstrap: brokers.map(({ address }) => address),
    clientId: 'evenkeel-test',
    ...options,
  })
  transports.push(transport)
  transport.updateNodes(brokers.map(({ address }, index) => ({ id: index + 1, rack: null, ...address })))
  return transport
}

async function failureOf(work: Promise<unknown>): Promise<TransportError> {
  const error = await work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  )
  if (!(error instanceof TransportError)) throw error
  return error
}

describe('versions', () => {
  it.each([
    [{ min: 0, max: 0 }, undefined],
    [{ min: 0, max: 1 }, 1],
    [{ min: 0, max: 3 }, 3],
    [{ min: 1, max: 5 }, 5],
    [{ min: 4, max: 9 }, 5],
    [{ min: 5, max: 9 }, 5],
    [{ min: 6, max: 9 }, undefined],
  ])('where the broker serves %o it sends %s', async (range, expected) => {
    const only = await broker({ services: [logDirs(range)] })
    const transport = await transportTo([only])
    const sending = transport.send(1, describeLogDirs, allDirs, within(2000))
    if (expected === undefined) {
      const error = await failureOf(sending)
      expect(error).toMatchObject({ reason: 'unsupported', sent: false })
      expect(error.message).toContain(`serves DescribeLogDirs ${range.min}-${range.max}; we speak 1-5`)
      expect(only.requests).toEqual([])
    } else {
      expect(await sending).toEqual({ errorCode: 0, dirs: [] })
      expect(only.requests).toEqual([{ name: 'DescribeLogDirs', version: expected, clientId: 'evenkeel-test' }])
    }
  })

  it('says so when the broker does not serve the API at all', async () => {
    const transport = await transportTo([await broker()])
    const error = await failureOf(transport.send(1, electLeaders, election, within(2000)))
    expect(error).toMatchObject({ reason: 'unsupported', code: 'unsupported' })
    expect(error.message).toContain('does not serve ElectLeaders; we speak 1-2')
  })
})

describe('deadlines and aborts', () => {
  it('gives up on a broker that accepts connections and says nothing', async () => {
    const frozen = await broker()
    frozen.mute = true
    const transport = await transportTo([frozen])
    const start = performance.now()
    const error = await failureOf(transport.send(1, describeLogDirs, allDirs, within(150)))
    expect(error).toMatchObject({ reason: 'timeout', code: 'timeout', sent: false })
    expect(performance.now() - start).toBeLessThan(1000)
  })

  it('gives up on a request that is not answered, makes a new connection for the next and lets go of the old', async () => {
    const half = await broker()
    const transport = await transportTo([half])
    await transport.send(1, describeLogDirs, allDirs, within(2000))
    half.abandonConnections()
    const error = await failureOf(transport.send(1, describeLogDirs, allDirs, within(150)))
    expect(error).toMatchObject({ reason: 'timeout', sent: true })
    await transport.send(1, describeLogDirs, allDirs, within(2000))
    expect(half.connections).toBe(2)
  })

  it('leaves other requests on a doubtful connection their own time', async () => {
    const slow = await broker({ services: [logDirs(), elections('nothing')] })
    const transport = await transportTo([slow])
    const hanging = failureOf(transport.send(1, electLeaders, election, within(400)))
    const first = await failureOf(transport.send(1, electLeaders, election, within(100)))
    expect(first.reason).toBe('timeout')
    await transport.send(1, describeLogDirs, allDirs, within(2000))
    expect(slow.openConnections).toBe(2)
    expect((await hanging).reason).toBe('timeout')
    await vi.waitFor(() => expect(slow.openConnections).toBe(1))
  })

  it('obeys an abort before, while connecting and while waiting', async () => {
    const silent = await broker({ services: [elections('nothing')] })
    const transport = await transportTo([silent])
    expect(await failureOf(transport.send(1, electLeaders, election, until(AbortSignal.abort())))).toMatchObject({
      reason: 'aborted',
      sent: false,
    })
    const waiting = await failureOf(transport.send(1, electLeaders, election, until(AbortSignal.timeout(100))))
    expect(waiting).toMatchObject({ reason: 'aborted', code: 'aborted', sent: true })
    const mute = await broker()
    mute.mute = true
    const other = await transportTo([mute])
    const connecting = await failureOf(other.send(1, describeLogDirs, allDirs, until(AbortSignal.timeout(100))))
    expect(connecting).toMatchObject({ reason: 'aborted', sent: false })
  })

  it('gives up on a handshake after its own time, so that later calls begin anew', async () => {
    const frozen = await broker()
    frozen.mute = true
    const transport = await transportTo([frozen], { connectTimeoutMs: 100 })
    const error = await failureOf(transport.send(1, describeLogDirs, allDirs, within(2000)))
    expect(error).toMatchObject({ reason: 'timeout', sent: false })
    frozen.mute = false
    await transport.send(1, describeLogDirs, allDirs, within(2000))
    expect(frozen.connections).toBe(2)
  })
})

describe('connections', () => {
  it('makes none before the first request, then one a broker, whatever is asked at once', async () => {
    const only = await broker()
    const transport = await transportTo([only])
    expect(only.connections).toBe(0)
    await Promise.all(Array.from({ length: 50 }, () => transport.send(1, describeLogDirs, allDirs, within(2000))))
    expect(only.connections).toBe(1)
    expect(only.requests).toHaveLength(50)
  })

  it('comes back after the connection was lost', async () => {
    const only = await broker()
    const transport = await transportTo([only])
    await transport.send(1, describeLogDirs, allDirs, within(2000))
    only.dropConnections()
    // Until the loss is noticed a request may still be lost with the connection.
    await vi.waitFor(() => transport.send(1, describeLogDirs, allDirs, within(2000)))
    expect(only.connections).toBe(2)
  })

  it('says that a request may have arrived when the connection breaks under it', async () => {
    const only = await broker({ services: [elections('drop')] })
    const transport = await transportTo([only])
    const error = await failureOf(transport.send(1, electLeaders, election, within(2000)))
    expect(error).toMatchObject({ reason: 'connect', code: 'unreachable', sent: true })
  })

  it('names a refused connection, and tries again when asked again', async () => {
    const only = await broker()
    const transport = await transportTo([only])
    await only.close()
    const error = await failureOf(transport.send(1, describeLogDirs, allDirs, within(2000)))
    expect(error).toMatchObject({ reason: 'connect', sent: false })
    expect(error.message).toContain(`ECONNREFUSED 127.0.0.1:${only.address.port}`)
    await only.listen()
    await transport.send(1, describeLogDirs, allDirs, within(2000))
  })

  it('follows a broker to another address and lets go of the old one', async () => {
    const [bootstrap, old, moved] = [await broker(), await broker(), await broker()]
    const transport = await transportTo([bootstrap])
    transport.updateNodes(at(7, old))
    await transport.send(7, describeLogDirs, allDirs, within(2000))
    transport.updateNodes(at(7, moved))
    await transport.send(7, describeLogDirs, allDirs, within(2000))
    expect(moved.requests).toHaveLength(1)
    await vi.waitFor(() => expect(old.openConnections).toBe(0))
    expect(transport.knowsNode(7)).toBe(true)
    expect(transport.knowsNode(1)).toBe(false)
  })

  it('knows no broker that nobody told it of', async () => {
    const transport = await transportTo([await broker()])
    const error = await failureOf(transport.send(99, describeLogDirs, allDirs, within(2000)))
    expect(error).toMatchObject({ reason: 'connect', sent: false, message: 'broker 99 is not known' })
  })

  it('ends everything at close: connections, who waits, and who comes later', async () => {
    const only = await broker({ services: [logDirs(), elections('nothing')] })
    const transport = await transportTo([only])
    await transport.send(1, describeLogDirs, allDirs, within(2000))
    const waiting = failureOf(transport.send(1, electLeaders, election, within(60_000)))
    await vi.waitFor(() => expect(only.requests).toHaveLength(2))
    await transport.close()
    expect(await waiting).toMatchObject({ reason: 'aborted', sent: true })
    expect(await failureOf(transport.send(1, describeLogDirs, allDirs, within(2000)))).toMatchObject({
      reason: 'aborted',
      sent: false,
    })
    await vi.waitFor(() => expect(only.openConnections).toBe(0))
  })

  it('ends a handshake at close', async () => {
    const frozen = await broker()
    frozen.mute = true
    const transport = await transportTo([frozen])
    const waiting = failureOf(transport.send(1, describeLogDirs, allDirs, within(60_000)))
    await vi.waitFor(() => expect(frozen.connections).toBe(1))
    await transport.close()
    expect(await waiting).toMatchObject({ reason: 'aborted', sent: false })
    await vi.waitFor(() => expect(frozen.openConnections).toBe(0))
  })
})

describe('TLS', () => {
  it('that never completes is a broken connection', async () => {
    const frozen = await broker()
    frozen.mute = true
    const transport = await transportTo([frozen], { tls: true, connectTimeoutMs: 100 })
    expect((await failureOf(transport.send(1, describeLogDirs, allDirs, within(5000)))).reason).toBe('connect')
    await vi.waitFor(() => expect(frozen.openConnections).toBe(0))
  })

  it('is given up at close, and nothing of it comes later', async () => {
    const frozen = await broker()
    frozen.mute = true
    const log = vi.fn<NonNullable<TransportOptions['log']>>()
    const transport = await transportTo([frozen], { tls: true, connectTimeoutMs: 100, log })
    const waiting = failureOf(transport.send(1, describeLogDirs, allDirs, within(5000)))
    await vi.waitFor(() => expect(frozen.connections).toBe(1))
    await transport.close()
    expect((await waiting).reason).toBe('aborted')
    await vi.waitFor(() => expect(frozen.openConnections).toBe(0))
    await realClock.sleep(200)
    expect(log).not.toHaveBeenCalledWith('error', 'Connection timeout', expect.anything())
  })
})

describe('any', () => {
  it('goes through the bootstrap addresses until one answers, then stays with it', async () => {
    const [dead, alive] = [await broker(), await broker({ services: [logDirs({}, 7)] })]
    const transport = await transportTo([dead, alive])
    await dead.close()
    for (let i = 0; i < 4; i++) {
      expect(await transport.send('any', describeLogDirs, allDirs, within(2000))).toMatchObject({ errorCode: 7 })
    }
    expect(alive.connections).toBe(1)
  })

  it('prefers a broker it is connected to', async () => {
    const [other, used] = [await broker(), await broker()]
    const transport = await transportTo([other, used])
    await transport.send(2, describeLogDirs, allDirs, within(2000))
    for (let i = 0; i < 3; i++) await transport.send('any', describeLogDirs, allDirs, within(2000))
    expect(used.requests).toHaveLength(4)
    expect(other.connections).toBe(0)
  })

  it('falls back on known brokers when no bootstrap address answers', async () => {
    const [dead, alive] = [await broker(), await broker()]
    const transport = await transportTo([dead])
    transport.updateNodes(at(2, alive))
    await dead.close()
    await transport.send('any', describeLogDirs, allDirs, within(2000))
    expect(alive.requests).toHaveLength(1)
  })

  it('does not let a mute broker use up the time of the others', async () => {
    const [mute, alive] = [await broker(), await broker()]
    mute.mute = true
    const transport = await transportTo([mute, alive])
    await transport.send('any', describeLogDirs, allDirs, within(2000))
    expect(alive.requests).toHaveLength(1)
  })

  it('repeats a reading request elsewhere when its answer was lost', async () => {
    const [losing, alive] = [await broker(), await broker()]
    const transport = await transportTo([losing, alive])
    await transport.send(1, describeLogDirs, allDirs, within(2000))
    losing.abandonConnections()
    await transport.send('any', describeLogDirs, allDirs, within(2000))
    expect(alive.requests).toHaveLength(1)
  })

  it('never repeats a change that may have arrived', async () => {
    const [losing, other] = [
      await broker({ services: [elections('drop')] }),
      await broker({ services: [elections(undefined)] }),
    ]
    const transport = await transportTo([losing, other])
    const error = await failureOf(transport.send('any', electLeaders, election, within(2000)))
    expect(error).toMatchObject({ reason: 'connect', sent: true })
    expect(other.requests).toEqual([])
  })

  it('sends a change to the next when it can not have arrived', async () => {
    const [dead, other] = [await broker(), await broker({ services: [elections(undefined)] })]
    const transport = await transportTo([dead, other])
    await dead.close()
    expect(await transport.send('any', electLeaders, election, within(2000))).toEqual({ errorCode: 0, topics: [] })
  })

  it('reports the failure when nobody answers', async () => {
    const [one, two] = [await broker(), await broker()]
    const transport = await transportTo([one, two])
    await Promise.all([one.close(), two.close()])
    expect(await failureOf(transport.send('any', describeLogDirs, allDirs, within(2000)))).toMatchObject({
      reason: 'connect',
      sent: false,
    })
  })
})

describe('authentication', () => {
  it('passes PLAIN credentials', async () => {
    const only = await broker({ sasl: { username: 'alice', password: 'hunter2' } })
    const transport = await transportTo([only], { sasl: sasl('hunter2') })
    await transport.send(1, describeLogDirs, allDirs, within(2000))
  })

  it('names refused credentials without showing them, and asks nobody else', async () => {
    const users = { username: 'alice', password: 'hunter2' }
    const [only, other] = [await broker({ sasl: users }), await broker({ sasl: users })]
    const lines: unknown[] = []
    const log = (...line: unknown[]) => lines.push(line)
    const transport = await transportTo([only, other], { sasl: sasl('s3cret-word'), log })
    const error = await failureOf(transport.send('any', describeLogDirs, allDirs, within(2000)))
    expect(error).toMatchObject({ reason: 'auth', code: 'auth', sent: false })
    expect(error.message).toContain('refused user alice by SASL plain')
    expect(JSON.stringify([error, error.stack, error.cause, lines])).not.toContain('s3cret-word')
    expect(other.connections).toBe(0)
  })

  it('names a mechanism the broker does not have', async () => {
    const only = await broker({ sasl: { username: 'alice', password: 'x' } })
    const transport = await transportTo([only], { sasl: { ...sasl('x'), mechanism: 'scram-sha-512' } })
    expect((await failureOf(transport.send(1, describeLogDirs, allDirs, within(2000)))).reason).toBe('auth')
  })

  it('guesses what is missing when the broker hangs up at once', async () => {
    const only = await broker({ sasl: { username: 'alice', password: 'x' } })
    const transport = await transportTo([only])
    const error = await failureOf(transport.send(1, describeLogDirs, allDirs, within(2000)))
    expect(error.reason).toBe('connect')
    expect(error.message).toContain('does it expect TLS or SASL?')
    expect(only.complaints.splice(0)).toEqual(['DescribeLogDirs before authentication'])
  })
})

describe('nonsense', () => {
  it.each([
    ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['an answer of no bytes', Buffer.from('00000000', 'hex')],
    ['an answer of less than no bytes', Buffer.from('fffffff0000000000000', 'hex')],
    ['a cut short handshake', Buffer.from('000000060000000000000a', 'hex')],
    ['a TLS alert', Buffer.from('15030300020250', 'hex')],
  ])('is named: %s', async (_, nonsense) => {
    const strange = await broker()
    strange.nonsense = nonsense
    const transport = await transportTo([strange], { connectTimeoutMs: 1000 })
    const error = await failureOf(transport.send(1, describeLogDirs, allDirs, within(5000)))
    expect(error).toMatchObject({ reason: 'protocol', code: 'protocol' })
  })

  it('in an answer names the API, and the connection is not used again', async () => {
    const wordy = serve(describeLogDirs, (request, response) => {
      request.rest()
      response.int32(0)
      return undefined
    })
    const strange = await broker({ services: [wordy] })
    const transport = await transportTo([strange])
    for (let i = 0; i < 2; i++) {
      const error = await failureOf(transport.send(1, describeLogDirs, allDirs, within(2000)))
      expect(error).toMatchObject({ reason: 'protocol', sent: true, cause: { api: 'DescribeLogDirs', version: 5 } })
    }
    expect(strange.connections).toBe(2)
  })

  it('that breaks in on a working connection ends it at once', async () => {
    const strange = await broker()
    const transport = await transportTo([strange])
    await transport.send(1, describeLogDirs, allDirs, within(2000))
    strange.nonsense = Buffer.from('00000001ff', 'hex')
    expect((await failureOf(transport.send(1, describeLogDirs, allDirs, within(5000)))).reason).toBe('protocol')
  })
})

describe('observation', () => {
  it('counts each call once, by how it ended', async () => {
    const [dead, alive] = [await broker(), await broker()]
    const calls: UpstreamCall[] = []
    const transport = await transportTo([dead, alive], { observe: (call) => calls.push(call) })
    await dead.close()
    await transport.send('any', describeLogDirs, allDirs, within(2000))
    await failureOf(transport.send(1, describeLogDirs, allDirs, within(2000)))
    await failureOf(transport.send(99, describeLogDirs, allDirs, within(2000)))
    await failureOf(transport.send(2, describeCluster, { includeFencedBrokers: true }, within(2000)))
    expect(calls.map(({ operation, node, outcome }) => [operation, node, outcome])).toEqual([
      ['DescribeLogDirs', 'any', 'ok'],
      ['DescribeLogDirs', 1, 'connect'],
      ['DescribeLogDirs', 99, 'connect'],
      ['DescribeCluster', 2, 'unsupported'],
    ])
    expect(calls.every(({ upstream, durationMs }) => upstream === 'kafka' && durationMs >= 0)).toBe(true)
  })

  it('hears kafkajs only through the log given', async () => {
    const methods = ['log', 'info', 'warn', 'error'] as const
    const spies = methods.map((method) => vi.spyOn(console, method).mockImplementation(() => undefined))
    const log = vi.fn<NonNullable<TransportOptions['log']>>()
    const dead = await broker()
    for (const options of [{}, { log }]) {
      const transport = await transportTo([dead], options)
      await dead.close()
      await failureOf(transport.send(1, describeLogDirs, allDirs, within(2000)))
    }
    expect(spies.flatMap((spy) => spy.mock.calls)).toEqual([])
    expect(log).toHaveBeenCalledExactlyOnceWith('error', expect.stringContaining('ECONNREFUSED'), {
      part: 'Connection',
      broker: `127.0.0.1:${dead.address.port}`,
      clientId: 'evenkeel-test',
    })
    for (const spy of spies) spy.mockRestore()
  })
})

describe('kafkajs', () => {
  it('sets no timers while idle', async () => {
    const intervals = vi.spyOn(globalThis, 'setInterval')
    const transport = await transportTo([await broker()])
    await transport.send(1, describeLogDirs, allDirs, within(2000))
    const timers = vi.spyOn(globalThis, 'setTimeout')
    await realClock.sleep(300)
    expect(timers).toHaveBeenCalledTimes(1)
    expect(intervals).not.toHaveBeenCalled()
    vi.restoreAllMocks()
  })

  it('still has every part that is touched', async () => {
    const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING })
    const symbol = Object.getOwnPropertySymbols(kafka).find((s) => s.description === 'private:Kafka:createCluster')
    const cluster = Reflect.get(kafka, symbol!)({})
    const pool = await cluster.connectionPoolBuilder.build({ host: '127.0.0.1', port: 1 })
    const made = cluster.brokerPool.createBroker({ connectionPool: pool, logger: cluster.rootLogger, nodeId: null })
    const [connection] = pool.pool
    for (const part of [
      cluster.rootLogger.namespace,
      pool.send,
      made.connect,
      made.isConnected,
      connection.isConnected,
      connection.processData,
      connection.rejectRequests,
      connection.disconnect,
      connection.requestQueue.scheduleCheckPendingRequests,
    ]) {
      expect(part).toBeTypeOf('function')
    }
    expect(connection.bytesNeeded).toBe(4)
    expect(connection.requestQueue.pending).toEqual([])
    expect(made.versions).toBeNull()
  })

  it.each([
    ['private:Kafka:createCluster', {}],
    [
      'cluster.connectionPoolBuilder.build, cluster.rootLogger.namespace',
      { [Symbol('private:Kafka:createCluster')]: () => ({ brokerPool: { createBroker: () => undefined } }) },
    ],
  ])('is refused at once without %s', async (parts, instead) => {
    vi.resetModules()
    vi.doMock('kafkajs', () => ({
      logLevel,
      Kafka: vi.fn(function () {
        return instead
      }),
    }))
    const { createTransport } = await import('../../../src/systems/kafka/transport.ts')
    await expect(createTransport({ bootstrap: [{ host: 'h', port: 1 }], clientId: 'c' })).rejects.toThrow(
      `kafkajs is not the 2.2.4 we know; it lacks ${parts}`,
    )
    vi.doUnmock('kafkajs')
  })

  it('is not needed to see that there is no address', async () => {
    await expect(createTransport({ bootstrap: [], clientId: 'c' })).rejects.toThrow('needs a bootstrap address')
  })
})
