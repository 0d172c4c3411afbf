import { describe, expect, test } from 'vitest'
import { departures } from '../../src/cluster/departures.ts'
import type { PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import { build, node, topic } from './support.ts'

const nodes = (...ids: number[]) => ids.map((id) => node(id))

function gone(
  before: TopicLine[],
  after: TopicLine[],
  [idsBefore, idsAfter] = [
    [1, 2, 3, 4],
    [1, 2, 3, 4],
  ],
): string[] {
  const [one, other] = [
    build({ nodes: nodes(...idsBefore), topics: before }),
    build({ nodes: nodes(...idsAfter), topics: after }),
  ]
  return departures(one, other).map((left) => `${left.topic}-${left.partition} left ${left.node}`)
}

const only = (...lines: Partial<PartitionLine>[]) => [topic(lines)]

describe('who left between two readings', () => {
  const rows: [string, TopicLine[], TopicLine[], string[]][] = [
    ['nobody', only({ replicas: [1, 2] }), only({ replicas: [1, 2] }), []],
    ['another order is no departure', only({ replicas: [1, 2] }), only({ replicas: [2, 1] }), []],
    ['one that was replaced', only({ replicas: [1, 2] }), only({ replicas: [3, 2] }), ['t-0 left 1']],
    ['both', only({ replicas: [1, 2] }), only({ replicas: [3, 4] }), ['t-0 left 1', 't-0 left 2']],
    ['one that was taken away', only({ replicas: [1, 2] }), only({ replicas: [1] }), ['t-0 left 2']],
    [
      'one that is on its way out has left',
      only({ replicas: [1, 2] }),
      only({ replicas: [1, 2, 3], adding: [3], removing: [1] }),
      ['t-0 left 1'],
    ],
    [
      'and does not leave again when it is gone',
      only({ replicas: [1, 2, 3], adding: [3], removing: [1] }),
      only({ replicas: [3, 2] }),
      [],
    ],
    ['one that was added has not', only({ replicas: [1] }), only({ replicas: [1, 2] }), []],
    [
      'a copy that was taken back has',
      only({ replicas: [1, 3], adding: [3], removing: [1] }),
      only({ replicas: [1] }),
      ['t-0 left 3'],
    ],
    ['of a topic that was deleted nobody', only({ replicas: [1] }), [], []],
    ['of a topic that is new nobody', [], only({ replicas: [1] }), []],
    [
      'topics are known by name, however they lie',
      [topic([{ replicas: [1] }], { name: 'b' })],
      [topic([{ replicas: [2] }], { name: 'a' }), topic([{ replicas: [2] }], { name: 'b' })],
      ['b-0 left 1'],
    ],
    [
      'partitions that were added change nothing',
      only({ replicas: [1] }),
      only({ replicas: [2] }, { replicas: [3] }),
      ['t-0 left 1'],
    ],
    [
      'partitions that are gone are not looked for',
      only({ replicas: [1] }, { replicas: [2] }),
      only({ replicas: [3] }),
      ['t-0 left 1'],
    ],
  ]
  test.each(rows)('%s', (_, before, after, left) => {
    expect(gone(before, after)).toEqual(left)
  })

  test('nodes are known by id, however many have come or gone', () => {
    const before = only({ replicas: [2, 3] })
    expect(
      gone(before, only({ replicas: [2, 3] }), [
        [1, 2, 3],
        [2, 3],
      ]),
    ).toEqual([])
    expect(
      gone(before, only({ replicas: [2, 4] }), [
        [1, 2, 3],
        [0, 2, 4],
      ]),
    ).toEqual(['t-0 left 3'])
  })
})
