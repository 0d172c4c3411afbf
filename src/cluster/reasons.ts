/**
 * The closed lists: every reason to act, every reason not to act, every reason to reject a candidate.
 * The same words are metric labels, JSON values and headings of the docs; nowhere else are they spelled out.
 */

/** Measured breaches in the one order in which they are planned, dispatched and given budget. */
export const violationKinds = [
  'disk_critical',
  'node_unavailable',
  'node_draining',
  'disk_over_limit',
  'rack_violation',
  'target_drift',
  'node_underused',
  'disk_skew',
  'leader_skew',
] as const
export type ViolationKind = (typeof violationKinds)[number]

/** Why something is moved: it mends a breach, or a person asked for it, which comes before all others. */
export const moveReasons = ['manual', ...violationKinds] as const
export type MoveReason = (typeof moveReasons)[number]

/**
 * Repair, drain and what keeps a disk from failing: they may use the whole of a node's budget, are stopped only by health
 * that got worse since we began, and are bound by a window only when it names them.
 */
const urgentKinds: readonly MoveReason[] = ['disk_critical', 'node_unavailable', 'node_draining']

export function isUrgent(kind: MoveReason): boolean {
  return urgentKinds.includes(kind)
}

/** What each violation means, for people. */
export const violationText: Record<ViolationKind, string> = {
  disk_critical: 'a disk is fuller than `hard_disk_usage_percent`',
  node_unavailable:
    'a node, or a disk of it, is gone for longer than `node_availability_timeout` and replicas are missing',
  node_draining: 'a node is to be emptied and still holds replicas',
  disk_over_limit: 'a disk is fuller than `max_disk_usage_percent`',
  rack_violation: 'replicas of a partition share a rack although another rack could take one',
  target_drift: 'a table, or the list of its brokers, is not where its own rules put it (Apache Pinot)',
  node_underused: 'a node was added and holds far less than its fair share',
  disk_skew: 'disk use is outside the configured band around the mean',
  leader_skew: 'partition leadership is uneven over the nodes',
}

/** What each reason to move something means, for people. */
export const moveReasonText: Record<MoveReason, string> = { manual: 'a person asked for it', ...violationText }

/** Why a table is not where its own rules put it, the weightiest first. */
export const driftCauses = [
  'drained',
  'server_removed',
  'retagged',
  'replication',
  'assignment',
  'tenant',
  'tier',
  'unfinished',
  'server_added',
  'asked',
] as const
export type DriftCause = (typeof driftCauses)[number]

export const driftText: Record<DriftCause, string> = {
  drained: 'a server is to be emptied',
  server_removed: 'a server that holds segments is no longer a member',
  retagged: 'a server that holds segments has lost the tag of the table',
  replication: 'segments do not have as many replicas as the table config says',
  assignment: 'the instance partitions do not fit the assignment config',
  tenant: 'segments are on servers of another tenant',
  tier: 'segments are on servers of another tier',
  unfinished: 'a rebalance ended before its target was reached',
  server_added: 'a server of the tag holds no part of the table yet',
  asked: 'somebody asked for it',
}

/** Why a target is not run although it would change something. */
export const targetHolds = [
  'precheck_error',
  'precheck_warn',
  'target_costly',
  'target_useless',
  'replication_one',
  'not_computed',
  'segments_in_error',
  'table_disabled',
  'lineage_in_progress',
  'maintenance',
  'server_dead',
  'queue_full',
] as const
export type TargetHold = (typeof targetHolds)[number]

export const targetHoldText: Record<TargetHold, string> = {
  precheck_error: 'a pre-check of the controller failed',
  precheck_warn: 'a pre-check of the controller warns, and `on_precheck_warn` is hold',
  target_costly: 'it would move far more than what the newcomer should hold; `approve` lets it run',
  target_useless: 'it would move segments without making anything more even; `approve` lets it run',
  replication_one: 'segments with one replica would be unavailable while they move, and `downtime` is not set',
  not_computed: 'the controller could not compute it',
  segments_in_error: 'segments that would move are in ERROR and `reset_error_segments` is off, or did not help',
  table_disabled: 'the table is disabled',
  lineage_in_progress: 'segments of the table are being replaced',
  maintenance: 'the cluster is paused or in maintenance',
  queue_full: 'a server has so many messages waiting in Helix that more would only pile up',
  server_dead: 'a dead server holds replicas of it, and the controller cannot move them safely',
}

/** What a person may let run: that it costs much, helps little or is warned of. What is wrong stays held. */
export const approvableHolds: readonly TargetHold[] = [
  'target_costly',
  'target_useless',
  'precheck_warn',
  'replication_one',
]

/** Why nothing (more) is done. `acting` is the one code that goes with doing something. */
export const verdictCodes = [
  'acting',
  'balanced',
  'mode_off',
  'mode_node_add',
  'dry_run',
  'paused',
  'circuit_breaker',
  'mass_failure',
  'state_unavailable',
  'window_closed',
  'holding',
  'sample_incomplete',
  'under_replicated',
  'foreign_moves',
  'permission_denied',
  'as_assigned',
  'target_held',
  'no_capacity',
  'too_few_nodes',
  'unhealthy',
  'budget_full',
  'rate_too_low',
  'retry_exhausted',
  'plan_rejected',
] as const
export type VerdictCode = (typeof verdictCodes)[number]

export const verdictText: Record<VerdictCode, string> = {
  acting: 'moves are being made',
  balanced: 'no violation is open',
  mode_off: 'the mode is off: what would be done is shown, nothing is started',
  mode_node_add: 'the mode is node_add, which leaves what is open alone: `continuous` would act',
  dry_run: 'dry_run is set: what would be done is shown, nothing is started',
  paused: 'somebody paused the cluster; `resume` or the end of the pause goes on',
  circuit_breaker: 'evenkeel paused the cluster by itself because its own moves went wrong; `resume` goes on',
  mass_failure: 'so many nodes or racks are gone at once that something else must be wrong: nothing is moved',
  state_unavailable: 'the state directory cannot be written: without it nothing is started',
  window_closed: 'no window is open in which this may be done',
  holding: 'a hold time is running: the condition must last before it is acted upon',
  sample_incomplete: 'the cluster could not be read completely and twice alike',
  under_replicated: 'partitions are under-replicated for a reason that is not ours and not explained',
  foreign_moves: 'somebody else is moving replicas',
  permission_denied: 'the cluster refused an act for want of a permission; it is tried again after a while',
  as_assigned: 'every table is where Pinot’s own rules put it; only moves of single segments could make it more even',
  target_held: 'what the system itself would do to a table is held until policy or a person allows it',
  no_capacity: 'violations are open and no allowed move improves them',
  too_few_nodes: 'there are too few healthy nodes to move anything between',
  unhealthy: 'partitions without a leader or below min.insync.replicas have become more since the moves began',
  budget_full:
    '`max_bytes_per_day` is used up: repair, drain and critical disks go on, the rest waits for the next day',
  rate_too_low: 'more is written than the highest allowed rate of copying (`max_rate_per_node`) could keep up with',
  retry_exhausted: 'what would help has failed three times within a day and is left alone until a day after the first',
  plan_rejected: 'the plan failed its own verification and was dropped; this is a bug',
}

/** Why a candidate move was rejected while planning. */
export const rejectReasons = [
  'no_capacity',
  'would_exceed_limit',
  'rack_constraint',
  'no_quorum',
  'size_unknown',
  'under_replicated',
  'already_moving',
  'excluded',
  'min_gain',
  'replica_group',
  'tenant_mismatch',
  'leader_preference',
  'moved_lately',
  'muted',
  'retry_wait',
  'retry_exhausted',
  'target_held',
  'moved_by_hand',
] as const
export type RejectReason = (typeof rejectReasons)[number]

export const rejectText: Record<RejectReason, string> = {
  no_capacity: 'the target may hold no more replicas',
  would_exceed_limit: 'the target would exceed its disk limit',
  rack_constraint: 'the replicas would share a rack more than they do now',
  no_quorum: 'the partition has no leader to copy from',
  size_unknown: 'the size of the replica is not known',
  under_replicated: 'not all replicas are in sync: balancing leaves the partition alone',
  already_moving: 'the partition is being moved already',
  excluded: 'the node or topic is excluded, cordoned or not alive',
  min_gain: 'the gain would be smaller than what is worth a move',
  replica_group: 'the topic may have no more replicas on that node, or the partition moves only with others',
  tenant_mismatch: 'the node does not belong to the domain of the partition',
  leader_preference: 'no in-sync replica on a node with fewer leaders',
  moved_lately: 'the partition left that node a short while ago and is not moved back',
  muted: 'a transfer of its leadership failed a short while ago',
  retry_wait: 'a move of the partition failed or was taken back: it is left alone for a while',
  retry_exhausted: 'three moves of the partition failed within a day: it is left alone until a day after the first',
  target_held: 'policy or a person must allow what the system would do to the table',
  moved_by_hand:
    'a person put the replica, or the leadership, there: for a day only repair, drain and critical disks move it away',
}

/** Why a partition must stay as it is; an index into this list is kept per partition, 0 meaning movable. */
export const immovableReasons = [
  '',
  'already_moving',
  'no_quorum',
  'size_unknown',
  'excluded',
  'retry_wait',
  'retry_exhausted',
] as const
export type Immovable = Exclude<(typeof immovableReasons)[number], ''>

/** States of a node, in the order of their codes in the state's columns. */
export const nodeStates = ['alive', 'unavailable', 'unreachable', 'draining'] as const
export type NodeState = (typeof nodeStates)[number]

export const dirStates = ['online', 'offline'] as const
export type DirState = (typeof dirStates)[number]
