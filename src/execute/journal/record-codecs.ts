/** The value of each kind of record as JSON. */
import type { BrokersMove, LeaderMove, Move, NodeCount, ReplicaMove, TableMove } from '../../cluster/move.ts'
import type { LeaderOrder, Order, Placement, ReplicaOrder } from '../../cluster/orders.ts'
import { driftCauses, moveReasons } from '../../cluster/reasons.ts'
import type { NodeShare } from '../../cluster/target.ts'
import { type Pause, pausers } from '../../cluster/wishes.ts'
import type { Setting, SettingRef } from '../../systems/port.ts'
import {
  amount,
  byKind,
  type Codec,
  either,
  flag,
  id,
  list,
  maybe,
  object,
  oneOf,
  orNull,
  text,
  texts,
  time,
} from './codec.ts'
import type { RecordKind, Records } from './records.ts'

const pause: Codec<Pause> = object<Pause>({
  by: oneOf(pausers),
  reason: text,
  sinceMs: time,
  untilMs: maybe(time),
})

const ofPartition = { topic: text, partition: id }

const anyMove = { id: text, group: maybe(text), topic: text, reason: oneOf(moveReasons) }
const moveOfPartition = { ...anyMove, partition: id, from: id, to: id, replicas: list(id), leader: id }

const yes = flag as Codec<true>
const anyOrder = { ...ofPartition, to: id, reason: text, atMs: time, override: maybe(yes) }

const order: Codec<Order> = byKind<Order>({
  replica: object<ReplicaOrder>({
    ...anyOrder,
    kind: oneOf(['replica']),
    from: id,
    fromDir: maybe(text),
    toDir: maybe(text),
  }),
  leader: object<LeaderOrder>({
    ...anyOrder,
    kind: oneOf(['leader']),
    failures: maybe(amount),
    untilMs: maybe(time),
  }),
})

const nodeCount = object<NodeCount>({ node: id, replicas: amount })

const move: Codec<Move> = byKind<Move>({
  leader: object<LeaderMove>({ ...moveOfPartition, kind: oneOf(['leader']) }),
  replica: object<ReplicaMove>({
    ...moveOfPartition,
    kind: oneOf(['replica']),
    bytes: amount,
    fromDir: maybe(text),
    toDir: maybe(text),
  }),
  table: object<TableMove>({
    ...anyMove,
    kind: oneOf(['table']),
    causes: list(oneOf(driftCauses)),
    parameters: texts,
    shares: list(object<NodeShare>({ node: id, adds: amount, addBytes: amount, removes: amount, removeBytes: amount })),
    adds: amount,
    bytes: amount,
    batch: object<TableMove['batch']>({ adds: amount, bytes: amount }),
    counts: object<TableMove['counts']>({ before: list(nodeCount), after: list(nodeCount) }),
    fingerprint: text,
    job: maybe(text),
  }),
  brokers: object<BrokersMove>({ ...anyMove, kind: oneOf(['brokers']), before: list(id), after: list(id) }),
})

const ofSetting = { scope: oneOf(['node', 'topic']), of: id, name: text }

const setting: Codec<Setting> = either(
  object<SettingRef & { members: string[] }>({ ...ofSetting, members: list(text) }),
  object<SettingRef & { value: string; replaces?: true }>({ ...ofSetting, value: text, replaces: maybe(yes) }),
  (value) => 'members' in value,
)

export const recordCodecs: { [Kind in RecordKind]: Codec<Records[Kind]> } = {
  drain: object<Records['drain']>({ node: id, sinceMs: time }),
  order,
  placed: object<Placement>({ ...ofPartition, what: oneOf(['replica', 'leader']), node: id, untilMs: time }),
  asked: object<Records['asked']>({ topic: text, atMs: time }),
  approved: object<Records['approved']>({ topic: text, fingerprint: text, atMs: time }),
  pause,
  intent: object<Records['intent']>({ move, atMs: time, unwanted: maybe(object({ why: text, failed: flag })) }),
  setting: object<Records['setting']>({ setting, before: orNull(text), previous: maybe(text), atMs: time }),
  tries: object<Records['tries']>({
    topic: text,
    partition: maybe(id),
    failedAtMs: list(time),
    untilMs: time,
    why: text,
  }),
  cool_down: object<Records['cool_down']>({ node: id, untilMs: time, why: text }),
  left: object<Records['left']>({ ...ofPartition, node: id, atMs: time }),
  muted: object<Records['muted']>({ ...ofPartition, untilMs: time }),
  node: object<Records['node']>({ node: id, state: oneOf(['alive', 'gone']), sinceMs: time, seenAtMs: time }),
  day: object<Records['day']>({ bytes: amount }),
  begun: object<Records['begun']>({
    filling: list(id),
    skewedDomains: list(text),
    relieving: object({ disk_critical: list(text), disk_over_limit: list(text) }),
  }),
  failures: object<Records['failures']>({ failures: list(object({ atMs: time, text })), factor: maybe(text) }),
}
