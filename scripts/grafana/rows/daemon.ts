import type { Row } from '../layout.ts'
import { bars, coloured, named, series, stat } from '../panels.ts'
import { foreign, inRange, max, ofJob, own, quantile, rate, sum } from '../promql.ts'
import { flag } from '../words.ts'

const instance = '{{instance}}'

/** Whether evenkeel itself is well. */
export const daemon: Row = {
  id: 800,
  title: 'The daemon',
  panels: [
    stat({
      id: 801,
      title: 'Cluster, and who acts on it',
      description: 'The system, and the instance of evenkeel that reads it.',
      width: 7,
      height: 3,
      unit: 'short',
      show: 'name',
      targets: [
        {
          expr: max(own('managed_cluster_info'), 'system', 'instance'),
          legend: '{{system}} by {{instance}}',
        },
      ],
      noValue: 'never read',
    }),
    stat({
      id: 802,
      title: 'Version',
      description: 'Of evenkeel and of Node.js; more than one where instances differ.',
      width: 5,
      height: 3,
      unit: 'short',
      show: 'name',
      targets: [
        { expr: max(ofJob('build_info'), 'version', 'node_version'), legend: '{{version}} on {{node_version}}' },
      ],
    }),
    stat({
      id: 803,
      title: 'Up',
      description: 'For how long each instance has been running; gone where it cannot be scraped.',
      width: 4,
      height: 3,
      unit: 's',
      show: 'value',
      targets: [{ expr: `time() - ${max(foreign('process_start_time_seconds'), 'instance')}`, legend: instance }],
      noValue: 'down',
    }),
    stat({
      id: 804,
      title: 'Config',
      description:
        'Whether the last config that was read is in force (else the file is wrong and the one before still holds), and how many different ones are in force over all instances.',
      width: 8,
      height: 3,
      unit: 'short',
      show: 'both',
      targets: [
        { expr: `min(${ofJob('config_last_reload_successful')})`, legend: 'last one' },
        {
          expr: `count(count_values("hash", ${ofJob('config_hash')}))`,
          legend: 'in force',
        },
      ],
      overrides: [
        named('last one', [{ id: 'mappings', value: [flag('refused', 'red', 'applied', 'green')] }]),
        named('in force', [
          { id: 'color', value: { mode: 'thresholds' } },
          {
            id: 'thresholds',
            value: {
              mode: 'absolute',
              steps: [
                { value: null, color: 'green' },
                { value: 2, color: 'orange' },
              ],
            },
          },
        ]),
      ],
    }),
    series({
      id: 805,
      title: 'Time of a sample and of planning',
      description: '95 of 100 samples and planning rounds took no longer.',
      width: 8,
      height: 7,
      unit: 's',
      targets: [
        { expr: quantile(0.95, 'sample_duration_seconds'), legend: 'sample' },
        { expr: quantile(0.95, 'evaluation_duration_seconds'), legend: 'planning' },
      ],
    }),
    series({
      id: 806,
      title: 'Samples that failed, by stage',
      description:
        'Samples a minute that were not complete, and at which stage they failed. Nothing is started after one.',
      width: 8,
      height: 7,
      unit: 'cpm',
      stacked: 'bars',
      targets: [{ expr: `60 * ${sum(rate(own('sample_failures_total')), 'stage')} > 0`, legend: '{{stage}}' }],
      noValue: 'none',
    }),
    series({
      id: 807,
      title: 'Nodes without figures',
      description:
        'Nodes that are alive and told nothing in the last sample: their last known figures are used, nothing is moved onto them.',
      width: 8,
      height: 7,
      unit: 'short',
      decimals: 0,
      targets: [{ expr: max(own('sample_missing_nodes')), legend: 'nodes' }],
      overrides: [coloured('nodes', 'orange')],
    }),
    series({
      id: 808,
      title: 'Requests to the cluster',
      description: 'Requests a second to each kind of server of the cluster.',
      width: 8,
      height: 7,
      unit: 'reqps',
      targets: [{ expr: sum(rate(own('upstream_requests_total')), 'upstream'), legend: '{{upstream}}' }],
      noValue: 'none: simulated',
    }),
    series({
      id: 809,
      title: 'Requests that failed, by reason',
      description: 'Requests a second that got no answer, or none that makes sense.',
      width: 8,
      height: 7,
      unit: 'reqps',
      stacked: 'bars',
      targets: [
        {
          expr: `${sum(rate(own('upstream_request_failures_total')), 'upstream', 'reason')} > 0`,
          legend: '{{upstream}} {{reason}}',
        },
      ],
      noValue: 'none',
    }),
    series({
      id: 810,
      title: 'Time of a request by operation',
      description: '95 of 100 requests took no longer, by operation.',
      width: 8,
      height: 7,
      unit: 's',
      targets: [
        {
          expr: quantile(0.95, 'upstream_request_duration_seconds', 'upstream', 'operation'),
          legend: '{{upstream}} {{operation}}',
        },
      ],
      noValue: 'none: simulated',
    }),
    series({
      id: 811,
      title: 'Memory',
      description: 'Memory that each instance holds, and what of it is used on the heap.',
      width: 8,
      height: 7,
      unit: 'bytes',
      targets: [
        { expr: max(foreign('process_resident_memory_bytes'), 'instance'), legend: `${instance} resident` },
        { expr: max(foreign('nodejs_heap_size_used_bytes'), 'instance'), legend: `${instance} heap` },
      ],
    }),
    series({
      id: 812,
      title: 'Processor',
      description: 'Processors that each instance keeps busy; 100 % is one of them.',
      width: 8,
      height: 7,
      unit: 'percentunit',
      targets: [{ expr: sum(rate(foreign('process_cpu_seconds_total')), 'instance'), legend: instance }],
    }),
    series({
      id: 813,
      title: 'Event-loop lag',
      description: '99 of 100 turns of the event loop came no later than that.',
      width: 8,
      height: 7,
      unit: 's',
      targets: [{ expr: max(foreign('nodejs_eventloop_lag_p99_seconds'), 'instance'), legend: instance }],
    }),
    series({
      id: 814,
      title: 'HTTP requests served',
      description: 'Requests a second by route, scrapes included.',
      width: 8,
      height: 7,
      unit: 'reqps',
      targets: [{ expr: sum(rate(ofJob('http_requests_total')), 'handler', 'code'), legend: '{{handler}} {{code}}' }],
    }),
    series({
      id: 815,
      title: 'Warnings and errors logged',
      description: 'Log lines a minute of the levels warn and error.',
      width: 8,
      height: 7,
      unit: 'cpm',
      stacked: 'bars',
      targets: [
        { expr: `60 * ${sum(rate(ofJob('log_messages_total', 'level=~"warn|error"')), 'level')}`, legend: '{{level}}' },
      ],
      overrides: [coloured('warn', 'orange'), coloured('error', 'red')],
    }),
    stat({
      id: 816,
      title: 'Configs and series in this time',
      description:
        'Within the time range: config files read and refused; values that were not exported because a label has too many values.',
      width: 8,
      height: 7,
      unit: 'short',
      decimals: 0,
      show: 'both',
      targets: [
        { expr: sum(inRange(ofJob('config_reloads_total'))), legend: 'read' },
        { expr: sum(inRange(ofJob('config_reload_failures_total'))), legend: 'refused' },
        { expr: sum(inRange(ofJob('dropped_series_total'))), legend: 'dropped' },
      ],
      steps: [
        [null, 'green'],
        [0.5, 'orange'],
      ],
      overrides: [coloured('read', 'text')],
    }),
    series({
      id: 817,
      title: 'Notifications by receiver',
      description:
        'Notifications a minute that a receiver took, and those that could not be delivered after all tries.',
      width: 8,
      height: 7,
      unit: 'cpm',
      stacked: 'bars',
      targets: [
        { expr: `60 * ${sum(rate(ofJob('notifications_total')), 'receiver')}`, legend: '{{receiver}}' },
        { expr: `60 * ${sum(rate(ofJob('notification_failures_total')), 'receiver')}`, legend: '{{receiver}} failed' },
      ],
      overrides: [named('/ failed$/', [{ id: 'color', value: { mode: 'fixed', fixedColor: 'red' } }])],
      noValue: 'no receiver is set',
    }),
    bars({
      id: 818,
      title: 'What people asked for',
      description:
        'Acts of people within the time range, by what they asked for and by which way it came. The audit trail says who.',
      width: 8,
      height: 7,
      namesAbove: true,
      unit: 'short',
      decimals: 0,
      targets: [
        {
          expr: `${sum(inRange(ofJob('operator_actions_total')), 'action', 'source')} > 0`,
          legend: '{{action}} by {{source}}',
        },
      ],
      steps: [[null, 'blue']],
      noValue: 'nothing',
    }),
    stat({
      id: 819,
      title: 'Audit records not written in time',
      description: 'Records of the audit trail that could not be written when they were made, within the time range.',
      width: 8,
      height: 7,
      unit: 'short',
      decimals: 0,
      targets: [{ expr: sum(inRange(ofJob('audit_write_failures_total'))), legend: 'records' }],
      steps: [
        [null, 'green'],
        [0.5, 'red'],
      ],
    }),
  ],
}
