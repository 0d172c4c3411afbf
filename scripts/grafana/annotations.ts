import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { datasource } from './panels.ts'
import { foreign, max, ofJob, own } from './promql.ts'

/** What happened when, from Prometheus itself. */
export const annotations = [
  at('Plan begins', 'blue', max(own('plan_start_timestamp_seconds')), 'evenkeel began to move'),
  new AnnotationQueryBuilder()
    .name('Mode changes')
    .datasource(datasource)
    .enable(true)
    .iconColor('purple')
    .expr(`(${max(own('mode'), 'mode')} == 1) unless (${max(`${own('mode')} offset 1m`, 'mode')} == 1)`)
    .step('60s')
    .titleFormat('Mode is {{mode}}')
    .textFormat('the mode in force was another one a minute before')
    .tagKeys('mode'),
  new AnnotationQueryBuilder()
    .name('Paused')
    .datasource(datasource)
    .enable(true)
    .iconColor('light-purple')
    .expr(`${max(own('paused'))} == 1`)
    .step('30s')
    .titleFormat('Paused')
    .textFormat('nothing new is started, by a person or by evenkeel itself'),
  at(
    'Node gone',
    'red',
    max(own('node_unavailable_since_timestamp_seconds'), 'node_id'),
    'last seen alive then',
    'node_id',
  ),
  at(
    'Config applied',
    'yellow',
    max(ofJob('config_last_reload_success_timestamp_seconds'), 'instance'),
    'the config in force was read',
    'instance',
  ),
  at(
    'Process starts',
    'text',
    max(foreign('process_start_time_seconds'), 'instance'),
    'evenkeel was started',
    'instance',
  ),
]

/** Where the value is a moment, in seconds. */
function at(name: string, colour: string, seconds: string, text: string, label?: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(datasource)
    .enable(true)
    .iconColor(colour)
    .expr(`1000 * ${seconds}`)
    .useValueForTime(true)
    .step('60s')
    .titleFormat(label === undefined ? name : `${name}: {{${label}}}`)
    .textFormat(text)
    .tagKeys(label ?? '')
}
