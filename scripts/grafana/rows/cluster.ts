import type { Row } from '../layout.ts'
import { statusPage } from '../links.ts'
import { asLimit, bars, named, series, table, thresholdFrom } from '../panels.ts'
import { max, ofCapacity, own, someNodes } from '../promql.ts'
import { flag } from '../words.ts'

const limit = { expr: max(own('max_disk_usage_ratio')), legend: 'limit' }
const fullness = ofCapacity('node_disk_used_bytes')

/** Field of the joined queries → heading. */
const columns = [
  ['node_id', 'Node'],
  ['rack', 'Rack'],
  ['host', 'Host'],
  ['tenant', 'Tenant'],
  ['Value #B', 'State'],
  ['Value #C', 'Now'],
  ['Value #D', 'Peak'],
  ['Value #E', 'Final'],
  ['Value #F', 'Deviation'],
  ['Value #G', 'Replicas'],
  ['Value #H', 'Leaders'],
  ['Value #I', 'In'],
  ['Value #J', 'Out'],
] as const

/** The nodes, and how full they are, will be at most, and will be in the end. */
export const cluster: Row = {
  id: 300,
  title: 'Cluster',
  panels: [
    bars({
      id: 301,
      title: 'Fullest nodes',
      description:
        'Part of its disks that each node uses; red from `max_disk_usage_percent` in force. The 20 that are fullest, the fullest first.',
      width: 7,
      height: 9,
      unit: 'percentunit',
      decimals: 0,
      max: 1,
      targets: [{ expr: `topk(20, ${fullness})`, legend: 'node {{node_id}}' }, limit],
      steps: [[null, 'green']],
      transformations: [thresholdFrom('B')],
    }),
    table({
      id: 302,
      title: 'Nodes',
      description:
        'Now: how full its disks are. Peak: the most that the current plan fills them to. Final: once it is done. Deviation: of now from the mean of the nodes shown. In and out: replicas on their way.',
      width: 17,
      height: 9,
      noValue: '–',
      unit: 'short',
      targets: [
        { expr: max(own('node_info', someNodes), 'node_id', 'rack', 'host', 'tenant') },
        { expr: max(own('node_up', someNodes), 'node_id') },
        { expr: fullness },
        { expr: ofCapacity('node_disk_peak_bytes') },
        { expr: ofCapacity('node_disk_final_bytes') },
        { expr: `${fullness} / on () group_left () (avg(${fullness}) > 0) - 1` },
        { expr: max(own('node_replicas', someNodes), 'node_id') },
        { expr: max(own('node_leaders', someNodes), 'node_id') },
        { expr: max(own('node_moves', `${someNodes}, direction="in"`), 'node_id') },
        { expr: max(own('node_moves', `${someNodes}, direction="out"`), 'node_id') },
        { expr: max(own('max_disk_usage_ratio')) },
      ],
      transformations: [
        thresholdFrom('K', { id: 'byRegexp', options: '/^Value #[CDE]$/' }, 'Value #K'),
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true, 'Value #A': true },
            indexByName: Object.fromEntries(columns.map(([field], index) => [field, index])),
            renameByName: Object.fromEntries(columns),
          },
        },
        { id: 'sortBy', options: { fields: {}, sort: [{ field: 'Node', desc: false }] } },
      ],
      steps: [[null, 'green']],
      overrides: [
        named('/^(Replicas|Leaders|Deviation)$/', [{ id: 'custom.width', value: 90 }]),
        named('/^(In|Out)$/', [{ id: 'custom.width', value: 60 }]),
        named('State', [
          { id: 'mappings', value: [flag('gone', 'red', 'alive', 'green')] },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
          { id: 'custom.width', value: 70 },
        ]),
        named('/^(Now|Peak|Final)$/', [
          { id: 'unit', value: 'percentunit' },
          { id: 'decimals', value: 0 },
          { id: 'max', value: 1 },
          { id: 'custom.width', value: 130 },
          { id: 'custom.cellOptions', value: { type: 'gauge', mode: 'basic', valueDisplayMode: 'text' } },
        ]),
        named('Deviation', [
          { id: 'unit', value: 'percentunit' },
          { id: 'decimals', value: 0 },
          { id: 'min', value: -1 },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
          {
            id: 'thresholds',
            value: {
              mode: 'absolute',
              steps: [
                { value: null, color: 'red' },
                { value: -0.2, color: 'orange' },
                { value: -0.1, color: 'green' },
                { value: 0.1, color: 'orange' },
                { value: 0.2, color: 'red' },
              ],
            },
          },
        ]),
      ],
      links: [statusPage('Nodes on the status page')],
    }),
    series({
      id: 303,
      title: 'Disk use over time',
      description: 'Part of its disks that each node uses, and the limit in force.',
      width: 8,
      height: 8,
      unit: 'percentunit',
      targets: [{ expr: fullness, legend: 'node {{node_id}}' }, limit],
      overrides: [asLimit('limit')],
    }),
    series({
      id: 304,
      title: 'At most, while the plan runs',
      description:
        'The most to which the current plan fills each node: what arrives is there before what leaves is gone. As now where nothing is planned.',
      width: 8,
      height: 8,
      unit: 'percentunit',
      targets: [{ expr: ofCapacity('node_disk_peak_bytes'), legend: 'node {{node_id}}' }, limit],
      overrides: [asLimit('limit')],
    }),
    series({
      id: 305,
      title: 'Once the plan is done',
      description: 'How full each node will be once the current plan is done. As now where nothing is planned.',
      width: 8,
      height: 8,
      unit: 'percentunit',
      targets: [{ expr: ofCapacity('node_disk_final_bytes'), legend: 'node {{node_id}}' }, limit],
      overrides: [asLimit('limit')],
    }),
  ],
}
