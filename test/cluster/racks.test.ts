import { describe, expect, test } from 'vitest'
import type { NodeLine } from '../../src/cluster/lines.ts'
import { rackFigures } from '../../src/cluster/racks.ts'
import { build, node, topic } from './support.ts'

describe('racks shared although others are free', () => {
  const inRacks = (...racks: string[]) => racks.map((rack, id) => node(id, rack === '' ? {} : { rack }))
  const rows: [string, NodeLine[], number[], number][] = [
    ['no racks at all', inRacks('', ''), [0, 1], 0],
    ['every replica in its own', inRacks('a', 'b', 'c'), [0, 1, 2], 0],
    ['two in one of three', inRacks('a', 'a', 'b', 'c'), [0, 1, 2], 1],
    ['three over two racks cannot be better', inRacks('a', 'a', 'b'), [0, 1, 2], 0],
    ['three in one of two racks', inRacks('a', 'a', 'a', 'b'), [0, 1, 2], 1],
  ]
  test.each(rows)('%s', (_, nodes, replicas, violations) => {
    expect(rackFigures(build({ nodes, topics: [topic([{ replicas }])] })).needless.length).toBe(violations)
  })

  test('one that is being removed does not count', () => {
    const partition = { replicas: [0, 1, 2], adding: [2], removing: [1] }
    expect(rackFigures(build({ nodes: inRacks('a', 'a', 'b'), topics: [topic([partition])] })).needless.length).toBe(0)
  })
})
