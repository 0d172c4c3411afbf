import type { LoopEvent, MoveProgress, TickReport } from '../cluster/events.ts'
import { copies, isOfPartition, partitionName } from '../cluster/move.ts'
import { formatDuration } from '../lib/units.ts'
import type { Logger, LogLevel } from './log.ts'
import { eventSentence } from './sentences.ts'

/** Writes a line when something changes, and none while it stays as it was. */
export function logEvents(logger: Logger): (event: LoopEvent) => void {
  const clusters = new Map<string, ClusterLog>()
  return (event) => {
    const log = clusters.get(event.cluster) ?? new ClusterLog(logger, event.cluster)
    clusters.set(event.cluster, log)
    log.onEvent(event)
  }
}

class ClusterLog {
  readonly #logger: Logger
  readonly #cluster: string
  #verdict = ''
  #failures = { count: 0, sinceMs: 0 }
  #tickFailure = ''
  /** Settings that could not be put back, and what kind of reason was said for it. */
  readonly #stuck = new Map<string, string>()

  constructor(logger: Logger, cluster: string) {
    this.#logger = logger
    this.#cluster = cluster
  }

  onEvent(event: LoopEvent): void {
    switch (event.type) {
      case 'tick':
        this.#recovered(event.atMs)
        this.#tickFailure = ''
        this.#judged(event.report)
        break
      case 'sample_failed':
        this.#failed(event)
        break
      case 'tick_failed':
        if (kindOf(event.text) !== this.#tickFailure) this.#say('error', event, {})
        this.#tickFailure = kindOf(event.text)
        break
      case 'plan_rejected':
        this.#say('error', event, {})
        break
      case 'paused':
        this.#say('error', event, { by: event.by })
        break
      case 'status_changed':
        this.#say('info', event, { status: event.to, was: event.from })
        break
      case 'node_appeared':
      case 'node_returned':
        this.#say('info', event, { node: event.node })
        break
      case 'connection_replaced':
        this.#say('info', event, {})
        break
      case 'connection_refused':
        this.#say('error', event, { code: event.code, final: event.final })
        break
      case 'node_lost':
        this.#say('warn', event, { node: event.node })
        break
      case 'move_started':
        this.#say('info', event, fieldsOf(event.progress))
        break
      case 'move_ended': {
        const fields = { ...fieldsOf(event.progress), result: event.result, seconds: event.durationMs / 1000 }
        this.#say(event.result === 'done' ? 'info' : 'warn', event, fields)
        break
      }
      case 'order_refused':
        this.#say('warn', event, { partition: partitionName(event.order), reason: event.order.reason })
        break
      case 'settings_changed':
        this.#settingsChanged(event)
        break
      case 'progress':
      case 'candidates_rejected':
        break
    }
  }

  /** The numbers in a verdict change with every sample; what it says does not. */
  #judged({ verdict, violations, plan }: TickReport): void {
    const kind = `${verdict.code} ${kindOf(verdict.text)}`
    if (kind === this.#verdict) return
    this.#verdict = kind
    const fields = { event: 'verdict', act: verdict.act, code: verdict.code }
    const size = { violations: violations.length, moves: plan.moves.length, bytes: plan.bytes }
    this.#write('info', { ...fields, ...size }, verdict.text)
  }

  /** What cannot be put back is tried at every tick: it is said when that begins, for another reason, and when it is over. */
  #settingsChanged(event: LoopEvent & { type: 'settings_changed' }): void {
    const { set, restored, left } = event
    const over = [...set, ...restored, ...left].filter((key) => this.#stuck.delete(key))
    const failed = event.failed.filter(({ key, text }) => this.#stuck.get(key) !== kindOf(text))
    for (const { key, text } of failed) this.#stuck.set(key, kindOf(text))
    if (set.length + restored.length + left.length + failed.length === 0) return
    const level = left.length + failed.length > 0 ? 'warn' : over.length > 0 ? 'info' : 'debug'
    this.#say(level, { ...event, failed }, { set, restored, left, failed })
  }

  /** The first failure, then the second, fourth, eighth …: an outage of a night is a dozen lines. */
  #failed(event: LoopEvent & { type: 'sample_failed' }): void {
    if (this.#failures.count === 0) this.#failures.sinceMs = event.atMs - event.durationMs
    const failures = ++this.#failures.count
    if (Number.isInteger(Math.log2(failures))) this.#say('warn', event, { code: event.code, failures })
  }

  #recovered(atMs: number): void {
    const { count: failures, sinceMs } = this.#failures
    this.#failures = { count: 0, sinceMs: 0 }
    if (failures === 0) return
    const seconds = (atMs - sinceMs) / 1000
    const times = failures === 1 ? 'once' : `${failures} times`
    const sentence = `the cluster is sampled again, after failing ${times} in ${formatDuration(atMs - sinceMs)}`
    this.#write('info', { event: 'sample_recovered', failures, seconds }, sentence)
  }

  #say(level: LogLevel, event: LoopEvent, fields: Record<string, unknown>): void {
    this.#write(level, { event: event.type, ...fields }, eventSentence(event) ?? event.type)
  }

  #write(level: LogLevel, fields: Record<string, unknown>, sentence: string): void {
    this.#logger[level]({ cluster: this.#cluster, ...fields }, sentence)
  }
}

function kindOf(text: string): string {
  return text.replace(/\d+/g, '#')
}

function fieldsOf({ move, bytesTotal }: MoveProgress): Record<string, unknown> {
  const { id, kind, topic, reason } = move
  const where = isOfPartition(move) ? { partition: move.partition, from: move.from, to: move.to } : {}
  return { id, kind, topic, ...where, reason, ...(copies(move) ? { bytes: bytesTotal } : {}) }
}
