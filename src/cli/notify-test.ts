/** `evenkeel notify test`: do messages get to the receivers of a config? */
import type { Command } from 'commander'
import { loadConfig } from '../config/load.ts'
import type { ReceiverConfig } from '../config/notifications-schema.ts'
import { realClock } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { sendTest } from '../observe/notifications/notifications.ts'
import { exitCodes } from './exit-codes.ts'
import { type Format, formatOption, shownAs } from './formats.ts'
import type { Ending, Io } from './io.ts'
import { table } from './table.ts'

interface Options {
  config: string
  receiver?: string
  output: Format
}

/** As `-o json` prints them. */
interface Outcome {
  receiver: string
  type: string
  ok: boolean
  status?: number
  text: string
  said?: string
}

export function addNotifyTest(program: Command, io: Io, ending: Ending): void {
  program
    .command('notify')
    .description('try out the receivers of notifications')
    .command('test')
    .description('send a message to each receiver of a config, once, and tell what it answers')
    .requiredOption('-c, --config <file>', 'config file')
    .option('--receiver <name>', 'only that receiver')
    .addOption(formatOption())
    .action(async ({ config, receiver, output }: Options) => {
      const receivers = pick(loadConfig(config, { env: io.env }).notifications, receiver)
      const outcomes = await Promise.all(receivers.map((one) => tryOut(one, io)))
      io.out.write(shownAs(output, { receivers: outcomes }, () => outcomesText(outcomes)))
      if (outcomes.some(({ ok }) => !ok)) ending.code = exitCodes.failure
    })
}

/** @throws EvenkeelError `usage` when there is none, or none of that name */
function pick(receivers: readonly ReceiverConfig[], name: string | undefined): readonly ReceiverConfig[] {
  if (receivers.length === 0) throw new EvenkeelError('usage', 'the config names no receiver under notifications')
  if (name === undefined) return receivers
  const found = receivers.filter((receiver) => receiver.name === name)
  if (found.length > 0) return found
  const names = receivers.map((receiver) => receiver.name).join(', ')
  throw new EvenkeelError('usage', `no receiver is called ${name}; there are: ${names}`)
}

async function tryOut(receiver: ReceiverConfig, { clock = realClock, signal }: Io): Promise<Outcome> {
  const { ok, status, text, said } = await sendTest(receiver, { clock, signal })
  return {
    receiver: receiver.name,
    type: receiver.type,
    ok,
    ...(status !== undefined && { status }),
    text,
    ...(said !== undefined && { said }),
  }
}

function outcomesText(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(({ receiver, type, ok, text, said }) => [
    receiver,
    type,
    ok ? 'OK' : 'failed',
    said === undefined ? text : `${text}: ${said}`,
  ])
  return table(['RECEIVER', 'TYPE', 'RESULT', 'ANSWER'], rows)
}
