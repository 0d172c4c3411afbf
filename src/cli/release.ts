/** `evenkeel release`: puts back every setting that evenkeel has changed on a cluster, while no daemon runs. */
import type { Command } from 'commander'
import type { SettingChanges } from '../cluster/events.ts'
import { partitionName, subjectOf } from '../cluster/move.ts'
import { nodeStates } from '../cluster/reasons.ts'
import type { ClusterState, NodeId } from '../cluster/state.ts'
import { loadConfig } from '../config/load.ts'
import { ChangeLedger } from '../execute/change-ledger.ts'
import type { Journal } from '../execute/journal/journal.ts'
import { realClock } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { ReleaseStack } from '../lib/release-stack.ts'
import { formatCount } from '../lib/units.ts'
import type { System } from '../systems/port.ts'
import { createJournal, createSystem, pickCluster } from './compose.ts'
import { nodeId } from './drain.ts'
import { exitCodes } from './exit-codes.ts'
import type { Ending, Io } from './io.ts'
import { table } from './table.ts'

interface Options {
  config: string
  cluster?: string
  dryRun?: boolean
  forget?: NodeId
}

export function addRelease(program: Command, io: Io, ending: Ending): void {
  program
    .command('release')
    .description('put back every setting that evenkeel has changed on a cluster; the daemon must not run')
    .requiredOption('-c, --config <file>', 'config file')
    .option('--cluster <name>', 'which cluster of the config')
    .option('--dry-run', 'only show what would be put back')
    .option(
      '--forget <node>',
      'what cannot be put back on this node, which is gone for good, is not kept any more',
      nodeId,
    )
    .action(async ({ config: file, cluster: name, dryRun = false, forget }: Options) => {
      const config = loadConfig(file, { env: io.env })
      const cluster = pickCluster(config.clusters, name)
      const releases = new ReleaseStack()
      try {
        const journal = await createJournal(cluster, config.state.directory, realClock)
        releases.push('the journal', () => journal.close())
        const problem = journal.problem()
        if (problem !== undefined) throw new EvenkeelError('state_unavailable', problem)
        if (journal.read('setting').size === 0) {
          io.out.write('nothing of evenkeel stands on the cluster\n')
          return
        }
        if (dryRun) {
          io.out.write(recordsText(journal))
          return
        }
        const system = await createSystem(cluster, realClock)
        releases.push('the connection', () => system.close())
        if (!(await release(system, journal, io, forget))) ending.code = exitCodes.needsAttention
      } finally {
        await releases.close()
      }
    })
}

/**
 * @param forget a node whose settings are not kept any more where they cannot be put back.
 * @returns whether nothing is left to be put back.
 * @throws EvenkeelError `usage` when that node lives, before anything is done.
 */
export async function release(
  system: System,
  journal: Journal,
  io: Pick<Io, 'out' | 'err' | 'signal'>,
  forget?: NodeId,
): Promise<boolean> {
  const sample = await system.sample(io.signal)
  if (forget !== undefined && isAlive(sample.state, forget)) {
    throw new EvenkeelError('usage', `node ${forget} is alive: what is set on it can be put back, without --forget`)
  }
  const { clusterId } = sample.state.cluster
  if (clusterId !== undefined) await journal.bind(clusterId)
  const problem = journal.problem()
  if (problem !== undefined) throw new EvenkeelError('state_unavailable', problem)
  const ours = [...journal.read('intent').values()].map(({ move }) => subjectOf(move))
  const running = sample.running.filter((move) => ours.includes(partitionName(move)))
  if (running.length > 0) {
    io.err.write(`${formatCount(running.length, 'move')} of evenkeel still running: from now on without a limit\n`)
  }
  const tell = ({ restored, left, failed }: SettingChanges) => {
    for (const key of restored) io.out.write(`put back: ${key}\n`)
    for (const key of left) io.out.write(`changed by somebody else, left as he set it: ${key}\n`)
    for (const { key, text } of failed) io.err.write(`could not be put back: ${key}: ${text}\n`)
  }
  const ledger = new ChangeLedger(system.settings!, journal, realClock, tell)
  await ledger.release(io.signal)
  if (forget !== undefined) await forgetNode(journal, forget, io)
  const left = [...journal.read('setting').keys()]
  if (left.length > 0) {
    const what = `${formatCount(left.length, 'setting')} still to be put back: ${left.join(', ')}`
    io.err.write(`${what}; the next start of evenkeel, or of this command, goes on\n`)
  }
  return left.length === 0
}

function isAlive({ names, nodeState }: ClusterState, node: NodeId): boolean {
  return nodeStates[nodeState[names.nodes.indexOf(node)] ?? -1] === 'alive'
}

/** Named before they are dropped: it is the last that anybody hears of them. */
async function forgetNode(journal: Journal, node: NodeId, io: Pick<Io, 'out'>): Promise<void> {
  const keys = [...journal.read('setting')].flatMap(
    ([
      key,
      {
        setting: { scope, of },
      },
    ]) => (scope === 'node' && of === node ? [key] : []),
  )
  for (const key of keys) io.out.write(`not kept any more, and not put back should the node return: ${key}\n`)
  if (keys.length > 0) await journal.write(keys.map((key) => ({ kind: 'setting', key, value: undefined })))
}

function recordsText(journal: Journal): string {
  const rows = [...journal.read('setting')].map(([key, { setting, before }]) => [
    key,
    'value' in setting ? setting.value : setting.members.join(','),
    before ?? '-',
  ])
  return table(['SETTING', 'OURS', 'BEFORE'], rows)
}
