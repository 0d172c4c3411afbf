/** What may be asked of a running daemon: the bodies of POST requests, checked field by field, and what becomes of them. */
import type { NodeId } from '../cluster/state.ts'
import type { ClusterView, DaemonControl, DaemonView } from '../daemon/view.ts'
import type { Clock } from '../lib/clock.ts'
import { codeOf, messageOf } from '../lib/errors.ts'
import { parseDuration } from '../lib/units.ts'
import { only, statusJson } from './control-api.ts'
import { Problem } from './problem.ts'

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
  reason?: string
  /** How long a pause lasts; absent: until it is ended. */
  forMs?: number
}

/** Each with the fields that it needs and those that it takes. */
const actions = {
  drain: { needs: ['node'], takes: ['cluster', 'reason'] },
  undrain: { needs: ['node'], takes: ['cluster', 'reason'] },
  pause: { needs: ['reason'], takes: ['cluster', 'for'] },
  resume: { needs: [], takes: ['cluster', 'reason'] },
} as const satisfies Record<string, { needs: FieldName[]; takes: FieldName[] }>
export type ActionName = keyof typeof actions
export const actionNames = Object.keys(actions) as ActionName[]

/** The status of the cluster once it is done. @throws Problem */
export async function act(name: ActionName, body: unknown, parts: ActionParts) {
  const { view, control, clock } = parts
  const fields = readBody(name, body)
  const cluster = only(view, fields.cluster, 'bad_body')
  const { reason } = fields
  const node = fields.node === undefined ? undefined : knownNode(cluster, fields.node, name === 'drain')
  const calls: Record<ActionName, () => Promise<void>> = {
    drain: () => control.drain(cluster.name, node!),
    undrain: () => control.undrain(cluster.name, node!),
    pause: () => control.pause(cluster.name, reason!, fields.for === undefined ? undefined : clock.now() + fields.for),
    resume: () => control.resume(cluster.name),
  }
  try {
    await calls[name]()
  } catch (error) {
    throw problemOf(error)
  }
  parts.onAction({
    action: name,
    cluster: cluster.name,
    ...(node === undefined ? {} : { node }),
    ...(reason === undefined ? {} : { reason }),
    ...(fields.for === undefined ? {} : { forMs: fields.for }),
  })
  return statusJson(view, { cluster: cluster.name })
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
  reason?: string
  /** Milliseconds. */
  for?: number
}
type FieldName = keyof Fields

const YEAR_MS = 366 * 86_400_000

/** What a field is called for people, and its value; undefined for what it may not be. */
const readers: { [Name in FieldName]-?: [what: string, read: (value: unknown) => Fields[Name] | undefined] } = {
  cluster: ['the name of a cluster', (value) => (typeof value === 'string' ? value : undefined)],
  node: [
    'a node id',
    (value) =>
      (typeof value === 'string' && value !== '' && value.length < 256) || Number.isSafeInteger(value)
        ? (value as NodeId)
        : undefined,
  ],
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
  const { needs, takes } = actions[name] as { needs: readonly FieldName[]; takes: readonly FieldName[] }
  const known = [...needs, ...takes]
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
  return fields
}
