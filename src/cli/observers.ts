/** Those who listen to what happens and are no listeners of the network: log, metrics, audit trail, notifications. */
import type { LoopEvent } from '../cluster/events.ts'
import type { OperatorAction, ProcessEvent } from '../cluster/process-events.ts'
import type { CompiledConfig } from '../config/compile.ts'
import type { Clock } from '../lib/clock.ts'
import { Emitter } from '../lib/emitter.ts'
import type { ReleaseStack } from '../lib/release-stack.ts'
import { formatDuration } from '../lib/units.ts'
import { auditEvents, auditProcess } from '../observe/audit/audit.ts'
import type { AuditTrail } from '../observe/audit/record.ts'
import type { Logger } from '../observe/log.ts'
import { logEvents } from '../observe/log-events.ts'
import type { Metrics } from '../observe/metrics.ts'
import { Notifications } from '../observe/notifications/notifications.ts'
import { createTrail } from './compose.ts'

export interface Observers {
  onEvent(event: LoopEvent): void
  /** What happens beside the loops: emit it here, subscribe here. */
  process: Emitter<ProcessEvent>
  audit: AuditTrail
  /** They go by this config from now on. */
  apply(config: CompiledConfig): void
}

/** So long the end of the process waits for what is not written yet. */
const FLUSH_MS = 2000

export function createObservers(
  config: CompiledConfig,
  { metrics, logger, clock }: { metrics: Metrics; logger: Logger; clock: Clock },
  releases: ReleaseStack,
): Observers {
  const onError = (err: unknown) => logger.error({ err }, 'an observer failed')
  const loop = new Emitter<LoopEvent>(onError)
  const process = new Emitter<ProcessEvent>(onError)

  loop.subscribe((event) => metrics.onEvent(event))
  process.subscribe((event) => metrics.onProcessEvent(event))

  loop.subscribe(logEvents(logger))
  process.subscribe((event) => {
    if (event.type !== 'operator_action') return
    const { type, atMs: _, ...asked } = event
    logger.info({ event: type, ...asked }, actionSentence(asked))
  })

  const audit = createTrail(config.audit, clock, {
    onFailed: (count) => metrics.auditFailed(count),
    onTrouble: (text) => {
      if (text === undefined) logger.info({ event: 'audit_written' }, 'the audit trail is written again')
      else logger.error({ event: 'audit_failed' }, text)
    },
  })
  releases.push('the audit trail', () => audit.close(FLUSH_MS))
  loop.subscribe(auditEvents(audit))
  process.subscribe(auditProcess(audit))

  const notifications = new Notifications(config.notifications, { clock, logger, metrics })
  releases.push('the notifications', () => notifications.close())
  loop.subscribe((event) => notifications.onEvent(event))
  process.subscribe((event) => notifications.onProcessEvent(event))

  return {
    onEvent: (event) => loop.emit(event),
    process,
    audit,
    apply: (changed) => {
      audit.keep(changed.audit.keepMs)
      notifications.apply(changed.notifications)
    },
  }
}

function actionSentence({ action, by, node, tables, subjects, reason, forMs, source }: OperatorAction): string {
  const what = node === undefined ? (tables ?? subjects)?.join(', ') : `node ${node}`
  const whom = what === undefined ? '' : ` of ${what}`
  const howLong = forMs === undefined ? '' : ` for ${formatDuration(forMs)}`
  const who = source === 'signal' ? ' by a signal' : by === 'local' ? '' : ` by ${by}`
  return `${action}${whom}${howLong} was asked for${who}${reason === undefined ? '' : `: ${reason}`}`
}
