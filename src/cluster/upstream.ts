/** Requests to a managed cluster, as its adapter reports them. Both lists are label values of metrics. */

/** Who is asked. */
export const upstreams = ['kafka', 'pinot_controller', 'pinot_server', 'zookeeper'] as const
export type Upstream = (typeof upstreams)[number]

/**
 * Why a request got no usable answer.
 *
 * - `connect`: no connection could be made, or it broke.
 * - `auth`: the credentials, or the way of giving them, were refused.
 * - `timeout`: nothing came before the deadline.
 * - `rejected`: the other side refused the connection's handshake.
 * - `unsupported`: the other side serves no version of this API that we speak.
 * - `protocol`: the answer makes no sense.
 */
export const callFailures = ['timeout', 'connect', 'auth', 'rejected', 'protocol', 'unsupported'] as const
export type CallFailure = (typeof callFailures)[number]

export interface UpstreamCall {
  cluster: string
  upstream: Upstream
  operation: string
  durationMs: number
  /** `aborted`: we gave up, which says nothing about the other side. */
  outcome: 'ok' | 'aborted' | CallFailure
}
