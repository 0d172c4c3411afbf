/** What every system shows, whatever it can do. */
import { compareIds } from '../../../src/cluster/builder.ts'
import type { Sample } from '../../../src/cluster/sample.ts'
import { ADDING, IN_SYNC, OFFLINE } from '../../../src/cluster/state.ts'
import { type AnyDriver, everyNode } from './driver.ts'
import { aliveNodes, live, states } from './observe.ts'
import type { Row } from './run.ts'

const healthy = {
  underReplicated: { own_move: 0, node: 0, other: 0 },
  offline: 0,
  underMinIsr: 0,
  unexplained: { offline: 0, underMinIsr: 0 },
}
/** Within it every call has ended. */
const ENDED_MS = 5_000

export const commonRows: Row<AnyDriver>[] = [
  {
    name: 'a sample is complete: every node, every replica, every size; and the next one is the same',
    needs: [],
    play: async (cluster, see) => {
      const assignment = [
        [1, 2],
        [3, 4],
      ]
      await cluster.createTopic('t', { assignment, megabytes: 1 })
      const whole = {
        states: allAlive(cluster),
        topics: [cluster.topic('t')],
        replicas: assignment.map((numbers) => {
          const nodes = numbers.map((number) => cluster.node(number))
          return { on: nodes, inSync: nodes, adding: [], offline: [], sized: true }
        }),
        missing: [],
        health: healthy,
      }
      const look = async () => {
        const sample = await cluster.system.sample(live)
        const { state, missingNodes: missing, health } = sample
        const replicas = spread(sample, cluster.topic('t'))
        return { states: states(sample), topics: state.names.topics, replicas, missing, health }
      }
      await see.soon('sample', look, whole)
      const bytes = async () => [...(await cluster.system.sample(live)).state.replicaBytes]
      const known = await bytes()
      see.now(
        'all sizes are of about a megabyte',
        known.every((each) => each > 0.9e6 && each < 1.3e6),
        true,
      )
      await see.stays('sizes', 1_000, bytes, known)
      await see.stays('sample later', 1_000, look, whole)
    },
  },
  {
    name: 'a node dies: unavailable, its replicas offline and counted; it returns with them',
    needs: [],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const on = [1, 2].map((number) => cluster.node(number))
      const whole = { on, inSync: on, adding: [], offline: [], sized: true }
      const replicas = async () => spread(await cluster.system.sample(live), cluster.topic('t'))
      await see.soon('before', replicas, [whole])
      await cluster.kill(1)
      const dead = { ...allAlive(cluster), [cluster.node(1)]: 'unavailable' }
      await see.soon('states', async () => states(await cluster.system.sample(live)), dead)
      await see.soon('replicas', replicas, [{ ...whole, inSync: [cluster.node(2)], offline: [cluster.node(1)] }])
      const sample = await cluster.system.sample(live)
      see.now('missing', sample.missingNodes, [])
      see.now('health', sample.health, { ...healthy, underReplicated: { own_move: 0, node: 1, other: 0 } })
      const others = [2, 3, 4].map((number) => cluster.node(number))
      see.now('pulse', await aliveNodes(cluster.system), others)
      await cluster.start(1)
      await see.soon('states then', async () => states(await cluster.system.sample(live)), allAlive(cluster))
      await see.soon('replicas then', replicas, [whole])
      await see.soon('health then', async () => (await cluster.system.sample(live)).health, healthy)
      see.now('pulse then', await aliveNodes(cluster.system), [cluster.node(1), ...others])
    },
  },
  {
    name: 'what is asked about nothing is answered with nothing',
    needs: [],
    play: async ({ system }, see) => {
      see.now('done', await system.perform([], live), [])
      see.now('judged', await system.judge([], live), [])
      see.now('taken back', await system.cancel([], live), [])
      see.now('observed', await system.settings!.observe([], live), [])
      see.now('applied', await system.settings!.apply([], live), [])
    },
  },
  {
    name: 'who asks with a signal that has come gets no reading',
    needs: [],
    play: async (cluster, see) => {
      const { system } = cluster
      await system.pulse(live)
      see.now('sample', await fate(cluster, system.sample(AbortSignal.abort())), 'failed')
      see.now('pulse', await fate(cluster, system.pulse(AbortSignal.abort())), 'failed')
    },
  },
  {
    name: 'closed while it works and twice: all has ended soon, and nothing is read any more',
    needs: [],
    play: async (cluster, see) => {
      const { system } = cluster
      await system.sample(live)
      const underWay = [system.sample(live), system.pulse(live)].map((call) => fate(cluster, call))
      see.now('closed', await fate(cluster, system.close()), 'answered')
      const ends = await Promise.all(underWay)
      see.now(
        'those under way',
        ends.filter((end) => end === 'never'),
        [],
      )
      see.now('sample', await fate(cluster, system.sample(live)), 'failed')
      see.now('pulse', await fate(cluster, system.pulse(live)), 'failed')
      see.now('closed again', await fate(cluster, system.close()), 'answered')
    },
  },
]

export function allAlive(cluster: AnyDriver): Record<string, string> {
  return Object.fromEntries(everyNode.map((number) => [cluster.node(number), 'alive']))
}

/** What becomes of a call within the time that any may take. */
async function fate(cluster: AnyDriver, call: Promise<unknown>): Promise<'answered' | 'failed' | 'never'> {
  const ends: ('answered' | 'failed')[] = []
  const ended = call.then(
    () => ends.push('answered'),
    () => ends.push('failed'),
  )
  const untilMs = cluster.now() + ENDED_MS
  await Promise.race([ended, cluster.pass(0)])
  while (ends.length === 0 && cluster.now() < untilMs) await Promise.race([ended, cluster.pass(100)])
  return ends[0] ?? 'never'
}

/** Where the replicas of each partition are and how they are, by node. */
function spread({ state }: Sample, topic: string) {
  const at = state.names.topics.indexOf(topic)
  if (at === -1) return []
  const [first, end] = [state.topicPartitionStart[at]!, state.topicPartitionStart[at + 1]!]
  return Array.from({ length: end - first }, (_, partition) => {
    const start = state.partitionReplicaStart[first + partition]!
    const count = state.partitionReplicaStart[first + partition + 1]! - start
    const slots = Array.from({ length: count }, (__, slot) => start + slot)
    const nodes = (wanted: (flags: number) => boolean) =>
      slots
        .filter((slot) => wanted(state.replicaFlags[slot]!))
        .map((slot) => state.names.nodes[state.replicaNode[slot]!]!)
        .toSorted(compareIds)
    return {
      on: nodes(() => true),
      inSync: nodes((flags) => (flags & IN_SYNC) !== 0),
      adding: nodes((flags) => (flags & ADDING) !== 0),
      offline: nodes((flags) => (flags & OFFLINE) !== 0),
      sized: slots.every((slot) => !Number.isNaN(state.replicaBytes[slot])),
    }
  })
}
