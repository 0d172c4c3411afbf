import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ServerTags } from '../../../src/systems/pinot/act/settings.ts'
import type { Instance } from '../../../src/systems/pinot/reading.ts'
import { brokerDrift } from '../../../src/systems/pinot/rules/brokers.ts'
import type { Change } from '../../../src/systems/pinot/rules/changes.ts'
import { evacuation, untaggings } from '../../../src/systems/pinot/rules/dead.ts'
import type { RebalanceOptions } from '../../../src/systems/pinot/rules/rebalance-policy.ts'
import { broker, reading, rebalanceOptions, server, table } from './readings.ts'

describe('brokers of a table', () => {
  const drift = (brokers: Instance[], listed: string[], config = {}) =>
    brokerDrift(
      reading([table({ ideal: {}, config })], brokers, {
        brokerResource: { version: 0, brokers: new Map([['orders_OFFLINE', listed]]) },
      }),
    ).map(({ before, after, text }) => [before.join(), after.join(), text])

  it('are right where they are those of its tag', () => {
    expect(drift([broker('x'), broker('y')], ['y', 'x'])).toEqual([])
  })

  it('lack one that lives and has the tag', () => {
    expect(drift([broker('x'), broker('y')], ['x'])).toEqual([
      ['x', 'x,y', 'y has the tag DefaultTenant_BROKER and does not serve it'],
    ])
    expect(drift([broker('x'), broker('y', { live: false })], ['x'])).toEqual([])
    expect(drift([broker('x'), broker('y', { enabled: false })], ['x'])).toEqual([])
  })

  it('have one too many that lost the tag or is gone', () => {
    expect(drift([broker('x'), broker('y', { tags: ['broker_untagged'] })], ['x', 'y'])).toEqual([
      ['x,y', 'x', 'y serves it and does not have the tag DefaultTenant_BROKER'],
    ])
    expect(drift([broker('x')], ['x', 'z'])).toHaveLength(1)
  })

  it('keep one that is dead and has the tag, and the last one', () => {
    expect(drift([broker('x'), broker('y', { live: false })], ['x', 'y'])).toEqual([])
    expect(drift([broker('x')], ['x'], { tenants: { broker: 'Other' } })).toEqual([])
  })
})

describe('servers that leave', () => {
  const ideal = { s0: 'a b' }
  const of = (instances: Instance[], leaving: string[], spec = {}) =>
    untaggings(reading([table({ ideal, ...spec })], instances), new Set(leaving))

  it('lose the tags of tables and keep others', () => {
    const tags = ['DefaultTenant_OFFLINE', 'mine']
    expect(of([server('a', { tags }), server('b'), server('c')], ['a'])).toEqual([
      { server: 'a', before: tags, after: ['mine'], problems: [] },
    ])
    expect(of([server('a', { tags: ['DefaultTenant_OFFLINE'] }), server('b'), server('c')], ['a'])[0]!.after).toEqual([
      'server_untagged',
    ])
    expect(of([server('a', { tags: ['mine'] }), server('b')], ['a'])).toEqual([])
  })

  it('must leave as many that live as a table has replicas', () => {
    const problem = 'orders_OFFLINE has 2 replicas and would be left with 1 server of the tag DefaultTenant_OFFLINE'
    expect(of([server('a'), server('b')], ['a'])[0]!.problems).toEqual([problem])
    expect(of([server('a'), server('b'), server('c', { live: false })], ['a'])[0]!.problems).toEqual([problem])
    expect(of([server('a'), server('b')], ['a'], { replication: 1 })[0]!.problems).toEqual([])
    // Both at once.
    expect(of([server('a'), server('b'), server('c')], ['a', 'b']).map(({ problems }) => problems)).toEqual([
      [problem],
      [problem],
    ])
  })
})

describe('moving off dead servers past the controller’s wait', () => {
  const instances = [server('a', { live: false }), server('b'), server('c'), server('d')]
  const change = (from: string, to: string): Change => ({
    segment: 's0',
    from: from.split(' '),
    to: to.split(' '),
    consuming: false,
  })
  const judge = (moved: Change, view: string, floor = 1) => {
    const now = table({ ideal: { s0: moved.from.join(' ') }, view: { s0: view } })
    return evacuation(now, [moved], reading([now], instances), floor)
  }

  it('is safe where the target keeps a replica that is up', () => {
    expect(judge(change('a b', 'b c'), 'b')).toEqual({ goneSources: ['a'], goneTargets: [], unsafe: [] })
  })

  it('is not where what is up would go as well, or is not enough', () => {
    expect(judge(change('a b', 'c d'), 'b').unsafe).toEqual(['s0'])
    expect(judge(change('a b', 'b c'), 'b:ERROR').unsafe).toEqual(['s0'])
    expect(judge(change('a b c', 'b c d'), 'b', 2).unsafe).toEqual(['s0'])
    expect(judge(change('a', 'c'), '', 0).unsafe).toEqual(['s0'])
  })

  it('names targets that are dead', () => {
    expect(judge(change('b c', 'a b'), 'b c').goneTargets).toEqual(['a'])
  })

  it('leaves at least one replica up in whatever order the controller drops and adds', () => {
    const some = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(some, some, fc.subarray(['a', 'b', 'c', 'd']), (from, to, alive) => {
        const up = from.filter((name) => alive.includes(name) && name !== 'a')
        const { unsafe } = judge(change(from.join(' '), to.join(' ')), up.join(' '))
        if (unsafe.length > 0) return
        // Between the two the controller keeps what both have, and of the others any.
        expect(up.filter((name) => to.includes(name)).length).toBeGreaterThanOrEqual(1)
      }),
    )
  })
})

describe('a server that is given up', () => {
  const ideal = { s0: 'a b' }
  const lossOf = (options: RebalanceOptions, instances = [server('a', { live: false }), server('b'), server('c')]) => {
    const never = () => Promise.reject(new Error('nothing is asked'))
    const tags = new ServerTags({ updateTags: never }, never, () => options)
    tags.see(reading([table({ ideal })], instances), new Set())
    return tags.ofLoss('a')
  }
  const untag = { ...rebalanceOptions, base: { ...rebalanceOptions.base, untagDeadServers: true } }

  it('loses its tags where the policy says so', () => {
    expect(lossOf(untag)).toMatchObject({ setting: { of: 'a', name: 'tags', value: 'server_untagged' } })
    expect(lossOf(untag, [server('a', { live: false }), server('b')])).toMatchObject({
      unsafe: expect.stringContaining('left with 1 server'),
    })
  })

  it('keeps them where it does not for one of its tables', () => {
    const unsafe =
      '`untag_dead_servers` is off for orders_OFFLINE, and as long as it has the tag the controller places segments on it'
    expect(lossOf(rebalanceOptions)).toEqual({ unsafe })
    expect(lossOf({ ...untag, tables: { orders: { untagDeadServers: false } } })).toEqual({ unsafe })
    expect(lossOf({ ...rebalanceOptions, tables: { orders: { untagDeadServers: true } } })).toHaveProperty('setting')
  })
})
