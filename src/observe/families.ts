/**
 * Every metric family of evenkeel: the one table from which the registry, the series that exist from the start and the page
 * of the docs are made. All names begin with `evenkeel_`.
 */
import type { ClosedLabel, Label } from './labels.ts'
import * as of from './labels.ts'

/** A timestamp is in seconds since the epoch; `none` is a count, or 1 and 0 for yes and no. */
export type Unit = 'none' | 'bytes' | 'bytes_per_second' | 'seconds' | 'timestamp' | 'ratio'

export interface Family {
  name: string
  type: 'gauge' | 'counter' | 'histogram'
  unit: Unit
  labels: readonly Label[]
  help: string
  /**
   * When its series exist, to go after that word. Absent: from the start, and where all labels but that of the cluster are
   * closed, all of them.
   */
  exists?: string
  /** Of a histogram, in seconds. */
  buckets?: readonly number[]
}

export const prefix = 'evenkeel_'

const cluster = of.cluster
const node = [of.cluster, of.node] as const

const sampled = 'from the first sample on'
const called = 'from the first one of its labels on'
const known = 'while the config names the receiver'

/** Every family that may have a label above its ceiling. */
const metric: ClosedLabel = {
  name: 'metric',
  get values(): readonly string[] {
    return families.filter(({ labels }) => labels.some(of.isOpen)).map(({ name }) => prefix + name)
  },
}

export const families = [
  gauge('build_info', 'none', [of.version, of.revision, of.nodeVersion], 'Build facts; always 1'),
  gauge(
    'config_last_reload_successful',
    'none',
    [],
    '1 when the last load of the config file was applied, 0 when it was refused',
  ),
  gauge('config_last_reload_success_timestamp_seconds', 'timestamp', [], 'When the config in force was applied'),
  counter('config_reloads_total', 'none', [], 'Config loads attempted, that of the start included'),
  counter('config_reload_failures_total', 'none', [], 'Config loads refused'),
  gauge('config_hash', 'none', [], 'Numeric hash of the settings in force, the same in each replica that has the same'),
  counter('notifications_total', 'none', [of.receiver], 'Notifications that a receiver took', known),
  counter('notification_failures_total', 'none', [of.receiver], 'Notifications that could not be delivered', known),
  counter('operator_actions_total', 'none', [of.action, of.source], 'What people asked for and was done'),
  counter('audit_write_failures_total', 'none', [], 'Audit records that could not be written when they were made'),
  counter(
    'http_requests_total',
    'none',
    [of.handler, of.method, of.httpCode],
    'Requests served; handler is the route template',
    called,
  ),
  counter('log_messages_total', 'none', [of.level], 'Log lines by level'),
  counter(
    'dropped_series_total',
    'none',
    [metric],
    'Values not exported because a label of their series has reached its ceiling: one for each time that one would have changed',
  ),

  gauge(
    'managed_cluster_info',
    'none',
    [cluster, of.system, of.clusterId, of.clusterVersion],
    'Facts of the managed cluster; always 1',
    sampled,
  ),
  gauge('mode', 'none', [cluster, of.mode], '1 for the mode in force, 0 for the others'),
  gauge('dry_run', 'none', [cluster], '1 when plans are computed but not executed'),
  gauge('paused', 'none', [cluster], '1 while balancing is paused, by a person or by the daemon itself'),
  gauge(
    'window_open',
    'none',
    [cluster],
    '1 while a window in which classes of moves may start is open, or there is none',
    sampled,
  ),
  gauge('status', 'none', [cluster, of.status], '1 for the current status, 0 for the others'),

  gauge('up', 'none', [cluster], '1 when the last sample was complete', 'from the first try on'),
  counter('samples_total', 'none', [cluster], 'Samples attempted'),
  counter('sample_failures_total', 'none', [cluster, of.stage], 'Samples that failed, by stage'),
  histogram(
    'sample_duration_seconds',
    [cluster],
    'Time one sample took',
    [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  ),
  gauge(
    'sample_last_success_timestamp_seconds',
    'timestamp',
    [cluster],
    'When the last complete sample was taken',
    sampled,
  ),
  gauge('sample_interval_seconds', 'seconds', [cluster], 'Sampling interval in force'),
  gauge('sample_missing_nodes', 'none', [cluster], 'Known nodes that gave no data in the last sample', sampled),
  counter(
    'upstream_requests_total',
    'none',
    [cluster, of.upstream, of.operation],
    'Requests to the managed cluster',
    called,
  ),
  counter(
    'upstream_request_failures_total',
    'none',
    [cluster, of.upstream, of.operation, of.callFailure],
    'Requests that failed, by reason',
    called,
  ),
  histogram(
    'upstream_request_duration_seconds',
    [cluster, of.upstream, of.operation],
    'Latency of those requests',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    called,
  ),

  gauge('nodes', 'none', [cluster, of.nodeState], 'Nodes by state', sampled),
  gauge(
    'node_info',
    'none',
    [...node, of.host, of.rack, of.tenant],
    'Facts of a node; always 1; join on node_id',
    sampled,
  ),
  gauge('node_up', 'none', node, '1 while the node is considered alive', sampled),
  gauge(
    'node_unavailable_since_timestamp_seconds',
    'timestamp',
    node,
    'When the node was last seen alive',
    'only while it is down',
  ),
  gauge('node_disk_used_bytes', 'bytes', node, 'Bytes used on the data volumes of the node', sampled),
  gauge('node_disk_capacity_bytes', 'bytes', node, 'Size of those volumes', sampled),
  gauge('node_disk_peak_bytes', 'bytes', node, 'Predicted highest use while the current plan runs', sampled),
  gauge('node_disk_final_bytes', 'bytes', node, 'Predicted use once the current plan is done', sampled),
  gauge('node_replicas', 'none', node, 'Replicas assigned to the node', sampled),
  gauge('node_leaders', 'none', node, 'Partitions led by the node', sampled),
  gauge('node_moves', 'none', [...node, of.direction], 'Replicas moving into or out of the node now', sampled),
  gauge('partitions', 'none', [cluster], 'Partitions known', sampled),
  gauge(
    'under_replicated_partitions',
    'none',
    [cluster, of.lagCause],
    'Under-replicated partitions; cause is own_move, node or other',
    sampled,
  ),
  gauge('offline_partitions', 'none', [cluster], 'Partitions without a leader', sampled),
  gauge(
    'under_min_isr_partitions',
    'none',
    [cluster],
    'Partitions whose in-sync replicas are below the minimum',
    sampled,
  ),
  gauge('rack_violations', 'none', [cluster], 'Partitions whose replicas needlessly share a rack', sampled),
  gauge(
    'segments',
    'none',
    [cluster, of.segmentState],
    'Pinot segment replicas by the state that the external view has them in',
    'for Pinot only',
  ),
  gauge(
    'segments_diverged',
    'none',
    [cluster],
    'Pinot segment replicas whose external view differs from the ideal state',
    'for Pinot only',
  ),

  gauge(
    'imbalance_ratio',
    'ratio',
    [cluster, of.resource],
    'Largest deviation from the mean over the mean among the nodes that take part; 0 is perfectly even. Ingress is what is written to the partitions that a node leads',
    'from the first sample on, of ingress once it is known',
  ),
  gauge(
    'imbalance_limit_ratio',
    'ratio',
    [cluster, of.limitedResource],
    'Imbalance above which a plan is made',
    'only while disk_balance_percent is set',
  ),
  gauge('max_disk_usage_ratio', 'ratio', [cluster], 'Disk use that balancing fills no disk beyond'),
  gauge('node_availability_timeout_seconds', 'seconds', [cluster], 'Silence after which a node is treated as lost'),
  gauge('max_concurrent_moves', 'none', [cluster], 'Moves allowed in flight at once'),

  counter('evaluations_total', 'none', [cluster, of.outcome], 'Planning rounds by outcome'),
  histogram(
    'evaluation_duration_seconds',
    [cluster],
    'Time one planning round took',
    [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10],
  ),
  gauge('last_evaluation_timestamp_seconds', 'timestamp', [cluster], 'When the last planning round ended', sampled),
  gauge('violations', 'none', [cluster, of.violation], 'Open violations'),
  gauge(
    'violation_since_timestamp_seconds',
    'timestamp',
    [cluster, of.violation],
    'Since when the violation is open',
    'only while open',
  ),
  gauge('blocked', 'none', [cluster, of.blockedReason], '1 while this reason keeps the balancer from acting'),
  counter(
    'rejected_candidates_total',
    'none',
    [cluster, of.rejectReason],
    'Candidate moves discarded while planning, by reason',
  ),
  counter(
    'plans_total',
    'none',
    [cluster, of.trigger],
    'Plans acted upon, by the violation of highest order that they mend; manual where a person asked',
  ),
  counter('rejected_plans_total', 'none', [cluster], 'Plans dropped because the verifier refused them (a bug)'),

  gauge('moves', 'none', [cluster, of.kind, of.moveStage], 'Moves of the current plan; state is pending or running'),
  counter('moves_finished_total', 'none', [cluster, of.kind, of.moveResult], 'Moves ended, by result'),
  histogram(
    'move_duration_seconds',
    [cluster, of.kind],
    'Time a move took',
    [0.1, 1, 5, 15, 60, 300, 900, 3600, 14_400, 43_200],
  ),
  gauge(
    'oldest_running_move_start_timestamp_seconds',
    'timestamp',
    [cluster],
    'Start of the longest-running move',
    'only while one runs',
  ),
  gauge('planned_bytes', 'bytes', [cluster], 'Bytes to copy in all from the start of the current plan'),
  gauge('remaining_bytes', 'bytes', [cluster], 'Bytes still to copy'),
  counter('moved_bytes_total', 'bytes', [cluster], 'Bytes copied since start'),
  gauge(
    'plan_start_timestamp_seconds',
    'timestamp',
    [cluster],
    'Start of the current plan',
    'only while there is work',
  ),
  gauge(
    'plan_estimated_completion_timestamp_seconds',
    'timestamp',
    [cluster],
    'Estimated end of the current plan',
    'only while a speed is known',
  ),
  gauge(
    'table_rebalance_progress_ratio',
    'ratio',
    [cluster, of.table],
    'Part of its bytes that a job for a Pinot table has moved',
    'only while it runs',
  ),
  gauge(
    'throttle_bytes_per_second',
    'bytes_per_second',
    [cluster],
    'Per-node copy rate this daemon has set, the highest where they differ',
    'only while set',
  ),
  gauge(
    'throttled_nodes',
    'none',
    [cluster, of.owner],
    'Nodes carrying a replication rate limit; owner is self or foreign',
    sampled,
  ),
  gauge(
    'throttled_topics',
    'none',
    [cluster, of.owner],
    'Topics carrying a list of throttled replicas; owner is self or foreign',
    sampled,
  ),
  counter('throttle_cleanup_failures_total', 'none', [cluster], 'Failed attempts to remove a throttle'),
  gauge('foreign_moves', 'none', [cluster], 'Reassignments in flight that this daemon did not start', sampled),
  counter('foreign_changes_total', 'none', [cluster], 'Partitions whose placement somebody else has changed'),
  counter(
    'reverted_moves_total',
    'none',
    [cluster],
    'Moves of replicas that ended done since the start and that somebody else undid within a day',
  ),
  gauge('conflict', 'none', [cluster, of.conflictWith], '1 while another balancer is seen to be at work'),
] as const satisfies readonly Family[]

type NameOf<Type extends Family['type']> = Extract<(typeof families)[number], { type: Type }>['name']
export type Labels = Record<string, string>

/** What the observers of events use the registry for. A series that a label keeps out is counted instead. */
export interface Instruments {
  /** What exists from the start does so from now on, at zero: of a cluster, or of what is of none. */
  begin(cluster?: string): void
  /** NaN means not known: the series is removed. */
  set(name: NameOf<'gauge'>, labels: Labels, value: number): void
  /** Zero makes the series exist; what is below counts as zero. */
  add(name: NameOf<'counter'>, labels: Labels, value: number): void
  observe(name: NameOf<'histogram'>, labels: Labels, seconds: number): void
  /** Removes the series of every family that has the label, of these other labels, whose value is not among those. */
  keep(among: Labels, label: string, values: ReadonlySet<string>): void
}

/** As it stands in an exposition. */
export function helpOf({ help, exists }: Family): string {
  return exists === undefined ? help : `${help}; exists ${exists}`
}

function gauge<Name extends string>(name: Name, unit: Unit, labels: readonly Label[], help: string, exists?: string) {
  return { name, type: 'gauge', unit, labels, help, ...when(exists) } as const
}

function counter<Name extends string>(name: Name, unit: Unit, labels: readonly Label[], help: string, exists?: string) {
  return { name, type: 'counter', unit, labels, help, ...when(exists) } as const
}

function histogram<Name extends string>(
  name: Name,
  labels: readonly Label[],
  help: string,
  buckets: readonly number[],
  exists?: string,
) {
  return { name, type: 'histogram', unit: 'seconds', labels, help, buckets, ...when(exists) } as const
}

function when(exists: string | undefined): { exists?: string } {
  return exists === undefined ? {} : { exists }
}
