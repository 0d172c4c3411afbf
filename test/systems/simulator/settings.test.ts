/** Limits on copies in the simulated cluster: what they do, and what can go wrong with setting them. */
import { expect, test } from 'vitest'
import type { NodeId } from '../../../src/cluster/state.ts'
import type { SettingRef } from '../../../src/systems/port.ts'
import type { SimulatorOptions } from '../../../src/systems/simulator/options.ts'
import type { Simulator } from '../../../src/systems/simulator/simulator.ts'
import { begin, dirMove, live, node, replicaMove, simulate, topic } from './support.ts'

const MB = 1e6
const nodes = [node(1), node(2), node(3), node(4)]
const rate = (of: NodeId, name: 'copy_in_rate' | 'copy_out_rate' | 'copy_dirs_rate') => ({
  scope: 'node' as const,
  of,
  name,
})
const list = (of: string, name: 'copy_sources' | 'copy_targets') => ({ scope: 'topic' as const, of, name })
const accepted = { outcome: 'accepted' }

function started(options: Partial<SimulatorOptions> = {}) {
  const topics = ['a', 'b', 'c'].map((name) => topic(name, [], { assignment: [[1]] }))
  const made = simulate({ nodes, topics, ...options })
  const { simulator, world } = made
  return {
    ...made,
    set: (ref: SettingRef, value: string | null) => world.happen({ setSetting: { ...ref, value } }),
    done: () => doneMB(simulator),
  }
}

/** MB that copies have done so far, by topic. */
async function doneMB(simulator: Simulator): Promise<Record<string, number>> {
  const { running } = await simulator.pulse(live)
  return Object.fromEntries(running.map(({ topic, bytesDone }) => [topic, bytesDone! / MB]))
}

test('copies bound by a rate for receiving share it, and the others share what the node can do', async () => {
  const { clock, simulator, set, done } = started({ copyRate: 60 * MB, nodes: [...nodes, node(5)] })
  set(rate(4, 'copy_in_rate'), `${2 * MB}`)
  set(list('a', 'copy_targets'), '0:4')
  set(list('b', 'copy_targets'), '*')
  await begin(simulator, ...['a', 'b', 'c'].map((name) => replicaMove(simulator, name, 1, 4)))
  await clock.advance(2_000)
  // Of 60 MB/s each may have 20; those that are bound are left with 1.
  expect(await done()).toEqual({ a: 2, b: 2, c: 40 })
})

test('copies bound by a rate for sending share it; which end binds more decides', async () => {
  const { clock, simulator, set, done } = started()
  set(rate(1, 'copy_out_rate'), `${2 * MB}`)
  set(rate(3, 'copy_in_rate'), `${0.5 * MB}`)
  for (const name of ['a', 'b']) set(list(name, 'copy_sources'), '0:1')
  set(list('b', 'copy_targets'), '0:3')
  await begin(simulator, replicaMove(simulator, 'a', 1, 2), replicaMove(simulator, 'b', 1, 3))
  await clock.advance(4_000)
  expect(await done()).toEqual({ a: 4, b: 2 })
})

test('a rate of all nodes holds where a node has none of its own', async () => {
  const { clock, simulator, set, done } = started()
  set(rate('', 'copy_in_rate'), `${1 * MB}`)
  set(rate(3, 'copy_in_rate'), `${2 * MB}`)
  for (const name of ['a', 'b']) set(list(name, 'copy_targets'), '*')
  await begin(simulator, replicaMove(simulator, 'a', 1, 2), replicaMove(simulator, 'b', 1, 3))
  await clock.advance(4_000)
  expect(await done()).toEqual({ a: 4, b: 8 })
})

test('copies between dirs share a rate of their own, without any list', async () => {
  const twice = [node(1, undefined, [1000 * MB, 1000 * MB])]
  const topics = [topic('a', [1]), topic('b', [1])]
  const { clock, simulator, set, done } = started({ nodes: twice, topics })
  set(rate(1, 'copy_dirs_rate'), `${2 * MB}`)
  await begin(simulator, dirMove(simulator, 'a', 1, '/disk0', '/disk1'), dirMove(simulator, 'b', 1, '/disk1', '/disk0'))
  await clock.advance(4_000)
  expect(await done()).toEqual({ a: 4, b: 4 })
  set(rate(1, 'copy_dirs_rate'), null)
  await clock.advance(2_000)
  expect(await done()).toEqual({ a: 14, b: 14 })
})

test('0 stops a copy for as long as it is set', async () => {
  const events = [
    { atMs: 1_000, setSetting: { ...rate(2, 'copy_in_rate'), value: '0' } },
    { atMs: 3_600_000, setSetting: { ...rate(2, 'copy_in_rate'), value: null } },
  ]
  const { clock, simulator, set, done } = started({ events })
  set(list('a', 'copy_targets'), '*')
  await begin(simulator, replicaMove(simulator, 'a', 1, 2))
  await clock.advance(3_600_000)
  expect(await done()).toEqual({ a: 10 })
  await clock.advance(9_000)
  expect(await done()).toEqual({})
})

test('what cannot be is told to whoever wants it', () => {
  const { set } = started()
  expect(set(rate(1, 'copy_in_rate'), '-1')).toBe('copy_in_rate cannot be -1')
  expect(set(list('a', 'copy_targets'), '*,0:1')).toBe('copy_targets cannot be *,0:1')
  expect(set(list('gone', 'copy_targets'), '*')).toBe('there is no topic gone')
  expect(set({ scope: 'node', of: 1, name: 'copy_targets' }, '*')).toBe('there is no copy_targets')
  const events = [{ atMs: 1, setSetting: { ...rate(9, 'copy_in_rate'), value: '1' } }]
  expect(() => started({ events })).toThrow('names node 9, which does not exist then')
})

test('a node that is silent tells and takes nothing', async () => {
  const { simulator, world } = started()
  const { settings } = simulator
  world.happen({ silence: { node: 1, ms: 1_000 } })
  const ref = rate(1, 'copy_in_rate')
  expect(await settings.observe([ref], live)).toEqual([{ unknown: 'node 1 does not answer', unreachable: true }])
  expect(await settings.apply([{ ...ref, set: '1' }], live)).toEqual([
    { outcome: 'refused', code: 'not_sent', text: 'node 1 does not answer' },
  ])
})

test('where nobody answers nothing is known and nothing sent', async () => {
  const { simulator, world } = started()
  const { settings } = simulator
  world.happen({ blind: { ms: 1_000, code: 'unreachable' } })
  const ref = list('a', 'copy_targets')
  expect(await settings.observe([ref], live)).toEqual([{ unknown: 'no broker answers', unreachable: true }])
  expect(await settings.apply([{ ...ref, add: ['0:1'] }], live)).toMatchObject([{ code: 'not_sent' }])
  await expect(settings.survey(live)).rejects.toMatchObject({ code: 'unreachable' })
})

test('without a controller all can be read, and changes wait a minute for one', async () => {
  const { clock, simulator, world } = started()
  const { settings } = simulator
  const ref = rate(1, 'copy_in_rate')
  world.happen({ stopController: {} })
  const waiting = settings.apply([{ ...ref, set: '1' }], live)
  await clock.advance(60_000)
  expect(await waiting).toEqual([{ outcome: 'unknown', text: 'no controller answered' }])
  expect(await settings.observe([ref], live)).toEqual([{ own: null, effective: null }])
  const lucky = settings.apply([{ ...ref, set: '1' }], live)
  await clock.advance(30_000)
  world.happen({ startController: true })
  await clock.advance(1_000)
  expect(await lucky).toEqual([accepted])
  expect(await settings.observe([ref], live)).toEqual([{ own: '1', effective: '1' }])
})

test('changes are refused and lost to order', async () => {
  const { clock, simulator, world } = started()
  const { settings } = simulator
  const ref = rate(1, 'copy_in_rate')
  world.happen({ refuse: { acts: 1, kinds: ['setting'], code: 'not_permitted' } })
  world.happen({ loseAnswers: { acts: 1, kinds: ['setting'], happens: { afterMs: 5_000 } } })
  expect(await settings.apply([{ ...ref, set: '1' }], live)).toMatchObject([{ code: 'not_permitted' }])
  expect(await settings.apply([{ ...ref, set: '2' }], live)).toMatchObject([{ outcome: 'unknown' }])
  expect(await settings.observe([ref], live)).toEqual([{ own: null, effective: null }])
  await clock.advance(5_000)
  expect(await settings.observe([ref], live)).toEqual([{ own: '2', effective: '2' }])
})

test('a lost addition that happens late adds to what is there then', async () => {
  const { clock, simulator, world, set } = started()
  const { settings } = simulator
  const ref = list('a', 'copy_targets')
  world.happen({ loseAnswers: { acts: 1, kinds: ['setting'], happens: { afterMs: 5_000 } } })
  await settings.apply([{ ...ref, add: ['0:1'] }], live)
  set(ref, '0:2')
  await clock.advance(5_000)
  expect(await settings.observe([ref], live)).toEqual([{ own: '0:2,0:1', effective: '0:2,0:1' }])
})
