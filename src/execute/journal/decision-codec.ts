/**
 * A decision as JSON. It is a history that people read: a word of a later version is as good as any, so words are not checked
 * against their lists, only that they are texts.
 */
import type { BegunMove, DecidedMove, DecidedViolation, Decision, MoveEnd } from '../../cluster/decision.ts'
import { amount, type Codec, flag, id, list, maybe, object, text, time } from './codec.ts'

const word = <Word extends string>() => text as Codec<Word>

const move = {
  id: text,
  kind: word<DecidedMove['kind']>(),
  topic: text,
  partition: maybe(id),
  from: maybe(id),
  to: maybe(id),
  bytes: amount,
  reason: word<DecidedMove['reason']>(),
}
const end = object<MoveEnd>({
  atMs: time,
  result: word<MoveEnd['result']>(),
  bytes: amount,
  durationMs: amount,
  text: maybe(text),
})
const reasonOfNone = object<NonNullable<DecidedViolation['gate']>>({ code: word(), text })

export const decisionCodec: Codec<Decision> = object<Decision>({
  id: text,
  fromMs: time,
  untilMs: time,
  rounds: amount,
  mode: word(),
  dryRun: flag,
  status: word(),
  verdict: object<Decision['verdict']>({ act: flag, code: word(), text }),
  violations: list(
    object<DecidedViolation>({
      kind: word(),
      subject: text,
      sinceMs: time,
      size: amount,
      unit: word(),
      text,
      gate: maybe(reasonOfNone),
    }),
  ),
  violationCount: amount,
  planned: list(object<DecidedMove>(move)),
  plannedCount: amount,
  plannedBytes: amount,
  begun: list(object<BegunMove>({ ...move, startedAtMs: time, end: maybe(end) })),
  begunCount: amount,
  rejected: list(object<Decision['rejected'][number]>({ reason: word(), count: amount, examples: list(text) })),
  notes: list(text),
})
