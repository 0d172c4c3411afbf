/** Whatever the cluster is like, everything of it can be explained, and in the form that the API promises. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ExplainSubject } from '../../../src/cluster/explanation.ts'
import { explanationJson } from '../../../src/cluster/explanation.ts'
import { partitionLabel } from '../../../src/cluster/state.ts'
import { explain } from '../../../src/daemon/explain/explain.ts'
import { explanationAnswer } from '../../../src/http/answers.ts'
import { anyLines, runs } from '../../cluster/support.ts'
import { linesOf, picture } from './support.ts'

const clusters = anyLines({ nodes: [2, 8], topics: 3, partitions: 12, odd: true, unitBytes: 1e6 })
const situations = fc.record({
  settings: fc.record({
    mode: fc.constantFrom('off', 'node_add', 'continuous'),
    diskBalance: fc.constantFrom(0.05, 0.3),
    leadershipEnabled: fc.boolean(),
    leadershipBy: fc.constantFrom('count', 'traffic'),
    rackAwareness: fc.constantFrom('require', 'prefer', 'ignore'),
    nodeAddHoldMs: fc.constant(0),
    excludeTopics: fc.constantFrom<RegExp[]>([], [/^t0$/]),
    excludeNodes: fc.constantFrom<number[]>([], [1]),
  }),
  circumstances: fc.constantFrom(
    {},
    { agreed: false },
    { pause: { by: 'operator' as const, reason: 'x', sinceMs: 0 } },
  ),
  question: fc.record({
    drains: fc.constantFrom<number[]>([], [0]),
    capabilities: fc.record({ replicaMoves: fc.boolean(), dirMoves: fc.boolean() }),
  }),
})

test('every partition, topic and node, and the cluster', async () => {
  await fc.assert(
    fc.asyncProperty(clusters, situations, async (lines, situation) => {
      const seen = await picture(lines, situation)
      const { state } = seen
      const subjects: ExplainSubject[] = [
        { kind: 'cluster' },
        ...state.names.nodes.map((node) => ({ kind: 'node' as const, node })),
        ...state.names.topics.map((table) => ({ kind: 'table' as const, table })),
        ...state.names.partitions.map((_, index) => ({
          kind: 'partition' as const,
          partition: partitionLabel(state, index),
        })),
      ]
      for (const subject of subjects) {
        const explanation = explain(seen, subject)
        const json: unknown = JSON.parse(JSON.stringify(explanationJson(explanation)))
        expect(explanationAnswer.safeParse(json).error).toBeUndefined()
        const texts = [
          explanation.summary,
          ...explanation.sections.flatMap(({ lines: all }) => all.map(({ text }) => text)),
        ]
        for (const text of texts) expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/)
        expect(explanation.sections.every(({ lines: all }) => all.length > 0)).toBe(true)
      }
    }),
    runs(25),
  )
}, 60_000)

test('every node that does not hold the partition is told of once for each replica', async () => {
  await fc.assert(
    fc.asyncProperty(clusters, async (lines) => {
      const seen = await picture(lines)
      const { state } = seen
      for (let index = 0; index < state.partitionCount; index += 1) {
        const explanation = explain(seen, { kind: 'partition', partition: partitionLabel(state, index) })
        const told = linesOf(explanation, 'candidates').filter(({ facts }) => facts['answer'] !== undefined)
        const replicas = state.replicaNode.subarray(
          state.partitionReplicaStart[index],
          state.partitionReplicaStart[index + 1],
        )
        for (const node of replicas) {
          const from = state.names.nodes[node]!
          const to = told.filter(({ facts }) => facts['from'] === from).flatMap(({ facts }) => facts['to'] as number[])
          const others = state.names.nodes.filter((_, other) => !replicas.includes(other))
          expect(new Set(to)).toEqual(new Set(others))
          expect(to).toHaveLength(others.length)
        }
      }
    }),
    runs(20),
  )
}, 60_000)
