/** `CLUSTER.wishes.jsonl`, what was kept before there was a journal: drains and a pause, all that holds in each line. */
import { EvenkeelError } from '../../lib/errors.ts'
import { parseTime } from '../../lib/iso-time.ts'
import { id, isObject, list } from './codec.ts'
import type { Change } from './journal.ts'
import { linesOf, wrapped } from './lines.ts'
import { recordCodecs } from './record-codecs.ts'
import { nodeKey } from './records.ts'

/** @throws EvenkeelError `state_unavailable` naming the line that is wrong. */
export function readOldWishes(content: string, cluster: string, path: string, nowMs: number): Change[] {
  const read = linesOf(content).lines.map((line, index) =>
    wrapped(path, index + 1, () => readWishes(line(), cluster, nowMs)),
  )
  return read.at(-1) ?? []
}

function readWishes(json: unknown, cluster: string, nowMs: number): Change[] {
  if (!isObject(json) || json['type'] !== 'wishes') throw wrong('the line is not a record of wishes')
  const { version, cluster: of, at, drains, pause } = json
  if (version !== 1) throw wrong(`the line has version ${JSON.stringify(version)}, wishes have version 1`)
  if (of !== cluster) throw wrong(`the line belongs to the cluster ${JSON.stringify(of)}`)
  const writtenMs = typeof at === 'string' ? parseTime(at) : Number.NaN
  // Since when a node was to be emptied was not kept.
  const sinceMs = Number.isNaN(writtenMs) ? nowMs : writtenMs
  const changes = list(id)
    .decode(drains, 'drains')
    .map((node): Change => ({ kind: 'drain', key: nodeKey(node), value: { node, sinceMs } }))
  if (pause === undefined) return changes
  return [...changes, { kind: 'pause', key: 'cluster', value: recordCodecs.pause.decode(pause, 'pause') }]
}

const wrong = (what: string) => new EvenkeelError('bad_input', what)
