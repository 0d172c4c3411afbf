/** `evenkeel rebalance` and `evenkeel approve`: have a Pinot table brought where Pinot puts it, and let a held target run. */
import type { Command } from 'commander'
import { pickTables } from '../cluster/table-json.ts'
import { realClock } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { ask, type ClientOptions, rawText, tell, withClientOptions } from './daemon-client.ts'
import { exitCodes } from './exit-codes.ts'
import type { Ending, Io } from './io.ts'
import { waitUntilRebalanced } from './rebalance-wait.ts'
import type { Status } from './status.ts'
import type { Tables } from './tables.ts'
import { targetsText } from './target-view.ts'
import { standstillText } from './wish-texts.ts'

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
      const { url, cluster, output, tenant, reason, override } = options
      if ((table === undefined) === (tenant === undefined)) {
        throw new EvenkeelError('usage', 'rebalance needs a table or --tenant, one of the two')
      }
      const read = () => ask<Tables>(url, '/api/v1/tables', { cluster, table, tenant }, io.signal)
      if (options.dryRun) {
        const known = await read()
        return void io.out.write(output === 'table' ? targetsText(known.tables) : rawText(known, output))
      }
      const asked = { table, tenant, cluster, reason, override }
      let answer = await tell<Status>(url, '/api/v1/rebalance', asked, io.signal)
      const known = await read()
      warn(answer, io)
      if (options.wait) {
        const parts = { url, clock: io.clock ?? realClock, signal: io.signal, say: sayTo(io) }
        const waited = await waitUntilRebalanced(known, answer, parts)
        answer = waited.answer
        if (!waited.done) ending.code = exitCodes.needsAttention
        if (output === 'table') return void io.out.write(waited.lines.map((line) => `${line}\n`).join(''))
      }
      io.out.write(
        output === 'table'
          ? `asked for: ${known.tables.map(({ name }) => name).join(', ')}\n`
          : rawText(answer, output),
      )
    })
}

export function addApprove(program: Command, io: Io): void {
  const approve = program
    .command('approve')
    .description('let a held target of a Pinot table run, as it is now; `tables` shows what is held and why')
    .argument('<table>')
  withByHand(approve).action(async (table: string, { url, cluster, output, reason, override }: ByHand) => {
    const answer = await tell<Status>(url, '/api/v1/approve', { table, cluster, reason, override }, io.signal)
    warn(answer, io)
    if (output !== 'table') return void io.out.write(rawText(answer, output))
    const { tables } = await ask<Tables>(url, '/api/v1/tables', { cluster }, io.signal)
    for (const { name, drift } of pickTables(tables, { table })) {
      if (drift?.approved) io.out.write(`${name}: the target with the fingerprint ${drift.fingerprint} may run\n`)
    }
  })
}

function withByHand(command: Command): Command {
  return withClientOptions(command)
    .option('--reason <text>', 'why, for the log')
    .option('--override', 'also in mode off: it is noted for when the mode is another one')
}

function warn({ clusters }: Status, io: Io): void {
  const warning = standstillText(clusters[0]!)
  if (warning !== undefined) io.err.write(`warning: ${warning}\n`)
}

function sayTo(io: Io): (line: string) => void {
  return (line) => void io.err.write(`${line}\n`)
}
