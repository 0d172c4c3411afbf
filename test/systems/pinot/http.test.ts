import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { codeOf, messageOf } from '../../../src/lib/errors.ts'
import { Http } from '../../../src/systems/pinot/wire/http.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function client(): Http {
  const http = new Http()
  open.push(http)
  return http
}

async function errorOf(work: Promise<unknown>): Promise<[string, string]> {
  try {
    await work
  } catch (error) {
    return [codeOf(error), messageOf(error)]
  }
  throw new Error('it did not fail')
}

async function textOf(message: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of message) text += String(chunk)
  return text
}

test('sends what it is given and brings back the answer', async () => {
  const url = await serve((request, response) => {
    void textOf(request).then((body) => {
      const { method, url: path, headers } = request
      response.end(JSON.stringify({ method, path, body, type: headers['content-type'], key: headers['x-key'] }))
    })
  })
  const value = await client().json('POST', `${url}/a?b=c%20d`, {
    body: { x: 1 },
    headers: { 'x-key': 'k' },
    deadlineMs: 5_000,
  })
  expect(value).toEqual({ method: 'POST', path: '/a?b=c%20d', body: '{"x":1}', type: 'application/json', key: 'k' })
})

describe('what goes wrong has a code, the URL and no secret', () => {
  test.each([
    [401, 'auth'],
    [403, 'not_permitted'],
    [404, 'rejected'],
    [500, 'rejected'],
  ])('status %d', async (status, code) => {
    const url = await serve((_, response) => response.writeHead(status).end('{"code":1,"error":"no  such\\nthing"}'))
    const at = url.replace('http://', 'http://me:hidden@')
    const [got, text] = await errorOf(client().json('GET', `${at}/x`, { deadlineMs: 5_000 }))
    expect([got, text]).toEqual([code, `GET ${url}/x was answered with ${status}: no such thing`])
  })

  test('bad JSON names the offset', async () => {
    const url = await serve((_, response) => response.end('{"a":1,}'))
    const [code, text] = await errorOf(client().json('GET', `${url}/x`, { deadlineMs: 5_000 }))
    expect([code, text]).toEqual(['protocol', `the answer of ${url}/x is not JSON from character 7 of 8`])
  })

  test('half an answer in JSON', async () => {
    const url = await serve((_, response) => response.end('{"a":'))
    expect((await errorOf(client().json('GET', url, { deadlineMs: 5_000 })))[0]).toBe('protocol')
  })

  test('nobody listens', async () => {
    const url = await serve(() => undefined)
    await open.splice(0)[0]!.close()
    expect((await errorOf(client().json('GET', url, { deadlineMs: 5_000 })))[0]).toBe('unreachable')
  })

  test('nothing is answered, or not to the end', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/half') response.write('{')
    })
    const http = client()
    expect((await errorOf(http.json('GET', `${url}/none`, { deadlineMs: 100 })))[0]).toBe('timeout')
    expect((await errorOf(http.json('GET', `${url}/half`, { deadlineMs: 100 })))[0]).toBe('timeout')
    const given = AbortSignal.abort()
    expect((await errorOf(http.json('GET', url, { deadlineMs: 100, signal: given })))[0]).toBe('aborted')
  })

  test('what answers is not HTTP', async () => {
    const url = await serve((_, response) => response.socket?.end('hello\r\n\r\n'))
    expect((await errorOf(client().json('GET', url, { deadlineMs: 5_000 })))[0]).toBe('protocol')
  })
})

test('a kept connection that the other side has closed is tried once more, by reading calls only', async () => {
  let calls = 0
  const url = await serve((_, response) => {
    calls += 1
    if (calls % 2 === 0) response.socket?.destroy()
    else response.end('1')
  })
  const http = client()
  expect(await http.json('GET', url, { deadlineMs: 5_000 })).toBe(1)
  expect(await http.json('GET', url, { deadlineMs: 5_000 })).toBe(1)
  expect((await errorOf(http.json('POST', url, { deadlineMs: 5_000 })))[0]).toBe('unreachable')
  expect(calls).toBe(4)
})
