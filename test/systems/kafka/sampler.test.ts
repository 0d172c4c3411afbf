import { describe, expect, test } from 'vitest'
import { foldInFlight } from '../../../src/cluster/influence.ts'
import { dirStates, immovableReasons, nodeStates } from '../../../src/cluster/reasons.ts'
import { stageOf } from '../../../src/cluster/sample-stage.ts'
import { sharesOf } from '../../../src/cluster/shares.ts'
import { OFFLINE } from '../../../src/cluster/state.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { Sampler } from '../../../src/systems/kafka/sampler.ts'
import { fakeCluster } from './fake-cluster.ts'

const signal = new AbortController().signal

function sampled() {
  const clock = new VirtualClock()
  const { cluster, readings, dirMoves } = fakeCluster(clock)
  const sampler = new Sampler('orders', readings, dirMoves, clock)
  cluster.topics = { t: [{ replicas: [1, 2] }] }
  cluster.dirs = {
    1: [{ usable: 850, replicas: { 't-0': 100 } }],
    2: [{ usable: 880, replicas: { 't-0': 90 } }],
    3: [{ usable: 1000 }],
  }
  return {
    cluster,
    clock,
    /** A sample, moving time on where the sampler waits for it. */
    sample: async () => {
      const [sample] = await Promise.all([sampler.sample(signal), clock.advance(5_000)])
      return sample
    },
  }
}

const statesOf = ({ state }: { state: { nodeState: Uint8Array } }) => [...state.nodeState].map((s) => nodeStates[s])

test('racks, dirs, sizes, leaders and in-sync replicas are read', async () => {
  const { sample } = sampled()
  const { state, health, missingNodes, notes } = await sample()
  expect(state.names).toMatchObject({ nodes: [1, 2, 3], racks: ['r1', 'r2', 'r3'], topics: ['t'] })
  expect([...state.dirCapacityBytes]).toEqual([1000, 1000, 1000])
  expect([...state.dirUsedBytes]).toEqual([150, 120, 0])
  expect([...state.replicaBytes]).toEqual([100, 90])
  expect([...state.partitionLeader]).toEqual([0])
  expect([...state.topicMinIsr]).toEqual([2])
  expect([health.offline, health.underMinIsr, missingNodes, notes]).toEqual([0, 0, [], []])
})

describe('who is there', () => {
  test('a fenced broker is unavailable, and what lay on it has its last known size', async () => {
    const { cluster, sample } = sampled()
    await sample()
    cluster.brokers = [1, 3]
    cluster.fenced = [2]
    cluster.topics = { t: [{ replicas: [1, 2], isr: [1], offline: [2] }] }
    const dead = await sample()
    expect(statesOf(dead)).toEqual(['alive', 'unavailable', 'alive'])
    expect([...dead.state.replicaBytes]).toEqual([100, 90])
    expect([...dead.state.nodeRack].map((rack) => dead.state.names.racks[rack])).toEqual(['r1', 'r2', 'r3'])
    expect(dead.health.underReplicated).toEqual({ own_move: 0, node: 1, other: 0 })
  })

  test('a broker that holds replicas but is not registered is unavailable', async () => {
    const { cluster, sample } = sampled()
    cluster.topics = { t: [{ replicas: [1, 9], isr: [1], offline: [9] }] }
    expect(statesOf(await sample())).toEqual(['alive', 'alive', 'alive', 'unavailable'])
  })

  test('a dead broker that holds nothing is unavailable, not left out', async () => {
    const { cluster, sample } = sampled()
    cluster.brokers = [1, 2]
    cluster.fenced = [3]
    expect(statesOf(await sample())).toEqual(['alive', 'alive', 'unavailable'])
  })

  test('a live broker that does not answer is unreachable and named', async () => {
    const { cluster, sample } = sampled()
    await sample()
    delete cluster.dirs[2]
    const partly = await sample()
    expect([statesOf(partly), partly.missingNodes]).toEqual([['alive', 'unreachable', 'alive'], [2]])
    expect([...partly.state.dirUsedBytes]).toEqual([150, 120, 0])
  })

  test('when none answers there is no sample', async () => {
    const { cluster, sample } = sampled()
    cluster.dirs = {}
    await expect(sample()).rejects.toMatchObject({ code: 'sample_incomplete' })
  })
})

describe('what is not shown', () => {
  test('a topic that lies on a disk but is not in metadata refuses the sample after a second look', async () => {
    const { cluster, sample } = sampled()
    cluster.dirs[3] = [{ replicas: { 'secret-0': 5 } }]
    await expect(sample()).rejects.toMatchObject({
      code: 'sample_incomplete',
      message: expect.stringMatching(/secret.*TOPIC DESCRIBE/),
    })
  })

  test('a topic deleted while a broker is dead is nothing hidden', async () => {
    const { cluster, sample } = sampled()
    cluster.topics = { t: [{ replicas: [1, 2] }], gone: [{ replicas: [3, 1] }] }
    cluster.dirs[3] = [{ usable: 990, replicas: { 'gone-0': 10 } }]
    await sample()
    cluster.brokers = [1, 2]
    cluster.fenced = [3]
    cluster.topics = { t: [{ replicas: [1, 2] }] }
    expect((await sample()).state.names.topics).toEqual(['t'])
  })

  test('without a size the partition stays, and that is said', async () => {
    const { cluster, sample } = sampled()
    cluster.dirs[2] = [{ path: '/d1' }]
    const { state, notes } = await sample()
    expect(immovableReasons[state.partitionImmovable[0]!]).toBe('size_unknown')
    expect(notes).toEqual(['the size of a replica of 1 partitions is not known (t-0): left alone'])
  })

  test('what lay in a dir that failed is offline, has neither size nor dir, and is named', async () => {
    const { cluster, sample } = sampled()
    await sample()
    cluster.topics = { t: [{ replicas: [1, 2], isr: [1], offline: [2] }] }
    cluster.dirs[2] = [{ error: 56 }, { path: '/d1' }]
    const { state, notes, health } = await sample()
    expect([...state.replicaFlags].map((flags) => flags & OFFLINE)).toEqual([0, OFFLINE])
    expect([...state.replicaBytes]).toEqual([100, Number.NaN])
    expect([...state.replicaDir]).toEqual([0, -1])
    expect([...state.dirState].map((s) => dirStates[s])).toEqual(['online', 'offline', 'online', 'online'])
    expect(notes).toEqual(['replicas of 1 partitions lie in dirs that are offline (t-0)'])
    expect(health.underReplicated).toEqual({ own_move: 0, node: 1, other: 0 })
  })

  test('a broker too old to tell the size of its disks is refused by name', async () => {
    const { cluster, sample } = sampled()
    cluster.dirs[2] = [{ total: null }]
    await expect(sample()).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/broker 2 .*v4/),
    })
  })
})

test('a move that began after the metadata was read counts where it goes as well', async () => {
  const { cluster, sample } = sampled()
  cluster.moving = [{ topic: 't', partition: 0, replicas: [3, 2, 1], adding: [3], removing: [1] }]
  const { state } = await sample()
  foldInFlight(state, [])
  expect([...state.dirArrivingBytes]).toEqual([0, 0, 100])
  expect([...state.dirPendingFreeBytes]).toEqual([100, 0, 0])
})

test('a running move has its bytes: what lies at the target against the largest replica', async () => {
  const { cluster, sample } = sampled()
  cluster.topics = { t: [{ replicas: [3, 2, 1], isr: [1, 2] }] }
  cluster.moving = [{ topic: 't', partition: 0, replicas: [3, 2, 1], adding: [3], removing: [1] }]
  cluster.dirs[3] = [{ usable: 960, replicas: { 't-0': 40 } }]
  const { running, state } = await sample()
  expect(running).toEqual([
    { topic: 't', partition: 0, target: [3, 2], adding: [3], removing: [1], bytesDone: 40, bytesTotal: 100 },
  ])
  foldInFlight(state, [])
  expect([...sharesOf(state).usedBytes]).toEqual([50, 120, 100])
})

test('what is written is told from the second look on, and only by brokers that answer', async () => {
  const { cluster, clock, sample } = sampled()
  expect([...(await sample()).state.partitionBytesIn]).toEqual([Number.NaN])
  cluster.dirs[1] = [{ usable: 550, replicas: { 't-0': 400 } }]
  await clock.advance(25_000)
  expect([...(await sample()).state.partitionBytesIn]).toEqual([10])
  const { [1]: _, ...others } = cluster.dirs
  cluster.dirs = others
  await clock.advance(55_000)
  expect([...(await sample()).state.partitionBytesIn]).toEqual([10])
})

describe('a move between dirs', () => {
  const moving = () => {
    const { cluster, ...rest } = sampled()
    cluster.dirs[1] = [
      { path: '/a', usable: 900, replicas: { 't-0': 100 } },
      { path: '/b', usable: 970, copies: { 't-0': 30 } },
    ]
    return { cluster, ...rest }
  }

  test('is in flight with its bytes, and its partition is left alone', async () => {
    const { state, running } = await moving().sample()
    expect(running).toEqual([
      {
        topic: 't',
        partition: 0,
        target: [1, 2],
        adding: [],
        removing: [],
        dir: { node: 1, path: '/b' },
        bytesDone: 30,
        bytesTotal: 100,
      },
    ])
    expect([...state.replicaFutureDir]).toEqual([1, -1])
    expect([...state.replicaFutureBytes]).toEqual([30, 0])
    expect(state.names.dirs[state.replicaDir[0]!]).toBe('/a')
    expect(immovableReasons[state.partitionImmovable[0]!]).toBe('already_moving')
  })

  test('leaves its old dir when it lands, and the files follow later', async () => {
    const { cluster, sample } = moving()
    await sample()
    cluster.dirs[1] = [
      { path: '/a', usable: 900 },
      { path: '/b', usable: 900, replicas: { 't-0': 100 } },
    ]
    const { state, running } = await sample()
    expect([running, [...state.replicaFutureDir]]).toEqual([[], [-1, -1]])
    expect([...state.dirFreeingBytes]).toEqual([100, 0, 0, 0])
  })

  test('that is taken back leaves behind what it had copied', async () => {
    const { cluster, sample } = moving()
    await sample()
    cluster.dirs[1] = [
      { path: '/a', usable: 900, replicas: { 't-0': 100 } },
      { path: '/b', usable: 970 },
    ]
    expect([...(await sample()).state.dirFreeingBytes]).toEqual([0, 30, 0, 0])
  })

  test('of a dead broker stands still and is not in flight', async () => {
    const { cluster, sample } = moving()
    await sample()
    cluster.brokers = [2, 3]
    cluster.fenced = [1]
    cluster.topics = { t: [{ leader: 2, replicas: [1, 2], isr: [2], offline: [1] }] }
    const { state, running } = await sample()
    expect([running, [...state.replicaFutureDir], state.partitionImmovable[0]]).toEqual([[], [-1, -1], 0])
  })
})

describe('space on its way out', () => {
  test('counts as free once the broker has stopped listing the replica, until its volume shows it is', async () => {
    const { cluster, sample } = sampled()
    await sample()
    cluster.topics = { t: [{ replicas: [3, 2] }] }
    cluster.dirs[3] = [{ usable: 900, replicas: { 't-0': 100 } }]
    cluster.dirs[1] = [{ usable: 850 }]
    const lagging = await sample()
    foldInFlight(lagging.state, [])
    expect([...sharesOf(lagging.state).usedBytes]).toEqual([50, 120, 100])
    cluster.dirs[1] = [{ usable: 990 }]
    const freed = await sample()
    expect([...freed.state.dirFreeingBytes]).toEqual([10, 0, 0])
  })

  test('is never more than the volume shows beyond the replicas it lists', async () => {
    const { cluster, sample } = sampled()
    await sample()
    cluster.topics = { t: [{ replicas: [3, 2] }, { replicas: [1, 2] }] }
    cluster.dirs[1] = [{ usable: 935, replicas: { 't-1': 60 } }]
    expect((await sample()).state.dirFreeingBytes[0]).toBe(5)
  })

  test('is forgotten after a while', async () => {
    const { cluster, clock, sample } = sampled()
    await sample()
    cluster.topics = {}
    cluster.dirs = { 1: [{ usable: 850 }], 2: [{ usable: 880 }], 3: [{}] }
    expect([...(await sample()).state.dirFreeingBytes]).toEqual([100, 90, 0])
    await clock.advance(6 * 60_000)
    expect([...(await sample()).state.dirFreeingBytes]).toEqual([0, 0, 0])
  })

  test('is also what a slow broker still lists of a replica that metadata gives to another, but not what stays for good', async () => {
    const { cluster, clock, sample } = sampled()
    await sample()
    cluster.topics = { t: [{ replicas: [3, 2] }] }
    cluster.dirs[3] = [{ usable: 900, replicas: { 't-0': 100 } }]
    expect([...(await sample()).state.dirFreeingBytes]).toEqual([100, 0, 0])
    // Once it is listed no more it counts once, not twice.
    cluster.dirs[1] = [{ usable: 850 }]
    expect([...(await sample()).state.dirFreeingBytes]).toEqual([100, 0, 0])

    cluster.dirs[1] = [{ usable: 850, replicas: { 't-0': 100 } }]
    await clock.advance(6 * 60_000)
    expect([...(await sample()).state.dirFreeingBytes]).toEqual([100, 0, 0])
    await clock.advance(6 * 60_000)
    expect([...(await sample()).state.dirFreeingBytes]).toEqual([0, 0, 0])
  })

  test('is not what a dir held that went offline', async () => {
    const { cluster, sample } = sampled()
    await sample()
    cluster.dirs[1] = [{ error: 56 }, { path: '/d1', usable: 500 }]
    await sample()
    cluster.dirs[1] = [{ usable: 700 }, { path: '/d1', usable: 500 }]
    expect([...(await sample()).state.dirFreeingBytes]).toEqual([0, 0, 0, 0])
  })
})

describe('the dir of the metadata log', () => {
  test('is marked', async () => {
    const { cluster, sample } = sampled()
    cluster.dirs[2] = [{ usable: 880, replicas: { 't-0': 90 } }, { path: '/d1' }]
    expect([...(await sample()).state.dirMetadata]).toEqual([1, 1, 0, 1])
  })

  test('is any dir of a broker that may not be asked, which is said and fails nothing', async () => {
    const { cluster, sample } = sampled()
    cluster.dirs[2] = [{ usable: 880, replicas: { 't-0': 90 } }, { path: '/d1' }]
    cluster.configs[2] = 31
    const { state, notes } = await sample()
    expect([...state.dirMetadata]).toEqual([1, 1, 1, 1])
    expect(notes).toEqual([expect.stringMatching(/^broker 2 does not tell where .*: needs CLUSTER DESCRIBE_CONFIGS$/)])
  })
})

test('a permission that is missing is named, whoever else would answer, and what was being read', async () => {
  const { cluster, sample } = sampled()
  cluster.dirs[2] = []
  const error: unknown = await sample().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'not_permitted', message: expect.stringMatching(/CLUSTER DESCRIBE/) })
  expect(stageOf(error)).toBe('disk')
})
