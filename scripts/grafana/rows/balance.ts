import type { Row } from '../layout.ts'
import { asLimit, series, stat } from '../panels.ts'
import { max, own, someNodes } from '../promql.ts'

/** How even the cluster is, and how even it has to be. */
export const balance: Row = {
  id: 400,
  title: 'Balance',
  panels: [
    series({
      id: 401,
      title: 'Imbalance and its limit',
      description:
        'Largest deviation of a node from the mean over the mean, by resource; 0 is perfectly even. Above the dashed limit a plan is made.',
      width: 9,
      height: 8,
      unit: 'percentunit',
      targets: [
        { expr: max(own('imbalance_ratio'), 'resource'), legend: '{{resource}}' },
        { expr: max(own('imbalance_limit_ratio'), 'resource'), legend: 'limit of {{resource}}' },
      ],
      overrides: [asLimit('/^limit of /')],
    }),
    series({
      id: 402,
      title: 'Replicas by node',
      description: 'Replicas of partitions or segments that are assigned to each node.',
      width: 6,
      height: 8,
      unit: 'short',
      decimals: 0,
      targets: [{ expr: max(own('node_replicas', someNodes), 'node_id'), legend: 'node {{node_id}}' }],
    }),
    series({
      id: 403,
      title: 'Leaders by node',
      description: 'Partitions that each node leads; Pinot has none.',
      width: 6,
      height: 8,
      unit: 'short',
      decimals: 0,
      targets: [{ expr: max(own('node_leaders', someNodes), 'node_id'), legend: 'node {{node_id}}' }],
      noValue: 'no leaders',
    }),
    [
      stat({
        id: 404,
        title: 'Shared racks',
        description: 'Partitions whose replicas needlessly share a rack: another rack could take one.',
        width: 3,
        height: 4,
        unit: 'short',
        targets: [{ expr: max(own('rack_violations')), legend: 'partitions' }],
        steps: [
          [null, 'green'],
          [1, 'orange'],
        ],
      }),
      stat({
        id: 405,
        title: 'Partitions',
        description: 'Partitions, or segments of Pinot, that evenkeel knows.',
        width: 3,
        height: 4,
        unit: 'short',
        targets: [{ expr: max(own('partitions')), legend: 'partitions' }],
      }),
    ],
  ],
}
