import { expect, test } from 'vitest'
import { type ErrorCode, EvenkeelError } from '../../../src/lib/errors.ts'
import { observed, operationOf, type PinotCall } from '../../../src/systems/pinot/wire/observed.ts'

test('an operation is a path without what is named in it', () => {
  expect(operationOf('GET', '/version')).toBe('GET /version')
  expect(operationOf('GET', '/zk/get?path=%2Fa%2Fb')).toBe('GET /zk')
  expect(operationOf('POST', '/tables/orders/rebalance')).toBe('POST /tables/…/rebalance')
  expect(operationOf('PUT', '/instances/Server_a_8098/updateTags')).toBe('PUT /instances/…/updateTags')
  expect(operationOf('GET', '')).toBe('GET /')
})

test('each call is told with what came of it; what the other side refuses is an answer', async () => {
  const calls: PinotCall[] = []
  const call = { observe: (one: PinotCall) => calls.push(one), upstream: 'zookeeper', operation: 'getData' } as const
  expect(await observed(call, async () => 7)).toBe(7)
  const codes: ErrorCode[] = [
    'unreachable',
    'timeout',
    'aborted',
    'auth',
    'not_permitted',
    'rejected',
    'protocol',
    'internal',
  ]
  for (const code of codes) {
    const error = new EvenkeelError(code, 'no')
    await expect(observed(call, () => Promise.reject(error))).rejects.toBe(error)
  }
  const outcomes = ['ok', 'connect', 'timeout', 'aborted', 'auth', 'ok', 'ok', 'protocol', 'protocol']
  expect(calls.map(({ outcome }) => outcome)).toEqual(outcomes)
  expect(calls[0]).toEqual({
    upstream: 'zookeeper',
    operation: 'getData',
    durationMs: expect.any(Number),
    outcome: 'ok',
  })
})
