import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Target } from '../../../src/cluster/target.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { EvenkeelError } from '../../../src/lib/errors.ts'
import { Targets } from '../../../src/systems/pinot/act/targets.ts'
import type { PinotReading } from '../../../src/systems/pinot/reading.ts'
import { changesBetween, evennessOf, largestUnit, sharesOf } from '../../../src/systems/pinot/rules/changes.ts'
import { suspects } from '../../../src/systems/pinot/rules/drift.ts'
import { placementOf, replicaCounts } from '../../../src/systems/pinot/rules/placements.ts'
import { policyOf, type RebalanceOptions, sentParameters } from '../../../src/systems/pinot/rules/rebalance-policy.ts'
import { targetOf } from '../../../src/systems/pinot/rules/target-of.ts'
import type { RebalanceAnswer } from '../../../src/systems/pinot/wire/controller.ts'
import { job, mapped, placed, reading, rebalanceOptions, server, type TableSpec, table } from './readings.ts'
import { recorded } from './recorded.ts'

const signal = new AbortController().signal
const none = { drained: new Set<string>(), unfinished: new Set<string>(), asked: new Set<string>() }
const abc = ['a', 'b', 'c'].map((name) => server(name))

const answer = (segments: Record<string, string>, more: Partial<RebalanceAnswer> = {}): RebalanceAnswer => ({
  status: 'DONE',
  description: '',
  checks: [],
  segments: mapped(segments),
  lists: {},
  ...more,
})

interface Given {
  of: PinotReading
  answer: RebalanceAnswer
  options?: RebalanceOptions
  bytesOf?: (segment: string) => number | undefined
  drained?: string[]
  asked?: boolean
  resetInVain?: boolean
}

function output({ of, answer: said, options = rebalanceOptions, bytesOf = () => 100, ...more }: Given) {
  const asked = new Set(more.asked ? of.tables.map(({ name }) => name) : [])
  const [suspect] = suspects({ ...none, reading: of, drained: new Set(more.drained), asked })
  if (suspect === undefined) throw new Error('nothing is suspected')
  const policy = policyOf(options, suspect.table)
  return targetOf(
    {
      suspect,
      reading: of,
      policy,
      parameters: sentParameters(policy),
      bytesOf: (_, segment) => bytesOf(segment),
      resetInVain: more.resetInVain ?? false,
    },
    said,
  )
}

const withParameters = (parameters: Record<string, string | number | boolean>): RebalanceOptions => ({
  ...rebalanceOptions,
  base: { ...rebalanceOptions.base, parameters: { ...rebalanceOptions.base.parameters, ...parameters } },
})

describe('what a released controller answered', () => {
  const done = recorded().filter(({ answer: said }) => said.status === 'DONE')
  it.each(done)('$name', ({ reading: of, answer: said, moves }) => {
    const made = output({ of, answer: said, asked: true })!
    const sum = (of: 'adds' | 'removes') => made.target.shares.reduce((total, share) => total + share[of], 0)
    expect([sum('adds'), sum('removes')]).toEqual([moves!.add, moves!.del])
    expect(made.target.adds).toBe(moves!.add)
    const after = replicaCounts(placementOf(said.segments))
    for (const { node, replicas } of made.target.evenness.after.nodes) {
      expect([node, replicas]).toEqual([node, after.get(String(node)) ?? 0])
    }
  })

  it('is no target where it sees nothing to do', () => {
    for (const { reading: of, answer: said } of recorded().filter(({ answer: { status } }) => status === 'NO_OP')) {
      expect(output({ of, answer: said, asked: true })).toBeUndefined()
    }
  })

  it('is held where it moves far more than the newcomer should have', () => {
    const { reading: of, answer: said } = recorded().find(({ name }) => name === '51-realtime-server-added')!
    const consuming = output({ of, answer: said })!
    expect(consuming.target.held?.code).toBe('target_costly')
    const balanced = recorded().find(({ name }) => name === '02-server-added')!
    expect(output({ of: balanced.reading, answer: balanced.answer })!.target.held).toBeUndefined()
  })
})

describe('a target', () => {
  const ideal = { s0: 'a b', s1: 'a b', s2: 'a b' }
  const untagged = [server('a', { tags: ['server_untagged'] }), server('b'), server('c')]
  const moved = { s0: 'b c', s1: 'b c', s2: 'b c' }
  const of = (spec: Partial<TableSpec> = {}, instances = untagged, more: Partial<PinotReading> = {}) =>
    reading([table({ ideal, ...spec })], instances, more)

  it('counts replicas and true bytes per server', () => {
    const sizes: Record<string, number | undefined> = { s0: 10, s1: 30, s2: undefined }
    const { target } = output({ of: of(), answer: answer(moved), bytesOf: (segment) => sizes[segment] })!
    // What is not known counts as the mean of the others.
    expect(target).toMatchObject({
      topic: 'orders_OFFLINE',
      adds: 3,
      bytes: 60,
      largestBytes: 30,
      unitAdds: 1,
      unitBytes: 30,
      priority: 0,
      turn: 0,
      shares: [
        { node: 'a', adds: 0, addBytes: 0, removes: 3, removeBytes: 60 },
        { node: 'c', adds: 3, addBytes: 60, removes: 0, removeBytes: 0 },
      ],
      evenness: {
        before: {
          nodes: [
            { node: 'a', replicas: 3, bytes: 60 },
            { node: 'b', replicas: 3, bytes: 60 },
            { node: 'c', replicas: 0, bytes: 0 },
          ],
          replicas: 1,
          bytes: 1,
        },
        after: { replicas: 0, bytes: 0 },
      },
    })
    expect(target.held).toBeUndefined()
    expect(target.parameters).toMatchObject({ maxAttempts: '1', minAvailableReplicas: '-1', disableSummary: 'false' })
  })

  it('has the same fingerprint for the same moves and parameters, whatever the batch', () => {
    const print = (said: RebalanceAnswer, options?: RebalanceOptions) =>
      output({ of: of(), answer: said, ...(options ? { options } : {}) })!.target.fingerprint
    const first = print(answer(moved))
    expect(print(answer({ ...moved, s9: 'a b' }))).toBe(first)
    expect(print(answer(moved), withParameters({ batchSizePerServer: 3 }))).toBe(first)
    expect(print(answer({ ...moved, s2: 'a b' }))).not.toBe(first)
    expect(print(answer(moved), withParameters({ lowDiskMode: true }))).not.toBe(first)
  })

  it('takes a partition of a strict table for one', () => {
    const strict = { name: 'orders_REALTIME', config: { routing: { instanceSelectorType: 'strictReplicaGroup' } } }
    const names = ['orders__0__0__t', 'orders__0__1__t', 'orders__1__0__t']
    const all = (servers: string) => Object.fromEntries(names.map((name) => [name, servers]))
    const { target } = output({
      of: of({ ...strict, ideal: all('a b') }),
      answer: answer(all('b c')),
      bytesOf: () => 7,
    })!
    expect([target.unitAdds, target.unitBytes]).toEqual([2, 14])
  })

  it('lets dimension tables go first when servers come, and last when they go', () => {
    const config = { isDimTable: true }
    expect(
      output({ of: of({ config, ideal: { s0: 'a b' } }, abc), answer: answer({ s0: 'a b c' }) })!.target.turn,
    ).toBe(-1)
    expect(output({ of: of({ config, ideal: { s0: 'a b c' } }), answer: answer({ s0: 'b c' }) })!.target.turn).toBe(1)
  })

  it('copies nothing for a consuming segment', () => {
    const { target } = output({
      of: of({ ideal: { s0: 'a:CONSUMING b:CONSUMING', s1: 'a b' } }),
      answer: answer(moved),
    })!
    expect([target.adds, target.bytes]).toEqual([2, 100])
  })

  const failing = { name: 'disk', result: 'ERROR', message: 'full' } as const
  const warning = { name: 'disk', result: 'WARN', message: 'unknown' } as const
  const holding: RebalanceOptions = { ...rebalanceOptions, base: { ...rebalanceOptions.base, onPrecheckWarn: 'hold' } }
  const single = { ideal: { s0: 'a', s1: 'b' }, replication: 1 }
  const dead = [server('a', { tags: ['server_untagged'], live: false }), server('b'), server('c')]
  const broken = { view: { ...ideal, s1: 'a:ERROR b' } }
  const never = {
    ...rebalanceOptions,
    base: { ...rebalanceOptions.base, resetErrorSegments: false },
  }
  const holds: [string, Given, NonNullable<Target['held']>['code'] | undefined][] = [
    ['a pre-check failed', { of: of(), answer: answer(moved, { checks: [failing] }) }, 'precheck_error'],
    ['a pre-check warns', { of: of(), answer: answer(moved, { checks: [warning] }) }, undefined],
    [
      'a pre-check warns, and that is to hold it',
      { of: of(), answer: answer(moved, { checks: [warning] }), options: holding },
      'precheck_warn',
    ],
    ['the controller fails', { of: of(), answer: answer({}, { status: 'FAILED', description: 'no' }) }, 'not_computed'],
    ['one replica would go away', { of: of(single), answer: answer({ s0: 'c', s1: 'b' }) }, 'replication_one'],
    [
      'one replica would go away, and downtime is allowed',
      { of: of(single), answer: answer({ s0: 'c', s1: 'b' }), options: withParameters({ downtime: true }) },
      undefined,
    ],
    [
      'one replica would go away, as the config says in so many words',
      { of: of(single), answer: answer({ s0: 'c', s1: 'b' }), options: withParameters({ minAvailableReplicas: 0 }) },
      undefined,
    ],
    [
      'one becomes two',
      { of: of({ ...single, replication: 2 }, abc), answer: answer({ s0: 'a c', s1: 'b c' }) },
      undefined,
    ],
    [
      'more are to stay up than there are',
      { of: of(), answer: answer(moved), options: withParameters({ minAvailableReplicas: 2 }) },
      'precheck_error',
    ],
    [
      'its dead server leaves another replica up',
      { of: of({ view: { s0: 'b', s1: 'b', s2: 'b' } }, dead), answer: answer(moved) },
      undefined,
    ],
    [
      'its dead server had the last replica',
      { of: of({ view: { s0: 'b', s1: '', s2: 'b' } }, dead), answer: answer(moved) },
      'server_dead',
    ],
    [
      'a dead server would be given segments',
      { of: of({}, [untagged[0]!, server('b'), server('c', { live: false })]), answer: answer(moved) },
      'server_dead',
    ],
    ['segments are in ERROR', { of: of(broken), answer: answer(moved) }, undefined],
    [
      'segments are in ERROR in spite of resets',
      { of: of(broken), answer: answer(moved), resetInVain: true },
      'segments_in_error',
    ],
    [
      'segments are in ERROR and are not to be reset',
      { of: of(broken), answer: answer(moved), options: never },
      'segments_in_error',
    ],
    [
      'segments are being replaced',
      { of: of({ more: { lineageInProgress: 1 } }), answer: answer(moved) },
      'lineage_in_progress',
    ],
    [
      'nothing gets better',
      { of: of({ ideal: { s0: 'a b', s1: 'a c' } }), answer: answer({ s0: 'a c', s1: 'a b' }) },
      'target_useless',
    ],
    [
      'nothing gets better, but somebody asked for it',
      { of: of({ ideal: { s0: 'a b', s1: 'b c' } }, abc), answer: answer({ s0: 'a b', s1: 'c a' }), asked: true },
      undefined,
    ],
  ]
  it.each(holds)('%s', (_, given, code) => {
    expect(output(given)!.target.held?.code).toBe(code)
  })

  it('goes past dead servers only where it is sure', () => {
    const safe = output({ of: of({ view: { s0: 'b', s1: 'b', s2: 'b' } }, dead), answer: answer(moved) })!
    expect(safe.target.parameters['bestEfforts']).toBe('true')
    const unsafe = output({ of: of({ view: { s0: 'b', s1: '', s2: 'b' } }, dead), answer: answer(moved) })!
    expect(unsafe.target.parameters['bestEfforts']).not.toBe('true')
  })
})

describe('asking for targets', () => {
  const ideal = { s0: 'a b', s1: 'a b' }
  const instances = [server('a', { tags: ['server_untagged'] }), server('b'), server('c')]

  function asking(reply: (table: string) => RebalanceAnswer = () => answer({ s0: 'b c', s1: 'b c' }), takesMs = 100) {
    const clock = new VirtualClock()
    const asked: { table: string; parameters: Record<string, string> }[] = []
    let options = rebalanceOptions
    const targets = new Targets({
      controllers: {
        dryRun: async (name, parameters) => {
          asked.push({ table: name, parameters })
          await clock.advance(takesMs)
          return reply(name)
        },
      },
      get rebalance() {
        return options
      },
      clock,
    })
    const of = async (spec: Partial<TableSpec> = {}, more: Partial<PinotReading> = {}, hanging: string[] = []) => {
      const now = reading([table({ ideal, ...spec })], instances, more)
      const found = suspects({ ...none, reading: now })
      return targets.of({ reading: now, bytesOf: () => 100, suspects: found, hanging, resetInVain: new Set() }, signal)
    }
    return { clock, asked, targets, of, set: (next: RebalanceOptions) => (options = next) }
  }

  it('asks once as long as nothing changes', async () => {
    const { asked, of, targets } = asking()
    const first = await of()
    expect(await of()).toEqual(first)
    expect(asked).toHaveLength(1)
    expect(first.targets).toHaveLength(1)
    expect(targets.changesOf(first.targets[0]!.fingerprint)).toEqual([
      { segment: 's0', from: ['a', 'b'], to: ['b', 'c'], consuming: false },
      { segment: 's1', from: ['a', 'b'], to: ['b', 'c'], consuming: false },
    ])
    targets.forget('orders_OFFLINE')
    await of()
    expect(asked).toHaveLength(2)
  })

  it.each<[string, Partial<TableSpec>, Partial<PinotReading>]>([
    ['the config', { more: { configVersion: 7 } }, {}],
    ['instance partitions', { partitions: { orders_OFFLINE: { '0_0': ['b', 'c'] } } }, {}],
    ['a life', {}, { instances: [instances[0]!, instances[1]!, server('c', { live: false })] }],
    ['a tag', {}, { instances: [...instances, server('d')] }],
  ])('asks anew after a change of %s', async (_, spec, more) => {
    const { asked, of } = asking()
    await of()
    await of(spec, more)
    expect(asked).toHaveLength(2)
  })

  it('keeps an answer of a table that takes in segments, for a while', async () => {
    const { asked, of, clock } = asking()
    await of()
    const grown = { ideal: { ...ideal, s2: 'b c' }, version: 2 }
    expect((await of(grown)).targets).toHaveLength(1)
    expect(asked).toHaveLength(1)
    await clock.advance(121_000)
    await of(grown)
    expect(asked).toHaveLength(2)
  })

  it('asks nobody while a server hangs, and what is known waits for it', async () => {
    const { asked, of } = asking()
    expect(await of({}, {}, ['c'])).toEqual({ targets: [], verdicts: new Map(), open: ['orders_OFFLINE'] })
    expect(asked).toEqual([])
    expect((await of()).targets[0]!.held).toBeUndefined()
    const text = 'c hangs, and the controller would wait for it'
    expect((await of({}, {}, ['c'])).targets[0]!.held).toEqual({ code: 'server_dead', text })
    expect((await of()).targets[0]!.held).toBeUndefined()
    expect(asked).toHaveLength(1)
  })

  it('asks nothing about what is moving, or is closed to us', async () => {
    const { asked, of } = asking()
    expect(await of({}, { jobs: [job('orders_OFFLINE')] })).toMatchObject({ targets: [], open: [] })
    const held = async (spec: Partial<TableSpec>, more: Partial<PinotReading>) =>
      (await of(spec, more)).targets.map(({ held: found }) => found?.code)
    expect(await held({}, { maintenance: true })).toEqual(['maintenance'])
    expect(await held({}, { paused: true })).toEqual(['maintenance'])
    const disabled = { ...table({ ideal }).idealState, enabled: false }
    expect(await held({ more: { idealState: disabled } }, {})).toEqual(['table_disabled'])
    expect(asked).toEqual([])
  })

  it('keeps what the controller said of it, and tries what failed again after a while', async () => {
    let said = answer({}, { status: 'FAILED', description: 'too few servers' })
    const { asked, of, clock } = asking(() => said)
    const failed = await of()
    expect(failed.verdicts.get('orders_OFFLINE')?.text).toBe('FAILED: too few servers')
    expect(failed.targets[0]!.held).toEqual({ code: 'not_computed', text: 'FAILED: too few servers' })
    said = answer({}, { status: 'NO_OP', description: 'balanced' })
    await of()
    expect(asked).toHaveLength(1)
    await clock.advance(301_000)
    const balanced = await of()
    expect(balanced.targets).toEqual([])
    expect(balanced.verdicts.get('orders_OFFLINE')?.text).toBe('NO_OP: balanced')
  })

  it('looks again after a while whether a check that failed still does', async () => {
    const full = { name: 'diskUtilization', result: 'ERROR' as const, message: 'c would be full' }
    const { asked, of, clock } = asking(() => ({ ...answer({ s0: 'b c', s1: 'b c' }), checks: [full] }))
    expect((await of()).targets[0]!.held?.code).toBe('precheck_error')
    await of()
    expect(asked).toHaveLength(1)
    await clock.advance(301_000)
    await of()
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['unreachable' as const, 11_000],
    ['protocol' as const, 301_000],
  ])('holds a table of which there is no answer, and asks again: %s', async (code, afterMs) => {
    const { asked, of, clock } = asking(() => {
      throw new EvenkeelError(code, 'no controller answers')
    })
    expect((await of()).targets[0]!.held).toEqual({ code: 'not_computed', text: 'no controller answers' })
    await of()
    expect(asked).toHaveLength(1)
    await clock.advance(afterMs)
    await of()
    expect(asked).toHaveLength(2)
  })

  it('asks for as many as there is time for, and for the others the next time', async () => {
    const { asked, targets } = asking(undefined, 15_000)
    const names = ['x_OFFLINE', 'y_OFFLINE', 'z_OFFLINE']
    const now = reading(
      names.map((name) => table({ name, ideal })),
      instances,
    )
    const question = {
      reading: now,
      bytesOf: () => 100,
      suspects: suspects({ ...none, reading: now }),
      hanging: [],
      resetInVain: new Set<string>(),
    }
    const opens: string[][] = []
    while (opens.at(-1)?.length !== 0) opens.push((await targets.of(question, signal)).open)
    // The second is asked in the time of the first sample, and answered after it.
    expect(opens[0]).toEqual(['y_OFFLINE', 'z_OFFLINE'])
    expect(asked.map(({ table: name }) => name)).toEqual(names)
  })

  it('waits but a moment where a dead server may hang: the answer is for a later sample', async () => {
    const { asked, of, clock } = asking(undefined, 30_000)
    const gone = { instances: [instances[0]!, instances[1]!, server('c', { live: false })] }
    const beganMs = clock.now()
    expect((await of({}, gone)).open).toEqual(['orders_OFFLINE'])
    expect(clock.now() - beganMs).toBe(3_000)
    await clock.advance(27_000)
    const { open, verdicts } = await of({}, gone)
    expect([open, [...verdicts.keys()], asked.length]).toEqual([[], ['orders_OFFLINE'], 1])
  })

  it('gives up what it asks when it is closed, and asks no more', async () => {
    const signals: AbortSignal[] = []
    const targets = new Targets({
      controllers: {
        dryRun: (_name, _parameters, until) => {
          signals.push(until)
          return new Promise((_, reject) => until.addEventListener('abort', () => reject(new Error('given up'))))
        },
      },
      rebalance: rebalanceOptions,
      clock: new VirtualClock(),
    })
    const now = reading([table({ ideal })], instances)
    const found = suspects({ ...none, reading: now })
    const question = {
      reading: now,
      bytesOf: () => 100,
      suspects: found,
      hanging: [],
      resetInVain: new Set<string>(),
    }
    const waiting = targets.of(question, signal)
    await targets.close()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    await waiting
    await targets.of({ ...question, suspects: [] }, signal)
    expect(signals).toHaveLength(1)
  })

  it('leaves instance partitions that a person set', async () => {
    const { asked, of, set } = asking()
    // Of a server that must not hold the table any more lists cannot stay, whoever made them.
    await of({ partitions: { orders_OFFLINE: { '0_0': ['a', 'b'] } } })
    const spec = { partitions: { orders_OFFLINE: { '0_0': ['b', 'c'] } }, ideal: { s0: 'b c', s1: 'b' } }
    await of(spec)
    set({ ...rebalanceOptions, tables: { orders: { parameters: { reassignInstances: true } } } })
    await of(spec)
    expect(asked.map(({ parameters }) => parameters['reassignInstances'])).toEqual(['true', 'false', 'true'])
  })
})

it('the policy of a table: later layers win, key by key', () => {
  const options: RebalanceOptions = {
    base: { ...rebalanceOptions.base, parameters: { a: 1, b: 1, c: 1, d: 1 } },
    tenants: { DefaultTenant: { parameters: { b: 2, c: 2, d: 2 }, onPrecheckWarn: 'hold' } },
    tables: { orders: { parameters: { c: 3, d: 3 }, priority: 5 }, orders_OFFLINE: { parameters: { d: 4 } } },
  }
  expect(policyOf(options, table({ ideal: {} }))).toEqual({
    parameters: { a: 1, b: 2, c: 3, d: 4 },
    onPrecheckWarn: 'hold',
    untagDeadServers: false,
    resetErrorSegments: true,
    priority: 5,
  })
  expect(policyOf(options, table({ name: 'orders_REALTIME', ideal: {} })).parameters['d']).toBe(3)
})

describe('any change of placement', () => {
  const legal = ['a', 'b', 'c', 'd', 'e', 'f']
  const servers = fc.uniqueArray(fc.constantFrom(...legal), { minLength: 1, maxLength: 4 })
  const layout = fc.array(fc.tuple(servers, servers, fc.integer({ min: 1, max: 1000 })), {
    minLength: 1,
    maxLength: 30,
  })

  it('has shares that lead from the one to the other, in replicas and bytes', () => {
    fc.assert(
      fc.property(layout, (rows) => {
        const named = (index: number) => `s${String(index).padStart(2, '0')}`
        const side = (which: 0 | 1) =>
          Object.fromEntries(rows.map((row, index) => [named(index), row[which].join(' ')]))
        const size = (segment: string) => rows[Number(segment.slice(1))]![2]
        const [before, after] = [placed(side(0)), placed(side(1))]
        const changes = changesBetween(before, mapped(side(1)))
        const shares = sharesOf(changes, size)
        const got = evennessOf(before, legal, size).after(shares)
        const wanted = evennessOf(after, legal, size).before
        expect(got).toEqual(wanted)
        expect(changesBetween(after, mapped(side(1)))).toEqual([])
        expect(largestUnit(changes, size).adds).toBeLessThanOrEqual(Math.max(1, ...shares.map(({ adds }) => adds)))
      }),
    )
  })
})
