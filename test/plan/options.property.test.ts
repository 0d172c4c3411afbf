/** What is told of candidates is what the planner goes by. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { violationKinds } from '../../src/cluster/reasons.ts'
import { columnsOf } from '../../src/cluster/state.ts'
import { Filters } from '../../src/plan/filters.ts'
import { Model } from '../../src/plan/model.ts'
import { modelOf, Options } from '../../src/plan/options.ts'
import { makePlan } from '../../src/plan/plan.ts'
import { Rejections } from '../../src/plan/rejections.ts'
import { anyLines, build, runs } from '../cluster/support.ts'
import { anyRequest, request } from './support.ts'

const clusters = anyLines({ nodes: [2, 8], topics: 3, partitions: 12, odd: true })
const kinds = fc.constantFrom(...violationKinds.filter((kind) => kind !== 'target_drift' && kind !== 'leader_skew'))

test('allowed is what the filters allow, for every replica, node and kind, and every refusal has its figures', () => {
  fc.assert(
    fc.property(clusters, anyRequest, kinds, fc.boolean(), (lines, requestFor, kind, left) => {
      const columns = columnsOf(build(lines))
      const asked = { ...requestFor(columns), left: left ? [{ partition: 0, node: 0 }] : [] }
      const options = new Options(modelOf(columns, asked))
      const model = new Model(columns, asked, new Rejections())
      const filters = new Filters(model)
      for (let partition = 0; partition < columns.partitionCount; partition += 1) {
        const end = columns.partitionReplicaStart[partition + 1]!
        for (let replica = columns.partitionReplicaStart[partition]!; replica < end; replica += 1) {
          const told = options.of(replica, partition, kind)
          filters.candidate(replica, partition, kind)
          const allowed = [...columns.nodeState.keys()].filter((node) => filters.allows(node))
          expect(told.options.filter(({ answer }) => answer === 'allowed').map(({ to }) => to)).toEqual(allowed)
          const holds = [...columns.nodeState.keys()].filter((node) => !told.options.some(({ to }) => to === node))
          expect(holds).toEqual([...new Set(model.replicasOf(partition))].toSorted((a, b) => a - b))
          for (const option of told.options) checkFigures(option)
        }
      }
      // Whoever only asks counts nothing.
      expect(options.model.rejections.list()).toEqual([])
    }),
    runs(60),
  )
})

function checkFigures({ answer, worth, closed, fullness, rack, count }: ReturnType<Options['of']>['options'][number]) {
  expect(worth !== undefined).toBe(answer === 'allowed')
  expect(closed !== undefined).toBe(answer === 'excluded')
  expect(fullness !== undefined).toBe(answer === 'would_exceed_limit')
  if (fullness) expect(fullness.would > fullness.limit || Number.isNaN(fullness.would)).toBe(true)
  expect(rack !== undefined).toBe(answer === 'rack_constraint')
  if (rack) expect(rack.others).toBeGreaterThan(rack.limit)
  expect(count !== undefined).toBe(answer === 'replica_group' || answer === 'no_capacity')
  if (count) expect(count.held).toBeGreaterThanOrEqual(count.most)
}

test('what the planner moves first is told to be allowed and to help', () => {
  let seen = 0
  fc.assert(
    fc.property(clusters, anyRequest, (lines, requestFor) => {
      const columns = columnsOf(build(lines))
      // Small ones that even out counts go before those that were chosen first.
      const asked = { ...requestFor(columns), topicAware: false, balanceLeaders: false }
      const first = makePlan(columns, asked).moves[0]
      if (!first || first.from === first.to || first.group !== undefined || first.reason === 'manual') return
      seen += 1
      const start = columns.partitionReplicaStart[first.partition]!
      const replica = columns.replicaNode.indexOf(first.from, start)
      const told = new Options(modelOf(columns, asked)).of(replica, first.partition, first.reason)
      expect(told.stays).toBe('')
      expect(told.options.find(({ to }) => to === first.to)).toMatchObject({ answer: 'allowed', worth: 'helps' })
    }),
    runs(150),
  )
  expect(seen).toBeGreaterThan(20)
})

test('with nothing open nothing helps', () => {
  fc.assert(
    fc.property(clusters, (lines) => {
      const columns = columnsOf(build(lines))
      const told = new Options(modelOf(columns, request())).of(0, 0, 'disk_skew')
      const worth = new Set(told.options.flatMap((option) => option.worth ?? []))
      expect([...worth].filter((one) => one !== 'no_task')).toEqual([])
    }),
    runs(30),
  )
})
