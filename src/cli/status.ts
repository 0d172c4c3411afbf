/** `evenkeel status`: what the running daemon is doing, and why. */
import { type Command, Option } from 'commander'
import { stringify } from 'yaml'
import type { statusJson } from '../http/control-api.ts'
import { formatBytes } from '../lib/units.ts'
import { ask, type ClientOptions, withClientOptions } from './daemon-client.ts'
import type { Io } from './io.ts'
import { table } from './table.ts'

type Status = ReturnType<typeof statusJson>
const formats = ['table', 'json', 'yaml'] as const

export function addStatus(program: Command, io: Io): void {
  withClientOptions(program.command('status').description('show what a running daemon is doing, and why'))
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(formats).default('table'))
    .action(async (options: Omit<ClientOptions, 'output'> & { output: (typeof formats)[number] }) => {
      const answer = await ask<Status>(options.url, '/api/v1/status', { cluster: options.cluster }, io.signal)
      io.out.write(statusText(answer, options.output))
    })
}

function statusText(answer: Status, format: (typeof formats)[number]): string {
  if (format === 'json') return `${JSON.stringify(answer, null, 2)}\n`
  if (format === 'yaml') return stringify(answer)
  const rows = answer.clusters.map(({ name, status, mode, moves, bytes, verdict, error }) => [
    name,
    status,
    mode ?? '-',
    moves.running,
    moves.pending,
    formatBytes(bytes.remaining),
    error ?? verdict?.text ?? '-',
  ])
  return table(['CLUSTER', 'STATUS', 'MODE', 'RUNNING', 'PENDING', 'BYTES-REMAINING', 'WHY'], rows, [3, 4, 5])
}
