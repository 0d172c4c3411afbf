/** The value of each kind of record as JSON. */
import type { LeaderMove, Move, ReplicaMove } from '../../cluster/move.ts'
import { violationKinds } from '../../cluster/reasons.ts'
import { type Pause, pausers } from '../../cluster/wishes.ts'
import type { Setting, SettingRef } from '../../systems/port.ts'
import { amount, type Codec, either, flag, id, list, maybe, object, oneOf, orNull, text, time } from './codec.ts'
import type { RecordKind, Records } from './records.ts'

const pause: Codec<Pause> = object<Pause>({
  by: oneOf(pausers),
  reason: text,
  sinceMs: time,
  untilMs: maybe(time),
})

const ofPartition = { topic: text, partition: id }

const anyMove = {
  ...ofPartition,
  id: text,
  group: maybe(text),
  from: id,
  to: id,
  reason: oneOf(violationKinds),
  replicas: list(id),
  leader: id,
}

const move: Codec<Move> = either<LeaderMove, ReplicaMove>(
  object<LeaderMove>({ ...anyMove, kind: oneOf(['leader']) }),
  object<ReplicaMove>({
    ...anyMove,
    kind: oneOf(['replica']),
    bytes: amount,
    fromDir: maybe(text),
    toDir: maybe(text),
  }),
  (value) => (value as { kind?: unknown }).kind === 'leader',
)

const ofSetting = { scope: oneOf(['node', 'topic']), of: id, name: text }

const setting: Codec<Setting> = either(
  object<SettingRef & { members: string[] }>({ ...ofSetting, members: list(text) }),
  object<SettingRef & { value: string }>({ ...ofSetting, value: text }),
  (value) => 'members' in value,
)

export const recordCodecs: { [Kind in RecordKind]: Codec<Records[Kind]> } = {
  drain: object<Records['drain']>({ node: id, sinceMs: time }),
  pause,
  intent: object<Records['intent']>({ move, atMs: time, unwanted: maybe(object({ why: text, failed: flag })) }),
  setting: object<Records['setting']>({ setting, before: orNull(text), previous: maybe(text), atMs: time }),
  tries: object<Records['tries']>({ ...ofPartition, failedAtMs: list(time), untilMs: time, why: text }),
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
