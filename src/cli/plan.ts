/** `evenkeel plan`: what would be done, for a live cluster or a snapshot. Nothing is started. */
import { type Command, Option } from 'commander'
import { noStrangers } from '../assess/gates.ts'
import { statusOf, verdictOf } from '../assess/verdict.ts'
import { anyWindowOpen } from '../assess/windows.ts'
import { type Mode, modes, type TickReport } from '../cluster/events.ts'
import { emptyMemory, type Memory } from '../cluster/memory.ts'
import type { Sample } from '../cluster/sample.ts'
import type { ClusterSettings } from '../config/compile.ts'
import { defaultSettings, loadConfig } from '../config/load.ts'
import { reportTick } from '../daemon/report.ts'
import { think } from '../daemon/think.ts'
import { lowerClassRoom } from '../execute/budgets.ts'
import { realClock, stopwatch } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { inlinePlanner } from '../plan/planner.ts'
import type { Capabilities } from '../systems/port.ts'
import { balanceSettings, createSystem, pickCluster } from './compose.ts'
import { exitCodes } from './exit-codes.ts'
import type { Ending, Io } from './io.ts'
import { type PlanFormat, planFormats, planText } from './plan-view.ts'
import { readSnapshot } from './snapshot-file.ts'

interface PlanArguments {
  config?: string
  cluster?: string
  snapshot?: string
  mode?: Mode
  set: string[]
  output: PlanFormat
  exitCode?: boolean
}

export function addPlan(program: Command, io: Io, ending: Ending): void {
  program
    .command('plan')
    .description('show what would be done, for a live cluster (--config) or a snapshot (--snapshot); starts nothing')
    .option('-c, --config <file>', 'config file')
    .option('--cluster <name>', 'which cluster of the config')
    .option('--snapshot <file>', 'plan for a snapshot instead of a live cluster')
    .addOption(new Option('--mode <mode>', 'plan under this mode').choices(modes))
    .option(
      '--set <BLOCK.KEY=VALUE>',
      'override a setting (repeatable), such as balancing.mode=off or rebalance.batchSizePerServer=50',
      (value, all: string[]) => [...all, value],
      [],
    )
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(planFormats).default('table'))
    .option('--exit-code', 'end with 3 when the plan has moves')
    .action(async (options: PlanArguments) => {
      const report = await planOnce(options, io)
      io.out.write(planText(report, options.output))
      if (options.exitCode && report.plan.moves.length > 0) ending.code = exitCodes.needsAttention
    })
}

async function planOnce(options: PlanArguments, io: Io): Promise<TickReport> {
  const set = options.mode === undefined ? options.set : [...options.set, `balancing.mode=${options.mode}`]
  if (options.snapshot !== undefined) {
    const settings = options.config
      ? pickCluster(loadConfig(options.config, { env: io.env, set }).clusters, options.cluster)
      : defaultSettings(options.mode ?? 'continuous', options.set)
    const { memory, ...sample } = await readSnapshot(options.snapshot)
    return judge(sample, memory, settings, { sampleMs: 0, capabilities: ofSnapshot(sample) }, io)
  }
  if (options.config === undefined) throw new EvenkeelError('usage', 'plan needs --config FILE or --snapshot FILE')
  const cluster = pickCluster(loadConfig(options.config, { env: io.env, set }).clusters, options.cluster)
  const system = await createSystem(cluster, realClock)
  try {
    const watch = stopwatch()
    const sample = await system.sample(io.signal)
    return await judge(sample, emptyMemory, cluster, { sampleMs: watch(), capabilities: system.capabilities() }, io)
  } finally {
    await system.close()
  }
}

async function judge(
  sample: Sample,
  memory: Memory,
  settings: ClusterSettings,
  { sampleMs, capabilities }: { sampleMs: number; capabilities: Capabilities },
  io: Io,
): Promise<TickReport> {
  const watch = stopwatch()
  const balance = balanceSettings(settings)
  const nowMs = sample.state.takenAtMs
  const circumstances = { agreed: true, strangers: { ...noStrangers, moving: sample.running } }
  const { concurrentMovesPerNode, bytesInFlightPerNode } = settings.balancing
  const batch = lowerClassRoom({ concurrentMovesPerNode, bytesInFlightPerNode })
  const question = {
    sample,
    inFlight: [],
    memory,
    drains: [],
    settings: balance,
    circumstances,
    capabilities,
    batch,
    nowMs,
  }
  const thought = await think(question, inlinePlanner, io.signal)
  const participants = thought.plan.nodes.filter((node) => node.state === 'alive').length
  const found = { settings: balance, ...thought, running: 0, participants, tableJobs: capabilities.tableJobs }
  const verdict = verdictOf(found)
  return reportTick(sample, thought.assessment, thought.plan, verdict, {
    sampleMs,
    tickMs: sampleMs + watch(),
    status: statusOf(found, verdict),
    settings: balance,
    foreignMoves: sample.running.length,
    pause: undefined,
    windowOpen: anyWindowOpen(balance.windows, nowMs),
    notes: [],
  })
}

/** What could be done to the cluster that the snapshot was taken of. */
function ofSnapshot({ state }: Sample): Capabilities {
  const tableJobs = state.cluster.system === 'pinot'
  return { leaderTransfer: !tableJobs, replicaMoves: !tableJobs, dirMoves: !tableJobs, tableJobs }
}
