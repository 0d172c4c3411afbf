/** Tags of servers as settings: what a drain needs, what stands, what is written. */
import { describe, expect, test } from 'vitest'
import { EvenkeelError } from '../../../src/lib/errors.ts'
import { ServerTags } from '../../../src/systems/pinot/act/settings.ts'
import type { PinotReading } from '../../../src/systems/pinot/reading.ts'
import { reading, rebalanceOptions, server, table } from './readings.ts'

const { signal } = new AbortController()

function tagged(instances: PinotReading['instances'], drained: ReadonlySet<string> = new Set()) {
  const asked: string[] = []
  const now = reading([table({ ideal: { s0: 'a b' }, replication: 2 })], instances)
  const tags = new ServerTags(
    {
      updateTags: async (instance, list) => {
        asked.push(`${instance} ${list.join()}`)
        return instance === 'denied'
          ? { outcome: 'refused', status: 403, text: 'no' }
          : { outcome: 'answered', body: {} }
      },
    },
    async () => now,
    () => rebalanceOptions,
  )
  tags.see(now, drained)
  return { tags, asked }
}

describe('a drain', () => {
  test('puts aside the tags by which tables are placed, and no others', () => {
    const { tags } = tagged([server('a', { tags: ['DefaultTenant_OFFLINE', 'minion_x'] }), server('b'), server('c')])
    expect(tags.ofDrain('a')).toEqual({
      setting: { scope: 'node', of: 'a', name: 'tags', value: 'minion_x', replaces: true },
    })
    expect(tags.ofDrain('b')).toMatchObject({ setting: { value: 'server_untagged' } })
  })

  test('is unsafe where a table would have fewer servers than replicas', () => {
    expect(tagged([server('a'), server('b')]).tags.ofDrain('a')).toEqual({
      unsafe: 'orders_OFFLINE has 2 replicas and would be left with 1 server of the tag DefaultTenant_OFFLINE',
    })
  })

  test('is unsafe where too few would be left of all that are to be emptied', () => {
    const three = [server('a'), server('b'), server('c')]
    expect(tagged(three, new Set(['a'])).tags.ofDrain('a')).toHaveProperty('setting')
    expect(tagged(three, new Set(['a', 'b'])).tags.ofDrain('a')).toHaveProperty('unsafe')
  })

  test('needs nothing of a server without tags, or one that is unknown', () => {
    const { tags } = tagged([server('a', { tags: ['server_untagged'] }), server('b'), server('c')])
    expect([tags.ofDrain('a'), tags.ofDrain('nobody')]).toEqual([undefined, undefined])
  })
})

test('what stands is told in one order, and of an unknown server nothing', async () => {
  const { tags } = tagged([server('a', { tags: ['z', 'b'] })])
  const refs = ['a', 'gone'].map((of) => ({ scope: 'node' as const, of, name: 'tags' }))
  expect(await tags.observe(refs, signal)).toEqual([
    { own: 'b,z', effective: 'b,z' },
    { unknown: 'there is no instance gone', unreachable: true },
  ])
  const blind = new ServerTags(
    { updateTags: () => Promise.reject(new Error('not asked')) },
    () => Promise.reject(new EvenkeelError('unreachable', 'no controller answers')),
    () => rebalanceOptions,
  )
  expect(await blind.observe(refs, signal)).toMatchObject([{ unknown: 'no controller answers' }, {}])
})

test('each change is one call of the controller, answered by itself', async () => {
  const { tags, asked } = tagged([server('a')])
  const set = (of: string) => ({ scope: 'node' as const, of, name: 'tags', set: 'x,y' })
  const results = await tags.apply([set('a'), set('denied')], signal)
  expect(asked).toEqual(['a x,y', 'denied x,y'])
  expect(results).toMatchObject([{ outcome: 'accepted' }, { outcome: 'refused', code: 'not_permitted' }])
})
