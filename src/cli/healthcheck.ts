/** `evenkeel healthcheck`: whether the daemon of this host lives, for container runtimes that have no other way to ask. */
import { type Command, Option } from 'commander'
import { EvenkeelError, messageOf } from '../lib/errors.ts'
import { exitCodes } from './exit-codes.ts'
import { fetchText } from './fetch-text.ts'
import type { Ending, Io } from './io.ts'

const ANSWER_MS = 5_000

export function addHealthcheck(program: Command, io: Io, ending: Ending): void {
  program
    .command('healthcheck')
    .description('whether the daemon answers; with --ready, whether its clusters have been sampled')
    .addOption(
      new Option('--metrics-url <url>', 'address of its metrics listener')
        .env('EVENKEEL_METRICS_URL')
        .default('http://127.0.0.1:9631'),
    )
    .option('--ready', 'ask for readiness')
    .action(async ({ metricsUrl, ready }: { metricsUrl: string; ready?: boolean }) => {
      const path = ready ? '/readyz?verbose' : '/healthz'
      if (!URL.canParse(path, metricsUrl)) throw new EvenkeelError('usage', `${metricsUrl} is not a URL`)
      const { ok, text } = await answerOf(new URL(path, metricsUrl), io.signal)
      io.out.write(text)
      if (!ok) ending.code = exitCodes.failure
    })
}

async function answerOf(url: URL, signal: AbortSignal): Promise<{ ok: boolean; text: string }> {
  try {
    const { response, text } = await fetchText(url, {}, { who: url.host, deadlineMs: ANSWER_MS, signal })
    return { ok: response.ok, text }
  } catch (error) {
    throw new EvenkeelError('unreachable', `nothing answers at ${url.host} (${messageOf(error)})`)
  }
}
