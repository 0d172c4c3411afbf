/** A route asked without a listener; what it answers is held against its schema. */
import type { DaemonControl, DaemonExplanations } from '../../src/daemon/view.ts'
import { readFields } from '../../src/http/fields.ts'
import type { AuditPages, DaemonConfig, RouteParts } from '../../src/http/route.ts'
import { routes } from '../../src/http/routes.ts'

/** Of a daemon that has nothing to tell. */
export const unexplained: DaemonExplanations = {
  decisions: () => [],
  explain: () => Promise.reject(new Error('nothing is explained here')),
  planNow: () => Promise.reject(new Error('nothing is planned here')),
}

/** Of a daemon that has none. */
export const unconfigured: DaemonConfig = {
  inForce: () => ({ settings: [], hash: '' }),
  refusal: () => undefined,
  reload: () => [],
}

/** Of a daemon that did nothing. */
export const unaudited: AuditPages = { page: async () => ({ records: [] }) }

const never = async () => Promise.reject(new Error('not asked for here'))
/** Of a daemon of which nothing is to be asked: what may be stands over it. */
export const unasked: DaemonControl = {
  drain: never,
  undrain: never,
  pause: never,
  resume: never,
  rebalance: never,
  approve: never,
  cancel: never,
  order: never,
  weigh: never,
}

export async function askRoute(
  method: 'GET' | 'POST',
  name: string,
  given: object,
  parts: RouteParts,
): Promise<unknown> {
  const route = routes.find((one) => one.method === method && one.path === `/api/v1/${name}`)
  if (!route) throw new Error(`no route is called ${method} ${name}`)
  const fields = readFields(method === 'GET' ? 'query' : 'body', route.fields, given)
  return route.answer.parse(
    JSON.parse(JSON.stringify(await route.respond(fields, parts, { by: 'local', source: 'api' }))),
  )
}
