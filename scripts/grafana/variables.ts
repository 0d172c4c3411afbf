import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { datasource } from './panels.ts'

/** What is chosen at the top of the board. */
export const variables = [
  new DatasourceVariableBuilder('datasource')
    .label('Data source')
    .description('The Prometheus that scrapes evenkeel')
    .type('prometheus')
    .regex('')
    .multi(false)
    .includeAll(false),
  labelValues('job', 'label_values(evenkeel_build_info, job)')
    .label('Job')
    .description('The job by which Prometheus scrapes evenkeel')
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .current({ selected: true, text: ['All'], value: ['$__all'] }),
  labelValues('managed_cluster', 'label_values(evenkeel_status{job=~"$job"}, managed_cluster)')
    .label('Cluster')
    .description('The cluster that is looked at; the last row shows them all')
    .multi(false)
    .includeAll(false)
    .sort(VariableSort.NaturalAsc),
  labelValues('node_id', 'label_values(evenkeel_node_info{job=~"$job", managed_cluster="$managed_cluster"}, node_id)')
    .label('Node')
    .description('Nodes that the panels of single nodes show')
    .multi(true)
    .includeAll(true)
    .allValue('.+')
    .sort(VariableSort.NaturalAsc)
    .current({ selected: true, text: ['All'], value: ['$__all'] }),
  new TextBoxVariableBuilder('status_page')
    .label('Status page')
    .description('Where your browser reaches the status page of evenkeel, for the links')
    .defaultValue('http://127.0.0.1:9632')
    .current({ selected: true, text: 'http://127.0.0.1:9632', value: 'http://127.0.0.1:9632' })
    .options([{ selected: true, text: 'http://127.0.0.1:9632', value: 'http://127.0.0.1:9632' }]),
]

function labelValues(name: string, query: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .datasource(datasource)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
}
