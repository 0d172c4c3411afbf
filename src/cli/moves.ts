/** `evenkeel moves`: the moves of the running daemon, waiting, running and lately ended. */
import { type Command, Option } from 'commander'
import type { movesJson } from '../http/control-api.ts'
import { formatBytes, formatDuration, formatPercent, formatRate } from '../lib/units.ts'
import { ask, type ClientOptions, rawText, withClientOptions } from './daemon-client.ts'
import type { Io } from './io.ts'
import { table } from './table.ts'

type Moves = ReturnType<typeof movesJson>

export function addMoves(program: Command, io: Io): void {
  withClientOptions(program.command('moves').description('list the moves of a running daemon'))
    .addOption(new Option('--state <state>', 'only these').choices(['pending', 'running', 'ended']))
    .action(async ({ url, cluster, state, output }: ClientOptions & { state?: string }) => {
      const answer = await ask<Moves>(url, '/api/v1/moves', { cluster, state }, io.signal)
      io.out.write(output === 'table' ? movesText(answer) : rawText(answer, output))
    })
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

function movesText(answer: Moves): string {
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
      move.state,
      total > 0 ? formatPercent(done / total) : '-',
      formatBytes(total),
      formatBytes(done),
      formatBytes(Math.max(0, total - done)),
      rate === undefined ? '-' : formatRate(rate),
      eta === undefined ? '-' : formatDuration(eta * 1000),
      move.reason,
    ]
  })
  return table(header, rows, [5, 6, 7, 8, 9, 10])
}

/** Where it comes from and goes to; several nodes of a job that moves a topic as a whole. */
function ends(move: Moves['moves'][number]): [string, string] {
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
