/** `evenkeel pause` and `evenkeel resume`: start nothing for a while, and go on. */
import type { Command } from 'commander'
import { pauseText } from '../cluster/wish-texts.ts'
import { type ClientOptions, DaemonClient, withClientOptions } from './daemon-client.ts'
import { shownAs } from './formats.ts'
import type { Io } from './io.ts'
import type { Status } from './status.ts'

export function addPause(program: Command, io: Io): void {
  const pause = program.command('pause').description('start nothing until resume; what runs goes on to its end')
  withClientOptions(pause)
    .requiredOption('--reason <text>', 'why, for those who wonder')
    .option('--for <duration>', 'end by itself after this long, such as 30m')
    .action(async (options: ClientOptions & { reason: string; for?: string }) => {
      const { cluster, output, reason, for: duration } = options
      const client = new DaemonClient(options, io.signal)
      say(await client.post<Status>('pause', { cluster, reason, for: duration }), output, io)
    })
}

export function addResume(program: Command, io: Io): void {
  const resume = program.command('resume').description('end a pause, also one that evenkeel began by itself')
  withClientOptions(resume)
    .option('--reason <text>', 'why, for the log')
    .action(async (options: ClientOptions & { reason?: string }) => {
      const { cluster, output, reason } = options
      const client = new DaemonClient(options, io.signal)
      say(await client.post<Status>('resume', { cluster, reason }), output, io)
    })
}

function say(answer: Status, output: ClientOptions['output'], io: Io): void {
  const text = () => answer.clusters.map(({ name, pause }) => `${name}: ${pause ? pauseText(pause) : 'not paused'}\n`)
  io.out.write(shownAs(output, answer, () => text().join('')))
}
