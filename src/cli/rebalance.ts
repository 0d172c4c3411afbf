/** `evenkeel rebalance` and `evenkeel approve`: have a Pinot table brought where Pinot puts it, and let a held target run. */
import type { Command } from 'commander'
import { EvenkeelError } from '../lib/errors.ts'
import { type ClientOptions, DaemonClient, withClientOptions } from './daemon-client.ts'
import { exitCodes } from './exit-codes.ts'
import { isForPeople, rawText, shownAs } from './formats.ts'
import type { Ending, Io } from './io.ts'
import { waitParts } from './patience.ts'
import { waitUntilRebalanced } from './rebalance-wait.ts'
import { warnOfStandstill } from './standstill.ts'
import type { Status } from './status.ts'
import type { Tables } from './tables.ts'
import { targetsText } from './target-view.ts'

interface ByHand extends ClientOptions {
  reason?: string
  override?: boolean
}
interface RebalanceOptions extends ByHand {
  tenant?: string
  wait?: boolean
  dryRun?: boolean
}

export function addRebalance(program: Command, io: Io, ending: Ending): void {
  const rebalance = program
    .command('rebalance')
    .description('bring a Pinot table, or those of a tenant, where Pinot puts it; without a type both of that name')
    .argument('[table]')
  withByHand(rebalance)
    .option('--tenant <name>', 'all tables of this server tenant')
    .option('--dry-run', 'show what the daemon knows of the target, ask for nothing')
    .option('--wait', `wait until it is done; ends with ${exitCodes.needsAttention} when that does not come by itself`)
    .action(async (table: string | undefined, options: RebalanceOptions) => {
      if ((table === undefined) === (options.tenant === undefined)) {
        throw new EvenkeelError('usage', 'rebalance needs a table or --tenant, one of the two')
      }
      const text = options.dryRun ? await lastKnown(table, options, io) : await rebalanced(table, options, io, ending)
      io.out.write(text)
    })
}

function read(table: string | undefined, options: RebalanceOptions, io: Io): Promise<Tables> {
  const { cluster, tenant } = options
  return new DaemonClient(options, io.signal).get('tables', { cluster, table, tenant })
}

async function lastKnown(table: string | undefined, options: RebalanceOptions, io: Io): Promise<string> {
  const known = await read(table, options, io)
  return shownAs(options.output, known, () => targetsText(known.tables))
}

async function rebalanced(
  table: string | undefined,
  options: RebalanceOptions,
  io: Io,
  ending: Ending,
): Promise<string> {
  const { cluster, output, tenant, reason, override } = options
  const client = new DaemonClient(options, io.signal)
  const answer = await client.post<Status>('rebalance', { table, tenant, cluster, reason, override })
  warnOfStandstill(answer, io)
  const known = await read(table, options, io)
  if (!options.wait) {
    const names = known.tables.map(({ name }) => name).join(', ')
    return shownAs(output, answer, () => `asked for: ${names}\n`)
  }
  const waited = await waitUntilRebalanced(known, answer, waitParts(client, io))
  if (!waited.done) ending.code = exitCodes.needsAttention
  return shownAs(output, waited.answer, () => waited.lines.map((line) => `${line}\n`).join(''))
}

export function addApprove(program: Command, io: Io): void {
  const approve = program
    .command('approve')
    .description('let a held target of a Pinot table run, as it is now; `tables` shows what is held and why')
    .argument('<table>')
  withByHand(approve).action(async (table: string, options: ByHand) => {
    const { cluster, output, reason, override } = options
    const client = new DaemonClient(options, io.signal)
    const answer = await client.post<Status>('approve', { table, cluster, reason, override })
    warnOfStandstill(answer, io)
    io.out.write(isForPeople(output) ? await approvedText(table, cluster, client) : rawText(answer, output))
  })
}

async function approvedText(table: string, cluster: string | undefined, client: DaemonClient): Promise<string> {
  const { tables } = await client.get<Tables>('tables', { cluster, table })
  return tables
    .flatMap(({ name, drift }) =>
      drift?.approved ? [`${name}: the target with the fingerprint ${drift.fingerprint} may run\n`] : [],
    )
    .join('')
}

function withByHand(command: Command): Command {
  return withClientOptions(command)
    .option('--reason <text>', 'why, for the log')
    .option('--override', 'also in mode off: it is noted for when the mode is another one')
}
