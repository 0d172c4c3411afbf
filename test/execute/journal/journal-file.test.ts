import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { TableMove } from '../../../src/cluster/move.ts'
import type { Change, Journal } from '../../../src/execute/journal/journal.ts'
import type { RecordKind, Records } from '../../../src/execute/journal/records.ts'
import { drainsOf } from '../../../src/execute/journal/wishes.ts'
import { block, drain, drained, header, lines, noon, stateDirectory, undrain } from './support.ts'

const at = stateDirectory()

const move = {
  id: 'replica:t-0:1>2',
  topic: 't',
  partition: 0,
  from: 1,
  to: 2,
  reason: 'disk_skew' as const,
  replicas: [1, 3],
  leader: 1,
}
const table: TableMove = {
  kind: 'table',
  id: 'table:orders_OFFLINE:f1',
  topic: 'orders_OFFLINE',
  reason: 'target_drift',
  causes: ['replication', 'server_added'],
  parameters: { minAvailableReplicas: '-1' },
  shares: [{ node: 'Server_1', adds: 3, addBytes: 30, removes: 1, removeBytes: 10 }],
  adds: 3,
  bytes: 30,
  batch: { adds: 2, bytes: 20 },
  counts: { before: [{ node: 'Server_1', replicas: 4 }], after: [{ node: 'Server_1', replicas: 6 }] },
  fingerprint: 'f1',
  job: 'a-b',
}
const samples: { [Kind in RecordKind]: [key: string, value: Records[Kind]][] } = {
  drain: [
    ['4', { node: 4, sinceMs: noon }],
    ['"Server_5"', { node: 'Server_5', sinceMs: noon + 1 }],
  ],
  order: [
    ['t-3', { kind: 'replica', topic: 't', partition: 3, from: 1, to: 4, reason: 'a disk', atMs: noon }],
    [
      't-4',
      {
        kind: 'replica',
        topic: 't',
        partition: 4,
        from: 1,
        to: 1,
        fromDir: '/a',
        toDir: '/b',
        reason: 'a disk',
        atMs: noon,
        override: true,
      },
    ],
    [
      't-5',
      {
        kind: 'leader',
        topic: 't',
        partition: 5,
        to: 4,
        reason: 'a disk',
        atMs: noon,
        failures: 1,
        untilMs: noon + 60_000,
      },
    ],
  ],
  placed: [['t-3@4', { what: 'replica', topic: 't', partition: 3, node: 4, untilMs: noon + 86_400_000 }]],
  asked: [['orders_OFFLINE', { topic: 'orders_OFFLINE', atMs: noon }]],
  approved: [['f1', { topic: 'orders_OFFLINE', fingerprint: 'f1', atMs: noon }]],
  pause: [['cluster', { by: 'operator', reason: 'disks are "swapped"\n', sinceMs: noon, untilMs: noon + 1_800_000 }]],
  intent: [
    ['t-0', { move: { ...move, kind: 'replica', bytes: 5, fromDir: '/a', toDir: '/b', group: 'g' }, atMs: noon }],
    [
      't-1',
      {
        move: { ...move, kind: 'leader', partition: 1 },
        atMs: noon,
        unwanted: { why: 'node 2 is to be emptied', failed: false },
      },
    ],
    ['orders_OFFLINE', { move: table, atMs: noon }],
    [
      'orders_OFFLINE@brokers',
      {
        move: {
          kind: 'brokers',
          id: 'brokers:orders_OFFLINE:b',
          topic: 'orders_OFFLINE',
          reason: 'target_drift',
          before: ['a'],
          after: ['b'],
        },
        atMs: noon,
      },
    ],
  ],
  setting: [
    ['a', { setting: { scope: 'node', of: 1, name: 'rate', value: '5' }, before: null, atMs: noon }],
    [
      'tags',
      {
        setting: { scope: 'node', of: 'Server_1', name: 'tags', value: 'server_untagged', replaces: true },
        before: 'a,b',
        atMs: noon,
      },
    ],
    ['b', { setting: { scope: 'topic', of: 't', name: 'list', members: ['0:1', '*'] }, before: '*', atMs: noon }],
  ],
  tries: [
    ['t-0', { topic: 't', partition: 0, failedAtMs: [noon, noon + 5], untilMs: noon + 9, why: 'late' }],
    ['orders_OFFLINE', { topic: 'orders_OFFLINE', failedAtMs: [noon], untilMs: noon + 9, why: 'it made no progress' }],
  ],
  cool_down: [['2', { node: 2, untilMs: noon, why: 'moves stalled' }]],
  left: [['t-0@1', { topic: 't', partition: 0, node: 1, atMs: noon }]],
  muted: [['t-0', { topic: 't', partition: 'segment', untilMs: noon }]],
  node: [['3', { node: 3, state: 'gone', sinceMs: noon, seenAtMs: noon + 7 }]],
  day: [['2026-01-01', { bytes: 1e15 }]],
  begun: [
    [
      'cluster',
      {
        filling: [5, 'Server_6'],
        skewedDomains: ['all'],
        relieving: { disk_critical: [], disk_over_limit: ['1//d0'] },
      },
    ],
  ],
  failures: [['cluster', { failures: [{ atMs: noon, text: 'x failed' }], factor: 't-0 has 4 replicas' }]],
}
const all = Object.entries(samples).flatMap(([kind, pairs]) =>
  pairs.map(([key, value]) => ({ kind, key, value }) as Change),
)
const everything = (journal: Journal) =>
  Object.fromEntries(Object.keys(samples).map((kind) => [kind, [...journal.read(kind as RecordKind)]]))

describe('a journal', () => {
  it('begins empty, in a directory made for us alone', async () => {
    const journal = await at.open()
    expect([drainsOf(journal), journal.problem()]).toEqual([[], undefined])
    expect([statSync(at.directory).mode & 0o777, statSync(at.file).mode & 0o777]).toEqual([0o700, 0o600])
    expect(at.content()).toBe(lines(header()))
  })

  it('gives every kind of record back as it was written, also to the next process', async () => {
    const journal = await at.open()
    await journal.write(all)
    expect(everything(journal)).toEqual(samples)
    await journal.close()
    expect(everything(await at.open())).toEqual(samples)
  })

  it('is one readable line a write', async () => {
    const journal = await at.open()
    await journal.write([drain(4)])
    await at.clock.advance(1000)
    await journal.write([undrain(4), drain('Server_5')])
    expect(at.content()).toBe(`{"type":"journal","version":2,"cluster":"orders"}
{"kind":"drain","key":"4","at":"2026-01-01T00:00:00.000Z","value":{"node":4,"since":"2026-01-01T12:00:00.000Z"}}
[{"kind":"drain","key":"4","at":"2026-01-01T00:00:01.000Z"},{"kind":"drain","key":"\\"Server_5\\"","at":"2026-01-01T00:00:01.000Z","value":{"node":"Server_5","since":"2026-01-01T12:00:00.000Z"}}]
`)
  })

  it('of several clusters share a directory', async () => {
    const [orders, clicks] = [await at.open(), await at.open('clicks')]
    await Promise.all([orders.write([drain(1)]), clicks.write([drain(2)])])
    expect([orders.problem(), clicks.problem(), drainsOf(orders), drainsOf(clicks)]).toEqual([
      undefined,
      undefined,
      [1],
      [2],
    ])
  })

  it('takes writes at once one after the other', async () => {
    const journal = await at.open()
    await Promise.all([drain(1), drain(2), undrain(1), drain(3), undrain(2)].map((change) => journal.write([change])))
    expect(drainsOf(journal)).toEqual([3])
    expect(await at.drainsLater()).toEqual([3])
  })

  it('refuses what could not be read again, and goes on', async () => {
    const journal = await at.open()
    const poisoned: Change = { kind: 'day', key: 'x', value: { bytes: Number.NaN } }
    const undated: Change = { kind: 'drain', key: '1', value: { node: 1, sinceMs: Number.NaN } }
    await expect(journal.write([drain(1), poisoned])).rejects.toMatchObject({ code: 'internal' })
    await expect(journal.write([drain(1), undated])).rejects.toMatchObject({ code: 'internal' })
    await journal.write([drain(2)])
    expect(await at.drainsLater()).toEqual([2])
  })

  it('writes nothing once it is closed', async () => {
    const journal = await at.open()
    await journal.close()
    await journal.close()
    await expect(journal.write([drain(1)])).rejects.toMatchObject({ code: 'state_unavailable' })
    expect(await at.drainsLater()).toEqual([])
  })
})

describe('a file that has grown', () => {
  it('is made anew with what counts once most of it does not', async () => {
    const journal = await at.open()
    const reason = 'x'.repeat(10_000)
    for (let round = 0; round < 15; round++) {
      await journal.write([
        drain(round),
        { kind: 'pause', key: 'cluster', value: { by: 'operator', reason, sinceMs: 0 } },
      ])
      expect(statSync(at.file).size).toBeLessThanOrEqual(64 * 1024)
    }
    expect(readdirSync(at.directory)).toEqual(['orders.journal.jsonl', 'orders.lock.1'])
    expect(await at.drainsLater()).toEqual([...Array(15).keys()])
  })

  it('is only appended to while most of it counts', async () => {
    const journal = await at.open()
    const inode = statSync(at.file).ino
    for (let round = 0; round < 10; round++) {
      const text = `${round}`.repeat(10_000)
      await journal.write([{ kind: 'failures', key: `${round}`, value: { failures: [{ atMs: 0, text }] } }])
    }
    expect(statSync(at.file).size).toBeGreaterThan(100_000)
    expect(statSync(at.file).ino).toBe(inode)
  })

  it('keeps kinds and fields that are not known here, and drops what they drop', async () => {
    const odd = (key: string, more: object = { value: [1, { deep: 'x' }] }) =>
      JSON.stringify({ kind: 'odd', key, at: 'x', ...more, extra: key })
    const later = header({ version: 3, cluster_id: 'A', flavour: 'new' })
    at.given(lines(later, odd('1'), odd('2'), `[${odd('3')},${drained(7, { by: 'me' })}]`, odd('2', {}), '[]'))
    const journal = await at.open()
    expect([drainsOf(journal), journal.problem()]).toEqual([[7], undefined])
    const reason = 'x'.repeat(40_000)
    for (let round = 0; round < 3; round++)
      await journal.write([{ kind: 'pause', key: 'cluster', value: { by: 'operator', reason, sinceMs: round } }])
    expect(at.content().split('\n').slice(0, 4)).toEqual([later, odd('1'), odd('3'), drained(7, { by: 'me' })])
  })
})

describe('a torn last line', () => {
  const whole = drained(8)
  it.each([1, 5, whole.length - 1].map((length) => [length, whole.slice(0, length)] as const))(
    'of %i characters never was',
    async (_, torn) => {
      at.given(lines(header(), drained(7)) + torn)
      const journal = await at.open()
      expect([drainsOf(journal), journal.problem()]).toEqual([[7], undefined])
      expect(at.content()).toBe(lines(header(), drained(7)) + torn)
      await journal.write([drain(9)])
      expect(at.content().split('\n')).toHaveLength(4)
      expect(await at.drainsLater()).toEqual([7, 9])
    },
  )

  it('of several records never was in any of its parts', async () => {
    at.given(`${lines(header(), drained(7))}[${drained(8)},${drained(9)}`)
    expect(drainsOf(await at.open())).toEqual([7])
  })

  it('that lacks no more than its end counts', async () => {
    at.given(lines(header(), drained(7)) + drained(8))
    expect(drainsOf(await at.open())).toEqual([7, 8])
  })

  it.each(['\0\0\0\0', `[${drained(8)}\0\0\0]\n`])(
    'of zeros, as a power cut leaves it, never was: %j',
    async (zeros) => {
      at.given(lines(header(), drained(7)) + zeros)
      const journal = await at.open()
      await journal.write([drain(9)])
      expect(await at.drainsLater()).toEqual([7, 9])
    },
  )

  it('that is all there is makes a new journal', async () => {
    at.given(header().slice(0, 20))
    const journal = await at.open()
    await journal.write([drain(9)])
    expect(await at.drainsLater()).toEqual([9])
  })
})

describe('a file that is wrong', () => {
  const wrongs: [what: string, content: string, problem: string][] = [
    ['garbage in the middle', lines(header(), 'x', drained(1)), ':2: the line is not JSON'],
    ['garbage at the end', lines(header(), drained(1), 'x'), ':3: the line is not JSON'],
    ['zeros in the middle', lines(header(), '\0\0', drained(1)), ':2: the line is not JSON'],
    ['an empty line', lines(header(), '', drained(1)), ':2: the line is not JSON'],
    ['no header', lines(drained(1)), ':1: the line is not the header of a journal'],
    [
      'a version before ours',
      lines(header({ version: 1 })),
      ':1: the line has version 1, this evenkeel reads versions 2',
    ],
    [
      'a version too new',
      lines(header({ version: 4 })),
      ':1: the line has version 4, this evenkeel reads versions 2 and 3',
    ],
    ['a version that is none', header({ version: '2' }), ':1: the line has version "2"'],
    ['another cluster', lines(header({ cluster: 'clicks' })), ':1: the line belongs to the cluster "clicks"'],
    ['an id that is none', lines(header({ cluster_id: 5 })), ':1: the cluster_id is not a text'],
    ['a line that is a number', lines(header(), '5'), ':2: the line is not a record'],
    ['a record of no kind', lines(header(), '{"key":"x"}'), ':2: the line is not a record'],
    ['a record in a batch', lines(header(), '[{"kind":"a","key":"b"},null]'), ':2: the line is not a record'],
    ['a value that is null', lines(header(), drained(1, { value: null })), ':2: drain is not an object'],
    ['a missing field', lines(header(), drained(1, { value: { node: 1 } })), ':2: drain.since is missing'],
    ['a bad id', lines(header(), drained(1, { value: { node: 1.5 } })), ':2: drain.node is not an id'],
    [
      'a time that is none',
      lines(header(), drained(1, { value: { node: 1, since: 'never' } })),
      ':2: drain.since is not a time',
    ],
    [
      'a pause by nobody',
      lines(header(), '{"kind":"pause","key":"cluster","value":{"reason":"x"}}'),
      ':2: pause.by is missing',
    ],
    [
      'a bad element',
      lines(header(), '{"kind":"failures","key":"cluster","value":{"failures":[{"at":"2026-01-01T00:00:00Z"}]}}'),
      ':2: failures.failures[0].text is missing',
    ],
  ]
  it.each(wrongs)('%s: says where, holds nothing, and is left as it is', async (_, content, problem) => {
    at.given(content)
    const journal = await at.open()
    expect(journal.problem()).toContain(`${at.file}${problem}`)
    expect(journal.problem()).toContain('; mend the file or move it away: until then nothing is started')
    expect(drainsOf(journal)).toEqual([])
    await journal.bind('A')
    await expect(journal.write([drain(1)])).rejects.toMatchObject({
      code: 'state_unavailable',
      message: expect.stringContaining(`${at.file}${problem}`),
    })
    expect(at.content()).toBe(content)
  })

  it('is read again by itself once somebody mended it', async () => {
    at.given('x\n')
    const journal = await at.open()
    at.given(lines(header(), drained(7)))
    await at.heal(journal)
    expect(drainsOf(journal)).toEqual([7])
    await journal.write([drain(8)])
    expect(await at.drainsLater()).toEqual([7, 8])
  })

  it('is begun anew once somebody moved it away', async () => {
    at.given('x\n')
    const journal = await at.open()
    renameSync(at.file, `${at.file}.bad`)
    await at.heal(journal)
    expect([drainsOf(journal), at.content()]).toEqual([[], lines(header())])
  })
})

describe('a file that somebody touched while it was in use', () => {
  it.each<[string, () => void]>([
    ['deleted', () => unlinkSync(at.file)],
    ['replaced', () => (unlinkSync(at.file), at.given(lines(header(), drained(1))))],
    ['cut', () => at.given(`${header()}\n{"ki`)],
    ['added to', () => at.given(`${at.content()}{"ki`)],
  ])('%s: is made anew with all that holds', async (_, touch) => {
    const journal = await at.open()
    await journal.write([drain(5)])
    touch()
    await journal.write([drain(6)])
    expect(journal.problem()).toBeUndefined()
    expect(await at.drainsLater()).toEqual([5, 6])
  })
})

describe('the cluster that a journal belongs to', () => {
  it('is the first that it sees', async () => {
    const journal = await at.open()
    await journal.write([drain(1)])
    await journal.bind('A')
    await journal.bind('A')
    expect(at.content().split('\n')[0]).toBe(header({ cluster_id: 'A' }))
    expect([journal.problem(), await at.drainsLater()]).toEqual([undefined, [1]])
  })

  it('is no other: both are named, nothing of it holds, and the way out is said', async () => {
    const content = lines(header({ cluster_id: 'A' }), drained(1))
    at.given(content)
    const journal = await at.open()
    await journal.bind('B')
    expect(journal.problem()).toBe(
      `${at.file} belongs to the cluster with the id A, the one that is seen has the id B: give the one a state directory of its own (state.directory), or move the file of the other away`,
    )
    expect(drainsOf(journal)).toEqual([])
    await expect(journal.write([drain(2)])).rejects.toMatchObject({ code: 'state_unavailable' })
    await at.clock.advance(60_000)
    expect([at.content(), journal.problem() === undefined]).toEqual([content, false])
  })

  it('may be another once the file was moved away', async () => {
    at.given(lines(header({ cluster_id: 'A' }), drained(1)))
    const journal = await at.open()
    await journal.bind('B')
    renameSync(at.file, `${at.file}.old`)
    await at.heal(journal)
    expect([drainsOf(journal), at.content()]).toEqual([[], lines(header({ cluster_id: 'B' }))])
  })

  it('is taken up again when it is seen after another one', async () => {
    at.given(lines(header({ cluster_id: 'A' }), drained(1)))
    const journal = await at.open()
    await journal.bind('B')
    await journal.bind('A')
    expect([journal.problem(), drainsOf(journal)]).toEqual([undefined, [1]])
  })

  it('is kept in mind while nothing can be written', async () => {
    block(at.directory)
    const journal = await at.open()
    await journal.bind('A')
    unlinkSync(join(at.root, 'lib'))
    await at.heal(journal)
    expect(at.content()).toBe(lines(header({ cluster_id: 'A' })))
  })
})

describe('wishes of a version before there were journals', () => {
  const wishes = (more: object = {}) =>
    JSON.stringify({
      type: 'wishes',
      version: 1,
      cluster: 'orders',
      at: '2026-01-01T12:00:00.000Z',
      drains: [7, 'a'],
      ...more,
    })
  const old = 'orders.wishes.jsonl'

  it('are taken over once: the last line counts', async () => {
    const pause = { by: 'operator', reason: 'x', since: '2026-01-01T12:00:00.000Z' }
    at.given(`${lines(wishes({ drains: [1] }), wishes({ pause }))}{"torn`, old)
    const journal = await at.open()
    expect(everything(journal)).toMatchObject({
      drain: [
        ['7', { node: 7, sinceMs: noon }],
        ['"a"', { node: 'a', sinceMs: noon }],
      ],
      pause: [['cluster', { by: 'operator', reason: 'x', sinceMs: noon }]],
    })
    expect(readdirSync(at.directory)).toEqual(['orders.journal.jsonl', 'orders.lock.1', `${old}.imported`])
    expect(await at.drainsLater()).toEqual([7, 'a'])
  })

  it('are not taken over a second time when the journal is moved away, or was there', async () => {
    at.given(lines(wishes()), old)
    const journal = await at.open()
    await journal.close()
    unlinkSync(at.file)
    expect(await at.drainsLater()).toEqual([])
    at.given(lines(wishes()), old)
    expect(await at.drainsLater()).toEqual([])
    expect(readdirSync(at.directory)).not.toContain(old)
  })

  it.each<[string, string, string]>([
    ['no JSON', lines('x', wishes()), ':1: the line is not JSON'],
    ['another version', lines(wishes({ version: 2 })), ':1: the line has version 2, wishes have version 1'],
    ['another cluster', lines(wishes({ cluster: 'x' })), ':1: the line belongs to the cluster "x"'],
    ['another file', lines('{}'), ':1: the line is not a record of wishes'],
    ['no list', lines(wishes({ drains: 1 })), ':1: drains is not a list'],
    ['no pause', lines(wishes({ pause: {} })), ':1: pause.by is missing'],
  ])('that are wrong keep everything from starting: %s', async (_, content, problem) => {
    at.given(content, old)
    const journal = await at.open()
    expect(journal.problem()).toContain(`${join(at.directory, old)}${problem}`)
    await expect(journal.write([drain(1)])).rejects.toThrow(problem)
    expect(readFileSync(join(at.directory, old), 'utf8')).toBe(content)
    at.given(lines(wishes()), old)
    await at.heal(journal)
    expect(drainsOf(journal)).toEqual([7, 'a'])
  })
})

describe('a directory that cannot be used', () => {
  it('is one sentence, and is tried again at each write', async () => {
    block(at.directory)
    const journal = await at.open()
    const problem = `the state directory ${at.directory} cannot be used: a part of its path is not a directory (state.directory says where it is)`
    expect([journal.problem(), drainsOf(journal)]).toEqual([problem, []])
    await expect(journal.write([drain(1)])).rejects.toMatchObject({ code: 'state_unavailable', message: problem })
    await expect(journal.write([])).rejects.toMatchObject({ code: 'state_unavailable' })
    unlinkSync(join(at.root, 'lib'))
    await journal.write([drain(1)])
    expect([journal.problem(), await at.drainsLater()]).toEqual([undefined, [1]])
  })

  it('that comes late with something in it does not have it changed unseen', async () => {
    block(at.directory)
    const journal = await at.open()
    unlinkSync(join(at.root, 'lib'))
    at.given(lines(header(), drained(7)))
    const before = journal.read('drain')
    await expect(journal.write([undrain(7)])).rejects.toThrow('was read only now: see what holds and ask again')
    expect([journal.problem(), drainsOf(journal)]).toEqual([undefined, [7]])
    // By that one sees that it was read.
    expect(journal.read('drain')).not.toBe(before)
    await journal.write([undrain(7)])
    expect(await at.drainsLater()).toEqual([])
  })

  it('that is lost while in use changes nothing; what holds is written when it is back', async () => {
    const journal = await at.open()
    await journal.write([drain(1)])
    rmSync(join(at.root, 'lib'), { recursive: true })
    block(at.directory)
    await expect(journal.write([drain(2)])).rejects.toMatchObject({ code: 'state_unavailable' })
    expect(drainsOf(journal)).toEqual([1])
    unlinkSync(join(at.root, 'lib'))
    await at.heal(journal)
    expect(await at.drainsLater()).toEqual([1])
  })

  it('has a directory where the file should be: one sentence as well', async () => {
    mkdirSync(at.file, { recursive: true })
    expect((await at.open()).problem()).toContain('a file in it is a directory')
  })

  it('does not keep the process: closing ends the tries', async () => {
    block(at.directory)
    const journal = await at.open()
    await journal.close()
    unlinkSync(join(at.root, 'lib'))
    await at.clock.advance(120_000)
    expect(journal.problem()).toBeDefined()
  })
})
