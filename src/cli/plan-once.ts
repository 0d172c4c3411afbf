/** One look at a cluster or a snapshot, and what would be made of it. Nothing is started. */
import { noStrangers } from '../assess/gates.ts'
import { statusOf, verdictOf } from '../assess/verdict.ts'
import { anyWindowOpen } from '../assess/windows.ts'
import type { Mode, TickReport } from '../cluster/events.ts'
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
import type { Capabilities, System } from '../systems/port.ts'
import { balanceSettings, createSystem, pickCluster } from './compose.ts'
import type { Io } from './io.ts'
import { readSnapshot } from './snapshot-file.ts'

/** What is planned for, and under which settings. */
export interface PlanSource {
  config?: string
  cluster?: string
  snapshot?: string
  mode?: Mode
  set: string[]
}

/** How a live cluster is read. */
export type Reading = (system: System, signal: AbortSignal) => Promise<Sample>

export async function planOnce(
  source: PlanSource,
  io: Io,
  read: Reading = (system, signal) => system.sample(signal),
): Promise<TickReport> {
  const set = source.mode === undefined ? source.set : [...source.set, `balancing.mode=${source.mode}`]
  if (source.snapshot !== undefined) {
    const settings = source.config
      ? pickCluster(loadConfig(source.config, { env: io.env, set }).clusters, source.cluster)
      : defaultSettings(source.mode ?? 'continuous', source.set)
    const { memory, ...sample } = await readSnapshot(source.snapshot)
    return judge(sample, memory, settings, { sampleMs: 0, capabilities: ofSnapshot(sample) }, io)
  }
  if (source.config === undefined) throw new EvenkeelError('usage', 'plan needs --config FILE or --snapshot FILE')
  const cluster = pickCluster(loadConfig(source.config, { env: io.env, set }).clusters, source.cluster)
  const system = await createSystem(cluster, realClock)
  try {
    const watch = stopwatch()
    const sample = await read(system, io.signal)
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
  const foreignJobs = sample.jobs ?? []
  const { tableJobs } = capabilities
  const found = { settings: balance, ...thought, running: 0, runningByHand: [], participants, tableJobs, foreignJobs }
  const verdict = verdictOf(found)
  return reportTick(sample, thought.assessment, thought.plan, verdict, {
    sampleMs,
    tickMs: sampleMs + watch(),
    status: statusOf(found, verdict),
    settings: balance,
    foreignMoves: sample.running.length + foreignJobs.length,
    foreignJobs,
    pause: undefined,
    windowOpen: anyWindowOpen(balance.windows, nowMs),
    notes: thought.notes,
  })
}

/** What could be done to the cluster that the snapshot was taken of. */
function ofSnapshot({ state }: Sample): Capabilities {
  const tableJobs = state.cluster.system === 'pinot'
  return { leaderTransfer: !tableJobs, replicaMoves: !tableJobs, dirMoves: !tableJobs, tableJobs }
}
