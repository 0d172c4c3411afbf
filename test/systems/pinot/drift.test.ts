import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DriftCause } from '../../../src/cluster/reasons.ts'
import type { PinotReading } from '../../../src/systems/pinot/reading.ts'
import { type DriftQuestion, legalServers, suspects } from '../../../src/systems/pinot/rules/drift.ts'
import { defaultList } from '../../../src/systems/pinot/rules/instance-partitions.ts'
import { reading, server, type TableSpec, table } from './readings.ts'
import { recorded } from './recorded.ts'

const drift = (of: PinotReading, more: Partial<DriftQuestion> = {}) =>
  suspects({ reading: of, drained: new Set(), unfinished: new Set(), asked: new Set(), ...more })

/** `cause: text`, of the only table. */
const causes = (of: PinotReading, more?: Partial<DriftQuestion>) =>
  drift(of, more).flatMap((suspect) => suspect.causes.map(({ cause, text }) => `${cause}: ${text}`))

describe('what a released controller was asked', () => {
  // Pinot's own answer, what it moves, and what is suspected without asking.
  const expected: Record<string, [status: string, adds: number, ...DriftCause[]]> = {
    '01-already-balanced-noop': ['NO_OP', 0],
    '02-server-added': ['DONE', 20, 'server_added'],
    '03-server-added-second-run': ['NO_OP', 0],
    '04-server-replaced': ['DONE', 30, 'server_removed'],
    '05-server-removed': ['DONE', 30, 'server_removed'],
    '07-replication-up-3-of-3': ['DONE', 60, 'replication'],
    '08-replication-down': ['DONE', 0, 'replication'],
    '09-too-few-servers-failed': ['FAILED', 0, 'server_removed', 'replication'],
    '20-more-servers-than-needed': ['NO_OP', 0],
    '21-tenant-move': ['DONE', 60, 'tenant'],
    '22-rg-config-added': ['NO_OP', 0],
    '24-rg-replaced-minimize-enable': ['DONE', 16, 'server_removed'],
    '28-rg-grown-6-to-8': ['DONE', 24, 'server_added'],
    '29-rg-fixed-2-per-rg': ['DONE', 32, 'assignment'],
    // Instance partitions without a config are those of a person: they stay.
    '30-rg-removed': ['DONE', 24],
    '34-pools-balanced': ['NO_OP', 0],
    '35-pools-server-added': ['DONE', 36, 'server_added'],
    '40-rg-config-added-skewed': ['DONE', 56, 'assignment', 'server_added'],
    '42-fixed-tier': ['NO_OP', 0],
    '50-realtime-noop': ['NO_OP', 0],
    '51-realtime-server-added': ['DONE', 45, 'server_added'],
    // Completed segments where the formula does not want them: new ones will be right.
    '53-realtime-random-completed': ['DONE', 30],
    // The controllers relocate completed segments themselves, once an hour.
    '54-realtime-completed-relocation': ['DONE', 48],
    '55-realtime-replica-groups': ['DONE', 38, 'assignment'],
  }
  it.each(recorded())('$name', ({ name, reading: of, answer, moves }) => {
    const found = drift(of)
    expect([answer.status, moves?.add ?? 0, ...(found[0]?.causes ?? []).map(({ cause }) => cause)]).toEqual(
      expected[name],
    )
  })

  it('is all there', () => {
    expect(recorded().map(({ name }) => name)).toEqual(Object.keys(expected))
  })

  it('agrees on the order of servers in the default list', () => {
    for (const { name, reading: of, answer } of recorded()) {
      const list = answer.lists['OFFLINE']?.['0_0'] ?? answer.lists['CONSUMING']?.['0_0']
      const isDefault = of.tables[0]!.instancePartitions.length === 0 && Object.keys(answer.lists).length === 1
      if (list === undefined || !isDefault) continue
      expect([name, ...defaultList(of.tables[0]!.name, list)]).toEqual([name, ...list])
    }
  })
})

const even = { s0: 'a b', s1: 'b c', s2: 'a c' }
const abc = ['a', 'b', 'c'].map((name) => server(name))

describe('a table', () => {
  it('is not suspected where it is as it should be', () => {
    expect(causes(reading([table({ ideal: even })], abc))).toEqual([])
  })

  it('has a server that is to be emptied, whatever its tags', () => {
    const of = reading([table({ ideal: even })], abc)
    const drained = new Set(['a'])
    expect(causes(of, { drained })).toEqual(['drained: a is to be emptied and holds 2 replicas of it'])
    expect(drift(of, { drained })[0]!.legal).toEqual(['b', 'c'])
    expect(legalServers(of.tables[0]!, of, drained)).toEqual(['b', 'c'])
  })

  it('has servers that are gone, or have lost their tag, the weightier first', () => {
    const instances = [server('b', { tags: ['server_untagged'] }), server('c')]
    expect(causes(reading([table({ ideal: even })], instances))).toEqual([
      'server_removed: a is no instance any more and holds 2 replicas of it',
      'retagged: b has lost the tag DefaultTenant_OFFLINE and holds 2 replicas of it',
    ])
    expect(causes(reading([table({ ideal: even })], [server('c')]))).toEqual([
      'server_removed: a, b are no instances any more and hold 4 replicas of it',
    ])
  })

  it('was given to another tenant', () => {
    const of = table({ ideal: even, config: { tenants: { server: 'Cold' } } })
    const cold = ['x', 'y'].map((name) => server(name, { tags: ['Cold_OFFLINE'] }))
    expect(causes(reading([of], [...abc, ...cold]))[0]).toBe('tenant: no server that holds it has the tag Cold_OFFLINE')
  })

  it('was given another number of replicas', () => {
    expect(causes(reading([table({ ideal: even, replication: 3 })], abc))).toEqual([
      'replication: 3 of 3 segments do not have 3 replicas',
    ])
    expect(causes(reading([table({ ideal: { ...even, s3: 'b:OFFLINE' } })], abc))).toEqual([])
  })

  it('has a newcomer only if that is alive and would get something', () => {
    const of = (
      more: Parameters<typeof server>[1],
      ideal: Record<string, string> = { ...even, s3: 'a b', s4: 'b c', s5: 'a c' },
    ) => causes(reading([table({ ideal })], [...abc, server('d', more)]))
    expect(of({})).toEqual(['server_added: d should hold a part of it and holds none'])
    expect(of({ live: false })).toEqual([])
    expect(of({ enabled: false })).toEqual([])
    expect(of({ shuttingDown: true })).toEqual([])
    expect(of({ tags: ['Cold_OFFLINE'] })).toEqual([])
    // Each has the even share of 1.5, rounded up: the controller would take from none.
    expect(of({}, even)).toEqual([])
  })

  it('was left halfway, or is asked for', () => {
    const names = new Set(['orders_OFFLINE'])
    expect(causes(reading([table({ ideal: even })], abc), { unfinished: names, asked: names })).toEqual([
      'unfinished: its last rebalance did not reach its target',
      'asked: somebody asked for it',
    ])
  })

  it('that is a dimension table belongs on every server of its tenant', () => {
    const config = { isDimTable: true }
    const all = table({ ideal: { s0: 'a b c' }, config })
    expect(causes(reading([all], abc))).toEqual([])
    const realtime = server('d', { tags: ['DefaultTenant_REALTIME'] })
    expect(causes(reading([all], [...abc, realtime]))).toEqual([
      'server_added: d should hold a part of it and holds none',
    ])
    expect(causes(reading([all], abc.slice(1)))).toEqual([
      'server_removed: a is no instance any more and holds 1 replica of it',
    ])
  })

  it('has segments that are pinned to a tier and are elsewhere', () => {
    const tier = { name: 'pin', segmentSelectorType: 'fixed', segmentList: ['s0'], serverTag: 'Hot_OFFLINE' }
    const config = { tierConfigs: [tier] }
    const hot = ['x', 'y'].map((name) => server(name, { tags: ['Hot_OFFLINE'] }))
    expect(causes(reading([table({ ideal: { ...even, s0: 'x y' }, config })], [...abc, ...hot]))).toEqual([])
    expect(causes(reading([table({ ideal: even, config })], [...abc, ...hot]))).toEqual([
      'tier: 1 segments of tier pin are not on servers with the tag Hot_OFFLINE',
    ])
  })
})

describe('a table with replica groups', () => {
  const rules = (more: object = {}, pool: object = {}) => ({
    instanceAssignmentConfigMap: {
      OFFLINE: {
        tagPoolConfig: { tag: 'DefaultTenant_OFFLINE', ...pool },
        replicaGroupPartitionConfig: { replicaGroupBased: true, numReplicaGroups: 2, ...more },
      },
    },
  })
  const abcd = ['a', 'b', 'c', 'd'].map((name) => server(name))
  const grouped = { s0: 'a c', s1: 'b d' }
  const lists = { '0_0': ['a', 'b'], '0_1': ['c', 'd'] }
  const of = (more: Partial<TableSpec> = {}, instances = abcd) =>
    causes(
      reading([table({ ideal: grouped, config: rules(), partitions: { orders_OFFLINE: lists }, ...more })], instances),
    )

  it('is right with one replica in each', () => {
    expect(of()).toEqual([])
  })

  it('is wrong with two replicas in one, or without instance partitions', () => {
    expect(of({ ideal: { s0: 'a b', s1: 'b d' } })).toContain(
      'assignment: 1 segments are not once in each replica group of orders_OFFLINE',
    )
    expect(of({ partitions: {} })).toEqual(['assignment: no instance partitions are kept for OFFLINE'])
  })

  it('is wrong where its instance partitions do not fit its config', () => {
    expect(of({ config: rules({ numReplicaGroups: 3 }) })).toEqual([
      'assignment: orders_OFFLINE has 2 replica groups instead of 3',
    ])
    expect(of({ config: rules({ numInstancesPerReplicaGroup: 1 }) })[0]).toBe(
      'assignment: replica group 0 of orders_OFFLINE has 2 servers instead of 1; replica group 1 of orders_OFFLINE has 2 servers instead of 1',
    )
    expect(of({ config: rules({ numPartitions: 2 }) })[0]).toBe(
      'assignment: orders_OFFLINE has 1 partitions instead of 2',
    )
    const pools = abcd.map(({ name }, index) => server(name, { pools: { DefaultTenant_OFFLINE: `${index % 2}` } }))
    expect(of({ config: rules({}, { poolBased: true }) }, pools)).toEqual([
      'assignment: replica group 0 of orders_OFFLINE is spread over pools 0, 1; replica group 1 of orders_OFFLINE is spread over pools 0, 1',
    ])
  })

  it('grows by whole rows of servers', () => {
    expect(of({}, [...abcd, server('e')])).toEqual([])
    expect(of({}, [...abcd, server('e'), server('f')])).toEqual([
      'server_added: e, f should hold a part of it and hold none',
    ])
    expect(of({ config: rules({ numInstancesPerReplicaGroup: 2 }) }, [...abcd, server('e'), server('f')])).toEqual([])
  })

  it('names a server in its lists that is gone, though it holds nothing', () => {
    expect(of({ ideal: { s0: 'a c' } }, abcd.slice(0, 3))).toEqual([
      'server_removed: d is no instance any more and holds 0 replicas of it',
    ])
  })

  it('that a person set by hand stays within them', () => {
    const config = {}
    expect(of({ config, partitions: { orders_OFFLINE: { '0_0': ['a', 'b'] } }, ideal: { s0: 'a b' } })).toEqual([])
  })
})

describe('any table', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), { minLength: 2, maxLength: 8 })
  /** Dealt like cards: each server has its share, rounded down or up. */
  const dealt = (servers: string[], segments: number, replication: number) =>
    Object.fromEntries(
      Array.from({ length: segments }, (_, segment) => [
        `s${String(segment).padStart(3, '0')}`,
        Array.from({ length: replication }, (_, r) => servers[(segment * replication + r) % servers.length]).join(' '),
      ]),
    )
  const shape = fc.record({
    servers: names,
    segments: fc.integer({ min: 1, max: 40 }),
    replication: fc.constantFrom(1, 2),
  })

  it('that is spread evenly over its servers is not suspected', () => {
    fc.assert(
      fc.property(shape, ({ servers, segments, replication }) => {
        const of = table({ ideal: dealt(servers, segments, replication), replication })
        expect(
          causes(
            reading(
              [of],
              servers.map((name) => server(name)),
            ),
          ),
        ).toEqual([])
      }),
    )
  })

  it('with a server that it should not be on is suspected for that one, and for no other', () => {
    fc.assert(
      fc.property(shape, fc.constantFrom('drained', 'gone', 'untagged'), ({ servers, segments, replication }, how) => {
        const [first, ...others] = servers as [string, ...string[]]
        const of = table({ ideal: dealt(servers, segments, replication), replication })
        const instances = others.map((name) => server(name))
        if (how !== 'gone') instances.push(server(first, how === 'untagged' ? { tags: ['server_untagged'] } : {}))
        const found = drift(reading([of], instances), { drained: new Set(how === 'drained' ? [first] : []) })
        const words = { drained: 'drained', gone: 'server_removed', untagged: 'retagged' } as const
        expect(found).toHaveLength(1)
        const [suspect] = found
        const [cause] = suspect!.causes
        expect(suspect!.legal).toEqual([...others].sort())
        expect([words[how], 'tenant']).toContain(cause!.cause)
        if (cause!.cause !== 'tenant') expect(cause!.text.startsWith(`${first} `)).toBe(true)
      }),
    )
  })
})
