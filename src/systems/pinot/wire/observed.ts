/** Tells of each call of the other side how long it took and what came of it. */
import type { UpstreamCall } from '../../../cluster/upstream.ts'
import { stopwatch } from '../../../lib/clock.ts'
import { codeOf } from '../../../lib/errors.ts'

/** One call, of a cluster that whoever listens knows. */
export type PinotCall = Omit<UpstreamCall, 'cluster'>
export type Observe = (call: PinotCall) => void

/** @throws what the work throws */
export async function observed<Value>(
  { observe, upstream, operation }: Pick<PinotCall, 'upstream' | 'operation'> & { observe: Observe },
  work: () => Promise<Value>,
): Promise<Value> {
  const elapsedMs = stopwatch()
  const tell = (outcome: PinotCall['outcome']) => observe({ upstream, operation, durationMs: elapsedMs(), outcome })
  try {
    const value = await work()
    tell('ok')
    return value
  } catch (error) {
    tell(outcomeOf(error))
    throw error
  }
}

function outcomeOf(error: unknown): PinotCall['outcome'] {
  const code = codeOf(error)
  if (code === 'timeout' || code === 'aborted' || code === 'auth') return code
  // What the other side refuses is an answer.
  if (code === 'rejected' || code === 'not_permitted') return 'ok'
  return code === 'unreachable' ? 'connect' : 'protocol'
}

/** `GET /tables/…/rebalance`: what is named in a path is left out. */
export function operationOf(method: string, path: string): string {
  const steps = path
    .replace(/\?.*/, '')
    .split('/')
    .filter((step) => step !== '')
  return `${method} /${steps[0] ?? ''}${steps.length > 2 ? `/…/${steps.at(-1)}` : ''}`
}
