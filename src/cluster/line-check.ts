/**
 * Checks that a parsed JSON value is a line of a snapshot. Shapes are small tables of fields; unknown fields pass, so that
 * a newer daemon's snapshot of the same version can still be read.
 */
import { parseTime } from '../lib/iso-time.ts'
import { dirStates, driftCauses, immovableReasons, nodeStates, targetHolds } from './reasons.ts'
import { checkResults } from './target.ts'

type Check = (value: unknown, path: string) => string | undefined

/** Undefined when the line is good, else one sentence with the path of the first mistake. */
export function checkLine(value: unknown): string | undefined {
  if (!isObject(value)) return 'is not an object'
  const type = value['type']
  const shape = typeof type === 'string' && Object.hasOwn(shapes, type) ? shapes[type] : undefined
  return shape ? shape(value, '') : `type is not one of ${Object.keys(shapes).join(', ')}`
}

const text: Check = (value, path) => (typeof value === 'string' ? undefined : `${path} is not a text`)
const flag: Check = (value, path) => (typeof value === 'boolean' ? undefined : `${path} is not true or false`)
const amount: Check = (value, path) =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER
    ? undefined
    : `${path} is not a number from 0 to 2^53`
/** What is kept in 32 bits. */
const count: Check = (value, path) =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31
    ? undefined
    : `${path} is not a whole number from 0 to 2^31`
const number: Check = (value, path) => (Number.isFinite(value) ? undefined : `${path} is not a number`)
const id: Check = (value, path) =>
  typeof value === 'string' || Number.isSafeInteger(value) ? undefined : `${path} is neither a number nor a text`
const moment: Check = (value, path) =>
  typeof value === 'string' &&
  /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(value) &&
  !Number.isNaN(parseTime(value))
    ? undefined
    : `${path} is not an ISO 8601 time`

const oneOf =
  (words: readonly unknown[]): Check =>
  (value, path) =>
    words.includes(value) ? undefined : `${path} is not one of ${words.join(', ')}`

const orNull =
  (check: Check): Check =>
  (value, path) =>
    value === null ? undefined : check(value, path)

const list =
  (check: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return `${path} is not a list`
    for (let i = 0; i < value.length; i += 1) {
      const problem = check(value[i], `${path}[${i}]`)
      if (problem !== undefined) return problem
    }
    return undefined
  }

const table =
  (check: Check): Check =>
  (value, path) => {
    if (!isObject(value)) return `${path} is not an object`
    for (const [key, entry] of Object.entries(value)) {
      const problem = check(entry, `${path}.${key}`)
      if (problem !== undefined) return problem
    }
    return undefined
  }

/** Fields ending in `?` may be absent. */
const shape =
  (fields: Record<string, Check>): Check =>
  (value, path) => {
    if (!isObject(value)) return `${path} is not an object`
    for (const [field, check] of Object.entries(fields)) {
      const name = field.replace('?', '')
      const where = path === '' ? name : `${path}.${name}`
      if (value[name] === undefined) {
        if (field.endsWith('?')) continue
        return `${where} is missing`
      }
      const problem = check(value[name], where)
      if (problem !== undefined) return problem
    }
    return undefined
  }

/** One figure for all replicas or one per replica, as many as there are. */
const perReplica =
  (check: Check): Check =>
  (value, path) =>
    Array.isArray(value) ? list(orNull(check))(value, path) : check(value, path)

const dir = shape({
  'path?': text,
  capacity_bytes: amount,
  used_bytes: amount,
  'freeing_bytes?': amount,
  'state?': oneOf(dirStates),
  'cordoned?': flag,
  'metadata?': flag,
})

const partitionFields = shape({
  id,
  'leader?': orNull(id),
  replicas: list(id),
  'isr?': list(id),
  'bytes?': perReplica(amount),
  'dirs?': list(orNull(text)),
  'adding?': list(id),
  'removing?': list(id),
  'offline?': list(id),
  'dir_moves?': list(shape({ node: id, to: text, bytes: amount })),
  'bytes_in_per_second?': amount,
  'bytes_out_per_second?': amount,
  'immovable?': oneOf(immovableReasons.filter((reason) => reason !== '')),
})

const partition: Check = (value, path) => {
  const problem = partitionFields(value, path)
  if (problem !== undefined) return problem
  const { replicas, bytes, dirs } = value as { replicas: unknown[]; bytes?: unknown; dirs?: unknown[] }
  for (const [name, field] of [
    ['bytes', bytes],
    ['dirs', dirs],
  ] as const) {
    if (Array.isArray(field) && field.length !== replicas.length) {
      return `${path}.${name} has ${field.length} entries for ${replicas.length} replicas`
    }
  }
  return undefined
}

const evenness = shape({
  nodes: list(shape({ node: id, replicas: amount, bytes: amount })),
  replicas: number,
  bytes: number,
})

const shapes: Record<string, Check> = {
  cluster: shape({
    version: oneOf([1]),
    name: text,
    system: text,
    taken_at: moment,
    'cluster_id?': text,
    'cluster_version?': text,
    'share_by?': oneOf(['replicas']),
  }),
  node: shape({
    id,
    'host?': text,
    'rack?': text,
    state: oneOf(nodeStates),
    'alive_since?': moment,
    'unavailable_since?': moment,
    'excluded?': flag,
    'draining?': flag,
    'max_replicas?': amount,
    'domain?': text,
    dirs: list(dir),
  }),
  topic: shape({
    name: text,
    'topic_id?': text,
    'min_isr?': count,
    'constraints?': shape({
      'domain?': text,
      'cap?': count,
      'units?': table(text),
      'legal?': table(list(orNull(list(id)))),
      'excluded?': flag,
    }),
    'leaderless?': flag,
    partitions: list(partition),
  }),
  move: shape({
    topic: text,
    partition: id,
    target: list(id),
    adding: list(id),
    removing: list(id),
    'node?': id,
    'to_dir?': text,
    'bytes_done?': amount,
    'bytes_total?': amount,
  }),
  health: shape({
    under_replicated: shape({ own_move: amount, node: amount, other: amount }),
    offline: amount,
    under_min_isr: amount,
    'unexplained?': shape({ offline: amount, under_min_isr: amount }),
    missing_nodes: list(id),
    notes: list(text),
  }),
  memory: shape({
    'filling?': list(id),
    'skewed_domains?': list(text),
    'relieving?': shape({ disk_critical: list(text), disk_over_limit: list(text) }),
    'leader_skew?': flag,
    'leader_samples?': amount,
    'leader_idle_since?': moment,
    'since?': table(moment),
    'pending?': table(moment),
    'left?': list(shape({ topic: text, partition: id, node: id, at: moment })),
    'muted?': list(shape({ topic: text, partition: id, until: moment })),
    'hold?': shape({
      partitions: list(shape({ topic: text, partition: id, until: moment, exhausted: flag })),
      'topics?': list(shape({ topic: text, until: moment, exhausted: flag, why: text })),
      nodes: list(shape({ node: id, until: moment })),
    }),
    'orders?': list(
      shape({
        kind: oneOf(['replica', 'leader']),
        topic: text,
        partition: id,
        'from?': id,
        to: id,
        'from_dir?': text,
        'to_dir?': text,
        reason: text,
        at: moment,
        'override?': flag,
        'failures?': amount,
        'until?': moment,
      }),
    ),
    'placed?': list(shape({ what: oneOf(['replica', 'leader']), topic: text, partition: id, node: id, until: moment })),
    'baseline?': shape({ offline: amount, under_min_isr: amount }),
  }),
  target: shape({
    topic: text,
    causes: list(shape({ cause: oneOf(driftCauses), text })),
    shares: list(shape({ node: id, adds: amount, add_bytes: amount, removes: amount, remove_bytes: amount })),
    adds: amount,
    bytes: amount,
    largest_bytes: amount,
    unit_adds: amount,
    unit_bytes: amount,
    before: evenness,
    after: evenness,
    parameters: table(text),
    'max_batch?': amount,
    checks: list(shape({ name: text, result: oneOf(checkResults), message: text })),
    'held?': shape({ code: oneOf(targetHolds), text }),
    priority: number,
    turn: oneOf([-1, 0, 1]),
    fingerprint: text,
  }),
  job: shape({
    id: text,
    topic: text,
    started_at: moment,
    parameters: table(text),
    'adds?': shape({ total: amount, done: amount }),
    'bytes_done?': amount,
    'bytes_total?': amount,
    'arriving?': list(shape({ node: id, adds: amount, bytes: amount })),
    'text?': text,
    'broken?': text,
  }),
  brokers: shape({ topic: text, before: list(id), after: list(id), text }),
  report: shape({
    topic: text,
    partitions: amount,
    replicas: amount,
    bytes: amount,
    domain: text,
    tenant: text,
    evenness,
    not_converged: amount,
    in_error: amount,
    'seen?': shape({ online: amount, consuming: amount, offline: amount, error: amount }),
    'verdict?': shape({ text, at: moment }),
  }),
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
