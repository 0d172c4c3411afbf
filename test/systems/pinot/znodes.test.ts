import { describe, expect, test } from 'vitest'
import { codeOf, messageOf } from '../../../src/lib/errors.ts'
import { RestZnodes } from '../../../src/systems/pinot/wire/znodes.ts'

const { signal } = new AbortController()

/** @param answers by call and path; a list is answered one after the other. */
function proxied(answers: Record<string, string | string[] | undefined>) {
  const asked: string[] = []
  const store = new RestZnodes(async (at) => {
    const [, call, query] = /^\/zk\/(\w+)\?path=(.*)$/.exec(at)!
    const key = `${call} ${decodeURIComponent(query!)}`
    asked.push(key)
    const answer = answers[key]
    const text = Array.isArray(answer) ? answer.shift() : answer
    return text === undefined ? undefined : Buffer.from(text)
  })
  return { store, asked }
}

const stat = (mzxid: number) => JSON.stringify({ mzxid, version: 3, numChildren: 2, dataLength: 9, czxid: 1 })

describe('znodes through the controller', () => {
  test('data with the version that it had, facts and children', async () => {
    const { store } = proxied({
      'stat /c/a b': stat(7),
      'get /c/a b': '{}',
      'ls /c': '["a b","d"]',
      'lsl /c': `{"a b":${stat(7)},"d":${stat(8)}}`,
    })
    expect(await store.read('/c/a b', signal)).toEqual({ data: Buffer.from('{}'), version: 3, stamp: '7' })
    expect(await store.facts('/c/a b', signal)).toEqual({ version: 3, stamp: '7', children: 2, bytes: 9 })
    expect(await store.children('/c', signal)).toEqual(['a b', 'd'])
    expect([...(await store.childFacts('/c', signal))].map(([name, { stamp }]) => [name, stamp])).toEqual([
      ['a b', '7'],
      ['d', '8'],
    ])
  })

  test('what is not there', async () => {
    const { store } = proxied({})
    expect([
      await store.read('/x', signal),
      await store.facts('/x', signal),
      await store.children('/x', signal),
      await store.childFacts('/x', signal),
    ]).toEqual([undefined, undefined, undefined, new Map()])
  })

  test('data that changes while it is read is read again', async () => {
    const { store, asked } = proxied({ 'stat /x': [stat(1), stat(2), stat(2), stat(2)], 'get /x': ['old', 'new'] })
    expect(await store.read('/x', signal)).toEqual({ data: Buffer.from('new'), version: 3, stamp: '2' })
    expect(asked).toHaveLength(6)
  })

  test.each([
    ['changes all the time', { 'stat /x': [1, 2, 3, 4, 5, 6].map(stat), 'get /x': '{}' }, 'timeout'],
    ['cannot be decoded by the controller', { 'stat /x': stat(1), 'get /x': '' }, 'protocol'],
    ['has no version', { 'stat /x': '{}', 'get /x': '{}' }, 'protocol'],
    ['has facts that are not JSON', { 'stat /x': '<html>', 'get /x': '{}' }, 'protocol'],
  ])('a znode that %s is an error that names it', async (_, answers, code) => {
    const error = await proxied(answers)
      .store.read('/x', signal)
      .catch((thrown: unknown) => thrown)
    expect([codeOf(error), messageOf(error)]).toEqual([code, expect.stringContaining('/x')])
  })
})
