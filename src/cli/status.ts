/** `evenkeel status`: what the running daemon is doing, and why. */
import { type Command, Option } from 'commander'
import { loopStatuses } from '../cluster/events.ts'
import { drainText, orderText, pauseText, placedText } from '../cluster/wish-texts.ts'
import type { StatusAnswer } from '../http/answers.ts'
import { formatBytes } from '../lib/units.ts'
import type { Paint } from '../observe/ansi.ts'
import { exitCodes } from './exit-codes.ts'
import type { Ending, Io } from './io.ts'
import { stateCell, table } from './table.ts'
import { addView, type ViewOptions } from './view-command.ts'

export type Status = StatusAnswer

interface StatusOptions extends ViewOptions {
  exitWhen?: Status['clusters'][number]['status']
  exitCode?: boolean
}

/** Where somebody has to do something before anything goes on. */
const needingAttention: readonly string[] = ['stalled', 'paused', 'unreachable']

export function addStatus(program: Command, io: Io, ending: Ending): void {
  const status = program.command('status').description('show what a running daemon is doing, and why')
  addView<Status, StatusOptions>(status, io, {
    ask: (client, { cluster }) => client.get('status', { cluster }),
    text: statusText,
    seen: ({ clusters, config_refused: refused }, { exitWhen, exitCode }) => {
      const attention = refused !== undefined || clusters.some(({ status }) => needingAttention.includes(status))
      ending.code = exitCode && attention ? exitCodes.needsAttention : exitCodes.done
      if (exitWhen === undefined) return undefined
      return clusters.every(({ status }) => status === exitWhen) ? 'enough' : 'more'
    },
  })
    .addOption(new Option('--exit-when <status>', 'show it again until every cluster is that').choices(loopStatuses))
    .option('--exit-code', `end with ${exitCodes.needsAttention} when a cluster, or the config, needs somebody`)
}

function statusText({ clusters, config_refused: refused }: Status, _: boolean, paint: Paint): string {
  const rows = clusters.map(({ name, status, mode = '-', dry_run: dryRun, moves, bytes, verdict, error }) => [
    name,
    stateCell(status),
    dryRun ? `${mode}, dry run` : mode,
    moves.running,
    moves.pending,
    formatBytes(bytes.remaining),
    error ?? verdict?.text ?? '-',
  ])
  const header = ['CLUSTER', 'STATUS', 'MODE', 'RUNNING', 'PENDING', 'BYTES-REMAINING', 'WHY']
  const wishes = clusters.flatMap(({ name, pause, drains, asked, orders = [], placed = [] }) =>
    [
      ...(pause ? [pauseText(pause)] : []),
      ...drains.map(drainText),
      ...(asked ? [`asked for: ${asked.join(', ')}`] : []),
      ...orders.map(orderText),
      ...(placed.length > 0 ? [placedText(placed)] : []),
    ].map((text) => `${name}: ${text}\n`),
  )
  const config =
    refused === undefined ? [] : [`the config on disk is refused, what was before stays in force:\n${refused}\n`]
  return [table(header, rows, [3, 4, 5], paint), wishes.join(''), ...config].filter((part) => part !== '').join('\n')
}
