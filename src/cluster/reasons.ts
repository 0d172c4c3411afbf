/**
 * The closed lists: every reason to act, every reason not to act, every reason to reject a candidate.
 * The same words are metric labels, JSON values and headings of the docs; nowhere else are they spelled out.
 */

/** Measured breaches in the one order in which they are planned, dispatched and given budget. */
export const violationKinds = ['node_underused', 'disk_skew', 'leader_skew'] as const
export type ViolationKind = (typeof violationKinds)[number]

/** What each violation means, for people. */
export const violationText: Record<ViolationKind, string> = {
  node_underused: 'a node was added and holds far less than its fair share',
  disk_skew: 'disk use is outside the configured band around the mean',
  leader_skew: 'partition leadership is uneven over the nodes',
}

/** Why nothing (more) is done. `acting` is the one code that goes with doing something. */
export const verdictCodes = [
  'acting',
  'balanced',
  'mode_off',
  'dry_run',
  'holding',
  'sample_incomplete',
  'under_replicated',
  'foreign_moves',
  'permission_denied',
  'no_capacity',
  'too_few_nodes',
  'unhealthy',
] as const
export type VerdictCode = (typeof verdictCodes)[number]

export const verdictText: Record<VerdictCode, string> = {
  acting: 'moves are being made',
  balanced: 'no violation is open',
  mode_off: 'the mode is off: what would be done is shown, nothing is started',
  dry_run: 'dry_run is set: what would be done is shown, nothing is started',
  holding: 'a hold time is running: the condition must last before it is acted upon',
  sample_incomplete: 'the cluster could not be read completely and twice alike',
  under_replicated: 'partitions are under-replicated for a reason that is not ours and not explained',
  foreign_moves: 'somebody else is moving replicas',
  permission_denied: 'the cluster refused an act for want of a permission; it is tried again after a while',
  no_capacity: 'violations are open and no allowed move improves them',
  too_few_nodes: 'there are too few healthy nodes to move anything between',
  unhealthy: 'the plan failed its own verification and was dropped',
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
}

/** Why a partition must stay as it is; an index into this list is kept per partition, 0 meaning movable. */
export const immovableReasons = ['', 'already_moving', 'no_quorum', 'size_unknown', 'excluded'] as const

/** States of a node, in the order of their codes in the state's columns. */
export const nodeStates = ['alive', 'unavailable', 'unreachable', 'draining'] as const
export type NodeState = (typeof nodeStates)[number]

export const dirStates = ['online', 'offline'] as const
export type DirState = (typeof dirStates)[number]
