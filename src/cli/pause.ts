/** `evenkeel pause` and `evenkeel resume`: start nothing for a while, and go on. */
import type { Command } from 'commander'
import { type ClientOptions, rawText, tell, withClientOptions } from './daemon-client.ts'
import type { Io } from './io.ts'
import type { Status } from './status.ts'
import { pauseText } from './wish-texts.ts'

export function addPause(program: Command, io: Io): void {
  const pause = program.command('pause').description('start nothing until resume; what runs goes on to its end')
  withClientOptions(pause)
    .requiredOption('--reason <text>', 'why, for those who wonder')
    .option('--for <duration>', 'end by itself after this long, such as 30m')
    .action(async ({ url, cluster, output, reason, for: duration }: ClientOptions & { reason: string; for?: string }) =>
      say(await tell<Status>(url, '/api/v1/pause', { cluster, reason, for: duration }, io.signal), output, io),
    )
  const resume = program.command('resume').description('end a pause, also one that evenkeel began by itself')
  withClientOptions(resume)
    .option('--reason <text>', 'why, for the log')
    .action(async ({ url, cluster, output, reason }: ClientOptions & { reason?: string }) =>
      say(await tell<Status>(url, '/api/v1/resume', { cluster, reason }, io.signal), output, io),
    )
}

function say(answer: Status, output: ClientOptions['output'], io: Io): void {
  if (output !== 'table') return void io.out.write(rawText(answer, output))
  for (const { name, pause } of answer.clusters) io.out.write(`${name}: ${pause ? pauseText(pause) : 'not paused'}\n`)
}
