/** Of systems that move topics as a whole: nodes that hang, tags as settings, lists of brokers. */
import { type Observed, type SettingRef, settingKey } from '../../../src/systems/port.ts'
import { allAlive } from './common-rows.ts'
import type { TableDriver } from './driver.ts'
import { answers, live, states } from './observe.ts'
import type { Row } from './run.ts'
import { atRest, begin, brokersMove, PARTITIONS, shown, takeBack, targetSoon, verdict } from './tables.ts'

/** A node that hangs holds up no sample longer. */
const SAMPLE_MS = 5_000

export const tableRows: Row<TableDriver>[] = [
  {
    name: 'a node hangs: its figures stay, no sample waits for it, no target is asked for; it returns when it goes on',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      await atRest(cluster, see)
      const known = await figures(cluster)
      await cluster.freeze(2)
      await cluster.untag(1)
      // Until the cluster itself calls it dead it only does not tell.
      const { sample, ms } = await timed(cluster)
      see.now('states', states(sample), {
        ...allAlive(cluster),
        [cluster.node(1)]: 'draining',
        [cluster.node(2)]: 'unreachable',
      })
      see.now('in time', ms < SAMPLE_MS, true)
      see.now('missing', sample.missingNodes, [cluster.node(2)])
      see.now('targets', shown(sample).targets, [])
      see.now('sizes', [...sample.state.replicaBytes], known.bytes)
      see.now('disk', diskOf(sample.state, cluster.node(2)), known.disk)
      let slowest = 0
      const dead = async () => {
        const next = await timed(cluster)
        slowest = Math.max(slowest, next.ms)
        return states(next.sample)[cluster.node(2)]
      }
      await see.soon('in the end', dead, 'unavailable')
      see.now('all in time', slowest < SAMPLE_MS, true)
      await cluster.thaw(2)
      const back = { ...allAlive(cluster), [cluster.node(1)]: 'draining' }
      await see.soon('when it goes on', async () => states(await system.sample(live)), back)
      await targetSoon(cluster, see)
    },
  },
  {
    name: 'who gives up while a node hangs has an answer at once',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      await atRest(cluster, see)
      await cluster.freeze(2)
      const giveUp = new AbortController()
      const call = cluster.system.sample(giveUp.signal).then(
        () => 'answered',
        () => 'failed',
      )
      await cluster.pass(200)
      const begun = cluster.now()
      giveUp.abort()
      see.now('sample', await call, 'failed')
      see.now('at once', cluster.now() - begun < 1_000, true)
      await cluster.thaw(2)
    },
  },
  {
    name: 'a node is to be emptied: its tags are put aside, a target goes without it, and they are given back',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      const settings = system.settings!
      await atRest(cluster, see)
      const wanted = settings.ofDrain!(cluster.node(1))
      if (wanted === undefined || 'unsafe' in wanted) {
        see.now('what is to be set', wanted, 'a setting')
        return
      }
      const { scope, of, name, replaces } = wanted.setting as typeof wanted.setting & { replaces?: true }
      const ref: SettingRef = { scope, of, name }
      see.now(
        'setting',
        [settingKey(ref), replaces],
        [settingKey({ scope: 'node', of: cluster.node(1), name: 'tags' }), true],
      )
      const [before] = (await settings.observe([ref], live)) as [Observed & { own: string }]
      see.now(
        'before',
        [before.own.split(',').length, 'value' in wanted.setting && wanted.setting.value !== before.own],
        [2, true],
      )
      const value = 'value' in wanted.setting ? wanted.setting.value : ''
      see.now('answer', answers(await settings.apply([{ ...ref, set: value }], live)), ['accepted'])
      see.now('set', await settings.observe([ref], live), [{ own: value, effective: value }])
      see.now('again', answers(await settings.apply([{ ...ref, set: value }], live)), ['accepted'])
      const target = await targetSoon(cluster, see)
      see.now('target', target.shares.find(({ node }) => node === of)?.removes, (2 * PARTITIONS) / 4)
      see.now('nothing is left to set', settings.ofDrain!(of), undefined)
      see.now('state', states(await system.sample(live))[of], 'draining')
      see.now('given back', answers(await settings.apply([{ ...ref, set: before.own }], live)), ['accepted'])
      see.now('then', await settings.observe([ref], live), [before])
      const rest = { topics: [cluster.topic('t')], targets: [] }
      await see.soon('at rest', async () => shown(await system.sample(live)), rest)
      see.now('state then', states(await system.sample(live)), allAlive(cluster))
    },
  },
  {
    name: 'a topic that is asked for is computed although nothing suggests it: a verdict, no target',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      await atRest(cluster, see)
      const look = async (asked: string[]) => {
        const { topics = [], targets = [] } = await cluster.system.sample(live, { drained: [], asked })
        return { verdicts: topics.map(({ verdict }) => verdict?.text.split(':')[0]), targets: targets.length }
      }
      await see.soon('asked for', () => look([cluster.topic('t')]), { verdicts: ['NO_OP'], targets: 0 })
      see.now('not asked for', await look([]), { verdicts: [undefined], targets: 0 })
    },
  },
  {
    name: 'tags of a node that does not exist are not known and not set, beside those of one that does',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const settings = cluster.system.settings!
      const ref = (of: string | number): SettingRef => ({ scope: 'node', of, name: 'tags' })
      const [gone, there] = await settings.observe([ref('Server_10.0.0.1_1'), ref(cluster.node(1))], live)
      see.now('observed', [(gone as { unreachable?: boolean }).unreachable, 'own' in there!], [true, true])
      const { own } = there as { own: string }
      const changes = [
        { ...ref('Server_10.0.0.1_1'), set: own },
        { ...ref(cluster.node(1)), set: own },
      ]
      see.now('answers', answers(await settings.apply(changes, live)), ['partition_gone', 'accepted'])
    },
  },
  {
    name: 'a broker loses its tag: the list of brokers is told and made anew, once',
    needs: ['tableJobs'],
    play: async (cluster, see) => {
      const { system } = cluster
      await atRest(cluster, see)
      const topic = cluster.topic('t')
      const before = cluster.brokers()
      const after = before.slice(0, -1)
      const lists = async () =>
        ((await system.sample(live)).brokers ?? []).map(({ topic: of, before: now, after: then }) => ({
          topic: of,
          before: now,
          after: then,
        }))
      see.now('at first', await lists(), [])
      await cluster.untagBroker()
      await see.soon('then', lists, [{ topic, before, after }])
      const move = brokersMove(topic, before, after)
      see.now('steps', system.steps(move), [{ kind: 'brokers', topic, after }])
      see.now('before it', await verdict(system, move), 'reverted')
      const wrong = brokersMove(topic, before, before)
      see.now('answer to another list', await begin(system, wrong), ['replicas_changed'])
      see.now('answer', await begin(system, move), ['accepted'])
      see.now('verdict', await verdict(system, move), 'landed')
      see.now('taken back', await takeBack(system, move), 'rejected')
      see.now('at the end', await lists(), [])
      see.now('the same again', await begin(system, move), ['accepted'])
    },
  },
]

async function timed(cluster: TableDriver) {
  const begun = cluster.now()
  const sample = await cluster.system.sample(live)
  return { sample, ms: cluster.now() - begun }
}

type State = Awaited<ReturnType<TableDriver['system']['sample']>>['state']

async function figures(cluster: TableDriver) {
  const { state } = await cluster.system.sample(live)
  return { bytes: [...state.replicaBytes], disk: diskOf(state, cluster.node(2)) }
}

/** Size of the node's disk, and whether it is known what is used of it. */
function diskOf(state: State, node: string | number) {
  const dir = state.nodeDirStart[state.names.nodes.indexOf(node)]!
  return [state.names.dirs[dir], state.dirCapacityBytes[dir], state.dirUsedBytes[dir]! > 0]
}
