/** `evenkeel moves`: the moves of the running daemon, waiting, running and lately ended. */
import { type Command, Option } from 'commander'
import type { MovesAnswer } from '../http/answers.ts'
import { formatBytes, formatDuration, formatPercent, formatRate } from '../lib/units.ts'
import type { Paint } from '../observe/ansi.ts'
import type { Io } from './io.ts'
import { stateCell, table } from './table.ts'
import { addView, type ViewOptions } from './view-command.ts'

export function addMoves(program: Command, io: Io): void {
  addView<MovesAnswer, ViewOptions & { state?: string }>(
    program.command('moves').description('list the moves of a running daemon'),
    io,
    { ask: (client, { cluster, state }) => client.get('moves', { cluster, state }), text: movesText },
  ).addOption(new Option('--state <state>', 'only these').choices(['pending', 'running', 'ended']))
}

/** Columns as rpk names them. */
const header = [
  'KIND',
  'PARTITION',
  'MOVING-FROM',
  'MOVING-TO',
  'STATE',
  'COMPLETION-%',
  'PARTITION-SIZE',
  'BYTES-MOVED',
  'BYTES-REMAINING',
  'RATE',
  'ETA',
  'REASON',
]

function movesText(answer: MovesAnswer, _: boolean, paint: Paint): string {
  if (answer.moves.length === 0) return 'no moves\n'
  const rows = answer.moves.map((move) => {
    const total = ('bytes_total' in move ? move.bytes_total : undefined) ?? ('bytes' in move ? move.bytes : 0)
    const rate = 'bytes_per_second' in move ? move.bytes_per_second : undefined
    const eta = 'eta_seconds' in move ? move.eta_seconds : undefined
    const done = ('bytes_done' in move ? move.bytes_done : undefined) ?? 0
    return [
      move.kind,
      move.partition === undefined ? move.topic : `${move.topic}-${move.partition}`,
      ...ends(move),
      stateCell(move.state),
      total > 0 ? formatPercent(done / total) : '-',
      formatBytes(total),
      formatBytes(done),
      formatBytes(Math.max(0, total - done)),
      rate === undefined ? '-' : formatRate(rate),
      eta === undefined ? '-' : formatDuration(eta * 1000),
      move.reason,
    ]
  })
  return table(header, rows, [5, 6, 7, 8, 9, 10], paint)
}

/** Where it comes from and goes to; several nodes of a job that moves a topic as a whole. */
function ends(move: MovesAnswer['moves'][number]): [string, string] {
  if (move.from !== undefined) return [String(move.from), String(move.to)]
  if (move.nodes === undefined) return [few(move.before ?? []), few(move.after ?? [])]
  const ids = (some: typeof move.nodes) => few(some.map(({ id }) => id))
  return [
    ids(move.nodes.filter((node) => node.replicas_removed > 0)),
    ids(move.nodes.filter((node) => node.replicas_added > 0)),
  ]
}

function few(ids: readonly (number | string)[]): string {
  if (ids.length === 0) return '-'
  return ids.length > 2 ? `${ids[0]} and ${ids.length - 1} more` : ids.join(', ')
}
