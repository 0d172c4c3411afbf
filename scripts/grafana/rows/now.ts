import type { Row } from '../dashboard.ts'
import { coloured, named, stat, thresholdFrom } from '../panels.ts'
import { foreign, max, ofCapacity, orNone, own, rate, sum } from '../promql.ts'
import { flag, modeCode, modeWords, reasonColour, reasons, statusCode, statusWords } from '../words.ts'

/** Is it well, what is it doing, and why does it not do more? */
export const now: Row = {
  id: 100,
  title: 'Now',
  panels: [
    stat({
      id: 101,
      title: 'Status',
      description:
        'What evenkeel does with the cluster. Stalled: violations are open that no allowed move makes better.',
      width: 4,
      height: 4,
      unit: 'short',
      background: true,
      targets: [{ expr: statusCode, legend: 'status' }],
      mappings: [statusWords],
      noValue: 'no evenkeel',
    }),
    stat({
      id: 102,
      title: 'Why not more',
      description:
        'The one reason for which nothing (more) is started: green is as even as it can be, blue is meant so, orange waits for something. docs/reasons.md explains each.',
      width: 6,
      height: 4,
      unit: 'short',
      show: 'name',
      targets: [{ expr: orNone(`${max(own('blocked'), 'reason')} == 1`, 'reason', 'it acts'), legend: '{{reason}}' }],
      overrides: [...reasons.map((code) => coloured(code, reasonColour(code))), coloured('it acts', 'blue')],
      noValue: 'no evenkeel',
    }),
    stat({
      id: 103,
      title: 'Open violations',
      description: 'What is not as it should be, and how often. docs/reasons.md explains each.',
      width: 6,
      height: 4,
      unit: 'short',
      show: 'both',
      targets: [{ expr: `${max(own('violations'), 'violation')} > 0`, legend: '{{violation}}' }],
      steps: [
        [null, 'green'],
        [1, 'orange'],
      ],
      overrides: ['disk_critical', 'node_unavailable'].map((violation) => coloured(violation, 'red')),
      noValue: 'none',
    }),
    stat({
      id: 104,
      title: 'Mode',
      description: 'The mode in force; whether it only computes, is paused, and may start moves now by its windows.',
      width: 8,
      height: 4,
      unit: 'short',
      show: 'both',
      targets: [
        { expr: modeCode, legend: 'mode' },
        { expr: max(own('dry_run')), legend: 'dry run' },
        { expr: max(own('paused')), legend: 'paused' },
        { expr: max(own('window_open')), legend: 'window' },
      ],
      overrides: [
        named('mode', [{ id: 'mappings', value: [modeWords] }]),
        named('dry run', [{ id: 'mappings', value: [flag('no', 'text', 'yes', 'blue')] }]),
        named('paused', [{ id: 'mappings', value: [flag('no', 'text', 'yes', 'purple')] }]),
        named('window', [{ id: 'mappings', value: [flag('closed', 'blue', 'open', 'text')] }]),
      ],
    }),
    stat({
      id: 105,
      title: 'Moves',
      description: 'Moves of the current plan: those that run and those that wait for their turn.',
      width: 4,
      height: 3,
      unit: 'short',
      show: 'both',
      targets: [
        { expr: sum(max(own('moves', 'state="running"'), 'kind')), legend: 'running' },
        { expr: sum(max(own('moves', 'state="pending"'), 'kind')), legend: 'waiting' },
      ],
      overrides: [coloured('running', 'blue'), coloured('waiting', 'text')],
    }),
    stat({
      id: 106,
      title: 'Left to copy',
      description: 'Bytes that the current plan still has to copy.',
      width: 3,
      height: 3,
      unit: 'bytes',
      targets: [{ expr: max(own('remaining_bytes')), legend: 'left' }],
    }),
    stat({
      id: 107,
      title: 'Done',
      description:
        'Part of the bytes of the current plan that is copied. It can go back: the plan is made anew at each tick, and writes go on meanwhile.',
      width: 3,
      height: 3,
      unit: 'percentunit',
      decimals: 0,
      max: 1,
      targets: [{ expr: `1 - ${max(own('remaining_bytes'))} / (${max(own('planned_bytes'))} > 0)`, legend: 'done' }],
      noValue: 'no plan',
    }),
    stat({
      id: 108,
      title: 'Ends',
      description: 'When the current plan should be done, at the speed measured. Absent until a speed is known.',
      width: 4,
      height: 3,
      unit: 'dateTimeFromNow',
      targets: [{ expr: `1000 * ${max(own('plan_estimated_completion_timestamp_seconds'))}`, legend: 'end' }],
      noValue: 'nothing to wait for',
    }),
    stat({
      id: 109,
      title: 'Copied',
      description:
        'What evenkeel copies in all just now, and the limit that it has set for each node (docs/operations.md).',
      width: 5,
      height: 3,
      unit: 'binBps',
      show: 'both',
      targets: [
        { expr: sum(rate(own('moved_bytes_total'))), legend: 'now' },
        { expr: max(own('throttle_bytes_per_second')), legend: 'limit per node' },
      ],
      overrides: [coloured('now', 'blue')],
    }),
    stat({
      id: 110,
      title: 'Fullest node',
      description: 'How full the disks of the fullest node are; red from `max_disk_usage_percent` in force.',
      width: 5,
      height: 3,
      unit: 'percentunit',
      decimals: 0,
      max: 1,
      targets: [{ expr: `topk(1, ${ofCapacity('node_disk_used_bytes')})`, legend: 'node {{node_id}}' }, limit()],
      show: 'both',
      steps: [[null, 'green']],
      transformations: [thresholdFrom('B')],
    }),
    stat({
      id: 111,
      title: 'Partitions in trouble',
      description:
        'Without a leader; with fewer in-sync replicas than the minimum; under-replicated other than by a move of evenkeel.',
      width: 8,
      height: 3,
      unit: 'short',
      show: 'both',
      targets: [
        { expr: max(own('offline_partitions')), legend: 'offline' },
        { expr: max(own('under_min_isr_partitions')), legend: 'below minimum' },
        {
          expr: sum(max(own('under_replicated_partitions', 'cause!="own_move"'), 'cause')),
          legend: 'under-replicated',
        },
      ],
      steps: [
        [null, 'green'],
        [1, 'red'],
      ],
    }),
    stat({
      id: 112,
      title: 'Nodes by state',
      description: 'Nodes by state.',
      width: 5,
      height: 3,
      unit: 'short',
      show: 'both',
      targets: [{ expr: `${max(own('nodes'), 'state')} > 0`, legend: '{{state}}' }],
      steps: [[null, 'orange']],
      overrides: [coloured('alive', 'green'), coloured('draining', 'blue')],
    }),
    stat({
      id: 113,
      title: 'Alerts',
      description: 'Alerts of evenkeel that fire, where Prometheus has loaded config/prometheus/alerts.yaml.',
      width: 6,
      height: 3,
      unit: 'short',
      show: 'name',
      targets: [
        {
          expr: orNone(
            max(
              foreign('ALERTS', 'alertname=~"Evenkeel.+", alertstate="firing", managed_cluster=~"$managed_cluster|"'),
              'alertname',
            ),
            'alertname',
            'none fires',
          ),
          legend: '{{alertname}}',
        },
      ],
      steps: [[null, 'red']],
      overrides: [coloured('none fires', 'green')],
      noValue: 'no evenkeel',
    }),
    stat({
      id: 114,
      title: 'Last sample',
      description:
        'How old the figures of this board are; red from five sampling intervals, when nothing is started any more.',
      width: 5,
      height: 3,
      unit: 's',
      decimals: 0,
      targets: [
        { expr: `time() - ${max(own('sample_last_success_timestamp_seconds'))}`, legend: 'age' },
        { expr: `5 * ${max(own('sample_interval_seconds'))}`, legend: 'limit' },
      ],
      steps: [[null, 'green']],
      transformations: [thresholdFrom('B')],
      noValue: 'never read',
    }),
  ],
}

function limit() {
  return { expr: max(own('max_disk_usage_ratio')), legend: 'limit' }
}
