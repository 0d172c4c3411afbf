/**
 * The alerts and recording rules that ship with evenkeel: the one table from which config/prometheus/ and docs/alerts.md
 * are made. Expressions use nothing but families of src/observe/families.ts, `up` and `process_start_time_seconds`.
 */

export interface Alert {
  name: string
  /** `critical` wakes somebody, `warning` is for the next working day, `info` is for the board. */
  severity: 'critical' | 'warning' | 'info'
  /** How long the expression must hold; absent where it looks back by itself. */
  for?: string
  expr: string
  /** When it fires, to go after that word. */
  when: string
  /** One sentence with the labels that say which one it is. */
  summary: string
  /** What is the matter, with figures, and what follows from it. A template of Prometheus. */
  description: string
  /** Why it is worth an alert, and why the expression is as it is. */
  why: string
}

export interface AlertGroup {
  name: string
  title: string
  alerts: readonly Alert[]
}

interface Recording {
  record: string
  expr: string
  meaning: string
}

/** The job by which Prometheus scrapes evenkeel. */
export const job = 'evenkeel'

const j = `job="${job}"`
const by = 'by (job, managed_cluster)'
const on = 'on (job, managed_cluster)'
const byNode = 'by (job, managed_cluster, node_id)'
const onNode = 'on (job, managed_cluster, node_id)'

const running = `sum ${by} (evenkeel_moves{${j}, state="running"}) > 0`
const diskUse = `evenkeel_node_disk_used_bytes{${j}} / evenkeel_node_disk_capacity_bytes{${j}}`

/** By cluster and instance; `dry_run` is there for each cluster of an instance from its start. */
const hashOfEach = `0 * evenkeel_dry_run{${j}} + on (job, instance) group_left () evenkeel_config_hash{${j}}`

/** What the operator wants to be so, or what is as good as it can be: nobody has to do anything. */
const meantToBe = 'mode_off|mode_node_add|dry_run|paused|circuit_breaker|window_closed|budget_full|as_assigned|balanced'

const daemon: Alert[] = [
  {
    name: 'EvenkeelDown',
    severity: 'critical',
    for: '5m',
    expr: `absent(up{${j}}) or sum by (job) (up{${j}}) == 0`,
    when: 'no instance of evenkeel can be scraped',
    summary: 'No evenkeel is running',
    description:
      'Prometheus has reached no instance of the job {{ $labels.job }} for 5 minutes. Nothing is balanced, and no other alert of evenkeel can fire.',
    why: 'Says that the others are silent for want of data. Two halves, since `absent(up == 1)` would come without the label `job`.',
  },
  {
    name: 'EvenkeelRestarting',
    severity: 'warning',
    expr: `sum by (job, instance) (changes(process_start_time_seconds{${j}}[30m])) > 2`,
    when: 'it was started three times within half an hour',
    summary: 'evenkeel on {{ $labels.instance }} keeps restarting',
    description:
      'The evenkeel on {{ $labels.instance }} was started anew {{ $value }} times within 30 minutes. After each start two samples must agree before anything is done.',
    why: 'One that comes up between two crashes is never down for 5 minutes.',
  },
  {
    name: 'EvenkeelConfigReloadFailed',
    severity: 'warning',
    for: '5m',
    expr: `max_over_time(evenkeel_config_last_reload_successful{${j}}[5m]) == 0`,
    when: 'the config file is refused',
    summary: 'The config of evenkeel on {{ $labels.instance }} is refused',
    description:
      'The config file of {{ $labels.instance }} was changed and is wrong: what was in force before stays so, and the next start with this file would fail.',
    why: 'The file on disk is not what runs. `max_over_time` rides over a missed scrape.',
  },
  {
    name: 'EvenkeelConfigInconsistent',
    severity: 'warning',
    for: '20m',
    expr: `max ${by} (${hashOfEach}) != min ${by} (${hashOfEach})`,
    when: 'instances that keep the same cluster have different settings',
    summary: 'Instances of evenkeel keep {{ $labels.managed_cluster }} by different settings',
    description:
      'Instances of the job {{ $labels.job }} that are to keep {{ $labels.managed_cluster }} have had different settings in force for 20 minutes. What is done depends on which of them acts.',
    why: 'A roll-out that stopped half way, or a file that one of them refuses. Only among those of one cluster: whoever runs one evenkeel for each has different settings on purpose.',
  },
  {
    name: 'EvenkeelStateUnavailable',
    severity: 'critical',
    for: '10m',
    expr: `min ${by} (evenkeel_blocked{${j}, reason="state_unavailable"}) == 1`,
    when: 'the state directory cannot be used',
    summary: 'evenkeel cannot use its state directory for {{ $labels.managed_cluster }}',
    description:
      'The journal of {{ $labels.managed_cluster }} has not been usable for 10 minutes. Nothing is started meanwhile, not even the repair of lost brokers.',
    why: 'Everything stops. `min`, since a second instance that waits for the state of the first one is no fault.',
  },
  {
    name: 'EvenkeelEvaluationFailed',
    severity: 'warning',
    expr: `sum ${by} (increase(evenkeel_evaluations_total{${j}, outcome="failed"}[1h])) > 0`,
    when: 'a planning round broke off, or the verifier refused its plan',
    summary: 'Planning rounds for {{ $labels.managed_cluster }} fail',
    description:
      'Planning rounds for {{ $labels.managed_cluster }} that failed within an hour: {{ $value | printf "%.0f" }}. They broke off, or the verifier refused the plan; they started nothing. It is a bug of evenkeel.',
    why: 'It is a bug, and the next round may be as useless as this one.',
  },
  {
    name: 'EvenkeelNotificationsFailing',
    severity: 'warning',
    expr: `sum by (job, receiver) (increase(evenkeel_notification_failures_total{${j}}[1h])) > 0`,
    when: 'somebody who is to be told is not',
    summary: 'evenkeel cannot tell {{ $labels.receiver }} what happens',
    description:
      'Notifications to the receiver {{ $labels.receiver }} that could not be delivered within an hour: {{ $value | printf "%.0f" }}. Each was refused, or tried several times.',
    why: 'One is enough: few are sent, each is tried again before it counts, and who relies on them misses nothing when none comes.',
  },
]

const reading: Alert[] = [
  {
    name: 'EvenkeelNotSampling',
    severity: 'critical',
    for: '5m',
    expr: `time() - (
    max ${by} (evenkeel_sample_last_success_timestamp_seconds{${j}})
  or
    max ${by} (0 * evenkeel_sample_interval_seconds{${j}} + on (job, instance) group_left () process_start_time_seconds{${j}})
) > 5 * max ${by} (evenkeel_sample_interval_seconds{${j}})`,
    when: 'there was no complete sample for five intervals',
    summary: '{{ $labels.managed_cluster }} cannot be read',
    description:
      'The last complete sample of {{ $labels.managed_cluster }}, or the start without one, was {{ $value | humanizeDuration }} ago. Nothing is started meanwhile, and all other figures of the cluster are as old.',
    why: 'Five intervals without a complete sample: evenkeel is blind and holds still. The second half is for a cluster that could not be read since the start and has no last sample.',
  },
  {
    name: 'EvenkeelSampleIncomplete',
    severity: 'warning',
    for: '15m',
    expr: `max ${by} (evenkeel_sample_missing_nodes{${j}}) > 0`,
    when: 'a node that is alive does not tell its disks',
    summary: 'Nodes of {{ $labels.managed_cluster }} tell no figures',
    description:
      'Nodes of {{ $labels.managed_cluster }} that are alive and have not told evenkeel their disks for 15 minutes: {{ $value }}. Their last known figures are used, and nothing is moved onto them.',
    why: 'It is slow, frozen or may not be asked. Dead nodes do not count.',
  },
  {
    name: 'EvenkeelUpstreamErrors',
    severity: 'warning',
    for: '10m',
    expr: `sum by (job, managed_cluster, upstream) (rate(evenkeel_upstream_request_failures_total{${j}}[5m]))
  / sum by (job, managed_cluster, upstream) (rate(evenkeel_upstream_requests_total{${j}}[5m]))
  > 0.1`,
    when: 'more than a tenth of the requests to a cluster fail',
    summary: 'Requests to {{ $labels.upstream }} of {{ $labels.managed_cluster }} fail',
    description:
      '{{ $value | humanizePercentage }} of the requests to {{ $labels.upstream }} of {{ $labels.managed_cluster }} got no answer, or none that makes sense, for 10 minutes.',
    why: 'Comes before samples fail altogether. What the cluster answers and refuses is not counted.',
  },
  {
    name: 'EvenkeelPermissionDenied',
    severity: 'warning',
    for: '5m',
    expr: `max ${by} (avg_over_time(evenkeel_blocked{${j}, reason="permission_denied"}[15m])) > 0.5`,
    when: 'the cluster refuses acts for want of a permission',
    summary: 'evenkeel may not act on {{ $labels.managed_cluster }}',
    description:
      '{{ $labels.managed_cluster }} refuses what evenkeel asks for, for want of a permission: it was held by that for {{ $value | humanizePercentage }} of the last 15 minutes.',
    why: 'It may look but not act. An average, since it is tried again every 5 minutes and the reason is gone for a moment.',
  },
]

const cluster: Alert[] = [
  {
    name: 'EvenkeelDiskAlmostFull',
    severity: 'critical',
    for: '5m',
    expr: `max ${byNode} (${diskUse}) > 0.95`,
    when: 'the disks of a node are more than 95 % full',
    summary: 'The disks of node {{ $labels.node_id }} of {{ $labels.managed_cluster }} are almost full',
    description:
      'The disks of node {{ $labels.node_id }} of {{ $labels.managed_cluster }} are {{ $value | humanizePercentage }} full. Kafka gives up a log dir that it cannot write to, with all replicas in it.',
    why: 'The last line, whatever the mode and the limits in force.',
  },
  {
    name: 'EvenkeelDiskNearFullNoPlan',
    severity: 'critical',
    for: '15m',
    expr: `max ${by} (evenkeel_violations{${j}, violation=~"disk_critical|disk_over_limit"}) > 0
  and ${on} max ${by} (evenkeel_status{${j}, status="stalled"}) == 1`,
    when: 'a disk is over its limit and nothing helps',
    summary: 'Disks of {{ $labels.managed_cluster }} are over their limit and nothing can be done',
    description:
      'Disks of {{ $labels.managed_cluster }} that have been over their limit for 15 minutes, and that no allowed move relieves: {{ $value }}.',
    why: 'Needs room that only a person can add. By the violations, which evenkeel measures per disk and by the limits in force; the sum over a node hides one full disk among many.',
  },
  {
    name: 'EvenkeelDiskFullPredicted',
    severity: 'warning',
    for: '1h',
    expr: `predict_linear(max ${byNode} (evenkeel_node_disk_used_bytes{${j}})[6h:5m], 86400)
  > ${onNode} max ${byNode} (evenkeel_node_disk_capacity_bytes{${j}})
  and ${onNode} max ${byNode} (${diskUse}) > 0.5
  and ${onNode} max ${byNode} (evenkeel_node_disk_used_bytes{${j}} offset 6h)
  unless ${onNode} max ${byNode} (max_over_time(evenkeel_node_moves{${j}, direction="in"}[6h])) > 0`,
    when: 'a node will be full within a day',
    summary: 'Node {{ $labels.node_id }} of {{ $labels.managed_cluster }} will be full within a day',
    description:
      'By the slope of the last 6 hours node {{ $labels.node_id }} of {{ $labels.managed_cluster }} will hold {{ $value | humanize1024 }}B in a day, more than its disks can.',
    why: 'Time to add room. Not below half full, not without 6 hours of history, and not for a node that was being filled: the slope of a move says nothing about tomorrow.',
  },
  {
    name: 'EvenkeelNodeDownUnhealed',
    severity: 'critical',
    for: '5m',
    expr: `time() - max ${byNode} (evenkeel_node_unavailable_since_timestamp_seconds{${j}})
  > ${on} group_left () 2 * max ${by} (evenkeel_node_availability_timeout_seconds{${j}})
  and ${onNode} max ${byNode} (evenkeel_node_replicas{${j}}) > 0
  unless ${on} ${running}`,
    when: 'a node is gone for twice the timeout, owns replicas, and nothing moves',
    summary: 'Node {{ $labels.node_id }} of {{ $labels.managed_cluster }} is gone and its replicas are not made anew',
    description:
      'Node {{ $labels.node_id }} of {{ $labels.managed_cluster }} has been gone for {{ $value | humanizeDuration }}, more than twice node_availability_timeout. It still owns replicas, and nothing is being moved.',
    why: 'Partitions are short of a copy and nobody mends it. Silent while moves run: copying a large node takes hours, and copies that stand still have an alert of their own.',
  },
  {
    name: 'EvenkeelRackViolation',
    severity: 'warning',
    for: '6h',
    expr: `max ${by} (max_over_time(evenkeel_rack_violations{${j}}[15m])) > 0`,
    when: 'replicas share a rack needlessly',
    summary: 'Partitions of {{ $labels.managed_cluster }} share a rack needlessly',
    description:
      'Partitions of {{ $labels.managed_cluster }} that have had replicas in one rack for 6 hours although another rack could take one: {{ $value }}. The loss of a rack would take more of their copies than it must.',
    why: 'A risk that nobody sees until a rack fails. Mode `continuous` mends it within its windows. `max_over_time`, or one missed scrape would begin the six hours anew.',
  },
  {
    name: 'EvenkeelUnderReplicated',
    severity: 'warning',
    for: '15m',
    expr: `max ${by} (evenkeel_under_replicated_partitions{${j}, cause="other"}) > 0
  and ${on} ${running}`,
    when: 'other partitions lag while evenkeel moves some',
    summary: 'Partitions of {{ $labels.managed_cluster }} lag while data is moved',
    description:
      'Partitions of {{ $labels.managed_cluster }} that evenkeel does not move, whose brokers are up, and that have been under-replicated for 15 minutes while it moves others: {{ $value }}.',
    why: 'Copies may take what ordinary replication needs. Without moves of ours it is for the alerts of Kafka itself.',
  },
  {
    name: 'EvenkeelSegmentsInError',
    severity: 'critical',
    for: '15m',
    expr: `max ${by} (evenkeel_segments{${j}, state="error"}) > 0`,
    when: 'segments of Pinot are in ERROR',
    summary: 'Segments of {{ $labels.managed_cluster }} are in ERROR',
    description:
      'Segment replicas of {{ $labels.managed_cluster }} that have been in ERROR for 15 minutes: {{ $value }}. They answer no query, and do not come back by themselves.',
    why: 'A replica that Pinot has given up. Where the others of a segment go as well, or a rebalance takes the last good one, queries miss data.',
  },
  {
    name: 'EvenkeelSegmentsDiverged',
    severity: 'warning',
    for: '1h',
    expr: `max ${by} (evenkeel_segments_diverged{${j}}) > 0
  unless ${on} sum ${by} (evenkeel_moves{${j}, kind="table", state="running"}) > 0
  unless ${on} max ${by} (evenkeel_foreign_moves{${j}}) > 0`,
    when: 'segments of Pinot are not in the state that they should be in',
    summary: 'Segments of {{ $labels.managed_cluster }} are not where they should be',
    description:
      'Segment replicas of {{ $labels.managed_cluster }} that have not been in the state that Pinot wants for an hour, while no rebalance runs: {{ $value }}.',
    why: 'Segments in ERROR, a server that cannot load them, or messages that wait. During a rebalance it is as it should be.',
  },
]

const decisions: Alert[] = [
  {
    name: 'EvenkeelStalled',
    severity: 'warning',
    for: '30m',
    expr: `max ${by} (evenkeel_status{${j}, status="stalled"}) == 1`,
    when: 'violations are open that no allowed move improves',
    summary: 'Nothing helps {{ $labels.managed_cluster }}',
    description:
      'Violations of {{ $labels.managed_cluster }} have been open for 30 minutes that no allowed move makes better. evenkeel_blocked says why, evenkeel_rejected_candidates_total what stood in the way.',
    why: 'A person has to add room, allow more, or accept it.',
  },
  {
    name: 'EvenkeelViolationOld',
    severity: 'warning',
    for: '15m',
    expr: `time() - min by (job, managed_cluster, violation) (evenkeel_violation_since_timestamp_seconds{${j}}) > 21600
  unless ${on} ${running}
  unless ${on} max ${by} (evenkeel_blocked{${j}, reason=~"${meantToBe}"}) == 1`,
    when: 'a violation is six hours old and nothing moves',
    summary: '{{ $labels.violation }} of {{ $labels.managed_cluster }} is not mended',
    description:
      '{{ $labels.violation }} has been open on {{ $labels.managed_cluster }} for {{ $value | humanizeDuration }} and nothing is being moved.',
    why: 'Something keeps evenkeel from it that is not meant to: what is left out are the modes, a dry run, a pause, a closed window, a used-up `max_bytes_per_day`, and what is as even as it can be.',
  },
  {
    name: 'EvenkeelPausedItself',
    severity: 'critical',
    expr: `max ${by} (evenkeel_blocked{${j}, reason="circuit_breaker"}) == 1`,
    when: 'evenkeel paused the cluster by itself',
    summary: 'evenkeel has paused {{ $labels.managed_cluster }} by itself',
    description:
      'Moves of evenkeel on {{ $labels.managed_cluster }} failed again and again, or its health got worse meanwhile, or a replication factor changed under a move. Nothing is started until somebody asks for it with evenkeel resume.',
    why: 'It does not go away by itself: a person has to say `resume`.',
  },
  {
    name: 'EvenkeelPausedLong',
    severity: 'info',
    for: '24h',
    expr: `max ${by} (max_over_time(evenkeel_paused{${j}}[15m])) == 1
  unless ${on} max ${by} (evenkeel_blocked{${j}, reason="circuit_breaker"}) == 1`,
    when: 'a person paused the cluster',
    summary: '{{ $labels.managed_cluster }} has been paused for a day',
    description:
      'Somebody paused {{ $labels.managed_cluster }} more than 24 hours ago. Lost brokers are not made up for meanwhile.',
    why: 'A forgotten pause. One that evenkeel began by itself has an alert of its own. `max_over_time`, or one missed scrape would begin the day anew.',
  },
]

const moves: Alert[] = [
  {
    name: 'EvenkeelMovesNotProgressing',
    severity: 'warning',
    for: '20m',
    expr: `${running}
  unless ${on} sum ${by} (increase(evenkeel_moved_bytes_total{${j}}[10m])) > 0
  unless ${on} sum ${by} (increase(evenkeel_moves_finished_total{${j}}[10m])) > 0`,
    when: 'moves run, and for ten minutes no byte came and none ended',
    summary: 'Moves on {{ $labels.managed_cluster }} do not get on',
    description:
      'Moves that run on {{ $labels.managed_cluster }}: {{ $value }}. For half an hour no byte was copied and none has ended.',
    why: 'Copies hang, or somebody set a rate of 0.',
  },
  {
    name: 'EvenkeelMoveStuck',
    severity: 'warning',
    for: '10m',
    expr: `time() - min ${by} (evenkeel_oldest_running_move_start_timestamp_seconds{${j}}) > 43200`,
    when: 'a move has run for twelve hours',
    summary: 'A move on {{ $labels.managed_cluster }} takes very long',
    description:
      'The oldest move on {{ $labels.managed_cluster }} has been running for {{ $value | humanizeDuration }}.',
    why: 'It hangs among others that get on, or the rate is too low for its size.',
  },
  {
    name: 'EvenkeelMovesFailing',
    severity: 'warning',
    expr: `sum by (job, managed_cluster, kind) (increase(evenkeel_moves_finished_total{${j}, result="failed"}[1h])) >= 3`,
    when: 'three moves failed within an hour',
    summary: 'Moves on {{ $labels.managed_cluster }} fail',
    description:
      'Moves of kind {{ $labels.kind }} that failed on {{ $labels.managed_cluster }} within an hour: {{ $value | printf "%.0f" }}. At five that failed or were reverted evenkeel pauses the cluster.',
    why: 'Time to look before evenkeel pauses by itself.',
  },
  {
    name: 'EvenkeelThrottleTooLow',
    severity: 'warning',
    for: '30m',
    expr: `sum ${by} (evenkeel_remaining_bytes{${j}}) > 0
  and ${on} (
      max ${by} (evenkeel_blocked{${j}, reason="rate_too_low"}) == 1
    or
      max ${by} (evenkeel_throttle_bytes_per_second{${j}}) > 0
      and ${on} sum ${by} (evenkeel_moves{${j}, kind="replica", state="running"}) > 0
      and ${on} max ${by} (deriv(evenkeel_remaining_bytes{${j}}[30m])) > 0
  )`,
    when: 'what is left to copy grows under the throttle, or no allowed rate is enough',
    summary: 'Copies on {{ $labels.managed_cluster }} cannot keep up',
    description:
      '{{ $value | humanize1024 }}B are left to copy on {{ $labels.managed_cluster }}, and at the allowed rate they do not become less: as much or more is written.',
    why: 'The plan never ends. Either evenkeel says so (`rate_too_low`: not even `max_rate_per_node` is enough), or what is left has grown for longer than a new plan explains.',
  },
  {
    name: 'EvenkeelThrottleLeftBehind',
    severity: 'warning',
    for: '15m',
    expr: `(
    max by (job, managed_cluster, owner) (evenkeel_throttled_nodes{${j}, owner="self"})
      + max by (job, managed_cluster, owner) (evenkeel_throttled_topics{${j}, owner="self"}) > 0
  or
    (max by (job, managed_cluster, owner) (evenkeel_throttled_nodes{${j}, owner="foreign"}) > 0)
      + (max by (job, managed_cluster, owner) (evenkeel_throttled_topics{${j}, owner="foreign"}) > 0)
)
  unless ${on} ${running}
  unless ${on} max ${by} (evenkeel_foreign_moves{${j}}) > 0`,
    when: 'limits on copying stand while nothing moves',
    summary: 'A limit on copying stands on {{ $labels.managed_cluster }} although nothing moves',
    description:
      'Nodes and topics of {{ $labels.managed_cluster }} that have carried a limit on copying for 15 minutes while nothing moves: {{ $value }}. {{ if eq $labels.owner "self" }}evenkeel set it and could not put it back yet.{{ else }}evenkeel did not set it and leaves it alone.{{ end }} It slows brokers that recover.',
    why: 'Limits slow ordinary replication. Foreign ones count only where a rate and a list of replicas stand together: a rate alone, as some set for good, binds nothing.',
  },
]

const others: Alert[] = [
  {
    name: 'EvenkeelConflict',
    severity: 'warning',
    for: '15m',
    expr: `max by (job, managed_cluster, with) (evenkeel_conflict{${j}}) == 1`,
    when: 'another balancer is at work on the same cluster',
    summary: 'Another balancer is at work on {{ $labels.managed_cluster }}',
    description:
      '{{ if eq $labels.with "cruise_control" }}Cruise Control{{ else }}A balancer that evenkeel does not know by name{{ end }} has been seen at work on {{ $labels.managed_cluster }} for 15 minutes. Two balancers with different goals move data to and fro.',
    why: 'Comes before they undo each other. Not for what others do once: they must run, move replicas on four separate occasions within six hours, or undo three moves of evenkeel in that time.',
  },
  {
    name: 'EvenkeelMovesReverted',
    severity: 'critical',
    expr: `sum ${by} (increase(evenkeel_reverted_moves_total{${j}}[6h])) > 5`,
    when: 'somebody undoes what evenkeel has moved',
    summary: 'Moves of evenkeel on {{ $labels.managed_cluster }} are undone',
    description:
      'Replicas that evenkeel had moved on {{ $labels.managed_cluster }} and that somebody else has moved back, within 6 hours: {{ $value | printf "%.0f" }}. Each of them was copied twice for nothing.',
    why: 'Two balancers are in a loop, and it does not end by itself.',
  },
]

export const alertGroups: readonly AlertGroup[] = [
  { name: 'evenkeel.daemon', title: 'The daemon', alerts: daemon },
  { name: 'evenkeel.reading', title: 'Reaching the cluster', alerts: reading },
  { name: 'evenkeel.cluster', title: 'The state of the cluster', alerts: cluster },
  { name: 'evenkeel.decisions', title: 'Decisions', alerts: decisions },
  { name: 'evenkeel.moves', title: 'Moves and throttles', alerts: moves },
  { name: 'evenkeel.others', title: 'Others who move', alerts: others },
]

/** Named level:metric:operations. */
export const recordings: readonly Recording[] = [
  {
    record: 'managed_cluster:evenkeel_node_disk_used_per_capacity:max_ratio',
    expr: `max ${by} (${diskUse})`,
    meaning: 'Disk use of the fullest node',
  },
  {
    record: 'managed_cluster:evenkeel_moved_bytes:rate5m',
    expr: `sum ${by} (rate(evenkeel_moved_bytes_total{${j}}[5m]))`,
    meaning: 'Bytes copied per second, over five minutes',
  },
  {
    record: 'managed_cluster:evenkeel_progress:ratio',
    expr: `max ${by} (1 - evenkeel_remaining_bytes{${j}} / (evenkeel_planned_bytes{${j}} > 0))`,
    meaning:
      'Part of the current plan that is copied, 0 to 1; absent while there is none. It may go back: what is written meanwhile adds to what is left',
  },
]
