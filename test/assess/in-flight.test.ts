/** What is reached only by moves in flight is not forgotten yet: they may be called off. */
import { expect, test } from 'vitest'
import { emptyMemory } from '../../src/cluster/memory.ts'
import { node, topic } from '../cluster/support.ts'
import { judged } from './support.ts'

const GB = 1e9

/** 30 GB on their way from node 1 to node 4; what they had before, and what a disk holds. */
const onTheWay = (used: number[], capacity: number) => ({
  nodes: used.map((bytes, index) => node(index + 1, { capacity: capacity * GB, used: bytes * GB })),
  topics: [topic([{ replicas: [4, 1], isr: [1], leader: 1, adding: [4], removing: [1], bytes: [0, 30 * GB] }])],
})

const dir = '/d0'
const begun = {
  filling: [4],
  skewedDomains: [''],
  relieving: { disk_critical: [`1/${dir}`], disk_over_limit: [`1/${dir}`] },
}

test('a node that is full with what is on its way, a domain that is even with it, a disk that is relieved by it', () => {
  const settings = { diskBalance: 0.09 }
  const { violations, memory } = judged(onTheWay([130, 100, 100, 70], 140), { memory: begun, settings })
  expect(violations).toEqual([])
  expect(memory).toMatchObject(begun)
})

test('what has arrived is done', () => {
  const settings = { diskBalance: 0.09 }
  const nodes = onTheWay([100, 100, 100, 100], 140).nodes
  const { violations, memory } = judged({ nodes, topics: [] }, { memory: begun, settings })
  expect(violations).toEqual([])
  const { filling, skewedDomains, relieving } = emptyMemory
  expect(memory).toMatchObject({ filling, skewedDomains, relieving })
})
