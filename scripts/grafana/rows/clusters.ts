import type { Row } from '../layout.ts'
import { named, table } from '../panels.ts'
import { ofJob } from '../promql.ts'
import { statusCodeOfAll, statusWords } from '../words.ts'

const byCluster = (expr: string) => `max by (managed_cluster) (${expr})`
const full = `max by (managed_cluster, node_id) (${ofJob('node_disk_used_bytes')}) / (max by (managed_cluster, node_id) (${ofJob('node_disk_capacity_bytes')}) > 0)`

const columns = [
  ['managed_cluster', 'Cluster'],
  ['Value #A', 'Status'],
  ['Value #B', 'Violations'],
  ['Value #C', 'Moves running'],
  ['Value #D', 'Left to copy'],
  ['Value #E', 'Fullest node'],
  ['Value #F', 'Offline partitions'],
  ['Value #G', 'Last sample'],
] as const

/** For who has several clusters: which one to look at. */
export const clusters: Row = {
  id: 900,
  title: 'All clusters',
  panels: [
    table({
      id: 901,
      title: 'Clusters',
      description: 'All clusters of the chosen jobs. A click on a name shows that one.',
      width: 24,
      height: 7,
      noValue: '–',
      unit: 'short',
      targets: [
        { expr: statusCodeOfAll },
        { expr: `sum by (managed_cluster) (max by (managed_cluster, violation) (${ofJob('violations')}))` },
        { expr: `sum by (managed_cluster) (max by (managed_cluster, kind) (${ofJob('moves', 'state="running"')}))` },
        { expr: byCluster(ofJob('remaining_bytes')) },
        { expr: byCluster(full) },
        { expr: byCluster(ofJob('offline_partitions')) },
        { expr: `time() - ${byCluster(ofJob('sample_last_success_timestamp_seconds'))}` },
      ],
      transformations: [
        { id: 'merge', options: {} },
        {
          id: 'organize',
          options: {
            excludeByName: { Time: true },
            indexByName: Object.fromEntries(columns.map(([field], index) => [field, index])),
            renameByName: Object.fromEntries(columns),
          },
        },
      ],
      overrides: [
        named('Cluster', [
          {
            id: 'links',
            value: [
              {
                title: 'Show this cluster',
                url: '/d/${__dashboard.uid}?var-managed_cluster=${__value.text}&${datasource:queryparam}&${job:queryparam}&${__url_time_range}',
              },
            ],
          },
        ]),
        named('Status', [
          { id: 'mappings', value: [statusWords] },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
        ]),
        named('Left to copy', [{ id: 'unit', value: 'bytes' }]),
        named('Fullest node', [
          { id: 'unit', value: 'percentunit' },
          { id: 'decimals', value: 0 },
        ]),
        named('Last sample', [
          { id: 'unit', value: 's' },
          { id: 'decimals', value: 0 },
        ]),
      ],
    }),
  ],
}
