import type { CallFailure } from '../../cluster/upstream.ts'
import { EvenkeelError, messageOf } from '../../lib/errors.ts'

/** `aborted`: the caller gave up, or the transport was closed. */
export type FailureReason = CallFailure | 'aborted'

export class TransportError extends EvenkeelError {
  readonly reason: FailureReason
  /** Whether the request may have reached a broker: if so it may still be carried out, even a minute later. */
  readonly sent: boolean

  constructor(reason: FailureReason, message: string, options: { sent?: boolean; cause?: unknown } = {}) {
    super(reason === 'connect' ? 'unreachable' : reason, message, 'cause' in options ? { cause: options.cause } : {})
    this.name = 'TransportError'
    this.reason = reason
    this.sent = options.sent ?? false
  }

  /** Whatever an attempt threw, as one of ours. `where` is the broker's address. */
  static of(error: unknown, where: string, sent: boolean): TransportError {
    if (error instanceof TransportError) {
      return new TransportError(error.reason, error.message, { sent, ...(error.cause ? { cause: error.cause } : {}) })
    }
    const code = error instanceof EvenkeelError ? error.code : 'internal'
    if (code === 'timeout' || code === 'aborted') return new TransportError(code, messageOf(error), { sent })
    return new TransportError('protocol', `${where} gave no sensible answer`, { sent, cause: error })
  }
}
