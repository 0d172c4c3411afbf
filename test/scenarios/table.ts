/** What came of the cases, a row each. */
import { usedBytes } from '../../src/systems/simulator/node.ts'
import { boundBytes, doneMoves, of, startedByReason } from './history.ts'
import type { Told } from './run.ts'

const columns = ['case', 'moves', 'GB', '÷ bound', 'worst dir %', 'quiet ticks', 'status', 'verdict', 'for', 'ok']

export function tableOf(results: string[][]): string {
  const rows = [columns, ...results]
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Its own row for each, so that nothing else of it must be kept. */
export function rowOf(name: string, { events, caseEvents, simulator, view, problems, open }: Told): string[] {
  const ofCase = events.slice(0, caseEvents)
  const { moves, bytes } = doneMoves(ofCase)
  const bound = boundBytes(ofCase)
  const ends = of(ofCase, 'move_ended')
  const started = of(events, 'move_started').at(-1)?.atMs ?? 0
  const dirs = [...simulator.world.nodes.values()].flatMap((node) => (node.up ? node.dirs : []))
  const worst = Math.max(0, ...dirs.map((dir) => (dir.failed ? 0 : usedBytes(dir) / dir.capacityBytes)))
  const reasons = Object.entries(startedByReason(ofCase)).map(([reason, count]) => `${reason} ${count}`)
  return [
    name,
    String(moves.length),
    (bytes / 1e9).toFixed(2),
    // What was taken back was not moved.
    bound > 0 && ends.every(({ result }) => result === 'done') ? (bytes / bound).toFixed(3) : '-',
    (worst * 100).toFixed(1),
    String(of(events, 'tick').filter((tick) => tick.atMs > started).length),
    view.status,
    view.report?.verdict.code ?? '-',
    reasons.join(', ') || '-',
    problems.length === 0 ? 'yes' : open ? 'open' : 'NO',
  ]
}
