/**
 * Days of a cluster and of its daemon in which by chance everything goes wrong that can, seeded; then all is mended, and what must
 * hold at the end is looked at. What must hold on the way is looked at all the time, by the same watches as in every case.
 */
import type { LoopEvent } from '../../../src/cluster/events.ts'
import { RETURN_WINDOW_MS } from '../../../src/cluster/settings.ts'
import type { NodeId } from '../../../src/cluster/state.ts'
import type { LoopOptions } from '../../../src/daemon/cluster-loop.ts'
import { drainsOf, pauseOf } from '../../../src/execute/journal/wishes.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { createMetrics } from '../../../src/observe/metrics.ts'
import { createSimulator } from '../../../src/systems/simulator/simulator.ts'
import { settings } from '../../assess/support.ts'
import { GB, HOUR, MB, MINUTE, SECOND } from '../case.ts'
import { DaemonWatch } from '../daemon-watch.ts'
import { watchedSystem } from '../run.ts'
import { WorldWatch } from '../world-watch.ts'
import { Book } from './book.ts'
import { Dice } from './dice.ts'
import { eventText } from './event-text.ts'
import { type DayFigures, Figures } from './figures.ts'
import { Household } from './household.ts'
import { Mischief } from './mischief.ts'
import { People } from './people.ts'

const CLUSTER = 'x'
/** Problems that are told; those that follow are mostly the same. */
const TOLD = 5
/** What happened last, told with a problem. */
const LAST = 20
/** Three tries of a partition are used up for a day. */
const SETTLE_MS = 30 * HOUR
const QUIET_MS = 30 * MINUTE
/** So long after something came to a node a plan may not know of it. */
const UNKNOWN_MS = 3 * MINUTE
const UNWATCHED_MS = 3 * SECOND
const TOLERATED = /the process is dead|no paper is left|no broker|no controller|was given up|does not answer/

export interface DaysOptions {
  seed: number
  hours: number
  /** From then on the process lives to the end. */
  immortalFromHours?: number
  /** With metrics, as a daemon has them. */
  observed?: boolean
  /** Prints everything that happens. */
  print?: boolean
}

export interface DaysTold {
  figures: DayFigures[]
  /** From the mending until everything was as it should be. */
  settledMs: number
  problems: string[]
}

export async function runDays(options: DaysOptions): Promise<DaysTold> {
  const { seed, hours, immortalFromHours, observed = false, print = false } = options
  const clock = new VirtualClock()
  const startMs = clock.now()
  const dice = new Dice(seed)
  const simulator = createSimulator({ seed, ...clusterOf(dice), copyRate: 100 * MB, events: [] }, clock)
  const { world } = simulator
  const book = new Book()
  const problems: string[] = []
  const last: string[] = []
  const touched = new Map<NodeId, number>()
  const tell = (text: string) => {
    const line = `${clockText(clock.now() - startMs)} ${text}`
    if (print) console.log(line)
    last.push(line)
    if (last.length > LAST) last.shift()
  }
  const told = new Set<string>()
  const say = (problem: string) => {
    if (print) console.log(`!!! ${problem}`)
    if (told.has(problem) || problems.length >= TOLD) return
    told.add(problem)
    const when = `seed ${seed}, ${clockText(clock.now() - startMs)}`
    problems.push(`${when}: ${problem}\n    ${last.join('\n    ')}`)
  }
  const later = (ms: number, act: () => unknown) =>
    void clock.sleep(ms).then(async () => {
      try {
        await act()
      } catch (error) {
        say((error as Error).stack ?? String(error))
      }
    })
  const touch = (nodes: Iterable<NodeId>) => {
    for (const node of nodes) touched.set(node, clock.now())
  }
  const isTouched = (node: NodeId) => clock.now() - (touched.get(node) ?? Number.NEGATIVE_INFINITY) < UNKNOWN_MS

  const hard = () => household.options.balance.hardDiskUsage
  const worldWatch = new WorldWatch(world, hard, say, isTouched)
  const daemonWatch = new DaemonWatch({
    world,
    worldWatch,
    journal: { read: (kind) => household.journal.read(kind) },
    options: () => household.options,
    view: () => household.view(),
    say,
    changedAtMs: () => household.changedAtMs,
    begunAtMs: () => household.begunAtMs,
    troubled: true,
    returnWindowMs: RETURN_WINDOW_MS,
  })
  const figures = new Figures()
  const metrics = observed ? createMetrics({ version: '0', revision: '0', nodeVersion: process.version }) : undefined
  const onEvent = (event: LoopEvent) => {
    metrics?.onEvent(event)
    figures.see(event)
    const text = eventText(event)
    if (text !== undefined) tell(text)
    if (event.type === 'tick_failed' && !TOLERATED.test(event.text)) say(`a tick failed: ${event.text}`)
    // What one process hands to the next was begun once.
    if (event.type !== 'move_started' || !event.adopted) daemonWatch.see(event)
    for (const id of daemonWatch.returns.splice(0)) say(`${id} brings a replica back to where it was`)
  }
  const system = watchedSystem(simulator, worldWatch, () => household.lives && daemonWatch.look(clock.now()))
  const household: Household = new Household({ system, clock, onEvent, say, tell, later }, optionsOf())
  const { balance, execution, tickIntervalMs } = household.options
  metrics?.registerCluster({
    name: CLUSTER,
    settings: { ...balance, tickIntervalMs, concurrentMoves: execution.concurrentMoves },
  })
  const place = { world, clock, dice, book, later, tell, touch }
  const people = new People(place, household)
  const mischief = new Mischief(place, people)

  // While nobody lives who asks the cluster something.
  const lookOn = () => {
    if (!household.lives) worldWatch.look()
    later(UNWATCHED_MS, lookOn)
  }
  lookOn()

  const days: DayFigures[] = []
  household.begin()
  mischief.begin()
  for (let hour = 0; hour < hours; hour += 1) {
    if (hour === immortalFromHours) people.immortal = true
    await clock.advance(HOUR)
    if ((hour + 1) % 24 !== 0 && hour + 1 < hours) continue
    await metrics?.render()
    days.push(figures.take(days.length + 1, world, household, mischief))
    if (problems.length > 0) return { figures: days, settledMs: 0, problems }
  }

  await mischief.mend()
  let settledMs = 0
  let wrong: string[]
  do {
    await clock.advance(5 * MINUTE)
    settledMs += 5 * MINUTE
    wrong = atEnd()
  } while (wrong.length > 0 && settledMs < SETTLE_MS && problems.length === 0)
  wrong.forEach(say)
  const movesBefore = figures.started
  await clock.advance(QUIET_MS)
  if (figures.started > movesBefore) say(`${figures.started - movesBefore} moves were started in the quiet at the end`)
  atEnd().forEach(say)
  await household.stop()
  return { figures: days, settledMs, problems }

  /** What is not as it should be once all is over. */
  function atEnd(): string[] {
    if (!household.lives) return ['nobody lives']
    const { status, report, running } = household.view()
    const { journal } = household
    const broken = worldWatch.broken()
    const wrong = [
      ...(status === 'ready' && report?.verdict.code === 'balanced'
        ? []
        : [`it is ${status} at the end, ${report?.verdict.code}: ${report?.verdict.text}`]),
      ...(running.length > 0 ? [`${running.length} moves still run: ${running[0]!.move.id} ${running[0]!.text}`] : []),
      ...(broken.length > 0 ? [`${broken.length} partitions are not whole: ${broken.slice(0, 5).join(', ')}`] : []),
      ...book.differences(world.cluster.settings),
      ...[...journal.read('intent').keys()].map((key) => `the journal still has the intent ${key}`),
      ...[...journal.read('setting').keys()].map((key) => `the journal still has the setting ${key}`),
    ]
    if (drainsOf(journal).length > 0 || pauseOf(journal)) wrong.push('there are wishes left')
    return wrong
  }
}

/** Three like racks, one node of each with two dirs, a third to a half full. */
function clusterOf(dice: Dice) {
  const nodes = Array.from({ length: 9 }, (_, index) => ({
    id: index + 1,
    rack: ['a', 'b', 'c'][index % 3]!,
    disks: index < 3 ? [60 * GB, 60 * GB] : [100 * GB],
    metadataDisk: dice.chance(0.5) ? 0 : -1,
  }))
  const topics = Array.from({ length: 8 }, (_, index) => {
    const replicationFactor = index < 6 ? 3 : 2
    return {
      name: `first-${index}`,
      partitions: dice.whole(12, 30),
      replicationFactor,
      size: dice.spread(200 * MB, 1400 * MB),
      spread: 0.5,
      growth: dice.spread(1000, 100_000),
      minIsr: replicationFactor - 1,
    }
  })
  return { nodes, topics }
}

function optionsOf(): LoopOptions {
  return {
    balance: settings({ diskBalance: 0.1 }),
    execution: {
      concurrentMoves: 20,
      concurrentMovesPerNode: 5,
      maxTransfersPerTick: 50,
      unknownHoldMs: 90_000,
      targetGraceMs: 300_000,
      throttle: { rate: 10 * MB, maxRate: 60 * MB, headroom: 0.2 },
    },
    tickIntervalMs: 30 * SECOND,
    pulseIntervalMs: 3 * SECOND,
  }
}

function clockText(ms: number): string {
  const time = new Date(ms).toISOString().slice(11, 19)
  return `day ${Math.floor(ms / (24 * HOUR)) + 1} ${time}`
}
