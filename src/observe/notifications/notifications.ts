/** The receivers that a config names, and what each is told. */
import { randomInt, randomUUID } from 'node:crypto'
import type { LoopEvent } from '../../cluster/events.ts'
import type { ProcessEvent } from '../../cluster/process-events.ts'
import type { Clock } from '../../lib/clock.ts'
import { seededRandom } from '../../lib/random.ts'
import type { Logger } from '../log.ts'
import { type Answer, type Send, sendByHttp } from './delivery.ts'
import { notifyOfEvents, notifyOfProcess } from './messages.ts'
import type { Notification } from './notification.ts'
import { Receiver, type ReceiverOptions } from './receiver.ts'

export interface NotificationParts {
  clock: Clock
  logger: Logger
  metrics: {
    /** Its series exist from now on, at zero. */
    registerReceiver(name: string): void
    /** Of all others nothing is left. */
    keepReceivers(names: ReadonlySet<string>): void
    notified(receiver: string, outcome: 'sent' | 'failed', count?: number): void
  }
  /** By HTTP unless given. */
  send?: Send
}

export class Notifications {
  readonly #parts: NotificationParts
  readonly #receivers = new Map<string, Receiver>()
  readonly #leaving = new Set<Promise<void>>()
  readonly onEvent: (event: LoopEvent) => void
  readonly onProcessEvent: (event: ProcessEvent) => void

  constructor(receivers: readonly ReceiverOptions[], parts: NotificationParts) {
    this.#parts = parts
    const tell = (notification: Notification) => {
      for (const receiver of this.#receivers.values()) receiver.offer(notification)
    }
    this.onEvent = notifyOfEvents(tell)
    this.onProcessEvent = notifyOfProcess(tell)
    this.apply(receivers)
  }

  /** These are told from now on; what waits for one that is there under the same name goes on. */
  apply(receivers: readonly ReceiverOptions[]): void {
    for (const [name, receiver] of this.#receivers) {
      if (receivers.some((wanted) => wanted.name === name)) continue
      this.#receivers.delete(name)
      const gone = receiver.close(CLOSE_MS).finally(() => {
        this.#leaving.delete(gone)
        // Only now: its last messages were counted until here. Another one may have its name by now.
        this.#parts.metrics.keepReceivers(new Set(this.#receivers.keys()))
      })
      this.#leaving.add(gone)
    }
    for (const options of receivers) {
      const known = this.#receivers.get(options.name)
      if (known) known.apply(options)
      else this.#receivers.set(options.name, this.#create(options))
    }
  }

  async close(): Promise<void> {
    const all = [...this.#receivers.values()].map((receiver) => receiver.close(CLOSE_MS))
    await Promise.all([...all, ...this.#leaving])
  }

  #create(options: ReceiverOptions): Receiver {
    const { clock, logger, metrics, send = sendByHttp } = this.#parts
    metrics.registerReceiver(options.name)
    return new Receiver(options, {
      clock,
      send,
      random: seededRandom(randomInt(2 ** 31)),
      onEnd: (receiver, { event, cluster }, { answer, tries }) => {
        metrics.notified(receiver, answer.ok ? 'sent' : 'failed')
        const about = { ...(cluster !== undefined && { cluster }), receiver, notification: event, tries }
        if (answer.ok) logger.debug({ event: 'notification_sent', ...about }, `${receiver} was told of ${event}`)
        else {
          const said = `${receiver} could not be told of ${event}: ${answer.text}`
          logger.warn({ event: 'notification_failed', ...about, status: answer.status }, said)
        }
      },
      onDropped: (receiver, count) => {
        metrics.notified(receiver, 'failed', count)
        const said = `${receiver} is not told everything any more: too much waits for it, or evenkeel ends`
        logger.warn({ event: 'notifications_dropped', receiver, count }, said)
      },
    })
  }
}

const CLOSE_MS = 2000

/** One message to one receiver, at once and once. */
export async function sendTest(
  receiver: ReceiverOptions,
  { clock, signal, send = sendByHttp }: { clock: Clock; signal: AbortSignal; send?: Send },
): Promise<Answer> {
  const atMs = clock.now()
  const what = 'this is a test: notifications of evenkeel get here'
  const why = 'somebody ran `evenkeel notify test`'
  return send(receiver, { event: 'test', atMs, what, why, id: randomUUID(), times: 1 }, atMs, signal)
}
