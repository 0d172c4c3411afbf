import { expect, test } from 'vitest'
import { applyExclusions } from '../../src/cluster/exclusions.ts'
import { immovableReasons } from '../../src/cluster/reasons.ts'
import { settings } from '../assess/support.ts'
import { build, node, topic } from './support.ts'

const partitions = [
  { replicas: [1], bytes: 5 },
  { replicas: [1], bytes: 5, leader: null },
]

function marked(more: { excludeTopics?: RegExp[]; excludeNodes?: (string | number)[] }) {
  const topics = ['audit', 'orders'].map((name) => topic(partitions, { name }))
  const state = build({ nodes: [node(1), node(2), node('s')], topics })
  applyExclusions(state, settings(more))
  return {
    nodes: [...state.nodeExcluded],
    topics: [...state.topicExcluded],
    partitions: [...state.partitionImmovable].map((reason) => immovableReasons[reason]),
  }
}

test('topics are excluded by pattern; what must stay for another reason keeps that reason', () => {
  const { topics, partitions: reasons } = marked({ excludeTopics: [/^audit$/, /nothing/] })
  expect(topics).toEqual([1, 0])
  expect(reasons).toEqual(['excluded', 'no_quorum', '', 'no_quorum'])
})

test('nodes are excluded by id; ids that are not there, or only look alike, do nothing', () => {
  expect(marked({ excludeNodes: [2, '1', 's', 99] }).nodes).toEqual([0, 1, 1])
})
