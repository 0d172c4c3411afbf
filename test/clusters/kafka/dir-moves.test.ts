/** Moves between the dirs of one broker, by the adapter and on real Kafka: begun, seen, landed, taken back. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ReplicaMove, RunningMove } from '../../../src/cluster/move.ts'
import type { Sample } from '../../../src/cluster/sample.ts'
import { realClock } from '../../../src/lib/clock.ts'
import { createKafka } from '../../../src/systems/kafka/kafka.ts'
import type { System } from '../../../src/systems/port.ts'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import { type KafkaCluster, startKafka } from './cluster.ts'
import { fill } from './fill.ts'
import { createTopic, describeLogDirs, runTool } from './tools.ts'

guardLeaks()

const MiB = 1024 * 1024
const signal = new AbortController().signal
let cluster: KafkaCluster
let system: System

beforeAll(async () => {
  cluster = await startKafka({ brokers: [{ id: 1, logDirs: 2, tmpfsMiB: 96, separateMetadata: true }, { id: 2 }] })
  await createTopic(cluster, 't', {
    assignment: [
      [1, 2],
      [1, 2],
    ],
  })
  await fill(cluster, 't', [24 * MiB, 2 * MiB])
  const bootstrap = cluster.bootstrap.map((address) => {
    const [host, port] = address.split(':')
    return { host: host!, port: Number(port) }
  })
  system = await createKafka({ name: 'test', bootstrap, clientId: 'test' }, realClock)
  await system.sample(signal)
})
afterAll(async () => {
  await system?.close()
  await cluster?.close()
})

test('the dir of the metadata log is known', async () => {
  const { state, notes } = await system.sample(signal)
  const marked = state.names.dirs.filter((_, dir) => state.dirMetadata[dir] === 1)
  // Broker 1 keeps it apart from its log dirs, broker 2 in the only one it has.
  expect(marked).toEqual(cluster.logDirs(2))
  expect(notes).toEqual([])
})

test('a move lands, and its old dir is seen to be freed', async () => {
  const move = await moveOf(1)
  expect(await system.perform(system.steps(move), signal)).toEqual([{ outcome: 'accepted' }])
  await until('the landing', 10_000, async () => (await judged(move)) === 'landed')
  expect(await dirsOf(1)).toEqual([move.toDir])
  const { state, running } = await system.sample(signal)
  expect(running).toEqual([])
  const old = state.names.dirs.indexOf(move.fromDir!)
  expect(state.dirFreeingBytes[old]! / MiB).toBeCloseTo(2, 1)
  // What has landed lands again at once.
  expect(await system.perform(system.steps(move), signal)).toEqual([{ outcome: 'accepted' }])
  expect(await judged(move)).toBe('landed')
})

test('a move is seen on its way, outlives its broker and is taken back', async () => {
  await setRate(MiB)
  const move = await moveOf(0)
  await system.perform(system.steps(move), signal)
  const dir = { node: 1, path: move.toDir }
  await until('some of it in pulses', 15_000, async () => {
    const seen = inFlight((await system.pulse(signal)).running)
    expect(seen).toMatchObject({ target: [1, 2], adding: [], removing: [], dir })
    return seen!.bytesDone! > 0 && seen!.bytesDone! < seen!.bytesTotal! && seen!.bytesTotal! > 24 * MiB
  })
  const sampled = await system.sample(signal)
  expect(inFlight(sampled.running)).toMatchObject({ dir })
  expect(futureDirs(sampled)).toEqual([move.toDir])
  expect((await system.judge([move], signal))[0]).toMatchObject({ outcome: 'running' })
  const elsewhere = { ...move, toDir: '/nowhere' }
  expect((await system.perform(system.steps(elsewhere), signal))[0]).toMatchObject({ code: 'dir_unusable' })

  await cluster.kill(1)
  await cluster.start(1)
  await cluster.waitReady()
  await until('it going on', 15_000, async () => (await judged(move)) === 'running')

  expect(await system.cancel([move], signal)).toEqual([{ outcome: 'accepted' }])
  expect(await judged(move)).toBe('reverted')
  expect(await dirsOf(0)).toEqual([move.fromDir])
  expect((await system.pulse(signal)).running).toEqual([])
  expect((await system.cancel([move], signal))[0]).toMatchObject({ outcome: 'refused', code: 'replicas_changed' })
  const after = await system.sample(signal)
  expect([after.running, futureDirs(after)]).toEqual([[], []])
  expect(after.state.dirFreeingBytes[after.state.names.dirs.indexOf(move.toDir)]).toBeGreaterThan(0)
})

/** Of t-PARTITION on broker 1, to its other dir. */
async function moveOf(partition: number): Promise<ReplicaMove & { toDir: string }> {
  const [fromDir] = await dirsOf(partition)
  const toDir = cluster.logDirs(1).find((dir) => dir !== fromDir)!
  return {
    kind: 'replica',
    id: 'm',
    topic: 't',
    partition,
    replicas: [1, 2],
    leader: 1,
    from: 1,
    to: 1,
    fromDir: fromDir!,
    toDir,
    bytes: 0,
    reason: 'disk_skew',
  }
}

async function judged(move: ReplicaMove): Promise<string> {
  return (await system.judge([move], signal))[0]!.outcome
}

const inFlight = (running: RunningMove[]) => running.find((move) => move.partition === 0)

function futureDirs({ state }: Sample): string[] {
  return [...state.replicaFutureDir].filter((dir) => dir !== -1).map((dir) => state.names.dirs[dir]!)
}

/** Where broker 1 lists t-PARTITION, as Kafka's own tool tells. */
async function dirsOf(partition: number): Promise<string[]> {
  const { brokers } = await describeLogDirs(cluster, [1])
  return brokers[0]!.logDirs
    .filter(({ partitions }) => partitions.some((p) => p.partition === `t-${partition}`))
    .map(({ logDir }) => logDir)
}

/** A broker knows this limit only as a dynamic setting. */
async function setRate(bytesPerSecond: number): Promise<void> {
  const rate = `replica.alter.log.dirs.io.max.bytes.per.second=${bytesPerSecond}`
  const broker = ['--entity-type', 'brokers', '--entity-name', '1']
  await runTool(cluster, 'kafka.admin.ConfigCommand', ['--alter', ...broker, '--add-config', rate])
}
