import type { Row } from '../layout.ts'
import { statusPage } from '../links.ts'
import { bars, coloured, series, stat } from '../panels.ts'
import { inRange, max, own, rate, someNodes, sum } from '../promql.ts'
import { resultColours } from './moves.ts'

const tables = 'kind=~"table|brokers"'
const notPinot = 'no job runs'

/** Jobs one by one, all of them, and what they do to the servers. */
export const pinot: Row = {
  id: 600,
  title: 'Pinot: tables, jobs and segments',
  collapsed: true,
  panels: [
    bars({
      id: 601,
      title: 'Progress of jobs',
      description: 'Part of its bytes that each running job has moved.',
      width: 8,
      height: 8,
      namesAbove: true,
      unit: 'percentunit',
      decimals: 0,
      max: 1,
      targets: [{ expr: max(own('table_rebalance_progress_ratio'), 'table'), legend: '{{table}}' }],
      steps: [[null, 'blue']],
      links: [statusPage('Tables on the status page')],
      noValue: notPinot,
    }),
    series({
      id: 602,
      title: 'Progress over time',
      description:
        'A line that does not rise is a job that does not get on: look at the servers and their queues in Helix.',
      width: 16,
      height: 8,
      unit: 'percentunit',
      max: 1,
      targets: [{ expr: max(own('table_rebalance_progress_ratio'), 'table'), legend: '{{table}}' }],
      noValue: notPinot,
    }),
    [
      stat({
        id: 603,
        title: 'Jobs of evenkeel',
        description: 'Jobs for tables and lists of brokers of the current plan.',
        width: 6,
        height: 3,
        unit: 'short',
        show: 'both',
        targets: [
          { expr: sum(max(own('moves', `${tables}, state="running"`), 'kind')), legend: 'running' },
          { expr: sum(max(own('moves', `${tables}, state="pending"`), 'kind')), legend: 'waiting' },
        ],
        overrides: [coloured('running', 'blue'), coloured('waiting', 'text')],
      }),
      stat({
        id: 604,
        title: 'Jobs of others',
        description: 'Rebalance jobs that evenkeel did not start: by hand, by the controller itself.',
        width: 6,
        height: 3,
        unit: 'short',
        targets: [{ expr: max(own('foreign_moves')), legend: 'jobs' }],
        steps: [
          [null, 'green'],
          [1, 'orange'],
        ],
      }),
      stat({
        id: 607,
        title: 'Jobs ended in this time',
        description: 'Jobs that ended within the time range, by result.',
        width: 6,
        height: 3,
        unit: 'short',
        decimals: 0,
        show: 'both',
        targets: [{ expr: `${sum(inRange(own('moves_finished_total', tables)), 'result')} > 0`, legend: '{{result}}' }],
        overrides: resultColours,
        noValue: 'none',
      }),
    ],
    series({
      id: 605,
      title: 'Jobs ended by result',
      description: 'One that failed or was cancelled is tried again later.',
      width: 9,
      height: 9,
      unit: 'cpm',
      stacked: 'bars',
      targets: [{ expr: `60 * ${sum(rate(own('moves_finished_total', tables)), 'result')} > 0`, legend: '{{result}}' }],
      overrides: resultColours,
      noValue: 'none ended',
    }),
    series({
      id: 606,
      title: 'Segment replicas on their way, by server',
      description: 'Into the server above zero, out of it below: what a rebalance costs each server.',
      width: 9,
      height: 9,
      unit: 'short',
      decimals: 0,
      min: null,
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
      noValue: 'none',
    }),
    series({
      id: 608,
      title: 'Segment replicas by state',
      description: 'Replicas of segments in the external view. ERROR ones are not served, and hold up a job.',
      width: 12,
      height: 8,
      unit: 'short',
      decimals: 0,
      stacked: 'areas',
      targets: [{ expr: max(own('segments'), 'state'), legend: '{{state}}' }],
      overrides: [
        coloured('online', 'green'),
        coloured('consuming', 'blue'),
        coloured('offline', 'text'),
        coloured('error', 'red'),
      ],
      noValue: 'not a Pinot cluster',
    }),
    series({
      id: 609,
      title: 'Ideal state against external view',
      description:
        'Segment replicas that are not (yet) in the state that Pinot wants. Outside of a rebalance it should be none.',
      width: 12,
      height: 8,
      unit: 'short',
      decimals: 0,
      targets: [{ expr: max(own('segments_diverged')), legend: 'differ' }],
      overrides: [coloured('differ', 'orange')],
      noValue: 'not a Pinot cluster',
    }),
  ],
}
