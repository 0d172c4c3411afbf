/** A loop at work on a simulated cluster, in virtual time. */
import type { LoopEvent } from '../../src/cluster/events.ts'
import type { BalanceSettings } from '../../src/cluster/settings.ts'
import { ClusterLoop, type LoopOptions } from '../../src/daemon/cluster-loop.ts'
import type { DecisionStore } from '../../src/execute/journal/decision-file.ts'
import { forgetfulJournal, type Journal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { inlinePlanner, type Planner } from '../../src/plan/planner.ts'
import type { System } from '../../src/systems/port.ts'
import type { SimulatorOptions } from '../../src/systems/simulator/options.ts'
import { createSimulator, type Simulator } from '../../src/systems/simulator/simulator.ts'
import { settings } from '../assess/support.ts'

const MB = 1e6
const GB = 1e9
export const SECOND = 1000
export const MINUTE = 60_000

export interface LoopCase {
  simulator: Partial<SimulatorOptions> & Pick<SimulatorOptions, 'nodes'>
  balance?: Partial<BalanceSettings>
  execution?: Partial<LoopOptions['execution']>
  planner?: Planner
  clock?: VirtualClock
  journal?: Journal
  decisions?: DecisionStore
  /** Puts something between the loop and the cluster. */
  between?: (simulator: Simulator) => System
}

export function startLoop({
  simulator: options,
  balance,
  execution,
  planner = inlinePlanner,
  clock = new VirtualClock(),
  journal = forgetfulJournal(),
  decisions,
  between,
}: LoopCase) {
  const startMs = clock.now()
  const simulator = createSimulator({ copyRate: 100 * MB, topics: [], events: [], ...options }, clock)
  const events: LoopEvent[] = []
  const parts = {
    name: 'x',
    system: between?.(simulator) ?? simulator,
    planner,
    journal,
    clock,
    ...(decisions && { decisions }),
    emit: (event: LoopEvent) => void events.push(event),
  }
  const loop = new ClusterLoop(parts, {
    balance: settings(balance),
    execution: {
      concurrentMoves: 50,
      concurrentMovesPerNode: 5,
      maxTransfersPerTick: 50,
      unknownHoldMs: 90_000,
      targetGraceMs: 300_000,
      ...execution,
    },
    tickIntervalMs: 30 * SECOND,
    pulseIntervalMs: 3 * SECOND,
  })
  const stop = new AbortController()
  const ended = loop.run(stop.signal)
  return {
    clock,
    simulator,
    world: simulator.world,
    loop,
    events,
    advance: (ms: number) => clock.advance(ms),
    stop: async () => {
      stop.abort()
      await ended
    },
    /** Events of one type, in order. */
    of: <Type extends LoopEvent['type']>(type: Type) =>
      events.filter((event): event is Extract<LoopEvent, { type: Type }> => event.type === type),
    /** Milliseconds since the start. */
    at: (event: LoopEvent) => event.atMs - startMs,
  }
}

/** Four full nodes, a fifth that is empty. */
export const fillable = {
  nodes: [1, 2, 3, 4, 5].map((id) => ({ id, disks: [100 * GB] })),
  topics: [{ name: 't', partitions: 40, replicationFactor: 2, size: 500 * MB, spread: 0.3, nodes: [1, 2, 3, 4] }],
}
