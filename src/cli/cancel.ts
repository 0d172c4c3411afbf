/** `evenkeel cancel`: take back what evenkeel moves of a partition or a table, and leave it alone for an hour. */
import type { Command } from 'commander'
import { type ClientOptions, DaemonClient, withClientOptions } from './daemon-client.ts'
import { shownAs } from './formats.ts'
import type { Io } from './io.ts'
import type { Status } from './status.ts'

export function addCancel(program: Command, io: Io): void {
  const cancel = program
    .command('cancel')
    .description('take back what evenkeel moves of a partition (t-3) or a Pinot table, and leave it alone for an hour')
    .argument('<subject>')
  withClientOptions(cancel)
    .requiredOption('--reason <text>', 'why, for those who wonder')
    .action(async (subject: string, options: ClientOptions & { reason: string }) => {
      const { cluster, output, reason } = options
      const answer = await new DaemonClient(options, io.signal).post<Status>('cancel', { subject, cluster, reason })
      const said = `${subject} is taken back where it has begun, and left alone for an hour\n`
      io.out.write(shownAs(output, answer, () => said))
    })
}
