/** Carries a case out on the virtual clock, watched all the way, and tells what came of it and what was wrong. */
import type { LoopEvent } from '../../src/cluster/events.ts'
import type { LoopOptions } from '../../src/daemon/cluster-loop.ts'
import { Daemon } from '../../src/daemon/daemon.ts'
import type { ClusterView } from '../../src/daemon/view.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { inlinePlanner } from '../../src/plan/planner.ts'
import type { PartitionStep, System } from '../../src/systems/port.ts'
import type { Happening, SimulatedEvent } from '../../src/systems/simulator/options.ts'
import { createSimulator, type Simulator } from '../../src/systems/simulator/simulator.ts'
import { settings } from '../assess/support.ts'
import { type Case, type Deed, MB, type Moment, type Occurrence, SECOND } from './case.ts'
import { DaemonWatch } from './daemon-watch.ts'
import { compareEnd, compareStretch } from './history.ts'
import { comparePicture } from './picture.ts'
import { WorldWatch } from './world-watch.ts'

const CLUSTER = 'x'
const NOISE = 0.005
const QUIET_TICKS = 100
/** Problems of a case that are told; those that follow are mostly the same. */
const TOLD = 12

export interface Told {
  events: LoopEvent[]
  /** Since when times of events count. */
  startMs: number
  simulator: Simulator
  view: ClusterView
  returns: string[]
  /** Events up to here belong to the case, what follows to the quiet after it. */
  caseEvents: number
  problems: string[]
  open: boolean
}

const deedNames = ['drain', 'undrain', 'pause', 'resume', 'set', 'limit', 'label', 'restart']

export async function run(given: Case): Promise<Told> {
  const clock = new VirtualClock()
  const startMs = clock.now()
  const happens = given.happens ?? []
  const simulator = createSimulator(
    { copyRate: 100 * MB, ...given.cluster, events: happens.flatMap((one) => (isDeed(one) ? [] : [scripted(one)])) },
    clock,
  )
  const problems = new Set<string>()
  const say = (problem: string) => void (problems.size < TOLD && problems.add(`${sinceStart()}: ${problem}`))
  const sinceStart = () => `${((clock.now() - startMs) / 60_000).toFixed(2)} min`

  let options = optionsOf(given)
  const events: LoopEvent[] = []
  const journal = forgetfulJournal()
  const worldWatch = new WorldWatch(simulator.world, () => options.balance.hardDiskUsage, say)
  const view = () => daemon.clusters()[0]!
  const alone = !happens.some((one) => 'reassign' in one)
  const watched = { world: simulator.world, worldWatch, journal, options: () => options, view, say, alone }
  const daemonWatch = new DaemonWatch(watched)
  const system = watchedSystem(simulator, worldWatch, () => daemonWatch.look(clock.now()))
  const begin = () => {
    const made = new Daemon([{ name: CLUSTER, system, journal, options }], inlinePlanner, clock, (error) =>
      say(String(error)),
    )
    made.events.subscribe((event) => {
      // What one process hands to the next was begun once.
      if (event.type === 'move_started' && event.adopted) return
      events.push(event)
      daemonWatch.see(event)
    })
    return made
  }
  let daemon = begin()
  daemon.start()

  async function act(deed: Deed): Promise<void> {
    if ('drain' in deed) await daemon.drain(CLUSTER, deed.drain)
    else if ('undrain' in deed) await daemon.undrain(CLUSTER, deed.undrain)
    else if ('pause' in deed)
      await daemon.pause(CLUSTER, 'asked for', deed.pause === 0 ? undefined : clock.now() + deed.pause)
    else if ('resume' in deed) await daemon.resume(CLUSTER)
    else if ('label' in deed) {
      const node = simulator.world.nodes.get(deed.label.node)!
      delete node.rack
      if (deed.label.rack !== undefined) node.rack = deed.label.rack
    } else if ('restart' in deed) {
      await daemon.stop()
      daemon = begin()
      daemon.start()
    } else {
      options = {
        ...options,
        ...('set' in deed && { balance: { ...options.balance, ...deed.set } }),
        ...('limit' in deed && { execution: { ...options.execution, ...deed.limit } }),
      }
      daemon.apply(CLUSTER, options)
    }
  }

  const look = async (moment: Moment) => {
    for (const problem of await comparePicture(moment, simulator, view())) say(problem)
  }
  const deeds = happens.flatMap((occurrence) =>
    isDeed(occurrence) ? [{ at: occurrence.at, perform: () => act(occurrence) }] : [],
  )
  const moments = (given.way ?? []).flatMap((one) => ('at' in one ? [{ at: one.at, perform: () => look(one) }] : []))
  // What is looked at and done at one time is looked at first.
  for (const { at, perform } of [...moments, ...deeds].toSorted((a, b) => a.at - b.at)) {
    await clock.advance(startMs + at - clock.now())
    await perform()
  }
  await clock.advance(startMs + given.lasts - clock.now())

  const told = { events, startMs, simulator, returns: daemonWatch.returns, caseEvents: events.length }
  await look({ at: given.lasts, status: 'ready', verdict: 'balanced', needless: 0, ...given.end })
  for (const one of given.way ?? []) if ('from' in one) compareStretch(one, events, startMs).forEach(say)
  const end = { ...told, view: view(), broken: worldWatch.broken() }
  compareEnd(given.end, end).forEach(say)

  simulator.world.happen({ setNoise: NOISE })
  // A pulse tells nothing new where nothing moves.
  daemon.apply(CLUSTER, { ...options, pulseIntervalMs: options.tickIntervalMs })
  await clock.advance(QUIET_TICKS * options.tickIntervalMs)
  const more = events.slice(told.caseEvents).filter(({ type }) => type === 'move_started')
  for (const event of more.slice(0, 3))
    if (event.type === 'move_started') say(`not quiet: ${event.progress.move.id} for ${event.progress.move.reason}`)
  await daemon.stop()
  return { ...told, view: end.view, problems: [...problems], open: given.open !== undefined }
}

function scripted({ at, ...happening }: { at: number } & Happening): SimulatedEvent {
  return { atMs: at, ...happening }
}

function isDeed(occurrence: Occurrence): occurrence is { at: number } & Deed {
  return deedNames.some((name) => name in occurrence)
}

function optionsOf({ settings: balance, execution, tickMs, pulseMs }: Case): LoopOptions {
  return {
    balance: settings(balance),
    execution: {
      concurrentMoves: 50,
      concurrentMovesPerNode: 5,
      maxTransfersPerTick: 50,
      unknownHoldMs: 90_000,
      targetGraceMs: 300_000,
      ...execution,
    },
    tickIntervalMs: tickMs ?? 30 * SECOND,
    pulseIntervalMs: pulseMs ?? 3 * SECOND,
  }
}

/** Looks at the world whenever it is asked something, and around everything that is asked of it. */
export function watchedSystem(simulator: Simulator, watch: WorldWatch, pulsed: () => void): System {
  return {
    ...simulator,
    sample: async (signal) => {
      watch.look()
      return simulator.sample(signal)
    },
    pulse: async (signal) => {
      watch.look()
      pulsed()
      return simulator.pulse(signal)
    },
    perform: async (steps: PartitionStep[], signal: AbortSignal) => {
      watch.sending(steps)
      const results = await simulator.perform(steps, signal)
      watch.sent(steps, results)
      watch.look()
      return results
    },
    close: async () => {},
  }
}
