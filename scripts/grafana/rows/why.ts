import { violationKinds } from '../../../src/cluster/reasons.ts'
import type { Row } from '../layout.ts'
import { statusPage } from '../links.ts'
import { bars, coloured, named, series, timeline } from '../panels.ts'
import { inRange, max, own, rate, sum } from '../promql.ts'
import { reasonColour, reasons, statusCode, statusWords } from '../words.ts'

const urgent = ['disk_critical', 'node_unavailable', 'node_draining']

/** What was wrong when, and what kept evenkeel from acting. */
export const why: Row = {
  id: 200,
  title: 'Why',
  panels: [
    timeline({
      id: 201,
      title: 'Status over time',
      description: 'What evenkeel did with the cluster.',
      width: 24,
      height: 3,
      unit: 'short',
      values: true,
      targets: [{ expr: statusCode, legend: 'status' }],
      mappings: [statusWords],
      noValue: 'no evenkeel',
    }),
    timeline({
      id: 202,
      title: 'What kept it from acting',
      description:
        'The reason for which nothing (more) was started, one line for each that there was: green is as even as it can be, blue is meant so, orange waits for something.',
      width: 12,
      height: 7,
      unit: 'short',
      targets: [{ expr: `${max(own('blocked'), 'reason')} == 1`, legend: '{{reason}}' }],
      overrides: reasons.map((code) => coloured(code, reasonColour(code))),
      links: [statusPage('The plan and its reasons')],
      noValue: 'nothing: it acted all the time',
    }),
    timeline({
      id: 203,
      title: 'Violations',
      description: 'What was not as it should be and how often, one line for each kind that there was.',
      width: 12,
      height: 7,
      unit: 'short',
      values: true,
      targets: [{ expr: `${max(own('violations'), 'violation')} > 0`, legend: '{{violation}}' }],
      overrides: violationKinds.map((kind) => coloured(kind, urgent.includes(kind) ? 'red' : 'orange')),
      noValue: 'none',
    }),
    series({
      id: 204,
      title: 'Planning rounds by outcome',
      description:
        'No action: all is even. Planned: moves were started. Blocked: a reason stood against it. Failed is a bug of evenkeel.',
      width: 7,
      height: 7,
      unit: 'cpm',
      stacked: 'areas',
      targets: [{ expr: `60 * ${sum(rate(own('evaluations_total')), 'outcome')}`, legend: '{{outcome}}' }],
      overrides: [
        coloured('no_action', 'green'),
        coloured('planned', 'blue'),
        coloured('blocked', 'orange'),
        coloured('failed', 'red'),
      ],
    }),
    series({
      id: 205,
      title: 'Rejected candidates by reason',
      description:
        'Moves that were looked at and not planned. A reason that outweighs the others is what to change, if anything: room, racks, budgets.',
      width: 7,
      height: 7,
      unit: 'cpm',
      stacked: 'bars',
      targets: [{ expr: `60 * ${sum(rate(own('rejected_candidates_total')), 'reason')} > 0`, legend: '{{reason}}' }],
      noValue: 'none',
    }),
    bars({
      id: 206,
      title: 'Rounds that acted, by trigger',
      description:
        'Planning rounds of the time range that started moves, by the violation of highest order that they mended.',
      width: 5,
      height: 7,
      namesAbove: true,
      unit: 'short',
      decimals: 0,
      targets: [{ expr: `${sum(inRange(own('plans_total')), 'trigger')} > 0`, legend: '{{trigger}}' }],
      steps: [[null, 'blue']],
      noValue: 'none',
    }),
    bars({
      id: 207,
      title: 'Open since',
      description: 'For how long the violations of now have been open.',
      width: 5,
      height: 7,
      namesAbove: true,
      unit: 's',
      targets: [
        {
          expr: `time() - min by (violation) (${own('violation_since_timestamp_seconds')})`,
          legend: '{{violation}}',
        },
      ],
      steps: [
        [null, 'green'],
        [3600, 'orange'],
        [21_600, 'red'],
      ],
      overrides: [named('/.*/', [{ id: 'decimals', value: 0 }])],
      noValue: 'none is open',
    }),
  ],
}
