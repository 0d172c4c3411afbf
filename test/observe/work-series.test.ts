import { expect, it } from 'vitest'
import type { Instruments } from '../../src/observe/families.ts'
import { WorkSeries } from '../../src/observe/work-series.ts'
import { GiB, noon, progress, replica } from './support.ts'

it('of all nodes only those that a move is about get another value, until there is a new sample', () => {
  const told: string[] = []
  const instruments: Instruments = {
    begin: () => undefined,
    set: (name, { node_id, direction }, value) => {
      if (name === 'node_moves') told.push(`${node_id} ${direction} ${value}`)
    },
    add: () => undefined,
    observe: () => undefined,
    keep: () => undefined,
  }
  const work = new WorkSeries(instruments, { managed_cluster: 'demo' })
  const ids = Array.from({ length: 500 }, (_, id) => String(id))
  work.showNodes(ids)
  expect(told.splice(0)).toHaveLength(1000)
  const move = progress(replica(1, 3, 7, GiB))
  work.started(move, noon)
  work.showNodes(ids)
  expect(told.splice(0)).toEqual(['3 out 1', '7 in 1'])
  work.progressed([move], noon)
  work.showNodes(ids)
  expect(told.splice(0)).toEqual([])
  work.ended(move, noon)
  work.showNodes(ids)
  expect(told.splice(0)).toEqual(['3 out 0', '7 in 0'])
  work.planned([], noon)
  work.showNodes(ids)
  expect(told).toHaveLength(1000)
})
