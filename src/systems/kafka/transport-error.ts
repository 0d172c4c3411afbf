import { EvenkeelError, messageOf } from '../../lib/errors.ts'

/**
 * Why a request got no usable answer. A closed list: these are label values of metrics.
 *
 * - `connect`: no connection could be made, or it broke.
 * - `auth`: the credentials, or the way of giving them, were refused.
 * - `timeout`: nothing came before the deadline.
 * - `rejected`: the broker refused the connection's handshake.
 * - `unsupported`: the broker serves no version of this API that we speak.
 * - `protocol`: the answer makes no sense, or is not Kafka's at all.
 * - `aborted`: the caller gave up, or the transport was closed.
 */
export type FailureReason = 'timeout' | 'connect' | 'auth' | 'rejected' | 'protocol' | 'unsupported' | 'aborted'

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
