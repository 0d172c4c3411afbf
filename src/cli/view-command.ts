/** Commands that show what the daemon tells: once, or again and again as it changes. */
import type { Command } from 'commander'
import { type Clock, realClock } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { parseDuration } from '../lib/units.ts'
import { clearScreen, type Paint, painter } from '../observe/ansi.ts'
import { wantsColor } from '../observe/terminal.ts'
import { type ClientOptions, DaemonClient, withClientOptions } from './daemon-client.ts'
import { type Format, isForPeople, shownAs } from './formats.ts'
import type { Io } from './io.ts'

export interface ViewOptions extends ClientOptions {
  watch?: string | true
  color: boolean
}

export interface View<Answer, Options extends ViewOptions> {
  /** Asks for it. @param args of the command, beside its options. */
  ask: (client: DaemonClient, options: Options, args: readonly (string | undefined)[]) => Promise<Answer>
  /** For people; `wide` where there is to be all of it. */
  text: (answer: Answer, wide: boolean, paint: Paint) => string
  /** Told of every answer; says whether there is to be another one where that is not for `--watch` to say. */
  seen?: (answer: Answer, options: Options) => 'enough' | 'more' | undefined
}

const DEFAULT_WATCH = '2s'

export function addView<Answer, Options extends ViewOptions = ViewOptions>(
  command: Command,
  io: Io,
  { ask, text, seen }: View<Answer, Options>,
): Command {
  return withClientOptions(command)
    .option('-w, --watch [interval]', `show it again whenever it changes; looks every ${DEFAULT_WATCH} unless told`)
    .option('--no-color', 'without colours; so does the variable NO_COLOR')
    .action(async (...args: unknown[]) => {
      // The command itself comes last.
      const options = args.at(-2) as Options
      const { output, watch, color } = options
      const client = new DaemonClient(options, io.signal)
      const paint = painter(color && wantsColor(io.out, io.env))
      const shown = (answer: Answer) => shownAs(output, answer, () => text(answer, output === 'wide', paint))
      const intervalMs = intervalOf(watch ?? true)
      const clock: Clock = io.clock ?? realClock
      let last: string | undefined
      for (;;) {
        const answer = await ask(client, options, args.slice(0, -2) as (string | undefined)[])
        const wanted = seen?.(answer, options) ?? (watch === undefined ? 'enough' : 'more')
        const now = shown(answer)
        if (now !== last) io.out.write(watch === undefined && last === undefined ? now : frame(now, output, io))
        last = now
        if (wanted === 'enough') return
        await clock.sleep(intervalMs, io.signal)
        if (io.signal.aborted) return
      }
    })
}

function intervalOf(watch: string | true): number {
  const ms = parseDuration(watch === true ? DEFAULT_WATCH : watch)
  if (ms !== undefined && ms >= 100) return ms
  throw new EvenkeelError('usage', '--watch takes a duration of at least 100ms, such as 5s')
}

/** On a terminal in the place of the one before; elsewhere one below the other, told apart as the format does it. */
function frame(text: string, output: Format, { out }: Io): string {
  if (out.isTTY && isForPeople(output)) return `${clearScreen}${text}`
  if (output === 'yaml') return `---\n${text}`
  return output === 'json' ? text : `${text}\n`
}
