/** So much gone at once that it is no matter of single nodes. */
import { describe, expect, test } from 'vitest'
import type { NodeLine } from '../../src/cluster/lines.ts'
import { node, topic } from '../cluster/support.ts'
import { ago, judged } from './support.ts'

const gone: Partial<NodeLine> = { state: 'unavailable', unavailable_since: ago(3_600_000) }

/** So many nodes, each of them with replicas unless it is among the empty ones. */
interface Case {
  count: number
  gone: number[]
  racks?: string
  empty?: number[]
  more?: Record<number, Partial<NodeLine>>
}

function sentence({ count, gone: dead, racks, empty = [], more = {} }: Case): string | undefined {
  const nodes = Array.from({ length: count }, (_, id) =>
    node(id, { ...(dead.includes(id) ? gone : {}), ...(racks === undefined ? {} : { rack: racks[id]! }), ...more[id] }),
  )
  const partitions = nodes
    .filter(({ id }) => !empty.includes(id as number))
    .map(({ id, state }) => ({ replicas: [id], leader: state === 'unavailable' ? null : id }))
  const { gate } = judged({ nodes, topics: [topic(partitions)] })
  expect(gate?.code).toBe(gate === undefined ? undefined : 'mass_failure')
  return gate?.text
}

const mass = (goneCount: number, of: number) => `${goneCount} of ${of} nodes are gone at once (more than 40%)`

describe('more than 40 % of the nodes', () => {
  const rows: [string, Case, string | undefined][] = [
    ['none', { count: 3, gone: [] }, undefined],
    ['one of three', { count: 3, gone: [0] }, undefined],
    ['two of three', { count: 3, gone: [0, 1] }, mass(2, 3)],
    ['one of two', { count: 2, gone: [0] }, mass(1, 2)],
    ['two of five are 40 % and no more', { count: 5, gone: [0, 1] }, undefined],
    ['three of five', { count: 5, gone: [0, 1, 2] }, mass(3, 5)],
    ['four of ten', { count: 10, gone: [0, 1, 2, 3] }, undefined],
    ['five of ten', { count: 10, gone: [0, 1, 2, 3, 4] }, mass(5, 10)],
    ['all', { count: 3, gone: [0, 1, 2] }, mass(3, 3)],
    ['dead ones that hold nothing have left', { count: 5, gone: [0, 1, 2], empty: [0, 1] }, undefined],
    ['and are not among the nodes either', { count: 5, gone: [0, 1, 2, 3], empty: [0, 1] }, mass(2, 3)],
    ['empty ones that are alive are', { count: 5, gone: [0, 1], empty: [2, 3, 4] }, undefined],
    [
      'dead ones that were to be emptied have left as well',
      { count: 5, gone: [0, 1, 2], more: { 0: { draining: true } } },
      mass(2, 4),
    ],
    ['two of those', { count: 5, gone: [0, 1, 2], more: { 0: { draining: true }, 1: { draining: true } } }, undefined],
    [
      'those alive that are to be emptied count',
      { count: 5, gone: [0, 1], more: { 2: { state: 'draining' } } },
      undefined,
    ],
    [
      'no answer is not gone',
      { count: 3, gone: [], more: { 0: { state: 'unreachable' }, 1: { state: 'unreachable' } } },
      undefined,
    ],
    ['excluded nodes count', { count: 3, gone: [0, 1], more: { 0: { excluded: true } } }, mass(2, 3)],
  ]
  test.each(rows)('%s', (_, given, text) => {
    expect(sentence(given)).toBe(text)
  })
})

describe('two racks', () => {
  const rows: [string, Case, string | undefined][] = [
    ['one of three', { count: 6, gone: [0, 1], racks: 'aabbcc' }, undefined],
    ['one and a half', { count: 8, gone: [0, 1, 2], racks: 'aabbccdd' }, undefined],
    ['two of four, few nodes', { count: 9, gone: [0, 1], racks: 'abcccdddd' }, 'the racks a, b are gone at once'],
    [
      'their empty nodes do not keep them alive',
      { count: 9, gone: [0, 1, 2], racks: 'abbccdddd', empty: [2] },
      'the racks a, b are gone at once',
    ],
    ['one that is alive does', { count: 9, gone: [0, 1], racks: 'abbccdddd', empty: [2] }, undefined],
    [
      'a rack of nothing but an empty dead node has left',
      { count: 9, gone: [0, 1], racks: 'abcccdddd', empty: [0] },
      undefined,
    ],
    ['nodes without a rack are none', { count: 6, gone: [0, 1], more: { 2: { rack: 'c' } } }, undefined],
  ]
  test.each(rows)('%s', (_, given, text) => {
    expect(sentence(given)).toBe(text)
  })
})

test('it counts from the first moment, whatever the timeout', () => {
  const nodes = [0, 1, 2].map((id) => node(id, id < 2 ? { state: 'unavailable', unavailable_since: ago(0) } : {}))
  const topics = [topic([{ replicas: [0, 2] }, { replicas: [1, 2] }])]
  expect(judged({ nodes, topics }).gate?.code).toBe('mass_failure')
})
