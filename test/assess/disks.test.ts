/** Disks over their limits: 80 % and 90 % of 1000 bytes, left for good a hundredth of the disk below. */
import { describe, expect, test } from 'vitest'
import type { DirLine, NodeLine } from '../../src/cluster/lines.ts'
import type { Memory } from '../../src/cluster/memory.ts'
import { node, topic } from '../cluster/support.ts'
import { judged, kindsOf } from './support.ts'

const dir = (used: number, more: Partial<DirLine> = {}): DirLine => ({
  path: '/d0',
  capacity_bytes: 1000,
  used_bytes: used,
  ...more,
})
/** Beside one that is as good as empty. */
const besides = (dirs: DirLine[], more: Partial<NodeLine> = {}): NodeLine[] => [node(1, { dirs, ...more }), node(2)]

const begun = (...kinds: ('disk_critical' | 'disk_over_limit')[]): Memory['relieving'] => ({
  disk_critical: kinds.includes('disk_critical') ? ['1//d0'] : [],
  disk_over_limit: kinds.includes('disk_over_limit') ? ['1//d0'] : [],
})
const never = begun()
const both = begun('disk_critical', 'disk_over_limit')

describe('where they begin and end', () => {
  const rows: [number, Memory['relieving'], string[]][] = [
    [790, never, []],
    [800, never, []],
    [801, never, ['over']],
    [900, never, ['over']],
    [901, never, ['critical', 'over']],
    [900, both, ['critical closing', 'over']],
    [891, both, ['critical closing', 'over']],
    [890, both, ['over']],
    [891, begun('disk_over_limit'), ['over']],
    [800, both, ['over closing']],
    [791, both, ['over closing']],
    [790, both, []],
    [791, begun('disk_critical'), []],
  ]
  test.each(rows)('at %d bytes, begun: %o', (used, relieving, expected) => {
    const found = judged({ nodes: besides([dir(used)]), topics: [] }, { memory: { relieving } })
    const words = found.violations.map(
      ({ kind, closing }) => `${kind === 'disk_critical' ? 'critical' : 'over'}${closing ? ' closing' : ''}`,
    )
    expect(words).toEqual(expected)
    expect(found.goals.criticalDirs).toEqual(expected.some((word) => word.startsWith('critical')) ? [0] : [])
    expect(found.goals.overDirs).toEqual(expected.some((word) => word.startsWith('over')) ? [0] : [])
    // What is open is remembered, what is not is forgotten.
    expect(found.memory.relieving).toEqual({
      disk_critical: found.goals.criticalDirs.map(() => '1//d0'),
      disk_over_limit: found.goals.overDirs.map(() => '1//d0'),
    })
  })

  test('the limits can be set', () => {
    const limits = { settings: { maxDiskUsage: 0.5, hardDiskUsage: 0.7 } }
    expect(kindsOf(judged({ nodes: besides([dir(501)]), topics: [] }, limits))).toEqual(['disk_over_limit node 1 /d0'])
    expect(kindsOf(judged({ nodes: besides([dir(701)]), topics: [] }, limits))).toHaveLength(2)
  })
})

describe('what counts', () => {
  const over = dir(850)
  const rows: [string, NodeLine[], string[]][] = [
    ['every dir by itself', besides([over, dir(0, { path: '/d1' }), dir(950, { path: '/d2' })]), ['/d2', '/d0', '/d2']],
    ['not an average', besides([over, dir(0, { path: '/d1' })]), ['/d0']],
    ['what is being deleted is free', besides([dir(850, { freeing_bytes: 60 })]), []],
    ['and no more than that', besides([dir(850, { freeing_bytes: 40 })]), ['/d0']],
    ['a cordoned dir can give', besides([{ ...over, cordoned: true }]), ['/d0']],
    ['one that is offline cannot', besides([{ ...over, state: 'offline' }]), []],
    ['nor an excluded node', besides([over], { excluded: true }), []],
    ['nor one that gives no answer', besides([over], { state: 'unreachable' }), []],
    ['nor one that is gone', besides([over], { state: 'unavailable' }), []],
    ['one that is to be emptied can', besides([over], { state: 'draining' }), ['/d0']],
  ]
  test.each(rows)('%s', (_, nodes, paths) => {
    const { violations } = judged({ nodes, topics: [] })
    expect(violations.map(({ subject }) => subject)).toEqual(paths.map((path) => `node 1 ${path}`))
  })

  const moving = (into: boolean) => {
    const [adding, removing] = into ? [[1], [2]] : [[2], [1]]
    return topic([{ replicas: [1, 2], bytes: into ? [0, 100] : [100, 0], adding, removing }])
  }
  test.each<[string, number, boolean, number]>([
    ['arriving counts as there', 750, true, 1],
    ['arriving that stays below does not matter', 690, true, 0],
    ['leaving counts as gone', 850, false, 0],
    ['leaving that is not enough does not help', 950, false, 1],
  ])('what is %s', (_, used, into, count) => {
    const found = judged({ nodes: besides([dir(used)]), topics: [moving(into)] })
    expect(found.goals.overDirs).toHaveLength(count)
  })
})

test('the sentence has the numbers that decide, the size is what is over', () => {
  const [critical, over] = judged({ nodes: besides([dir(950)]), topics: [] }).violations
  expect(critical).toMatchObject({
    kind: 'disk_critical',
    subject: 'node 1 /d0',
    unit: 'bytes',
    size: 50,
    text: '/d0 of node 1 is 95% full (950 B of 1000 B), the limit is 90%',
  })
  expect(over).toMatchObject({ kind: 'disk_over_limit', size: 150 })
})

test('a dir that is nearly done is over by nothing', () => {
  const [over] = judged({ nodes: besides([dir(795)]), topics: [] }, { memory: { relieving: both } }).violations
  expect(over).toMatchObject({ size: 0, closing: true })
})

test('a dir of the same path on another node was not relieved', () => {
  const nodes = [node(1, { dirs: [dir(795)] }), node(11, { dirs: [dir(795)] })]
  const relieving = { disk_critical: [], disk_over_limit: ['11//d0'] }
  expect(kindsOf(judged({ nodes, topics: [] }, { memory: { relieving } }))).toEqual([
    'disk_over_limit node 11 /d0 closing',
  ])
})
