import { heatmap } from '../heatmap.ts'
import type { Row } from '../layout.ts'
import { statusPage } from '../links.ts'
import { asLimit, coloured, named, series, stat } from '../panels.ts'
import { buckets, inRange, max, own, quantile, rate, someNodes, sum } from '../promql.ts'

export const resultColours = [
  coloured('done', 'green'),
  coloured('failed', 'red'),
  coloured('cancelled', 'orange'),
  coloured('reverted', 'purple'),
  coloured('superseded', 'light-blue'),
]

/** What is on its way, how fast, and how it ended. */
export const moves: Row = {
  id: 500,
  title: 'Moves',
  panels: [
    series({
      id: 501,
      title: 'Moves by state',
      description:
        'Moves of the current plan that run and that wait; dashed: how many may run at once (`max_concurrent_moves`).',
      width: 9,
      height: 8,
      unit: 'short',
      decimals: 0,
      stacked: 'areas',
      targets: [
        { expr: max(own('moves'), 'kind', 'state') + ' > 0', legend: '{{kind}} {{state}}' },
        { expr: max(own('max_concurrent_moves')), legend: 'may run at once' },
      ],
      overrides: [
        asLimit('may run at once', 'text'),
        coloured('replica running', 'blue'),
        coloured('replica pending', 'light-blue'),
        coloured('leader running', 'purple'),
        coloured('leader pending', 'light-purple'),
        coloured('table running', 'green'),
        coloured('table pending', 'light-green'),
        coloured('brokers running', 'orange'),
        coloured('brokers pending', 'light-orange'),
      ],
      links: [statusPage('Moves on the status page')],
    }),
    series({
      id: 502,
      title: 'Moves ended by result',
      description:
        'Failed and cancelled ones are tried again with longer and longer waits. Reverted: somebody else took it back. Superseded: the plan changed.',
      width: 9,
      height: 8,
      unit: 'cpm',
      stacked: 'bars',
      targets: [{ expr: `60 * ${sum(rate(own('moves_finished_total')), 'result')} > 0`, legend: '{{result}}' }],
      overrides: resultColours,
      noValue: 'none ended',
    }),
    [
      stat({
        id: 503,
        title: 'Ended in this time',
        description: 'Moves that ended within the time range, by result.',
        width: 6,
        height: 4,
        unit: 'short',
        decimals: 0,
        show: 'both',
        targets: [{ expr: `${sum(inRange(own('moves_finished_total')), 'result')} > 0`, legend: '{{result}}' }],
        overrides: resultColours,
        noValue: 'none',
      }),
      stat({
        id: 504,
        title: 'Longest under way',
        description: 'For how long the oldest of the running moves has been running.',
        width: 6,
        height: 4,
        unit: 's',
        targets: [{ expr: `time() - min(${own('oldest_running_move_start_timestamp_seconds')})`, legend: 'oldest' }],
        noValue: 'none is running',
      }),
    ],
    series({
      id: 505,
      title: 'Planned and left to copy',
      description: 'Bytes that the plan copies in all, and those that it still has to.',
      width: 8,
      height: 8,
      unit: 'bytes',
      targets: [
        { expr: max(own('planned_bytes')), legend: 'in all' },
        { expr: max(own('remaining_bytes')), legend: 'left' },
      ],
      overrides: [coloured('in all', 'text'), coloured('left', 'blue')],
    }),
    series({
      id: 506,
      title: 'Copy rate and throttle',
      description:
        'What is copied over all nodes; dashed: the limit that evenkeel has set for each node. Far below it, something else is the bottleneck.',
      width: 8,
      height: 8,
      unit: 'binBps',
      targets: [
        { expr: sum(rate(own('moved_bytes_total'))), legend: 'copied, all nodes' },
        { expr: max(own('throttle_bytes_per_second')), legend: 'limit per node' },
      ],
      overrides: [asLimit('limit per node', 'orange'), coloured('copied, all nodes', 'blue')],
    }),
    series({
      id: 507,
      title: 'Replicas into and out of nodes',
      description: 'Replicas on their way: into the node above zero, out of it below.',
      width: 8,
      height: 8,
      unit: 'short',
      decimals: 0,
      min: null,
      stacked: 'areas',
      targets: [
        {
          expr: `${max(own('node_moves', `${someNodes}, direction="in"`), 'node_id')} > 0`,
          legend: 'into {{node_id}}',
        },
        {
          expr: `-${max(own('node_moves', `${someNodes}, direction="out"`), 'node_id')} < 0`,
          legend: 'out of {{node_id}}',
        },
      ],
      overrides: [named('/^out of /', [{ id: 'custom.stacking', value: { mode: 'normal', group: 'out' } }])],
      noValue: 'none',
    }),
    heatmap({
      id: 508,
      title: 'How long moves took',
      description: 'Moves that ended, by when and by how long they took.',
      width: 12,
      height: 8,
      unit: 's',
      targets: [{ expr: buckets('move_duration_seconds'), legend: '{{le}}' }],
      noValue: 'no move ended',
    }),
    series({
      id: 509,
      title: 'Time of a move by kind',
      description: 'Half of the moves took no longer than the first, 95 of 100 no longer than the second.',
      width: 12,
      height: 8,
      unit: 's',
      points: true,
      targets: [
        { expr: quantile(0.5, 'move_duration_seconds', 'kind'), legend: '{{kind}} half' },
        { expr: quantile(0.95, 'move_duration_seconds', 'kind'), legend: '{{kind}} 95 %' },
      ],
      noValue: 'no move ended',
    }),
  ],
}
