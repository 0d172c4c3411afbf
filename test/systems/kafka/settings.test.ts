/** Throttles by Kafka's own settings: what they are called, how they are read and changed. */
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../../src/lib/clock.ts'
import { TransportError } from '../../../src/systems/kafka/transport-error.ts'
import type { Observed, SettingChange, SettingRef, StepResult } from '../../../src/systems/port.ts'
import { settingKey } from '../../../src/systems/port.ts'
import { fakeCluster } from './fake-cluster.ts'

const signal = new AbortController().signal
const IN = 'follower.replication.throttled.rate'
const OUT = 'leader.replication.throttled.rate'
const DIRS = 'replica.alter.log.dirs.io.max.bytes.per.second'
const SOURCES = 'leader.replication.throttled.replicas'
const TARGETS = 'follower.replication.throttled.replicas'
const accepted: StepResult = { outcome: 'accepted' }

const node = (of: number | '', name: string): SettingRef => ({ scope: 'node', of, name })
const topic = (of: string, name = SOURCES): SettingRef => ({ scope: 'topic', of, name })

function started() {
  const pauses: number[] = []
  const clock: Clock = {
    now: () => 0,
    sleep: async (ms) => {
      pauses.push(ms)
    },
  }
  const { cluster, system } = fakeCluster(clock)
  cluster.topics = { t: [{ replicas: [1, 2] }], u: [{ replicas: [2, 3] }] }
  const { settings } = system
  return {
    cluster,
    settings,
    pauses,
    observe: (...refs: SettingRef[]) => settings.observe(refs, signal),
    apply: (...changes: SettingChange[]) => settings.apply(changes, signal),
    asked: (name: string) => cluster.asked.filter((call) => call.name === name),
    list: (name = 't') => cluster.settings[`2/${name}`]?.[SOURCES]?.value,
  }
}

describe('words', () => {
  const { settings } = started()

  test('a throttle is rates of brokers, and lists of topics with the copies that they bind', () => {
    const settingsOf = settings.settingsOf({
      rates: [
        { node: 1, in: 5, out: 6.9 },
        { node: 2, dirs: 0.3 },
      ],
      copies: [
        { topic: 't', partition: 0, sources: [1, 2], targets: [3] },
        { topic: 'u', partition: 1, sources: [], targets: [3] },
        { topic: 't', partition: 4, sources: [1], targets: [] },
        { topic: 't', partition: 4, sources: [1], targets: [] },
      ],
    })
    expect(settingsOf).toEqual([
      { ...node(1, IN), value: '5' },
      { ...node(1, OUT), value: '6' },
      { ...node(2, DIRS), value: '1' },
      { ...topic('t', SOURCES), members: ['0:1', '0:2', '4:1'] },
      { ...topic('t', TARGETS), members: ['0:3'] },
      { ...topic('u', TARGETS), members: ['1:3'] },
    ])
  })

  test.each<[string | null, boolean, string[]]>([
    [null, false, []],
    ['', false, []],
    ['*', true, []],
    ['0:1', false, ['0:1']],
    ['0:1, 2:3', false, ['0:1', '2:3']],
  ])('the list %j', (value, all, members) => {
    expect(settings.membersOf(value)).toEqual({ all, members })
  })

  test.each<[Observed | undefined, number]>([
    [{ own: '5', effective: '5' }, 5],
    [{ own: null, effective: '7' }, 7],
    [{ own: '0', effective: '0' }, 0],
    [{ own: null, effective: null }, Number.POSITIVE_INFINITY],
    [{ own: null, effective: '9223372036854775807' }, Number.POSITIVE_INFINITY],
    [{ own: 'x', effective: 'x' }, Number.NaN],
    [{ own: '', effective: '' }, Number.NaN],
    [{ unknown: 'it is away', unreachable: true }, Number.NaN],
    [undefined, Number.NaN],
  ])('a rate observed as %j', (observed, limit) => {
    const [ref] = settings.limitRefs(1)
    const all = new Map(observed ? [[settingKey(ref!), observed]] : [])
    expect(settings.limitsOf(1, all).in).toBe(limit)
  })

  test('limits come from one setting each', () => {
    const refs = settings.limitRefs(1)
    expect(refs).toEqual([node(1, IN), node(1, OUT), node(1, DIRS)])
    const observed = new Map(refs.map((ref, index) => [settingKey(ref), { own: null, effective: `${index}` }]))
    expect(settings.limitsOf(1, observed)).toEqual({ in: 0, out: 1, dirs: 2 })
  })
})

describe('what stands', () => {
  test('is asked of the broker itself, of topics and all brokers of anybody, in one request each', async () => {
    const { cluster, observe, asked } = started()
    const refs = [node(2, IN), topic('t'), node('', OUT), topic('t', TARGETS), node(2, OUT), topic('u')]
    await observe(...refs)
    expect(asked('DescribeConfigs').slice(0, 2)).toEqual([
      expect.objectContaining({
        node: 2,
        request: { resources: [{ type: 4, name: '2', keys: [IN, OUT] }], includeSynonyms: false },
      }),
      expect.objectContaining({
        node: 'any',
        request: {
          resources: [
            { type: 2, name: 't', keys: [SOURCES, TARGETS] },
            { type: 4, name: '', keys: [OUT] },
            { type: 2, name: 'u', keys: [SOURCES] },
          ],
          includeSynonyms: false,
        },
      }),
    ])
    expect(cluster.asked).toHaveLength(4)
  })

  test.each<[SettingRef, string, number, Observed]>([
    [node(1, IN), '4/1', 2, { own: '5', effective: '5' }],
    [node(1, IN), '4/1', 3, { own: null, effective: '5' }],
    [node(1, IN), '4/1', 4, { own: null, effective: '5' }],
    [node(1, IN), '4/1', 5, { own: null, effective: '5' }],
    [node('', IN), '4/', 3, { own: '5', effective: '5' }],
    [topic('t'), '2/t', 1, { own: '5', effective: '5' }],
    [topic('t'), '2/t', 5, { own: null, effective: '5' }],
  ])('%j in %s of source %i', async (ref, resource, source, observed) => {
    const { cluster, observe } = started()
    cluster.settings[resource] = { [ref.name]: { value: '5', source } }
    expect(await observe(ref)).toEqual([observed])
  })

  test('a list that was never set is nothing, one that was set empty is empty', async () => {
    const { cluster, observe } = started()
    cluster.settings = { '2/t': { [SOURCES]: { value: '', source: 5 }, [TARGETS]: { value: '', source: 1 } } }
    expect(await observe(topic('t'), topic('t', TARGETS), topic('u'))).toEqual([
      { own: null, effective: null },
      { own: '', effective: '' },
      { own: null, effective: null },
    ])
  })

  test('of a topic that does not exist is nothing', async () => {
    expect(await started().observe(topic('gone'))).toEqual([{ own: null, effective: null }])
  })

  test('is believed only when two readings in a row agree', async () => {
    const { cluster, observe, asked, pauses } = started()
    const told = [
      { value: '5', source: 2 },
      { value: '5', source: 4 },
      { value: '9', source: 4 },
      { value: '9', source: 4 },
    ]
    cluster.tellSettings = () => {
      cluster.settings['4/1'] = { [IN]: told.shift()! }
    }
    expect(await observe(node(1, IN))).toEqual([{ own: null, effective: '9' }])
    expect([asked('DescribeConfigs').length, pauses]).toEqual([4, [30, 30, 30]])
  })

  test('that never agrees is not known, the rest is and is not read again', async () => {
    const { cluster, observe, asked } = started()
    let value = 0
    cluster.tellSettings = () => {
      cluster.settings['4/1'] = { [IN]: { value: `${value++}`, source: 2 } }
    }
    expect(await observe(node(2, IN), node(1, IN))).toEqual([
      { own: null, effective: null },
      { unknown: 'no two readings of it agreed', unreachable: false },
    ])
    const nodes = asked('DescribeConfigs').map((call) => call.node)
    expect([nodes.filter((id) => id === 2).length, nodes.filter((id) => id === 1).length]).toEqual([2, 6])
  })

  test.each<[string, (cluster: ReturnType<typeof started>['cluster']) => void, SettingRef, Observed]>([
    [
      'its broker is away',
      (cluster) => cluster.away.push(1),
      node(1, IN),
      { unknown: 'no connection to broker 1', unreachable: true },
    ],
    [
      'it does not answer',
      (cluster) => (cluster.fail['DescribeConfigs'] = new TransportError('timeout', 'no answer', { sent: true })),
      topic('t'),
      { unknown: 'no answer', unreachable: true },
    ],
    [
      'it makes no sense',
      (cluster) => (cluster.fail['DescribeConfigs'] = new TransportError('protocol', 'nonsense', { sent: true })),
      topic('t'),
      { unknown: 'nonsense', unreachable: false },
    ],
    [
      'brokers may not be read',
      (cluster) => (cluster.settingCode = () => 31),
      node(1, IN),
      {
        unknown: 'DescribeConfigs was refused: it needs the permission CLUSTER DESCRIBE_CONFIGS',
        unreachable: false,
      },
    ],
    [
      'the topic may not be read',
      (cluster) => (cluster.settingCode = () => 29),
      topic('t'),
      { unknown: 'DescribeConfigs was refused: it needs the permission TOPIC DESCRIBE_CONFIGS', unreachable: false },
    ],
    [
      'something else is wrong',
      (cluster) => (cluster.settingCode = () => 42),
      node(1, IN),
      { unknown: 'DescribeConfigs was answered with INVALID_REQUEST', unreachable: false },
    ],
  ])('is not known when %s, which spoils nothing else', async (_, spoil, ref, unknown) => {
    const { cluster, observe } = started()
    cluster.settings['4/2'] = { [IN]: { value: '5', source: 2 } }
    spoil(cluster)
    const [first, other] = await observe(ref, node(2, IN))
    expect(first).toEqual(unknown)
    if (cluster.away.length > 0) expect(other).toEqual({ own: '5', effective: '5' })
  })

  test('many topics are asked for in portions', async () => {
    const { cluster, observe, asked } = started()
    const names = Array.from({ length: 501 }, (_, index) => `t${index}`)
    cluster.topics = Object.fromEntries(names.map((name) => [name, [{ replicas: [1] }]]))
    await observe(...names.map((name) => topic(name)))
    const sizes = asked('DescribeConfigs').map(({ request }) => (request as { resources: [] }).resources.length)
    expect(sizes).toEqual([500, 1, 500, 1])
  })
})

describe('a change', () => {
  test('of brokers goes to each of them, of topics to anybody, in one request each', async () => {
    const { apply, asked, cluster } = started()
    const results = await apply(
      { ...node(1, IN), set: '5' },
      { ...topic('t'), add: ['0:1', '0:2'] },
      { ...node(2, IN), set: '6' },
      { ...topic('u', TARGETS), add: ['0:1'] },
      { ...node(1, OUT), delete: true },
    )
    expect(results).toEqual(Array.from({ length: 5 }, () => accepted))
    const [one, any, two] = asked('IncrementalAlterConfigs')
    expect([one, any, two]).toEqual([
      expect.objectContaining({
        node: 1,
        request: {
          resources: [
            {
              type: 4,
              name: '1',
              configs: [
                { name: IN, operation: 0, value: '5' },
                { name: OUT, operation: 1, value: null },
              ],
            },
          ],
        },
      }),
      expect.objectContaining({
        node: 'any',
        request: {
          resources: [
            { type: 2, name: 't', configs: [{ name: SOURCES, operation: 2, value: '0:1,0:2' }] },
            { type: 2, name: 'u', configs: [{ name: TARGETS, operation: 2, value: '0:1' }] },
          ],
        },
      }),
      expect.objectContaining({ node: 2 }),
    ])
    expect(asked('IncrementalAlterConfigs')).toHaveLength(3)
    expect(cluster.settings['4/2']).toEqual({ [IN]: { value: '6', source: 2 } })
  })

  test('of the default of all brokers goes to anybody', async () => {
    const { apply, asked } = started()
    expect(await apply({ ...node('', IN), set: '5' })).toEqual([accepted])
    expect(asked('IncrementalAlterConfigs')[0]).toMatchObject({ node: 'any' })
  })

  test('of one setting twice is made in two requests, in order', async () => {
    const { apply, asked, list } = started()
    const results = await apply({ ...topic('t'), add: ['0:1'] }, { ...topic('t'), remove: ['0:1'] })
    expect([results, asked('IncrementalAlterConfigs').length, list()]).toEqual([[accepted, accepted], 3, undefined])
  })

  test('of many topics comes in portions', async () => {
    const { cluster, apply, asked } = started()
    const names = Array.from({ length: 501 }, (_, index) => `t${index}`)
    cluster.topics = Object.fromEntries(names.map((name) => [name, [{ replicas: [1] }]]))
    const twice = names.flatMap((name) => [SOURCES, TARGETS].map((list) => ({ ...topic(name, list), add: ['0:1'] })))
    expect(new Set(await apply(...twice))).toEqual(new Set([accepted]))
    const sizes = asked('IncrementalAlterConfigs').map(({ request }) => (request as { resources: [] }).resources.length)
    expect(sizes).toEqual([500, 1])
  })

  test('that is bad does not keep back another of the same broker', async () => {
    const { apply, cluster } = started()
    const results = await apply({ ...node(1, IN), set: 'fast' }, { ...node(1, OUT), set: '5' })
    expect(results).toEqual([{ outcome: 'refused', code: 'rejected', text: 'INVALID_REQUEST' }, accepted])
    expect(cluster.settings['4/1']).toEqual({ [OUT]: { value: '5', source: 2 } })
  })

  test.each<[number, SettingRef, object]>([
    [31, node(1, IN), { code: 'not_permitted', text: 'the permission CLUSTER ALTER_CONFIGS is missing' }],
    [29, topic('t', TARGETS), { code: 'not_permitted', text: 'the permission TOPIC ALTER_CONFIGS is missing' }],
    [42, node(1, IN), { code: 'rejected', text: 'INVALID_REQUEST' }],
    [7, node(1, IN), { outcome: 'unknown', text: 'REQUEST_TIMED_OUT' }],
    [41, node(1, IN), { outcome: 'unknown', text: 'NOT_CONTROLLER' }],
  ])('answered with %i', async (code, ref, result) => {
    const { cluster, apply } = started()
    cluster.settingCode = () => code
    expect(await apply({ ...ref, set: '5' })).toEqual([{ outcome: 'refused', ...result }])
  })

  test('of a topic that is gone: nothing can be set, and nothing is left to be taken back', async () => {
    const { apply } = started()
    const gone = topic('gone')
    const results = await apply(
      { ...gone, add: ['0:1'] },
      { ...gone, remove: ['0:1'] },
      { ...topic('gone', TARGETS), delete: true },
    )
    expect(results).toEqual([
      { outcome: 'refused', code: 'partition_gone', text: 'topic gone does not exist' },
      accepted,
      accepted,
    ])
  })

  test.each<[TransportError, object]>([
    [new TransportError('connect', 'it is away'), { outcome: 'refused', code: 'not_sent', text: 'it is away' }],
    [new TransportError('timeout', 'no answer', { sent: true }), { outcome: 'unknown', text: 'no answer' }],
  ])('without an answer: %s', async (error, result) => {
    const { cluster, apply } = started()
    cluster.fail['IncrementalAlterConfigs'] = error
    expect(await apply({ ...node(1, IN), set: '5' })).toEqual([result])
  })

  test('of a broker that is away was not sent, those of others are made', async () => {
    const { cluster, apply } = started()
    cluster.away = [1]
    expect(await apply({ ...node(1, IN), set: '5' }, { ...node(2, IN), set: '5' })).toEqual([
      { outcome: 'refused', code: 'not_sent', text: 'no connection to broker 1' },
      accepted,
    ])
  })

  test('that asks for nothing is made without asking', async () => {
    const { cluster, apply } = started()
    expect(await apply({ ...topic('t'), add: [] }, { ...topic('t'), remove: [] })).toEqual([accepted, accepted])
    expect(cluster.asked).toEqual([])
  })
})

describe('a list', () => {
  test('keeps the members of others', async () => {
    const { cluster, apply, list } = started()
    cluster.settings['2/t'] = { [SOURCES]: { value: '0:1,0:9', source: 1 } }
    await apply({ ...topic('t'), add: ['0:2', '0:1'] })
    expect(list()).toBe('0:1,0:9,0:2')
    expect(await apply({ ...topic('t'), remove: ['0:1', '0:2'] })).toEqual([accepted])
    expect(list()).toBe('0:9')
  })

  test('is deleted with its last member, whoever asked for that', async () => {
    const { apply, list, asked } = started()
    await apply({ ...topic('t'), add: ['0:1', '0:2'] })
    const results = await apply({ ...topic('t'), remove: ['0:1'] }, { ...topic('t'), remove: ['0:2'] })
    expect([results, list()]).toEqual([[accepted, accepted], undefined])
    expect(asked('IncrementalAlterConfigs').at(-1)?.request).toEqual({
      resources: [{ type: 2, name: 't', configs: [{ name: SOURCES, operation: 1, value: null }] }],
    })
  })

  test('that binds all is left alone', async () => {
    const { cluster, apply, list, asked } = started()
    cluster.settings['2/t'] = { [SOURCES]: { value: '*', source: 1 } }
    expect(await apply({ ...topic('t'), add: ['0:1'] })).toEqual([accepted])
    expect([list(), asked('IncrementalAlterConfigs')]).toEqual(['*', []])
    expect(await apply({ ...topic('t'), remove: ['0:1'] })).toEqual([accepted])
    expect(list()).toBe('*')
  })

  test('that comes to bind all just then refuses a member', async () => {
    const { cluster, apply, list } = started()
    cluster.settings['2/t'] = { [SOURCES]: { value: '*', source: 1 } }
    // As if it had not been so when it was read.
    cluster.fail['DescribeConfigs'] = new TransportError('timeout', 'no answer', { sent: true })
    expect(await apply({ ...topic('t'), add: ['0:1'] })).toMatchObject([{ code: 'rejected', text: 'INVALID_CONFIG' }])
    expect(list()).toBe('*')
  })

  test('that lags behind is looked at until it shows the removal', async () => {
    const { cluster, apply, list } = started()
    const before = { value: '0:1', source: 1 }
    cluster.settings['2/t'] = { [SOURCES]: before }
    let looks = 0
    const now = { value: '', source: 1 }
    cluster.tellSettings = () => {
      looks += 1
      cluster.settings['2/t'] = { [SOURCES]: looks <= 3 ? before : now }
    }
    expect(await apply({ ...topic('t'), remove: ['0:1'] })).toEqual([accepted])
    expect([list(), looks]).toEqual([undefined, 5])
  })

  test('whose removal is never seen may have been changed', async () => {
    const { cluster, apply } = started()
    cluster.fail['DescribeConfigs'] = new TransportError('timeout', 'no answer', { sent: true })
    expect(await apply({ ...topic('t'), remove: ['0:1'] })).toMatchObject([{ outcome: 'unknown' }])
  })

  test('that could not be deleted when it was empty says so', async () => {
    const { cluster, apply } = started()
    cluster.settings['2/t'] = { [SOURCES]: { value: '0:1', source: 1 } }
    let looks = 0
    cluster.tellSettings = () => {
      looks += 1
      if (looks === 2) cluster.settingCode = () => 7
    }
    const results = await apply({ ...topic('t'), remove: ['0:1'] })
    expect(results[0]!.outcome).toBe('unknown')
  })
})

describe('a survey', () => {
  test('names what is set while brokers run, by anybody', async () => {
    const { cluster, settings } = started()
    cluster.settings = {
      '4/1': { [IN]: { value: '5', source: 2 }, [OUT]: { value: '6', source: 3 } },
      '4/2': { [DIRS]: { value: '7', source: 4 } },
      '4/': { [OUT]: { value: '6', source: 3 } },
      '2/t': { [SOURCES]: { value: '*', source: 1 }, [TARGETS]: { value: '', source: 5 } },
      '2/u': { [TARGETS]: { value: '', source: 1 } },
    }
    expect(await settings.survey(signal)).toEqual([
      { ...node('', OUT), value: '6' },
      { ...node(1, IN), value: '5' },
      { ...topic('t'), value: '*' },
      { ...topic('u', TARGETS), value: '' },
    ])
  })

  test('leaves out who is silent, and topics that may not be read', async () => {
    const { cluster, settings } = started()
    cluster.settings = {
      '4/1': { [IN]: { value: '5', source: 2 } },
      '4/2': { [IN]: { value: '5', source: 2 } },
      '2/t': { [SOURCES]: { value: '*', source: 1 } },
    }
    cluster.away = [1]
    cluster.settingCode = (resource) => (resource === '2/t' ? 29 : 0)
    expect(await settings.survey(signal)).toEqual([{ ...node(2, IN), value: '5' }])
  })

  test('is refused where brokers may not be read', async () => {
    const { cluster, settings } = started()
    cluster.settingCode = (resource) => (resource.startsWith('4/') ? 31 : 0)
    await expect(settings.survey(signal)).rejects.toMatchObject({
      code: 'sample_incomplete',
      message: expect.stringContaining('CLUSTER DESCRIBE_CONFIGS'),
    })
  })
})

test('a broker whose address is not known is looked for first', async () => {
  const { cluster, observe, apply } = started()
  cluster.known = []
  await observe(topic('t'))
  expect(cluster.asked.map(({ name }) => name)).not.toContain('DescribeCluster')
  await observe(node(1, IN))
  expect(cluster.known).toEqual([1, 2, 3])
  cluster.known = []
  await apply({ ...node(1, IN), set: '5' })
  expect(cluster.known).toEqual([1, 2, 3])
})
