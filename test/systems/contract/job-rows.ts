/** Topics that are moved as a whole: targets, and the jobs that bring them there. */
import type { TableDriver } from './driver.ts'
import { aliveNodes, answers, live, replicaMove } from './observe.ts'
import type { Row } from './run.ts'
import {
  begin,
  jobsOf,
  jobTopics,
  PARTITIONS,
  shown,
  tableMove,
  takeBack,
  targetSoon,
  verdict,
  withTarget,
} from './tables.ts'

/** What each node holds of a table at rest. */
const SHARE = (2 * PARTITIONS) / 4

export const jobRows: Row<TableDriver>[] = [
  {
    name: 'a rule changes: a target appears with its causes, shares, bytes and checks; it stays the same, and goes with the change',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const target = await withTarget(cluster, see)
      const { topic, shares, bytes, largestBytes, evenness, checks, fingerprint } = target
      see.now('topic', topic, cluster.topic('t'))
      see.now('causes', [...new Set(target.causes.map(({ cause }) => cause))], ['retagged'])
      const sum = (of: 'adds' | 'removes' | 'addBytes') => shares.reduce((total, share) => total + share[of], 0)
      see.now('replicas', [target.adds, sum('adds'), sum('removes')], [SHARE, SHARE, SHARE])
      see.now('bytes', [bytes, bytes > SHARE * 0.9 * largestBytes, largestBytes > 0], [sum('addBytes'), true, true])
      const emptied = shares.find(({ node }) => node === cluster.node(1))
      see.now('of the node without tags', [emptied?.adds, emptied?.removes], [0, SHARE])
      const held = (nodes: typeof evenness.before.nodes) =>
        nodes.find(({ node }) => node === cluster.node(1))?.replicas ?? 0
      see.now('before and after', [held(evenness.before.nodes), held(evenness.after.nodes)], [SHARE, 0])
      see.now('checks', [checks.length > 0, checks.filter(({ result }) => result === 'ERROR')], [true, []])
      const prints = async () => (await cluster.system.sample(live)).targets!.map((each) => each.fingerprint)
      await see.stays('fingerprint', 1_000, prints, [fingerprint])
      const [before] = await cluster.system.settings!.observe(
        [{ scope: 'node', of: cluster.node(2), name: 'tags' }],
        live,
      )
      const tags = (before as { own: string }).own
      const back = { scope: 'node', of: cluster.node(1), name: 'tags', set: tags } as const
      see.now('tags given back', answers(await cluster.system.settings!.apply([back], live)), ['accepted'])
      const rest = { topics: [topic], targets: [] }
      await see.soon('at the end', async () => shown(await cluster.system.sample(live)), rest)
    },
  },
  {
    name: 'a job: begun once, listed with what arrives, running, landed; then nothing is listed and nothing left to do',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      await cluster.slow()
      const move = tableMove(await withTarget(cluster, see), 1)
      see.now(
        'steps',
        system.steps(move).map(({ kind, topic }) => [kind, topic]),
        [['job', cluster.topic('t')]],
      )
      see.now('before', await verdict(system, move), 'reverted')
      see.now('answer', await begin(system, move), ['accepted'])
      await see.soon('listed', () => jobTopics(cluster), [move.topic])
      see.now('answer to the same', await begin(system, move), ['accepted'])
      see.now('jobs', Object.values(await cluster.jobs('t')), ['IN_PROGRESS'])
      // A part is there and a part is not: both add up, in replicas and in bytes.
      const progress = async () => {
        const [job] = await jobsOf(cluster)
        const { adds = { done: 0, total: 0 }, bytesDone = 0, bytesTotal = 0, arriving = [], broken } = job ?? {}
        const left = arriving.reduce((sum, each) => sum + each.adds, 0)
        const leftBytes = arriving.reduce((sum, each) => sum + each.bytes, 0)
        const isPart = adds.done > 0 && adds.done < adds.total && bytesDone > 0 && bytesDone < bytesTotal
        const isSum = left === adds.total - adds.done && leftBytes === bytesTotal - bytesDone
        return { total: adds.total, bytesTotal, isPart, isSum, broken }
      }
      const expected = { total: move.adds, bytesTotal: move.bytes, isPart: true, isSum: true, broken: undefined }
      await see.soon('progress', progress, expected)
      const sample = await system.sample(live)
      see.now('in the sample', [sample.jobs!.map(({ topic }) => topic), shown(sample).targets], [[move.topic], []])
      see.now('meanwhile', await verdict(system, move), 'running')
      await cluster.fast()
      await see.soon('verdict', () => verdict(system, move), 'landed')
      await see.soon('listed then', () => jobTopics(cluster), [])
      const end = await system.sample(live)
      see.now('left to do', shown(end), { topics: [move.topic], targets: [] })
      const emptied = end.topics![0]!.evenness.nodes.find(({ node }) => node === cluster.node(1))
      see.now('on the node without tags', emptied?.replicas ?? 0, 0)
      see.now('taken back then', await takeBack(system, move), 'replicas_changed')
      see.now('jobs at the end', Object.values(await cluster.jobs('t')), ['DONE'])
    },
  },
  {
    name: 'a job that is taken back in the middle: superseded, never landed; what is left is a target, and lands',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      await cluster.slow()
      const move = tableMove(await withTarget(cluster, see), 1)
      see.now('answer', await begin(system, move), ['accepted'])
      await see.soon('a part', async () => ((await jobsOf(cluster))[0]?.adds?.done ?? 0) > 0, true)
      see.now('taken back', await takeBack(system, move), 'accepted')
      see.now('listed', await jobTopics(cluster), [])
      see.now('jobs', Object.values(await cluster.jobs('t')), ['CANCELLED'])
      see.now('again', await takeBack(system, move), 'replicas_changed')
      await cluster.fast()
      await see.stays('verdict', 3_000, () => verdict(system, move), 'superseded')
      const rest = await targetSoon(cluster, see)
      see.now('less is left', rest.adds > 0 && rest.adds < move.adds, true)
      see.now('answer then', await begin(system, tableMove(rest)), ['accepted'])
      await see.soon('verdict then', () => verdict(system, tableMove(rest)), 'landed')
    },
  },
  {
    name: 'a job that is taken back before anything was done: reverted or superseded',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      const move = tableMove(await withTarget(cluster, see), 1)
      await cluster.slow()
      see.now('answer', await begin(system, move), ['accepted'])
      see.now('taken back', await takeBack(system, move), 'accepted')
      const isBack = async () => ['reverted', 'superseded'].includes(await verdict(system, move))
      await see.stays('verdict', 3_000, isBack, true)
    },
  },
  {
    name: 'somebody else’s job: listed, ours is refused, and theirs goes on to its end',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      const move = tableMove(await withTarget(cluster, see))
      await cluster.slow()
      const theirs = await cluster.strangerRebalances('t')
      await see.soon('listed', async () => (await jobsOf(cluster)).map(({ id, topic }) => [id, topic]), [
        [theirs, move.topic],
      ])
      see.now('answer', await begin(system, move), ['already_moving'])
      see.now('taken back', await takeBack(system, move), 'already_moving')
      see.now('verdict', await verdict(system, move), 'superseded')
      const sample = await system.sample(live)
      see.now('in the sample', [sample.jobs!.map(({ id }) => id), shown(sample).targets], [[theirs], []])
      see.now('still', await cluster.jobs('t'), { [theirs]: 'IN_PROGRESS' })
      await cluster.fast()
      await see.soon('theirs', () => cluster.jobs('t'), { [theirs]: 'DONE' })
      await see.soon('listed at the end', () => jobTopics(cluster), [])
    },
  },
  {
    name: 'a step of a target that is out of date is refused, and nothing begins',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      const move = tableMove(await withTarget(cluster, see))
      see.now('a target that never was', await begin(system, { ...move, fingerprint: 'never' }), ['not_sent'])
      const everywhere = Object.fromEntries(Array.from({ length: PARTITIONS }, (_, n) => [n, [1, 1 + ((n % 3) + 1)]]))
      await cluster.strangerPlaces('t', everywhere)
      see.now('answer', await begin(system, move), ['replicas_changed'])
      see.now('verdict', await verdict(system, move), 'superseded')
      see.now('jobs', await cluster.jobs('t'), {})
    },
  },
  {
    name: 'a target to a node that is dead is refused, and nothing begins',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      const move = tableMove(await withTarget(cluster, see))
      const to = [2, 3, 4].find((number) =>
        move.shares.some((one) => one.node === cluster.node(number) && one.adds > 0),
      )!
      await cluster.kill(to)
      const others = [1, 2, 3, 4].filter((number) => number !== to).map((number) => cluster.node(number))
      await see.soon('alive', () => aliveNodes(system), others)
      see.now('answer', await begin(system, move), ['target_not_alive'])
      see.now('jobs', await cluster.jobs('t'), {})
    },
  },
  {
    name: 'steps that cannot be, beside one that can: each its own answer',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      const move = tableMove(await withTarget(cluster, see))
      const steps = [
        ...system.steps({ ...move, topic: 'nowhere_OFFLINE' }),
        ...system.steps({ ...move, topic: 'no name of a table' }),
        { kind: 'set', topic: move.topic, partition: 0, expect: [1], replicas: [2], adds: [2] } as const,
        { kind: 'brokers', topic: move.topic, after: [] } as const,
        ...system.steps(move),
      ]
      const expected = ['partition_gone', 'partition_gone', 'rejected', 'accepted', 'accepted']
      see.now('answers', answers(await system.perform([...steps] as never, live)), expected)
      see.now('a move of another kind has no steps', system.steps(replicaMove(move.topic, [1, 2], 1, 3)), [])
      await see.soon('verdict', () => verdict(system, move), 'landed')
    },
  },
  {
    name: 'without a controller nothing is begun or taken back, and the cluster is read all the same',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      const move = tableMove(await withTarget(cluster, see))
      await cluster.killController()
      see.now('answer', await cluster.settled(begin(system, move)), ['not_sent'])
      see.now('alive', (await aliveNodes(system)).length, 4)
      const { state } = await system.sample(live)
      see.now('sample', state.partitionCount, PARTITIONS)
      await cluster.startController()
      see.now('verdict', await verdict(system, move), 'reverted')
      const again = tableMove(await targetSoon(cluster, see))
      see.now('answer then', await begin(system, again), ['accepted'])
      await see.soon('verdict then', () => verdict(system, again), 'landed')
    },
  },
]
