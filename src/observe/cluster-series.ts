import { conflictKinds } from '../cluster/conflicts.ts'
import {
  type LoopEvent,
  type LoopStatus,
  loopStatuses,
  type Mode,
  modes,
  type OthersReport,
  type TickReport,
} from '../cluster/events.ts'
import type { NodeForecast } from '../cluster/plan.ts'
import { moveReasons, nodeStates, verdictCodes, violationKinds } from '../cluster/reasons.ts'
import type { NodeId } from '../cluster/state.ts'
import { segmentStates, type TopicReport } from '../cluster/target.ts'
import type { Instruments, Labels } from './families.ts'
import { owners, resources } from './labels.ts'
import { WorkSeries } from './work-series.ts'

/** The settings of a cluster that are exported beside what they govern. */
export interface SettingsInForce {
  mode: Mode
  dryRun: boolean
  tickIntervalMs: number
  /** Ratio. */
  maxDiskUsage: number
  /** Ratio; absent: fullness is not evened out. */
  diskBalance?: number
  nodeAvailabilityTimeoutMs: number
  concurrentMoves: number
}

/** The series of one managed cluster, kept up to date from its events. */
export class ClusterSeries {
  readonly #instruments: Instruments
  readonly #cluster: Labels
  /** Ids of the nodes that have series. */
  #nodes: ReadonlySet<string> = new Set()
  #cleanupFailures = 0
  #movedBytes = 0
  #foreignChanges = 0
  #undoneMoves = 0
  readonly #work: WorkSeries

  constructor(instruments: Instruments, name: string, settings: SettingsInForce) {
    this.#instruments = instruments
    this.#cluster = { managed_cluster: name }
    this.#work = new WorkSeries(instruments, this.#cluster)
    instruments.begin(name)
    this.#showStatus('starting')
    this.settingsApplied(settings)
  }

  /** These are in force from now on. */
  settingsApplied(settings: SettingsInForce): void {
    this.#showMode(settings.mode, settings.dryRun)
    this.#set('sample_interval_seconds', settings.tickIntervalMs / 1000)
    this.#set('max_disk_usage_ratio', settings.maxDiskUsage)
    this.#set('node_availability_timeout_seconds', settings.nodeAvailabilityTimeoutMs / 1000)
    this.#set('max_concurrent_moves', settings.concurrentMoves)
    this.#set('imbalance_limit_ratio', settings.diskBalance ?? Number.NaN, { resource: 'disk' })
  }

  onEvent(event: LoopEvent): void {
    switch (event.type) {
      case 'tick':
        this.#showSample(event.report)
        this.#showState(event.report)
        this.#showDecision(event.report, event.atMs)
        this.#work.planned(event.report.plan.moves, event.atMs)
        break
      case 'sample_failed':
        this.#set('up', 0)
        this.#count('samples_total')
        this.#count('sample_failures_total', 1, { stage: event.stage ?? 'unknown' })
        this.#observe('sample_duration_seconds', event.durationMs)
        this.#work.planned([], event.atMs)
        break
      case 'tick_failed':
        this.#count('evaluations_total', 1, { outcome: 'failed' })
        break
      case 'plan_rejected':
        this.#count('rejected_plans_total')
        this.#count('evaluations_total', 1, { outcome: 'failed' })
        this.#work.planned([], event.atMs)
        break
      case 'status_changed':
        this.#showStatus(event.to)
        break
      case 'node_lost':
        this.#showAlive(event.node, false)
        break
      case 'node_returned':
        this.#showAlive(event.node, true)
        break
      case 'node_appeared':
        // Its series begin with the sample that has its figures.
        break
      case 'move_started':
        this.#work.started(event.progress, event.atMs)
        break
      case 'move_ended': {
        const { kind } = event.progress.move
        this.#count('moves_finished_total', 1, { kind, result: event.result })
        this.#observe('move_duration_seconds', event.durationMs, { kind })
        this.#work.ended(event.progress, event.atMs)
        break
      }
      case 'progress':
        this.#count('moved_bytes_total', event.movedBytes - this.#movedBytes)
        this.#movedBytes = event.movedBytes
        this.#work.progressed(event.moves, event.atMs)
        break
      case 'candidates_rejected':
        for (const [reason, count] of Object.entries(event.counts)) {
          this.#count('rejected_candidates_total', count, { reason })
        }
        break
    }
    this.#work.showNodes(this.#nodes)
  }

  #showMode(mode: Mode, dryRun: boolean): void {
    for (const word of modes) this.#set('mode', Number(word === mode), { mode: word })
    this.#set('dry_run', Number(dryRun))
  }

  #showStatus(status: LoopStatus): void {
    for (const word of loopStatuses) this.#set('status', Number(word === status), { status: word })
  }

  #showAlive(node: NodeId, alive: boolean): void {
    if (this.#nodes.has(String(node))) this.#set('node_up', Number(alive), { node_id: String(node) })
  }

  #showSample(report: TickReport): void {
    this.#set('up', 1)
    this.#count('samples_total')
    this.#observe('sample_duration_seconds', report.sampleMs)
    this.#set('sample_last_success_timestamp_seconds', report.takenAtMs / 1000)
    this.#set('sample_missing_nodes', report.missingNodes.length)
    const { system, clusterId = '', version = '' } = report.cluster
    this.#set('managed_cluster_info', 1, { system, cluster_id: clusterId, cluster_version: version })
  }

  #showState(report: TickReport): void {
    for (const state of nodeStates) this.#set('nodes', report.nodesAvailable[state], { state })
    this.#showNodes(report.plan.nodes)
    this.#showUnavailable(report.unavailableSince)
    this.#set('partitions', report.partitions)
    for (const [cause, count] of Object.entries(report.health.underReplicated)) {
      this.#set('under_replicated_partitions', count, { cause })
    }
    this.#set('offline_partitions', report.health.offline)
    this.#set('under_min_isr_partitions', report.health.underMinIsr)
    this.#set('rack_violations', report.rackViolations)
    this.#showSegments(report.topics)
    this.#set('foreign_moves', report.foreignMoves)
    if (report.others) this.#showOthers(report.others)
    this.#showThrottle(report.throttle)
    for (const resource of resources) {
      this.#set('imbalance_ratio', report.imbalance[resource] ?? Number.NaN, { resource })
    }
  }

  #showSegments(topics: TickReport['topics']): void {
    const sumOf = (count: (topic: TopicReport) => number) =>
      topics ? topics.reduce((sum, topic) => sum + count(topic), 0) : Number.NaN
    this.#set(
      'segments_diverged',
      sumOf(({ notConverged }) => notConverged),
    )
    for (const state of segmentStates)
      this.#set(
        'segments',
        sumOf(({ seen }) => seen?.[state] ?? 0),
        { state },
      )
  }

  #showOthers({ changes, undone, conflicts }: OthersReport): void {
    this.#count('foreign_changes_total', changes - this.#foreignChanges)
    this.#count('reverted_moves_total', undone - this.#undoneMoves)
    this.#foreignChanges = changes
    this.#undoneMoves = undone
    for (const kind of conflictKinds) {
      this.#set('conflict', Number(conflicts.some((conflict) => conflict.with === kind)), { with: kind })
    }
  }

  #showThrottle(throttle: TickReport['throttle']): void {
    this.#set('throttle_bytes_per_second', throttle?.bytesPerSecond ?? Number.NaN)
    for (const owner of owners) {
      this.#set('throttled_nodes', throttle?.[owner].nodes.length ?? 0, { owner })
      this.#set('throttled_topics', throttle?.[owner].topics.length ?? 0, { owner })
    }
    const failures = throttle?.cleanupFailures ?? 0
    this.#count('throttle_cleanup_failures_total', failures - this.#cleanupFailures)
    this.#cleanupFailures = failures
  }

  /** A node that is gone leaves no series behind. */
  #showNodes(nodes: readonly NodeForecast[]): void {
    this.#nodes = new Set(nodes.map(({ id }) => String(id)))
    this.#instruments.keep(this.#cluster, 'node_id', this.#nodes)
    for (const { id, host = '', rack = '', tenant = '', state, diskBytes, capacityBytes, replicas, leaders } of nodes) {
      const node = { node_id: String(id) }
      this.#set('node_info', 1, { ...node, host, rack, tenant })
      this.#set('node_up', Number(state === 'alive'), node)
      this.#set('node_disk_used_bytes', diskBytes.now, node)
      this.#set('node_disk_peak_bytes', diskBytes.peak, node)
      this.#set('node_disk_final_bytes', diskBytes.final, node)
      this.#set('node_disk_capacity_bytes', capacityBytes, node)
      this.#set('node_replicas', replicas.now, node)
      this.#set('node_leaders', leaders.now, node)
    }
  }

  #showUnavailable(nodes: TickReport['unavailableSince']): void {
    const since = new Map(nodes.map(({ node, sinceMs }) => [String(node), sinceMs / 1000]))
    for (const id of this.#nodes) {
      this.#set('node_unavailable_since_timestamp_seconds', since.get(id) ?? Number.NaN, { node_id: id })
    }
  }

  #showDecision(report: TickReport, atMs: number): void {
    const { mode, dryRun, pause, status, verdict, violations, plan, windowOpen } = report
    this.#showMode(mode, dryRun)
    this.#set('window_open', Number(windowOpen))
    this.#set('paused', Number(pause !== undefined))
    this.#showStatus(status)
    this.#set('last_evaluation_timestamp_seconds', atMs / 1000)
    this.#observe('evaluation_duration_seconds', plan.planningMs)
    const outcome = verdict.act ? 'planned' : verdict.code === 'balanced' ? 'no_action' : 'blocked'
    this.#count('evaluations_total', 1, { outcome })
    const trigger = moveReasons.find((reason) => plan.moves.some((move) => move.reason === reason))
    if (verdict.act && trigger) this.#count('plans_total', 1, { trigger })
    for (const code of verdictCodes) {
      if (code !== 'acting') this.#set('blocked', Number(!verdict.act && verdict.code === code), { reason: code })
    }
    for (const violation of violationKinds) {
      const open = violations.filter(({ kind }) => kind === violation)
      this.#set('violations', open.length, { violation })
      const since = open.length === 0 ? Number.NaN : Math.min(...open.map(({ sinceMs }) => sinceMs)) / 1000
      this.#set('violation_since_timestamp_seconds', since, { violation })
    }
  }

  #set(name: Parameters<Instruments['set']>[0], value: number, labels: Labels = {}): void {
    this.#instruments.set(name, { ...this.#cluster, ...labels }, value)
  }

  #count(name: Parameters<Instruments['add']>[0], value = 1, labels: Labels = {}): void {
    this.#instruments.add(name, { ...this.#cluster, ...labels }, value)
  }

  #observe(name: Parameters<Instruments['observe']>[0], ms: number, labels: Labels = {}): void {
    this.#instruments.observe(name, { ...this.#cluster, ...labels }, ms / 1000)
  }
}
