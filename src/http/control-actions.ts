/** What may be asked of a running daemon: the bodies of POST requests, checked field by field, and what becomes of them. */
import { approvableHolds } from '../cluster/reasons.ts'
import type { NodeId } from '../cluster/state.ts'
import type { ClusterView, DaemonControl, DaemonView } from '../daemon/view.ts'
import type { Clock } from '../lib/clock.ts'
import { codeOf, messageOf } from '../lib/errors.ts'
import { parseDuration } from '../lib/units.ts'
import { only, statusJson } from './control-api.ts'
import { Problem } from './problem.ts'
import { topicsFor } from './tables-api.ts'

export interface ActionParts {
  view: DaemonView
  control: DaemonControl
  clock: Clock
  /** Told of every action that took place. */
  onAction: (action: Action) => void
}

export interface Action {
  action: ActionName
  cluster: string
  node?: NodeId
  tables?: string[]
  reason?: string
  /** How long a pause lasts; absent: until it is ended. */
  forMs?: number
}

/** Each with the fields that it needs, those that it takes, and those of which it needs exactly one. */
const actions = {
  drain: { needs: ['node'], takes: ['cluster', 'reason'] },
  undrain: { needs: ['node'], takes: ['cluster', 'reason'] },
  pause: { needs: ['reason'], takes: ['cluster', 'for'] },
  resume: { needs: [], takes: ['cluster', 'reason'] },
  rebalance: { needs: [], takes: ['cluster', 'reason', 'override'], oneOf: ['table', 'tenant'] },
  approve: { needs: ['table'], takes: ['cluster', 'reason', 'override'] },
} as const satisfies Record<string, Takes>
export type ActionName = keyof typeof actions
export const actionNames = Object.keys(actions) as ActionName[]

interface Takes {
  needs: readonly FieldName[]
  takes: readonly FieldName[]
  oneOf?: readonly FieldName[]
}

/** What an action is about, for the log, and how it is done. */
interface Call {
  about?: Pick<Action, 'node' | 'tables' | 'forMs'>
  run: () => Promise<void>
}

/** The status of the cluster once it is done. @throws Problem */
export async function act(name: ActionName, body: unknown, parts: ActionParts) {
  const { view } = parts
  const fields = readBody(name, body)
  const cluster = only(view, fields.cluster, 'bad_body')
  const { about, run } = calls[name](cluster, fields, parts)
  try {
    await run()
  } catch (error) {
    throw problemOf(error)
  }
  const { reason } = fields
  parts.onAction({ action: name, cluster: cluster.name, ...about, ...(reason === undefined ? {} : { reason }) })
  return statusJson(view, { cluster: cluster.name })
}

/** Each looks whether it can be done, before anything is. */
const calls: Record<ActionName, (cluster: ClusterView, fields: Fields, parts: ActionParts) => Call> = {
  drain: (cluster, fields, { control }) => {
    const node = knownNode(cluster, fields.node!, true)
    return { about: { node }, run: () => control.drain(cluster.name, node) }
  },
  undrain: (cluster, fields, { control }) => {
    const node = knownNode(cluster, fields.node!, false)
    return { about: { node }, run: () => control.undrain(cluster.name, node) }
  },
  pause: ({ name }, { reason, for: forMs }, { control, clock }) => ({
    ...(forMs === undefined ? {} : { about: { forMs } }),
    run: () => control.pause(name, reason!, forMs === undefined ? undefined : clock.now() + forMs),
  }),
  resume: ({ name }, _, { control }) => ({ run: () => control.resume(name) }),
  rebalance: (cluster, fields, { control }) => {
    const tables = topicsFor(cluster, fields)
    notOff(cluster, fields)
    return { about: { tables }, run: () => control.rebalance(cluster.name, tables) }
  },
  approve: (cluster, fields, { control }) => {
    const targets = approvable(cluster, topicsFor(cluster, fields))
    notOff(cluster, fields)
    const tables = targets.map(({ topic }) => topic)
    return { about: { tables }, run: () => control.approve(cluster.name, targets) }
  },
}

/** What somebody asks for by hand is not meant for a mode that does nothing, unless he says so. */
function notOff({ report }: ClusterView, { override }: Fields): void {
  if (report?.mode !== 'off' || override) return
  throw new Problem(
    'not_possible',
    'the mode is off and nothing would be started; override notes it all the same, for when the mode is another one',
  )
}

/** Those of the tables' targets that are held and that a person may let run. @throws Problem when there is none. */
function approvable({ report }: ClusterView, tables: readonly string[]): { topic: string; fingerprint: string }[] {
  const held = (report?.targets ?? []).flatMap(({ topic, fingerprint, held }) =>
    held && tables.includes(topic) ? [{ topic, fingerprint, ...held }] : [],
  )
  if (held.length === 0) throw new Problem('not_possible', `nothing of ${tables.join(', ')} is held`)
  const may = held.filter(({ code }) => approvableHolds.includes(code))
  if (may.length === 0) {
    const why = held.map(({ topic, code, text }) => `${topic} is held for ${code}: ${text}`).join('; ')
    throw new Problem('not_possible', `${why}; that has to be mended, it cannot be approved`)
  }
  return may.map(({ topic, fingerprint }) => ({ topic, fingerprint }))
}

function problemOf(error: unknown): unknown {
  if (codeOf(error) === 'usage') return new Problem('not_possible', messageOf(error))
  if (codeOf(error) === 'state_unavailable') return new Problem('state_unavailable', messageOf(error))
  return error
}

/**
 * Ids that look like numbers may come as text: the one that the cluster has is meant.
 * @param must whether the cluster has to have it; what is to be taken back may concern a node that is gone for good.
 */
function knownNode({ report, drains }: ClusterView, node: NodeId, must: boolean): NodeId {
  const ids = report?.plan.nodes.map(({ id }) => id)
  const known = [...(ids ?? []), ...drains.map((drain) => drain.node)].find((id) => String(id) === String(node))
  if (known === undefined && must && ids) {
    throw new Problem('unknown_node', `no node has this id; there are: ${ids.join(', ')}`)
  }
  return known ?? node
}

interface Fields {
  cluster?: string
  node?: NodeId
  table?: string
  tenant?: string
  reason?: string
  /** Milliseconds. */
  for?: number
  override?: boolean
}
type FieldName = keyof Fields

const YEAR_MS = 366 * 86_400_000

const isName = (value: unknown): value is string => typeof value === 'string' && value !== '' && value.length < 256

/** What a field is called for people, and its value; undefined for what it may not be. */
const readers: { [Name in FieldName]-?: [what: string, read: (value: unknown) => Fields[Name] | undefined] } = {
  cluster: ['the name of a cluster', (value) => (typeof value === 'string' ? value : undefined)],
  node: ['a node id', (value) => (isName(value) || Number.isSafeInteger(value) ? (value as NodeId) : undefined)],
  table: ['the name of a table', (value) => (isName(value) ? value : undefined)],
  tenant: ['the name of a tenant', (value) => (isName(value) ? value : undefined)],
  override: ['true or false', (value) => (typeof value === 'boolean' ? value : undefined)],
  reason: [
    'one line of text of at most 500 characters',
    (value) =>
      typeof value === 'string' && /^[^\p{Cc}\u2028\u2029]{1,500}$/u.test(value) && value.trim() !== ''
        ? value
        : undefined,
  ],
  for: [
    'a duration from 1s to 366d with its unit, such as 30m',
    (value) => {
      const ms = typeof value === 'string' ? parseDuration(value) : undefined
      return ms !== undefined && ms >= 1000 && ms <= YEAR_MS ? ms : undefined
    },
  ],
}

function readBody(name: ActionName, body: unknown): Fields {
  const { needs, takes, oneOf = [] }: Takes = actions[name]
  const known = [...needs, ...oneOf, ...takes]
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem('bad_body', `expected a JSON object with ${known.join(', ')}`)
  }
  if (Object.keys(body).some((key) => !known.some((field) => field === key))) {
    throw new Problem('bad_body', `unknown field; known here: ${known.join(', ')}`)
  }
  const fields: Record<string, unknown> = {}
  for (const field of known) {
    const value = (body as Record<string, unknown>)[field]
    const [what, read] = readers[field]
    if (value === undefined) {
      if (needs.includes(field)) throw new Problem('bad_body', `${field} is missing: ${what}`)
      continue
    }
    fields[field] = read(value)
    if (fields[field] === undefined) throw new Problem('bad_body', `${field}: expected ${what}`)
  }
  if (oneOf.length > 0 && oneOf.filter((field) => fields[field] !== undefined).length !== 1) {
    throw new Problem('bad_body', `exactly one is needed of ${oneOf.join(', ')}`)
  }
  return fields
}
