import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { MetadataDirs } from '../../../src/systems/kafka/metadata-dirs.ts'
import { TransportError } from '../../../src/systems/kafka/transport-error.ts'
import { fakeCluster } from './fake-cluster.ts'

const signal = new AbortController().signal
const PATHS = ['/a', '/b']

function watched() {
  const clock = new VirtualClock()
  const { cluster, readings } = fakeCluster(clock)
  const dirs = new MetadataDirs(readings, clock)
  cluster.configs[1] = { 'log.dirs': '/a,/b', 'log.dir': '/tmp/kafka-logs', 'metadata.log.dir': null }
  return {
    cluster,
    clock,
    dirs,
    /** Those that hold the metadata, or may, after having been read. */
    marked: async (paths = PATHS) => {
      await dirs.read(1, paths, signal)
      return paths.filter((path) => dirs.mayHold(1, path))
    },
    asked: () => cluster.asked.length,
  }
}

describe('the metadata lies in', () => {
  test.each<[string, Record<string, string | null>, string[], boolean]>([
    ['the first of log.dirs', { 'log.dirs': '/b,/a', 'log.dir': '/tmp/kafka-logs' }, ['/b'], true],
    ['that too when written loosely', { 'log.dirs': ' /b/ , /a' }, ['/b'], true],
    ['log.dir where nothing else is set', { 'log.dirs': null, 'log.dir': '/a' }, ['/a'], true],
    ['metadata.log.dir', { 'log.dirs': '/a,/b', 'metadata.log.dir': '/b' }, ['/b'], true],
    ['no log dir when it has one of its own', { 'log.dirs': '/a,/b', 'metadata.log.dir': '/meta' }, [], true],
    ['any of them when a path is relative', { 'log.dirs': 'a,b' }, PATHS, false],
    ['any of them when its own is relative', { 'log.dirs': '/a,/b', 'metadata.log.dir': 'b' }, PATHS, false],
    ['any of them when the first is not listed', { 'log.dirs': '/c,/a' }, PATHS, false],
    ['any of them when nothing is told', {}, PATHS, false],
  ])('%s', async (_, configs, expected, isKnown) => {
    const { cluster, marked, dirs } = watched()
    cluster.configs[1] = configs
    expect(await marked()).toEqual(expected)
    expect(dirs.notes()).toHaveLength(isKnown ? 0 : 1)
  })
})

describe('where a broker does not tell', () => {
  test('for want of a permission each dir counts, and one sentence says so', async () => {
    const { cluster, marked, dirs } = watched()
    cluster.configs = { 1: 31, 2: 31 }
    await dirs.read(2, PATHS, signal)
    expect(await marked()).toEqual(PATHS)
    expect(dirs.notes()).toEqual([
      'brokers 1, 2 do not tell where the metadata lies, so each dir counts as one that may hold it: needs CLUSTER DESCRIBE_CONFIGS',
    ])
  })

  test('for another reason it is asked again soon', async () => {
    const { cluster, clock, marked, dirs } = watched()
    cluster.fail['DescribeConfigs'] = new TransportError('timeout', 'no answer', { sent: true })
    expect(await marked()).toEqual(PATHS)
    expect(dirs.notes()).toEqual([expect.stringMatching(/^broker 1 does not tell .*: no answer$/)])
    delete cluster.fail['DescribeConfigs']
    await clock.advance(60_000)
    expect([await marked(), dirs.notes()]).toEqual([['/a'], []])
  })

  test('that nobody has asked each dir counts', () => {
    expect(watched().dirs.mayHold(7, '/a')).toBe(true)
  })
})

describe('a broker is asked again', () => {
  test('after ten minutes, not before', async () => {
    const { clock, marked, asked } = watched()
    await marked()
    await clock.advance(9 * 60_000)
    await marked()
    expect(asked()).toBe(1)
    await clock.advance(60_000)
    await marked()
    expect(asked()).toBe(2)
  })

  test('after it was away, and keeps its last answer until then', async () => {
    const { cluster, marked, dirs, asked } = watched()
    await marked()
    dirs.seeAlive(new Set([2]))
    expect(dirs.mayHold(1, '/b')).toBe(false)
    cluster.configs[1] = { 'log.dirs': '/b,/a' }
    dirs.seeAlive(new Set([1, 2]))
    expect([await marked(), asked()]).toEqual([['/b'], 2])
  })

  test('also when only a pulse saw it away', async () => {
    const { cluster, system } = fakeCluster()
    const dirs = [{ path: '/a' }, { path: '/b' }]
    cluster.dirs = { 1: dirs, 2: dirs, 3: dirs }
    const marked = async () => [...(await system.sample(signal)).state.dirMetadata]
    expect(await marked()).toEqual([1, 0, 1, 0, 1, 0])
    cluster.configs[1] = { 'log.dirs': '/b,/a' }
    cluster.brokers = [2, 3]
    await system.pulse(signal)
    cluster.brokers = [1, 2, 3]
    expect(await marked()).toEqual([0, 1, 1, 0, 1, 0])
  })

  test('when it lists other dirs', async () => {
    const { marked, asked } = watched()
    await marked()
    await marked(['/b', '/a'])
    expect(asked()).toBe(1)
    await marked(['/a', '/b', '/c'])
    expect(asked()).toBe(2)
  })
})
