/** Writes into the audit trail what events tell: of the loops and of the daemon around them. */
import type { LoopEvent, LoopStatus, MoveProgress } from '../../cluster/events.ts'
import { copies, isDirMove, isOfPartition, type Move, replicasAfter, routeOf, subjectOf } from '../../cluster/move.ts'
import { orderName } from '../../cluster/orders.ts'
import type { OperatorAction, ProcessEvent } from '../../cluster/process-events.ts'
import { formatCount, formatDuration } from '../../lib/units.ts'
import { perCluster } from '../per-cluster.ts'
import { PlanRuns } from '../plan-runs.ts'
import type { AuditDraft, AuditTrail } from './record.ts'

type Append = Pick<AuditTrail, 'append'>

export function auditEvents(trail: Append): (event: LoopEvent) => void {
  return perCluster((cluster) => {
    const audit = new ClusterAudit(trail, cluster)
    return (event) => audit.onEvent(event)
  })
}

export function auditProcess(trail: Append): (event: ProcessEvent) => void {
  return (event) => {
    for (const draft of processDrafts(event)) trail.append(draft)
  }
}

/** Of a list as long as there is something to name. */
const NAMED = 200

/** A cluster goes from one to the other with every plan, which is told by itself. */
const usual: readonly LoopStatus[] = ['starting', 'ready', 'in_progress']

class ClusterAudit {
  readonly #trail: Append
  readonly #cluster: string
  readonly #runs: PlanRuns
  /** Settings that could not be put back, which is tried at every tick. */
  readonly #stuck = new Set<string>()

  constructor(trail: Append, cluster: string) {
    this.#trail = trail
    this.#cluster = cluster
    this.#runs = new PlanRuns({
      begun: ({ id, startedAtMs, moves, bytes, why }) =>
        this.#append({
          atMs: startedAtMs,
          action: 'plan_begun',
          object: 'cluster',
          why,
          bytes,
          count: moves,
          plan: id,
        }),
      finished: ({ id, startedAtMs, durationMs, outcome, bytesDone, results }) =>
        this.#append({
          atMs: startedAtMs + durationMs,
          action: 'plan_finished',
          object: 'cluster',
          why: outcome,
          bytes: bytesDone,
          duration_seconds: durationMs / 1000,
          count: Object.values(results).reduce((sum, count) => sum + count, 0),
          details: Object.entries(results).flatMap(([result, count]) => (count === 0 ? [] : [`${result} ${count}`])),
          plan: id,
        }),
    })
  }

  onEvent(event: LoopEvent): void {
    // A plan begins before its first move, and ends after its last one.
    this.#runs.onEvent(event)
    const { atMs } = event
    switch (event.type) {
      case 'move_started': {
        const why = event.adopted ? 'taken up again, begun before the restart' : this.#runs.current?.why
        this.#append({ atMs, action: 'move_started', ...ofMove(event.progress), ...this.#plan, ...said(why) })
        break
      }
      case 'move_ended': {
        const { progress, result, durationMs } = event
        const ending = { bytes: progress.bytesDone, duration_seconds: durationMs / 1000, result }
        this.#append({
          atMs,
          action: 'move_ended',
          ...ofMove(progress),
          ...(copies(progress.move) ? ending : { ...ending, bytes: 0 }),
          ...this.#plan,
          ...said(progress.text),
        })
        break
      }
      case 'order_refused':
        this.#append({
          atMs,
          action: 'order_refused',
          object: orderName(event.order),
          reason: event.order.reason,
          why: event.text,
        })
        break
      case 'paused':
        this.#append({ atMs, action: 'paused', object: 'cluster', reason: event.by, why: event.reason })
        break
      case 'status_changed':
        if (usual.includes(event.from) && usual.includes(event.to)) break
        this.#append({ atMs, action: 'status_changed', object: 'cluster', before: event.from, after: event.to })
        break
      case 'settings_changed':
        this.#settings(event)
        break
      case 'connection_replaced':
        this.#append({ atMs, action: 'connection_replaced', object: 'connection' })
        break
      case 'connection_refused':
        this.#append({ atMs, action: 'connection_refused', object: 'connection', reason: event.code, why: event.text })
        break
      default:
    }
  }

  #settings({ atMs, set, restored, left, failed }: LoopEvent & { type: 'settings_changed' }): void {
    for (const key of [...set, ...restored, ...left]) this.#stuck.delete(key)
    const stuck = failed.filter(({ key }) => !this.#stuck.has(key))
    for (const { key } of stuck) this.#stuck.add(key)
    const told = [
      ['settings_set', named(set)],
      ['settings_restored', named(restored)],
      ['settings_left', named(left)],
      ['settings_stuck', stuck.map(({ key, text }) => ({ key, text: `${key}: ${text}` }))],
    ] as const
    for (const [action, settings] of told) {
      if (settings.length === 0) continue
      const details = settings.slice(0, NAMED).map(({ text }) => text)
      const object = settings.length === 1 ? settings[0]!.key : formatCount(settings.length, 'setting')
      this.#append({ atMs, action, object, count: settings.length, details, ...this.#plan })
    }
  }

  get #plan(): { plan?: string } {
    const { current } = this.#runs
    return current ? { plan: current.id } : {}
  }

  #append(draft: Omit<AuditDraft, 'actor' | 'source' | 'cluster'>): void {
    this.#trail.append({ actor: 'evenkeel', source: 'evenkeel', cluster: this.#cluster, ...draft })
  }
}

function ofMove({ move, bytesTotal }: MoveProgress) {
  const { id, reason } = move
  const bytes = copies(move) ? { bytes: bytesTotal } : {}
  return { object: subjectOf(move), ...routed(move), reason, ...bytes, move: id }
}

function routed(move: Move): Pick<AuditDraft, 'before' | 'after'> {
  if (isDirMove(move)) return { before: `${move.from}:${move.fromDir ?? ''}`, after: `${move.to}:${move.toDir}` }
  if (isOfPartition(move)) return { before: move.replicas, after: replicasAfter(move) }
  if (move.kind === 'brokers') return { before: move.before, after: move.after }
  const { from, to } = routeOf(move)
  return { before: from, after: to }
}

function named(keys: readonly string[]) {
  return keys.map((key) => ({ key, text: key }))
}

function said(why: string | undefined): { why?: string } {
  return why === undefined ? {} : { why }
}

function processDrafts(event: ProcessEvent): AuditDraft[] {
  const { atMs } = event
  switch (event.type) {
    case 'operator_action':
      return [actionDraft(event, atMs)]
    case 'config_applied':
      return event.changes.map(({ cluster, key, before, after, effect }) => ({
        atMs,
        actor: 'evenkeel',
        source: 'file',
        ...(cluster === undefined ? {} : { cluster }),
        action: 'config_applied',
        object: key === '' ? 'cluster' : key,
        before,
        after,
        result: effect,
      }))
    case 'config_refused': {
      const details = event.problems.slice(0, NAMED)
      const count = event.problems.length
      return [{ atMs, actor: 'evenkeel', source: 'file', action: 'config_refused', object: 'config', count, details }]
    }
    default:
      return event satisfies never
  }
}

function actionDraft(asked: OperatorAction, atMs: number): AuditDraft {
  const { action, by, role, source, cluster, node, tables, subjects, reason, forMs } = asked
  const named = tables ?? subjects
  return {
    atMs,
    actor: by,
    ...(role === undefined ? {} : { role }),
    source,
    ...(cluster === undefined ? {} : { cluster }),
    action,
    object: node !== undefined ? `node ${node}` : (named?.join(', ') ?? (action === 'reload' ? 'config' : 'cluster')),
    ...(reason === undefined ? {} : { reason }),
    ...(forMs === undefined ? {} : { details: [`for ${formatDuration(forMs)}`] }),
  }
}
