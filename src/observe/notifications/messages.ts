/** From events to what is worth telling: what, why, how much, how long. */
import type { LoopEvent, TickReport } from '../../cluster/events.ts'
import { copies, subjectOf } from '../../cluster/move.ts'
import { orderName } from '../../cluster/orders.ts'
import type { ProcessEvent } from '../../cluster/process-events.ts'
import { formatBytes, formatCount, formatDuration } from '../../lib/units.ts'
import { perCluster } from '../per-cluster.ts'
import { type FinishedRun, type PlanRun, PlanRuns } from '../plan-runs.ts'
import { eventSentence } from '../sentences.ts'
import type { Notification } from './notification.ts'

type Tell = (notification: Notification) => void

export function notifyOfEvents(tell: Tell): (event: LoopEvent) => void {
  return perCluster((cluster) => {
    const news = new ClusterNews(tell, cluster)
    return (event) => news.onEvent(event)
  })
}

export function notifyOfProcess(tell: Tell): (event: ProcessEvent) => void {
  return (event) => {
    if (event.type !== 'config_refused') return
    const { atMs, problems } = event
    const what = `the config is refused for ${formatCount(problems.length, 'problem')}, what was in force stays so`
    tell({ event: 'config_refused', atMs, what, why: problems.slice(0, 5).join('; ') })
  }
}

/** A cluster that cannot be read for a moment is no news. */
const UNREACHABLE_MS = 60_000

class ClusterNews {
  readonly #tell: Tell
  readonly #cluster: string
  readonly #runs: PlanRuns
  /** Of the last tick; what it already was when evenkeel started is no news. */
  #last: Pick<TickReport, 'status' | 'pause' | 'foreignMoves' | 'others'> | undefined
  /** Since when it cannot be read, and whether that was told. */
  #blind: { sinceMs: number; isTold: boolean } | undefined

  constructor(tell: Tell, cluster: string) {
    this.#tell = tell
    this.#cluster = cluster
    this.#runs = new PlanRuns({
      underway: (run, remainingMs) => this.#tell(startedNews(cluster, run, remainingMs)),
      finished: (run) => this.#tell(finishedNews(cluster, run)),
    })
  }

  onEvent(event: LoopEvent): void {
    this.#runs.onEvent(event)
    const { atMs } = event
    switch (event.type) {
      case 'tick':
        this.#seen(atMs)
        this.#compare(event.report, atMs)
        this.#last = event.report
        break
      case 'sample_failed':
        this.#unseen(event)
        break
      case 'node_lost':
      case 'node_returned':
        this.#say(event, { event: event.type, subject: `node ${event.node}` })
        break
      case 'order_refused':
        this.#say(event, { event: 'order_refused', subject: orderName(event.order), why: event.text })
        break
      case 'move_ended': {
        const { progress, result, durationMs } = event
        if (result !== 'failed' && result !== 'reverted' && result !== 'superseded') break
        const { move, text, bytesDone } = progress
        this.#say(event, {
          event: 'move_failed',
          why: text ?? `it was to move for ${move.reason}`,
          howMuch: { moves: 1, ...(copies(move) && { bytes: bytesDone }) },
          howLong: { tookMs: durationMs },
          what: `the move of ${subjectOf(move)} ended as ${result}`,
        })
        break
      }
      default:
    }
  }

  #say(event: LoopEvent, more: Partial<Notification> & Pick<Notification, 'event'>): void {
    const what = eventSentence(event) ?? event.type
    this.#tell({ cluster: this.#cluster, atMs: event.atMs, what, ...more })
  }

  #unseen({ atMs, durationMs, code, text }: LoopEvent & { type: 'sample_failed' }): void {
    this.#blind ??= { sinceMs: atMs - durationMs, isTold: false }
    const tookMs = atMs - this.#blind.sinceMs
    if (this.#blind.isTold || tookMs < UNREACHABLE_MS) return
    this.#blind.isTold = true
    const what = 'the cluster cannot be read, nothing is started meanwhile'
    this.#tell({
      event: 'unreachable',
      cluster: this.#cluster,
      atMs,
      what,
      why: `${code}: ${text}`,
      howLong: { tookMs },
    })
  }

  #seen(atMs: number): void {
    if (this.#blind?.isTold) {
      const howLong = { tookMs: atMs - this.#blind.sinceMs }
      this.#tell({ event: 'reachable', cluster: this.#cluster, atMs, what: 'the cluster can be read again', howLong })
    }
    this.#blind = undefined
  }

  #compare({ status, pause, verdict, violations, foreignMoves, others }: TickReport, atMs: number): void {
    const last = this.#last
    if (!last) return
    const common = { cluster: this.#cluster, atMs }
    if (status === 'stalled' && last.status !== 'stalled') {
      const what = `nothing that may be moved would help: ${formatCount(violations.length, 'violation')} stay open`
      this.#tell({ ...common, event: 'stalled', what, why: verdict.text })
    }
    if (pause && pause.sinceMs !== last.pause?.sinceMs) {
      const by = pause.by === 'operator' ? 'an operator' : 'evenkeel itself, and needs resume'
      const howLong = pause.untilMs === undefined ? {} : { howLong: { estimatedMs: pause.untilMs - atMs } }
      this.#tell({ ...common, event: 'paused', what: `paused by ${by}`, why: pause.reason, ...howLong })
    }
    if (!pause && last.pause) {
      const howLong = { tookMs: atMs - last.pause.sinceMs }
      this.#tell({ ...common, event: 'resumed', what: 'the pause is over', why: verdict.text, howLong })
    }
    if (foreignMoves > 0 && last.foreignMoves === 0) {
      const what = `somebody else is moving replicas: ${formatCount(foreignMoves, 'move')} that evenkeel did not start`
      this.#tell({ ...common, event: 'conflict', what, why: verdict.text, howMuch: { moves: foreignMoves } })
    }
    const known = new Set(last.others?.conflicts.map((conflict) => conflict.with))
    for (const { with: subject, text: why } of others?.conflicts ?? []) {
      const what = 'another balancer is at work on this cluster'
      if (!known.has(subject)) this.#tell({ ...common, event: 'conflict', subject, what, why })
    }
  }
}

function startedNews(cluster: string, run: PlanRun, remainingMs: number | undefined): Notification {
  const { startedAtMs: atMs, moves, bytes, why } = run
  return {
    event: 'plan_started',
    cluster,
    atMs,
    what: `a plan of ${formatCount(moves, 'move')} (${formatBytes(bytes)}) is carried out`,
    why,
    howMuch: { moves, bytes },
    ...(remainingMs !== undefined && { howLong: { estimatedMs: remainingMs } }),
  }
}

function finishedNews(cluster: string, run: FinishedRun): Notification {
  const { startedAtMs, durationMs, results, bytesDone, outcome } = run
  const ended = Object.entries(results).filter(([, count]) => count > 0)
  const moves = ended.reduce((sum, [, count]) => sum + count, 0)
  const how = ended.map(([result, count]) => `${count} ${result}`).join(', ')
  return {
    event: 'plan_finished',
    cluster,
    atMs: startedAtMs + durationMs,
    what: `the plan is over after ${formatDuration(durationMs)}: ${formatCount(moves, 'move')}${how === '' ? '' : ` (${how})`}, ${formatBytes(bytesDone)} copied`,
    why: outcome,
    howMuch: { moves, bytes: bytesDone },
    howLong: { tookMs: durationMs },
  }
}
