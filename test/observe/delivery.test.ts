/** Over real connections: what a receiver gets, and what becomes of answers of all kinds. */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Secret } from '../../src/lib/secret.ts'
import { type Address, type Answer, sendByHttp } from '../../src/observe/notifications/delivery.ts'
import type { Message } from '../../src/observe/notifications/notification.ts'
import { Authority } from '../clusters/connections/certificates.ts'
import { sweep } from '../clusters/sandbox.ts'
import { noon } from './support.ts'

afterAll(sweep)

interface Got {
  url: string | undefined
  method: string | undefined
  headers: IncomingMessage['headers']
  body: string
}

let server: Server
let got: Got[]
let respond: (response: ServerResponse, request: IncomingMessage) => void
const take = (request: IncomingMessage, response: ServerResponse) => {
  let body = ''
  request.setEncoding('utf8')
  request.on('data', (text: string) => {
    body += text
  })
  request.on('end', () => {
    got.push({ url: request.url, method: request.method, headers: request.headers, body })
    respond(response, request)
  })
}
const listen = (one: Server) => new Promise<void>((resolve) => void one.listen(0, '127.0.0.1', resolve))
const portOf = (one: Server) => (one.address() as AddressInfo).port

beforeEach(async () => {
  got = []
  respond = (response) => response.end()
  server = createServer(take)
  await listen(server)
})
afterEach(() => {
  const { closeAllConnections } = server as Server & { closeAllConnections?: () => void }
  closeAllConnections?.call(server)
  server.close()
})

const message: Message = {
  event: 'node_lost',
  cluster: 'orders',
  subject: 'node 4',
  atMs: noon,
  what: 'node 4 is gone: ä😀',
  id: 'c0ffee',
  times: 1,
}
const path = '/services/T000/very-secret-part?token=also-a-secret'
const key = 'the key of the hook'
const address = (more: Partial<Address> = {}): Address => ({
  type: 'webhook',
  url: new Secret(`http://127.0.0.1:${portOf(server)}${path}`),
  ...more,
})
const send = (to: Address = address(), signal = new AbortController().signal): Promise<Answer> =>
  sendByHttp(to, message, noon + 1500, signal)

it('is a POST of JSON that can be verified as docs/notifications.md says', async () => {
  expect(await send(address({ secret: new Secret(key) }))).toEqual({ ok: true, status: 200, text: 'it answered 200' })
  const [{ url, method, headers, body }] = got as [Got]
  expect([method, url]).toEqual(['POST', path])
  expect(headers).toMatchObject({
    'content-type': 'application/json',
    'x-evenkeel-event': 'node_lost',
    'x-evenkeel-event-id': 'c0ffee',
    'x-evenkeel-timestamp': String((noon + 1000) / 1000),
  })
  const expected = createHmac('sha256', key)
    .update(`${String(headers['x-evenkeel-timestamp'])}.${body}`)
    .digest()
  const given = Buffer.from(String(headers['x-evenkeel-signature']).replace(/^sha256=/, ''), 'hex')
  expect(timingSafeEqual(expected, given)).toBe(true)
  expect(JSON.parse(body)).toMatchObject({ version: 1, event: 'node_lost', what: 'node 4 is gone: ä😀' })
})

it('without a key nothing is signed', async () => {
  await send()
  expect(got[0]!.headers).not.toHaveProperty('x-evenkeel-signature')
})

describe('an answer', () => {
  it('that refuses tells what it said, on one line, without the address that it repeats', async () => {
    respond = (response, { url = '' }) => {
      response.statusCode = 404
      response.end(`no\n\u001b[2Jhook ${url} at ${url.split('?')[0]} nor very-secret-part or ${key}, sorry`)
    }
    const { ok, status, text, said = '' } = await send(address({ secret: new Secret(key) }))
    expect([ok, status, text]).toEqual([false, 404, 'it answered 404'])
    expect(said).toMatch(/^no \[2Jhook \[redacted\] at \[redacted\] nor \[redacted\] or \[redacted\], sorry$/)
  })

  it('that asks to wait is heard where it says seconds', async () => {
    respond = (response) => {
      response.writeHead(429, { 'retry-after': '17' }).end()
    }
    expect(await send()).toMatchObject({ ok: false, status: 429, retryAfterMs: 17_000 })
    respond = (response) => {
      response.writeHead(503, { 'retry-after': 'Wed, 21 Oct 2026 07:28:00 GMT' }).end()
    }
    expect(await send()).not.toHaveProperty('retryAfterMs')
  })

  it('that leads elsewhere is not followed', async () => {
    respond = (response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${portOf(server)}/elsewhere` }).end()
    }
    expect(await send()).toMatchObject({ ok: false, status: 307, text: expect.stringContaining('not followed') })
    expect(got).toHaveLength(1)
  })

  it('that never ends is not read to its end', async () => {
    respond = (response) => {
      const more = () => {
        if (!response.destroyed) response.write('x'.repeat(10_000), () => setImmediate(more))
      }
      more()
    }
    const { ok, said } = await send()
    expect([ok, said]).toEqual([true, `${'x'.repeat(199)}…`])
  })

  it('whose text cannot be read is one all the same', async () => {
    const heads = [{ 'content-length': 100 }, { 'content-encoding': 'gzip' }]
    for (const head of heads) {
      respond = (response) => {
        response.writeHead(200, head)
        response.write('no gzip', () => response.destroy())
      }
      expect(await send()).toEqual({ ok: true, status: 200, text: 'it answered 200' })
    }
  })
})

describe('no answer', () => {
  const failing = async (to: Address, text: RegExp) => {
    const answer = await send(to)
    expect(answer).toEqual({ ok: false, text: expect.stringMatching(text) })
    expect(answer.text).not.toMatch(/127\.0\.0\.1|secret|invalid/)
  }

  it('where nobody listens', async () => {
    const gone = createServer()
    await listen(gone)
    const url = new Secret(`http://127.0.0.1:${portOf(gone)}${path}`)
    await new Promise((resolve) => gone.close(resolve))
    await failing(address({ url }), /^nobody listens at its address \(ECONNREFUSED\)$/)
  })

  it('where there is no such host', async () => {
    await failing(address({ url: new Secret(`http://hooks.invalid${path}`) }), /^the name of its host is not known/)
  })

  it('where the connection is cut', async () => {
    respond = (_, request) => request.socket.resetAndDestroy()
    await failing(address(), /^no answer came \((ECONNRESET|UND_ERR_SOCKET)\)$/)
  })

  it('from a receiver that hangs, once evenkeel ends', async () => {
    const over = new AbortController()
    respond = () => over.abort()
    expect(await send(address(), over.signal)).toEqual({ ok: false, text: 'it was given up' })
  })

  it('from one whose certificate nobody vouches for', async () => {
    const authority = await Authority.make()
    const { certFile, keyFile } = await authority.sign('receiver', 'IP:127.0.0.1')
    const tls = createTlsServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, take)
    await listen(tls)
    try {
      const url = new Secret(`https://127.0.0.1:${portOf(tls)}${path}`)
      await failing(address({ url }), /^no answer came \(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)$/)
      expect(got).toEqual([])
    } finally {
      tls.close()
    }
  })
})
