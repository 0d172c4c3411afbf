/** `evenkeel drain` and `evenkeel undrain`: empty a node and keep it empty, or let it fill again. */
import type { Command } from 'commander'
import type { NodeId } from '../cluster/state.ts'
import { drainText } from '../cluster/wish-texts.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { type ClientOptions, DaemonClient, withClientOptions } from './daemon-client.ts'
import { waitUntilEmpty } from './drain-wait.ts'
import { exitCodes } from './exit-codes.ts'
import { shownAs } from './formats.ts'
import type { Ending, Io } from './io.ts'
import { waitParts } from './patience.ts'
import { warnOfStandstill } from './standstill.ts'
import type { Status } from './status.ts'

interface DrainOptions extends ClientOptions {
  reason?: string
  wait?: boolean
}

export function addDrain(program: Command, io: Io, ending: Ending): void {
  const drain = program.command('drain').description('empty a node and keep it empty until undrain').argument('<node>')
  withClientOptions(drain)
    .option('--reason <text>', 'why, for the log')
    .option(
      '--wait',
      `wait until it is safe to stop; ends with ${exitCodes.needsAttention} when that does not come by itself`,
    )
    .action(async (text: string, options: DrainOptions) => {
      const { cluster, output, reason, wait } = options
      const node = nodeId(text)
      const client = new DaemonClient(options, io.signal)
      let answer = await client.post<Status>('drain', { cluster, node, reason })
      warnOfStandstill(answer, io)
      if (wait) {
        const waited = await waitUntilEmpty(node, answer, waitParts(client, io))
        answer = waited.answer
        if (!waited.safe) ending.code = exitCodes.needsAttention
      }
      io.out.write(shownAs(output, answer, () => drainLine(answer, node)))
    })
}

export function addUndrain(program: Command, io: Io): void {
  const undrain = program.command('undrain').description('let a node that was drained fill again').argument('<node>')
  withClientOptions(undrain)
    .option('--reason <text>', 'why, for the log')
    .action(async (text: string, options: DrainOptions) => {
      const { cluster, output, reason } = options
      const node = nodeId(text)
      const answer = await new DaemonClient(options, io.signal).post<Status>('undrain', { cluster, node, reason })
      io.out.write(shownAs(output, answer, () => `node ${node} is not drained any more\n`))
    })
}

/** Ids that look like numbers are numbers. */
export function nodeId(text: string): NodeId {
  return /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : text
}

function drainLine({ clusters }: Status, node: NodeId): string {
  const drain = clusters[0]!.drains.find((other) => String(other.node) === String(node))
  if (!drain) throw new EvenkeelError('internal', `evenkeel does not say that node ${node} is being drained`)
  return `${drainText(drain)}\n`
}
