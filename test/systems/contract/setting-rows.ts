/** Settings that limit copies: set, read back, shared with strangers, and what they do to copies. */
import {
  type Observed,
  type Setting,
  type SettingChange,
  type SettingRef,
  settingKey,
} from '../../../src/systems/port.ts'
import type { Driver } from './driver.ts'
import { answers, bytesOn, dirMove, judge, live, perform, replicaMove, sampled, whereabouts } from './observe.ts'
import type { Row, See } from './run.ts'

const nothing = { own: null, effective: null }
const silent = { unreachable: true }
const MBs = 1e6

export const settingRows: Row[] = [
  {
    name: 'a throttle is set piece by piece, read back, surveyed, and gone when it is taken back',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const settings = settingsOf(cluster, { in: 5 * MBs, out: 6 * MBs, dirs: 7 * MBs }, [1, 2], [3])
      see.now('settings', settings.length, 5)
      see.now('answers', await apply(cluster, ...settings.map(begun)), Array(5).fill('accepted'))
      const values = settings.map(valueOf)
      const set = values.map((value) => ({ own: value, effective: value }))
      await see.soon('observed', () => observe(cluster, ...settings), set)
      see.now('limits', await limits(cluster, 1), [5 * MBs, 6 * MBs, 7 * MBs])
      see.now('limits of another', await limits(cluster, 2), Array(3).fill(Number.POSITIVE_INFINITY))
      await see.soon(
        'survey',
        () => survey(cluster),
        settings.map((ref, at) => `${settingKey(ref)}=${values[at]}`).sort(),
      )
      see.now('answers at the end', await apply(cluster, ...settings.map(ended)), Array(5).fill('accepted'))
      await see.soon(
        'observed at the end',
        () => observe(cluster, ...settings),
        Array.from({ length: 5 }, () => nothing),
      )
      await see.soon('survey at the end', () => survey(cluster), [])
    },
  },
  {
    name: 'members of a list come and go one by one, those of others stay; with the last one the list is gone',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const list = sources(cluster)
      await cluster.strangerSets(list, '0:2')
      await see.soon('of a stranger', () => members(cluster, list), ['0:2'])
      see.now('added', await apply(cluster, { ...list, add: ['0:1', '0:3'] }), ['accepted'])
      await see.soon('with ours', () => members(cluster, list), ['0:1', '0:2', '0:3'])
      see.now('added again', await apply(cluster, { ...list, add: ['0:1'] }), ['accepted'])
      await see.stays('with ours still', 200, () => members(cluster, list), ['0:1', '0:2', '0:3'])
      see.now('taken out', await apply(cluster, { ...list, remove: ['0:1', '0:3', '0:4'] }), ['accepted'])
      await see.soon('without ours', () => members(cluster, list), ['0:2'])
      see.now('last', await apply(cluster, { ...list, remove: ['0:2'] }), ['accepted'])
      see.now('in the end', await observe(cluster, list), [nothing])
      see.now('taken out of nothing', await apply(cluster, { ...list, remove: ['0:2'] }), ['accepted'])
      see.now('still', await observe(cluster, list), [nothing])
    },
  },
  {
    name: 'added and taken out in one call, in order',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const list = sources(cluster)
      const changes = [
        { ...list, add: ['0:1'] },
        { ...list, add: ['0:2'] },
        { ...list, remove: ['0:1'] },
      ]
      see.now('answers', await apply(cluster, ...changes), Array(3).fill('accepted'))
      await see.soon('then', () => members(cluster, list), ['0:2'])
    },
  },
  {
    name: 'a list that binds all stays as it is',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const list = sources(cluster)
      await cluster.strangerSets(list, '*')
      const all = [{ own: '*', effective: '*' }]
      await see.soon('before', () => observe(cluster, list), all)
      see.now('read as', cluster.system.settings!.membersOf('*'), { all: true, members: [] })
      see.now('added', await apply(cluster, { ...list, add: ['0:1'] }), ['accepted'])
      see.now('taken out', await apply(cluster, { ...list, remove: ['0:1'] }), ['accepted'])
      await see.stays('then', 500, () => observe(cluster, list), all)
    },
  },
  {
    name: 'a list that somebody set empty is told from none',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const list = sources(cluster)
      see.now('set', await apply(cluster, { ...list, set: '' }), ['accepted'])
      await see.soon('empty', () => observe(cluster, list), [{ own: '', effective: '' }])
      await see.soon('survey', () => survey(cluster), [`${settingKey(list)}=`])
      see.now('deleted', await apply(cluster, { ...list, delete: true }), ['accepted'])
      await see.soon('none', () => observe(cluster, list), [nothing])
    },
  },
  {
    name: 'what cannot be is refused, beside what can; a topic that is gone has nothing and takes nothing',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const [rateIn, rateOut] = cluster.system.settings!.limitRefs(1) as [SettingRef, SettingRef]
      const gone = { ...sources(cluster), of: 'gone' }
      const results = await apply(
        cluster,
        { ...rateIn, set: 'fast' },
        { ...rateOut, set: '5000' },
        { ...sources(cluster), add: ['x'] },
        { ...gone, add: ['0:1'] },
      )
      see.now('answers', results, ['rejected', 'accepted', 'rejected', 'partition_gone'])
      await see.soon('then', () => observe(cluster, rateIn, rateOut, sources(cluster), gone), [
        nothing,
        { own: '5000', effective: '5000' },
        nothing,
        nothing,
      ])
      see.now('negative', await apply(cluster, { ...rateIn, set: '-1' }), ['rejected'])
      const back = [
        { ...gone, remove: ['0:1'] },
        { ...gone, delete: true as const },
      ]
      see.now('nothing to take back', await apply(cluster, ...back), ['accepted', 'accepted'])
    },
  },
  {
    name: 'what is set of all nodes is in force where a node has nothing of its own',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const [rate] = cluster.system.settings!.limitRefs(1) as [SettingRef]
      const ofAll = { ...rate, of: '' }
      await cluster.strangerSets(ofAll, '1234')
      await see.soon('of all', () => observe(cluster, rate, ofAll), [
        { own: null, effective: '1234' },
        { own: '1234', effective: '1234' },
      ])
      see.now('limit', (await limits(cluster, 1))[0], 1234)
      see.now('answer', await apply(cluster, { ...rate, set: '5678' }), ['accepted'])
      await see.soon('of its own', () => observe(cluster, rate), [{ own: '5678', effective: '5678' }])
      see.now('limits', [(await limits(cluster, 1))[0], (await limits(cluster, 2))[0]], [5678, 1234])
      await see.soon('survey', () => survey(cluster), [`${settingKey(ofAll)}=1234`, `${settingKey(rate)}=5678`])
      await apply(cluster, { ...rate, delete: true })
      await see.soon('of all again', () => observe(cluster, rate), [{ own: null, effective: '1234' }])
      see.now('of all goes', await apply(cluster, { ...ofAll, delete: true }), ['accepted'])
      await see.soon('none', () => observe(cluster, rate, ofAll), [nothing, nothing])
    },
  },
  {
    name: 'what strangers change and wipe is seen',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const [rate] = cluster.system.settings!.limitRefs(1) as [SettingRef]
      const list = sources(cluster)
      await apply(cluster, { ...rate, set: '5000' }, { ...list, add: ['0:1'] })
      await cluster.strangerSets(rate, '0')
      await see.soon('changed', () => observe(cluster, rate), [{ own: '0', effective: '0' }])
      see.now('limit', (await limits(cluster, 1))[0], 0)
      await cluster.strangerSets(rate, null)
      await cluster.strangerSets(list, null)
      await see.soon('wiped', () => observe(cluster, rate, list), [nothing, nothing])
      see.now('limit then', (await limits(cluster, 1))[0], Number.POSITIVE_INFINITY)
    },
  },
  {
    name: 'a dead node tells and takes nothing; with it its settings return',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const [dead] = cluster.system.settings!.limitRefs(3) as [SettingRef]
      const [other] = cluster.system.settings!.limitRefs(2) as [SettingRef]
      await apply(cluster, { ...dead, set: '5000' }, { ...other, set: '6000' })
      await see.soon('set', () => observe(cluster, dead), [{ own: '5000', effective: '5000' }])
      await cluster.kill(3)
      const rest = { own: '6000', effective: '6000' }
      await see.stays('observed', 5_000, () => observe(cluster, dead, other), [silent, rest])
      see.now('limits', (await limits(cluster, 3))[0], Number.NaN)
      see.now('survey', await survey(cluster), [`${settingKey(other)}=6000`])
      const changes = [
        { ...dead, delete: true as const },
        { ...other, delete: true as const },
      ]
      see.now('answers', await apply(cluster, ...changes), ['not_sent', 'accepted'])
      await cluster.start(3)
      await see.soon('back', () => observe(cluster, dead, other), [{ own: '5000', effective: '5000' }, nothing])
      see.now('answer then', await apply(cluster, { ...dead, delete: true }), ['accepted'])
      await see.soon('at the end', () => observe(cluster, dead), [nothing])
    },
  },
  {
    name: 'with its topic a list goes',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const list = sources(cluster)
      await apply(cluster, { ...list, add: ['0:1'] })
      await see.soon('set', () => members(cluster, list), ['0:1'])
      await cluster.deleteTopic('t')
      await see.soon('gone', () => observe(cluster, list), [nothing])
      await cluster.createTopic('t', { assignment: [[1, 2]], unlisted: true })
      await see.soon('of the next one', () => observe(cluster, list), [nothing])
    },
  },
  ...(['in', 'out'] as const).map(
    (direction): Row => ({
      name: `a rate of 0 ${direction === 'in' ? 'at the target' : 'at the source'} stops a copy that is listed, a higher one lets it go on`,
      needs: ['replicaMoves'],
      play: async (cluster, see) => {
        await bare(cluster, see, 24)
        const node = direction === 'in' ? 3 : 1
        const settings = settingsOf(cluster, { [direction]: 1 }, [1, 2], [3], node)
        const rate = settings.find(({ scope }) => scope === 'node')!
        const lists = settings.filter(({ scope }) => scope === 'topic')
        const list = lists[direction === 'in' ? 1 : 0]!
        await apply(cluster, { ...rate, set: '0' }, begun(list))
        await see.soon('limit', async () => (await limits(cluster, node))[direction === 'in' ? 0 : 1], 0)
        await see.soon('list', () => members(cluster, list), direction === 'in' ? ['0:3'] : ['0:1', '0:2'])
        const move = replicaMove('t', [1, 2], 2, 3)
        see.now('answer', await perform(cluster.system, move), ['accepted'])
        await see.stays('verdict', 5_000, () => judge(cluster.system, move), 'running')
        see.now('answer to more', await apply(cluster, { ...rate, set: `${1_000 * MBs}` }), ['accepted'])
        await see.soon('verdict then', () => judge(cluster.system, move), 'landed')
      },
    }),
  ),
  {
    name: 'a rate of 0 stops a copy between dirs, a higher one lets it go on',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see, 24)
      const [, , rate] = cluster.system.settings!.limitRefs(1) as [SettingRef, SettingRef, SettingRef]
      const { here, there } = await whereabouts(cluster, 't', 1)
      await apply(cluster, { ...rate, set: '0' })
      await see.soon('limit', async () => (await limits(cluster, 1))[2], 0)
      const move = dirMove('t', [1, 2], here, there)
      see.now('answer', await perform(cluster.system, move), ['accepted'])
      await see.stays('verdict', 5_000, () => judge(cluster.system, move), 'running')
      see.now('answer to more', await apply(cluster, { ...rate, set: `${1_000 * MBs}` }), ['accepted'])
      await see.soon('verdict then', () => judge(cluster.system, move), 'landed')
    },
  },
  {
    name: 'a copy that no list names is not bound by any rate, nor by the list of another replica',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see)
      const rates = [1, 2, 3].flatMap((node) => cluster.system.settings!.limitRefs(node).slice(0, 2))
      const [ofSources, ofTargets] = settingsOf(cluster, {}, [1], [3]) as [Setting, Setting]
      await apply(
        cluster,
        ...rates.map((ref) => ({ ...ref, set: '0' })),
        { ...ofSources, add: ['0:2', '0:3', '1:1'] },
        { ...ofTargets, add: ['0:1', '0:2', '1:3'] },
      )
      await see.soon('list', () => members(cluster, ofTargets), ['0:1', '0:2', '1:3'])
      await see.soon('limit', async () => (await limits(cluster, 3))[0], 0)
      const move = replicaMove('t', [1, 2], 2, 3)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'landed', 9_000)
      await see.soon('bytes', async () => bytesOn(await sampled(cluster), 't', 3)! > 5.9e6, true)
    },
  },
  {
    name: 'a list that binds all binds a copy too',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await bare(cluster, see, 24)
      const [rate] = cluster.system.settings!.limitRefs(3) as [SettingRef]
      const [, list] = settingsOf(cluster, {}, [1], [3]) as [Setting, Setting]
      await apply(cluster, { ...rate, set: '0' })
      await cluster.strangerSets(list, '*')
      await see.soon('list', () => observe(cluster, list), [{ own: '*', effective: '*' }])
      const move = replicaMove('t', [1, 2], 2, 3)
      await perform(cluster.system, move)
      await see.stays('verdict', 5_000, () => judge(cluster.system, move), 'running')
      await apply(cluster, { ...rate, delete: true })
      await see.soon('verdict then', () => judge(cluster.system, move), 'landed')
    },
  },
]

/** Topic t, on which nobody has set anything. */
async function bare(cluster: Driver, see: See, megabytes = 6): Promise<void> {
  await cluster.unlimited()
  await cluster.createTopic('t', { assignment: [[1, 2]], megabytes, unlisted: true })
  await see.soon('nothing is set', () => survey(cluster), [])
  // A broker that is asked for a topic may not have heard of it yet.
  await see.soon('the topic', async () => (await sampled(cluster)).state.names.topics, ['t'])
}

function settingsOf(
  { system }: Driver,
  rates: { in?: number; out?: number; dirs?: number },
  from: number[],
  to: number[],
  node = 1,
): Setting[] {
  const copies = [{ topic: 't', partition: 0, sources: from, targets: to }]
  return system.settings!.settingsOf({ rates: [{ node, ...rates }], copies })
}

/** The list of those that are read from. */
function sources(cluster: Driver): SettingRef {
  const { scope, of, name } = settingsOf(cluster, {}, [1], [])[0]!
  return { scope, of, name }
}

async function apply({ system }: Driver, ...changes: SettingChange[]): Promise<string[]> {
  return answers(await system.settings!.apply(changes, live))
}

/** Without the words in which it is told why something is not known. */
async function observe({ system }: Driver, ...refs: SettingRef[]) {
  const observed = await system.settings!.observe(refs, live)
  return observed.map((seen) => ('unknown' in seen ? { unreachable: seen.unreachable } : seen))
}

async function members({ system }: Driver, ref: SettingRef): Promise<string[]> {
  const [seen] = (await system.settings!.observe([ref], live)) as [Observed]
  return 'unknown' in seen ? ['not known'] : system.settings!.membersOf(seen.own).members.sort()
}

async function limits({ system }: Driver, node: number): Promise<number[]> {
  const refs = system.settings!.limitRefs(node)
  const observed = await system.settings!.observe(refs, live)
  const limits = system.settings!.limitsOf(node, new Map(refs.map((ref, at) => [settingKey(ref), observed[at]!])))
  return [limits.in, limits.out, limits.dirs]
}

async function survey({ system }: Driver): Promise<string[]> {
  return (await system.settings!.survey(live)).map((entry) => `${settingKey(entry)}=${entry.value}`).sort()
}

function begun(setting: Setting): SettingChange {
  const { scope, of, name } = setting
  return 'value' in setting ? { scope, of, name, set: setting.value } : { scope, of, name, add: setting.members }
}

function ended(setting: Setting): SettingChange {
  const { scope, of, name } = setting
  return 'value' in setting ? { scope, of, name, delete: true } : { scope, of, name, remove: setting.members }
}

const valueOf = (setting: Setting): string => ('value' in setting ? setting.value : setting.members.join(','))
