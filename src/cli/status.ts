/** `evenkeel status`: what the running daemon is doing, and why. */
import type { Command } from 'commander'
import type { statusJson } from '../http/control-api.ts'
import { formatBytes } from '../lib/units.ts'
import { ask, type ClientOptions, rawText, withClientOptions } from './daemon-client.ts'
import type { Io } from './io.ts'
import { table } from './table.ts'
import { drainText, pauseText } from './wish-texts.ts'

export type Status = ReturnType<typeof statusJson>

export function addStatus(program: Command, io: Io): void {
  withClientOptions(program.command('status').description('show what a running daemon is doing, and why')).action(
    async ({ url, cluster, output }: ClientOptions) => {
      const answer = await ask<Status>(url, '/api/v1/status', { cluster }, io.signal)
      io.out.write(output === 'table' ? statusText(answer) : rawText(answer, output))
    },
  )
}

function statusText({ clusters, config_refused: refused }: Status): string {
  const rows = clusters.map(({ name, status, mode, moves, bytes, verdict, error }) => [
    name,
    status,
    mode ?? '-',
    moves.running,
    moves.pending,
    formatBytes(bytes.remaining),
    error ?? verdict?.text ?? '-',
  ])
  const header = ['CLUSTER', 'STATUS', 'MODE', 'RUNNING', 'PENDING', 'BYTES-REMAINING', 'WHY']
  const wishes = clusters.flatMap(({ name, pause, drains, asked }) =>
    [
      ...(pause ? [pauseText(pause)] : []),
      ...drains.map(drainText),
      ...(asked ? [`asked for: ${asked.join(', ')}`] : []),
    ].map((text) => `${name}: ${text}\n`),
  )
  const config =
    refused === undefined ? [] : [`the config on disk is refused, what was before stays in force:\n${refused}\n`]
  return [table(header, rows, [3, 4, 5]), wishes.join(''), ...config].filter((part) => part !== '').join('\n')
}
