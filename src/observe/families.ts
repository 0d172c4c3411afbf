/** Every metric family of evenkeel: the one table from which the registry is made. All names begin with `evenkeel_`. */
interface Family {
  name: string
  type: 'gauge' | 'counter' | 'histogram'
  labels: readonly string[]
  help: string
  /** Of a histogram, in seconds. */
  buckets?: readonly number[]
}

const cluster = 'managed_cluster'
const node = [cluster, 'node_id'] as const

export const families = [
  gauge('build_info', ['version', 'revision', 'node_version'], 'Build facts; always 1'),
  gauge(
    'config_last_reload_successful',
    [],
    '1 when the last load of the config file was applied, 0 when it was refused',
  ),
  gauge('config_last_reload_success_timestamp_seconds', [], 'When the config in force was applied'),
  counter('config_reloads_total', [], 'Config loads attempted, that of the start included'),
  counter('config_reload_failures_total', [], 'Config loads refused'),
  counter('notifications_total', ['receiver'], 'Notifications that a receiver took'),
  counter('notification_failures_total', ['receiver'], 'Notifications that could not be delivered'),
  counter(
    'operator_actions_total',
    ['action', 'source'],
    'What people asked for and was done; source is api, cli, ui or signal',
  ),
  counter('audit_write_failures_total', [], 'Audit records that could not be written when they were made'),
  counter('http_requests_total', ['handler', 'method', 'code'], 'Requests served; handler is the route template'),
  counter('log_messages_total', ['level'], 'Log lines by level'),

  gauge(
    'managed_cluster_info',
    [cluster, 'system', 'cluster_id', 'cluster_version'],
    'Facts of the managed cluster; always 1',
  ),
  gauge('mode', [cluster, 'mode'], '1 for the mode in force, 0 for the others'),
  gauge('dry_run', [cluster], '1 when plans are computed but not executed'),
  gauge('paused', [cluster], '1 while balancing is paused, by a person or by the daemon itself'),
  gauge('window_open', [cluster], '1 while a window in which classes of moves may start is open, or there is none'),
  gauge('status', [cluster, 'status'], '1 for the current status, 0 for the others'),

  gauge('up', [cluster], '1 when the last sample was complete'),
  counter('samples_total', [cluster], 'Samples attempted'),
  counter('sample_failures_total', [cluster, 'stage'], 'Samples that failed, by stage'),
  histogram(
    'sample_duration_seconds',
    [cluster],
    'Time one sample took',
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  ),
  gauge('sample_last_success_timestamp_seconds', [cluster], 'When the last complete sample was taken'),
  gauge('sample_interval_seconds', [cluster], 'Sampling interval in force'),
  gauge('sample_missing_nodes', [cluster], 'Known nodes that gave no data in the last sample'),
  counter('upstream_requests_total', [cluster, 'upstream', 'operation'], 'Requests to the managed cluster'),
  counter(
    'upstream_request_failures_total',
    [cluster, 'upstream', 'operation', 'reason'],
    'Requests that failed, by reason',
  ),
  histogram(
    'upstream_request_duration_seconds',
    [cluster, 'upstream', 'operation'],
    'Latency of those requests',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ),

  gauge('nodes', [cluster, 'state'], 'Nodes by state'),
  gauge('node_info', [...node, 'rack'], 'Facts of a node; always 1; join on node_id'),
  gauge('node_up', node, '1 while the node is considered alive'),
  gauge(
    'node_unavailable_since_timestamp_seconds',
    node,
    'When the node was last seen alive; exists only while it is down',
  ),
  gauge('node_disk_used_bytes', node, 'Bytes used on the data volumes of the node'),
  gauge('node_disk_capacity_bytes', node, 'Size of those volumes'),
  gauge('node_disk_peak_bytes', node, 'Predicted highest use while the current plan runs'),
  gauge('node_disk_final_bytes', node, 'Predicted use once the current plan is done'),
  gauge('node_replicas', node, 'Replicas assigned to the node'),
  gauge('node_leaders', node, 'Partitions led by the node'),
  gauge('node_moves', [...node, 'direction'], 'Replicas moving into or out of the node now'),
  gauge('partitions', [cluster], 'Partitions known'),
  gauge(
    'under_replicated_partitions',
    [cluster, 'cause'],
    'Under-replicated partitions; cause is own_move, node or other',
  ),
  gauge('offline_partitions', [cluster], 'Partitions without a leader'),
  gauge('under_min_isr_partitions', [cluster], 'Partitions whose in-sync replicas are below the minimum'),
  gauge('rack_violations', [cluster], 'Partitions whose replicas needlessly share a rack'),
  gauge(
    'segments_diverged',
    [cluster],
    'Pinot segment replicas whose external view differs from the ideal state; exists for Pinot only',
  ),

  gauge('imbalance_ratio', [cluster, 'resource'], 'Largest deviation from the mean over the mean; 0 is perfectly even'),
  gauge('imbalance_limit_ratio', [cluster, 'resource'], 'Imbalance above which a plan is made'),
  gauge('max_disk_usage_ratio', [cluster], 'Disk use that balancing fills no disk beyond'),
  gauge('node_availability_timeout_seconds', [cluster], 'Silence after which a node is treated as lost'),
  gauge('max_concurrent_moves', [cluster], 'Moves allowed in flight at once'),

  counter('evaluations_total', [cluster, 'outcome'], 'Planning rounds by outcome'),
  histogram(
    'evaluation_duration_seconds',
    [cluster],
    'Time one planning round took',
    [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10],
  ),
  gauge('last_evaluation_timestamp_seconds', [cluster], 'When the last planning round ended'),
  gauge('violations', [cluster, 'violation'], 'Open violations'),
  gauge(
    'violation_since_timestamp_seconds',
    [cluster, 'violation'],
    'Since when the violation is open; exists only while open',
  ),
  gauge('blocked', [cluster, 'reason'], '1 while this reason keeps the balancer from acting'),
  counter('rejected_candidates_total', [cluster, 'reason'], 'Candidate moves discarded while planning, by reason'),
  counter(
    'plans_total',
    [cluster, 'trigger'],
    'Plans acted upon, by the violation of highest order that they mend; manual where a person asked',
  ),
  counter('rejected_plans_total', [cluster], 'Plans dropped because the verifier refused them (a bug)'),

  gauge('moves', [cluster, 'kind', 'state'], 'Moves of the current plan; state is pending or running'),
  counter('moves_finished_total', [cluster, 'kind', 'result'], 'Moves ended, by result'),
  histogram(
    'move_duration_seconds',
    [cluster, 'kind'],
    'Time a move took',
    [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200],
  ),
  gauge(
    'oldest_running_move_start_timestamp_seconds',
    [cluster],
    'Start of the longest-running move; exists only while one runs',
  ),
  gauge('planned_bytes', [cluster], 'Bytes to copy in all from the start of the current plan'),
  gauge('remaining_bytes', [cluster], 'Bytes still to copy'),
  counter('moved_bytes_total', [cluster], 'Bytes copied since start'),
  gauge('plan_start_timestamp_seconds', [cluster], 'Start of the current plan; exists only while there is work'),
  gauge(
    'plan_estimated_completion_timestamp_seconds',
    [cluster],
    'Estimated end of the current plan; exists only while a speed is known',
  ),
  gauge(
    'table_rebalance_progress_ratio',
    [cluster, 'table'],
    'Part of its bytes that a job for a Pinot table has moved; exists only while it runs',
  ),
  gauge(
    'throttle_bytes_per_second',
    [cluster],
    'Per-node copy rate this daemon has set, the highest where they differ; exists only while set',
  ),
  gauge('throttled_nodes', [cluster, 'owner'], 'Nodes carrying a replication rate limit; owner is self or foreign'),
  gauge(
    'throttled_topics',
    [cluster, 'owner'],
    'Topics carrying a list of throttled replicas; owner is self or foreign',
  ),
  counter('throttle_cleanup_failures_total', [cluster], 'Failed attempts to remove a throttle'),
  gauge('foreign_moves', [cluster], 'Reassignments in flight that this daemon did not start'),
] as const satisfies readonly Family[]

type NameOf<Type extends Family['type']> = Extract<(typeof families)[number], { type: Type }>['name']
export type Labels = Record<string, string>

/** What the observers of events use the registry for. */
export interface Instruments {
  /** NaN means not known: the series is removed. */
  set(name: NameOf<'gauge'>, labels: Labels, value: number): void
  remove(name: NameOf<'gauge'>, labels: Labels): void
  /** Zero makes the series exist; what is below counts as zero. */
  add(name: NameOf<'counter'>, labels: Labels, value: number): void
  observe(name: NameOf<'histogram'>, labels: Labels, seconds: number): void
}

function gauge<Name extends string>(name: Name, labels: readonly string[], help: string) {
  return { name, type: 'gauge', labels, help } as const
}

function counter<Name extends string>(name: Name, labels: readonly string[], help: string) {
  return { name, type: 'counter', labels, help } as const
}

function histogram<Name extends string>(
  name: Name,
  labels: readonly string[],
  help: string,
  buckets: readonly number[],
) {
  return { name, type: 'histogram', labels, help, buckets } as const
}
