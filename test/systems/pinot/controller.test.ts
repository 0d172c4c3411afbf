import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { Secret } from '../../../src/lib/secret.ts'
import type { ControllerAuth } from '../../../src/systems/pinot/wire/access.ts'
import { Controllers } from '../../../src/systems/pinot/wire/controller.ts'
import { Http } from '../../../src/systems/pinot/wire/http.ts'
import type { Observe } from '../../../src/systems/pinot/wire/observed.ts'

const signal = new AbortController().signal
const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

type Reply = (response: ServerResponse, request: IncomingMessage) => void

/** A controller that is healthy and answers everything else as it is told. */
class Fake {
  readonly asked: string[] = []
  readonly headers: IncomingMessage['headers'][] = []
  url = ''
  healthy = true
  reply: Reply
  #server: Server | undefined

  constructor(reply: Reply) {
    this.reply = reply
  }

  async open(): Promise<this> {
    const server = createServer((request, response) => {
      if (request.url === '/health') {
        if (this.healthy) response.end('OK')
        return
      }
      this.asked.push(`${request.method} ${request.url}`)
      this.headers.push(request.headers)
      this.reply(response, request)
    })
    this.#server = server
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    closers.push(() => this.close())
    return this
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise((resolve) => this.#server?.close(resolve))
  }
}

const json = (body: unknown, status = 200): Reply => {
  return (response) => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
const text =
  (body: string, status = 200): Reply =>
  (response) =>
    void response.writeHead(status).end(body)
const fake = (reply: Reply) => new Fake(reply).open()

function client(urls: string[], auth?: ControllerAuth, observe?: Observe): Controllers {
  const http = new Http()
  closers.push(() => http.close())
  return new Controllers({ urls, http, ...(auth ? { auth } : {}), ...(observe ? { observe } : {}) })
}

const dry = {
  jobId: 'x',
  status: 'DONE',
  description: 'Dry-run\n   mode',
  preChecksResult: {
    diskUtilization: { preCheckStatus: 'ERROR', message: 'full' },
    needsReloadStatus: { preCheckStatus: 'PASS', message: 'No need to reload' },
    other: { preCheckStatus: 'NEVER_SEEN', message: null },
  },
  rebalanceSummaryResult: { serverInfo: {} },
  instanceAssignment: { OFFLINE: { partitionToInstancesMap: { '0_0': ['a'] }, instanceToPartitionIdMap: {} } },
  tierInstanceAssignment: { hot: { partitionToInstancesMap: { '0_0': ['b'] } } },
  segmentAssignment: { s0: { a: 'ONLINE' } },
}

describe('a dry run', () => {
  it('asks for everything explicitly and reads the answer whatever its checks are called', async () => {
    const controller = await fake(json(dry))
    const answer = await client([`${controller.url}/`]).dryRun('my table_OFFLINE', { batchSizePerServer: '7' }, signal)
    expect(controller.asked).toEqual([
      'POST /tables/my%20table/rebalance?type=OFFLINE&batchSizePerServer=7&dryRun=true&preChecks=true',
    ])
    expect(answer).toEqual({
      jobId: 'x',
      status: 'DONE',
      description: 'Dry-run mode',
      checks: [
        { name: 'diskUtilization', result: 'ERROR', message: 'full' },
        { name: 'needsReloadStatus', result: 'PASS', message: 'No need to reload' },
        { name: 'other', result: 'WARN', message: '' },
      ],
      summary: { serverInfo: {} },
      segments: { s0: { a: 'ONLINE' } },
      lists: { OFFLINE: { '0_0': ['a'] }, hot: { '0_0': ['b'] } },
    })
  })

  it('is one at a time, also where one fails', async () => {
    let now = 0
    let most = 0
    const controller = await fake((response, request) => {
      most = Math.max(most, ++now)
      setTimeout(() => {
        now--
        if (controller.asked.length === 2) json({ code: 500, error: 'broken' }, 500)(response, request)
        else json(dry)(response, request)
      }, 30)
    })
    const controllers = client([controller.url])
    const runs = ['a_OFFLINE', 'b_OFFLINE', 'c_REALTIME'].map((table) => controllers.dryRun(table, {}, signal))
    const ended = await Promise.allSettled(runs)
    expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(most).toBe(1)
  })

  it.each<[string, Reply, string, RegExp]>([
    ['refused by Pinot', json({ code: 404, error: 'Table not found' }, 404), 'rejected', /404: Table not found$/],
    [
      'of nobody',
      json({ code: 401, error: 'Who?' }, 401),
      'auth',
      /wants to know who asks: `auth` is not set: POST .*: Who\?$/,
    ],
    [
      'not permitted',
      json({ code: 403, error: 'No' }, 403),
      'not_permitted',
      /was refused: .*: `auth` is not set: POST .*: No$/,
    ],
    ['broken', json({ code: 500, error: 'x'.repeat(9000) }, 500), 'rejected', /^.{50,500}…$/],
    ['answered by a proxy', text('<html>Bad gateway</html>', 502), 'protocol', /Bad gateway/],
    ['not answered in JSON', text('{"status": "DO'), 'protocol', /not JSON/],
    ['answered with something else', json([1]), 'protocol', /no result of a rebalance/],
  ])('%s', async (_, reply, code, message) => {
    const controller = await fake(reply)
    const failure = await client([controller.url])
      .dryRun('a_OFFLINE', {}, signal)
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) })
  })
})

describe('an act', () => {
  it('reads what became of it from the body', async () => {
    const controller = await fake(json({ status: 'NO_OP', description: 'Table is already balanced' }))
    expect(await client([controller.url]).rebalance('a_REALTIME', { maxAttempts: '1' }, signal)).toMatchObject({
      outcome: 'answered',
      answer: { status: 'NO_OP', description: 'Table is already balanced', segments: {} },
    })
    expect(controller.asked).toEqual([
      'POST /tables/a/rebalance?type=REALTIME&maxAttempts=1&dryRun=false&preChecks=false',
    ])
  })

  it('is refused in the words of Pinot', async () => {
    const controller = await fake(json({ code: 409, error: 'Rebalance job is already in progress' }, 409))
    const parameters = { name: 'x'.repeat(500) }
    const answer = await client([controller.url]).rebalance('a_OFFLINE', parameters, signal)
    expect(answer).toMatchObject({ outcome: 'refused', status: 409 })
    // However long the address was.
    expect('text' in answer && answer.text).toBe(
      `POST ${controller.url}/tables/a/rebalance was answered with 409: Rebalance job is already in progress`,
    )
  })

  it('has an unknown outcome where the answer breaks off, is nonsense or comes from a proxy', async () => {
    const half: Reply = (response) => {
      response.writeHead(200, { 'content-length': 100 }).write('{"status":')
      setTimeout(() => response.destroy(), 20)
    }
    const reset: Reply = (response) => void response.destroy()
    for (const reply of [half, reset, text('ok'), text('timeout', 504), json([])]) {
      const controller = await fake(reply)
      const other = await fake(json({ status: 'IN_PROGRESS' }))
      expect(await client([controller.url, other.url]).rebalance('a_OFFLINE', {}, signal)).toMatchObject({
        outcome: 'unknown',
      })
      // It may have been done: nobody else is asked to do it again.
      expect([controller.asked.length, other.asked.length]).toEqual([1, 0])
    }
  })

  it('goes to the next controller only where the first surely heard nothing, and stays there', async () => {
    const dead = await fake(json({}))
    await dead.close()
    const second = await fake(json(['id']))
    const controllers = client([dead.url, second.url])
    expect(await controllers.cancel('a_OFFLINE', signal)).toEqual({ outcome: 'answered', body: ['id'] })
    expect(await controllers.cancel('a_OFFLINE', signal)).toEqual({ outcome: 'answered', body: ['id'] })
    expect(second.asked).toEqual(Array(2).fill('DELETE /tables/a/rebalance?type=OFFLINE'))
  })

  it('is not sent to a controller that is frozen', async () => {
    const frozen = await fake(json({}))
    frozen.healthy = false
    const second = await fake(json({}))
    expect(await client([frozen.url, second.url]).resetErrors('a_OFFLINE', signal)).toMatchObject({
      outcome: 'answered',
    })
    expect([frozen.asked, second.asked]).toEqual([[], ['POST /segments/a_OFFLINE/reset?errorSegmentsOnly=true']])
  })

  it('is not sent where nobody is', async () => {
    const dead = await fake(json({}))
    await dead.close()
    expect(await client([dead.url]).updateTags('Server_a', ['x', 'y'], signal)).toMatchObject({
      outcome: 'not_sent',
      text: expect.stringMatching(/^no controller answers: /),
    })
  })
})

describe('calls that a server may hold up', () => {
  it('go one at a time, and who is given up while he waits has sent nothing', async () => {
    const open: ServerResponse[] = []
    const controller = await fake((response) => void open.push(response))
    const controllers = client([controller.url])
    const first = controllers.dryRun('a_OFFLINE', {}, signal).catch((error: unknown) => error)
    const giveUp = new AbortController()
    const second = controllers.rebalance('b_OFFLINE', {}, giveUp.signal).catch((error: unknown) => error)
    const third = controllers.dryRun('c_OFFLINE', {}, signal).catch((error: unknown) => error)
    await expect.poll(() => open.length).toBe(1)
    giveUp.abort()
    expect(await second).toMatchObject({ code: 'aborted' })
    open[0]!.end('{}')
    await first
    await expect.poll(() => open.length).toBe(2)
    open[1]!.end('{}')
    await third
    expect(controller.asked.map((url) => url.split('/')[2])).toEqual(['a', 'c'])
  })
})

describe('a znode', () => {
  it('is written whole, and only where it still has its version', async () => {
    const record = `{"id":"orders_OFFLINE","listFields":{"a":["${'x'.repeat(40_000)}"]}}`
    let sent = ''
    const controller = await fake((response, request) => {
      request.on('data', (part) => {
        sent += part
      })
      request.on('end', () => response.setHeader('content-type', 'application/json').end('{"status":"ok"}'))
    })
    const answer = client([controller.url]).putZnode('/c/IDEALSTATES/orders_OFFLINE', Buffer.from(record), 7, signal)
    expect(await answer).toMatchObject({ outcome: 'answered' })
    expect(controller.asked).toEqual(['PUT /zk/put?path=%2Fc%2FIDEALSTATES%2Forders_OFFLINE&expectedVersion=7'])
    expect(controller.headers[0]!['content-type']).toBe('application/json')
    expect(sent).toBe(record)
  })
})

describe('a read', () => {
  it('takes any controller that answers', async () => {
    const broken = await fake(text('down', 503))
    const good = await fake(json({ 'pinot-controller': '1.5.1' }))
    const controllers = client([broken.url, good.url])
    expect(await controllers.version(signal)).toBe('1.5.1')
    expect(await controllers.version(signal)).toBe('1.5.1')
    expect([broken.asked.length, good.asked.length]).toEqual([1, 2])
  })

  it('fails where none does, naming each', async () => {
    const broken = await fake(text('down', 503))
    const failure = await client([broken.url])
      .version(signal)
      .catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'unreachable', message: expect.stringContaining(broken.url) })
  })
})

it('says who we are to every controller, and nowhere else', async () => {
  const basic = await fake(json({ 'pinot-controller': 'x' }))
  await client([basic.url], { username: 'me', password: new Secret('hunter2') }).version(signal)
  expect(basic.headers[0]!.authorization).toBe(`Basic ${Buffer.from('me:hunter2').toString('base64')}`)
  const bearer = await fake(text('no', 403))
  const failure = await client([bearer.url], { token: new Secret('hunter2') })
    .version(signal)
    .catch((error: unknown) => error)
  expect(bearer.headers[0]!.authorization).toBe('Bearer hunter2')
  expect(failure).toMatchObject({ code: 'not_permitted' })
  expect(String(failure)).not.toContain('hunter2')
})

it('every call is told, of each controller that is asked', async () => {
  const calls: string[] = []
  const { url } = await fake(json({ 'pinot-controller': '1.4.0' }))
  const controllers = client(['http://127.0.0.1:1', url], undefined, ({ upstream, operation, outcome }) =>
    calls.push(`${upstream} ${operation} ${outcome}`),
  )
  const { signal } = new AbortController()
  expect(await controllers.version(signal)).toBe('1.4.0')
  expect(calls).toEqual(['pinot_controller GET /version connect', 'pinot_controller GET /version ok'])
})
