import type { Row } from '../layout.ts'
import { coloured, series, stat } from '../panels.ts'
import { inRange, max, orNone, own, rate, sum } from '../promql.ts'

/** What balancing does to the cluster, and who else changes it. */
export const impact: Row = {
  id: 700,
  title: 'Impact and conflicts',
  panels: [
    series({
      id: 701,
      title: 'Under-replicated partitions by cause',
      description:
        'Own move: a replica that evenkeel makes is not in sync yet, as it must be. Node: a node is gone or drained. Other: neither, so look at the brokers.',
      width: 8,
      height: 8,
      unit: 'short',
      decimals: 0,
      stacked: 'areas',
      targets: [{ expr: max(own('under_replicated_partitions'), 'cause'), legend: '{{cause}}' }],
      overrides: [coloured('own_move', 'blue'), coloured('node', 'orange'), coloured('other', 'red')],
    }),
    series({
      id: 702,
      title: 'Partitions that do not serve',
      description: 'Without a leader, and with fewer in-sync replicas than the minimum.',
      width: 8,
      height: 8,
      unit: 'short',
      decimals: 0,
      targets: [
        { expr: max(own('offline_partitions')), legend: 'offline' },
        { expr: max(own('under_min_isr_partitions')), legend: 'below minimum' },
      ],
      overrides: [coloured('offline', 'red'), coloured('below minimum', 'orange')],
    }),
    series({
      id: 703,
      title: 'Throttled nodes and topics by owner',
      description:
        'Nodes that carry a rate limit and topics that carry a list of throttled replicas. Self: set by evenkeel, and gone when nothing moves.',
      width: 8,
      height: 8,
      unit: 'short',
      decimals: 0,
      targets: [
        { expr: max(own('throttled_nodes'), 'owner'), legend: 'nodes, {{owner}}' },
        { expr: max(own('throttled_topics'), 'owner'), legend: 'topics, {{owner}}' },
      ],
    }),
    series({
      id: 704,
      title: 'Moves of others in flight',
      description: 'Reassignments, or rebalance jobs of Pinot, that evenkeel did not start. Balancing waits for them.',
      width: 7,
      height: 7,
      unit: 'short',
      decimals: 0,
      targets: [{ expr: max(own('foreign_moves')), legend: 'in flight' }],
      overrides: [coloured('in flight', 'orange')],
    }),
    series({
      id: 707,
      title: 'What others changed',
      description: 'Placements that others changed, and moves of ours that others undid, each a minute.',
      width: 7,
      height: 7,
      unit: 'cpm',
      stacked: 'bars',
      targets: [
        { expr: `60 * ${sum(rate(own('foreign_changes_total')))}`, legend: 'changed' },
        { expr: `60 * ${sum(rate(own('reverted_moves_total')))}`, legend: 'undone' },
      ],
      overrides: [coloured('changed', 'orange'), coloured('undone', 'red')],
    }),
    stat({
      id: 705,
      title: 'Others that balance too',
      description: 'Balancers that are seen to be enabled on the same cluster. docs/operations.md says who gives way.',
      width: 4,
      height: 7,
      unit: 'short',
      show: 'name',
      targets: [{ expr: orNone(`${max(own('conflict'), 'with')} == 1`, 'with', 'none seen'), legend: '{{with}}' }],
      steps: [[null, 'orange']],
      overrides: [coloured('none seen', 'green')],
      noValue: 'no evenkeel',
    }),
    stat({
      id: 706,
      title: 'Conflicts in this time',
      description:
        'Within the time range: placements that others changed, moves of ours that others undid, throttles that could not be removed, plans that the verifier refused (a bug).',
      width: 6,
      height: 7,
      unit: 'short',
      decimals: 0,
      show: 'both',
      targets: [
        { expr: sum(inRange(own('foreign_changes_total'))), legend: 'changed' },
        { expr: sum(inRange(own('reverted_moves_total'))), legend: 'undone' },
        { expr: sum(inRange(own('throttle_cleanup_failures_total'))), legend: 'throttles' },
        { expr: sum(inRange(own('rejected_plans_total'))), legend: 'refused' },
      ],
      steps: [
        [null, 'green'],
        [0.5, 'orange'],
      ],
    }),
  ],
}
