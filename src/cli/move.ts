/** `evenkeel move` and `evenkeel transfer-leadership`: have one replica, or the leadership of one partition, moved by hand. */
import type { Command } from 'commander'
import { orderName } from '../cluster/wish-texts.ts'
import type { WeighedAnswer } from '../http/answers.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { formatBytes, formatPercent } from '../lib/units.ts'
import { type ClientOptions, DaemonClient, type Fields, withClientOptions } from './daemon-client.ts'
import { nodeId } from './drain.ts'
import { exitCodes } from './exit-codes.ts'
import { shownAs } from './formats.ts'
import type { Ending, Io } from './io.ts'
import { type Asked, waitUntilMoved } from './order-wait.ts'
import { waitParts } from './patience.ts'
import { warnOfStandstill } from './standstill.ts'
import type { Status } from './status.ts'

interface ByHand extends ClientOptions {
  to: string
  reason?: string
  override?: boolean
  wait?: boolean
  dryRun?: boolean
}

interface MoveOptions extends ByHand {
  from: string
  fromDir?: string
  toDir?: string
}

export function addMove(program: Command, io: Io, ending: Ending): void {
  const move = program
    .command('move')
    .description('move a replica to another node, or to another log dir of its node; it is left there for a day')
    .argument('<partition>', 'such as t-3')
    .requiredOption('--from <node>', 'which replica')
    .requiredOption('--to <node>', 'where to')
    .option('--from-dir <path>', 'where it lies now, to be sure')
    .option('--to-dir <path>', 'to which log dir, where --from and --to are one node')
  withByHand(move).action(async (partition: string, options: MoveOptions) => {
    const { from, to, fromDir, toDir } = options
    const dirs = { ...(fromDir !== undefined && { from_dir: fromDir }), ...(toDir !== undefined && { to_dir: toDir }) }
    const asked: Asked = { kind: 'replica', partition, from: nodeId(from), to: nodeId(to), ...dirs }
    await order('move', asked, options, io, ending)
  })
}

export function addTransferLeadership(program: Command, io: Io, ending: Ending): void {
  const transfer = program
    .command('transfer-leadership')
    .description('have a partition led by another of its replicas; it is left so for a day')
    .argument('<partition>', 'such as t-3')
    .requiredOption('--to <node>', 'who is to lead')
  withByHand(transfer).action(async (partition: string, options: ByHand) => {
    await order('transfer-leadership', { kind: 'leader', partition, to: nodeId(options.to) }, options, io, ending)
  })
}

function withByHand(command: Command): Command {
  return withClientOptions(command)
    .option('--reason <text>', 'why, for those who wonder; not needed with --dry-run')
    .option('--override', 'also in mode off: this one move is carried out all the same')
    .option('--dry-run', 'say what would come of it, ask for nothing')
    .option('--wait', `wait until it is done; ends with ${exitCodes.needsAttention} when that does not come by itself`)
}

async function order(route: string, asked: Asked, options: ByHand, io: Io, ending: Ending): Promise<void> {
  const { cluster, output, reason, override, wait, dryRun } = options
  const { kind: _, ...what } = asked
  const client = new DaemonClient(options, io.signal)
  if (dryRun) {
    const weighed = await client.get<WeighedAnswer>(route, { ...what, cluster } satisfies Fields)
    io.out.write(shownAs(output, weighed, () => weighedText(asked, weighed)))
    const status = await client.get<Status>('status', { cluster })
    if (!override) warnOfStandstill(status, io)
    return
  }
  if (reason === undefined) throw new EvenkeelError('usage', '--reason is missing: why it is to be moved')
  let answer = await client.post<Status>(route, { ...what, cluster, reason, override } satisfies Fields)
  let said = `${orderName(asked)}: asked for\n`
  if (wait) {
    const waited = await waitUntilMoved(asked, answer, waitParts(client, io))
    answer = waited.answer
    said = `${waited.text}\n`
    if (!waited.done) ending.code = exitCodes.needsAttention
  }
  io.out.write(shownAs(output, answer, () => said))
}

function weighedText(asked: Asked, { move, nodes }: WeighedAnswer): string {
  if (asked.kind === 'leader')
    return `${asked.partition} would be led by node ${move.to}, now it is node ${move.from}\n`
  const target = nodes.find(({ id }) => id === move.to)
  const full = (bytes: number) => formatPercent(target ? bytes / target.capacity_bytes : 0)
  const disk = target
    ? `, which is ${full(target.disk_bytes.now)} full now and ${full(target.disk_bytes.peak)} at the most`
    : ''
  const where = asked.to_dir === undefined ? `node ${move.to}` : `${asked.to_dir} of node ${move.to}`
  return `${formatBytes(move.bytes ?? 0)} of ${asked.partition} would be copied from node ${move.from} to ${where}${disk}\n`
}
