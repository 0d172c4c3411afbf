/** An embedded cluster behind the port, for the demo and for scenario tests. */
import { isDirMove, type PartitionMove, replicasAfter } from '../../cluster/move.ts'
import type { Clock } from '../../lib/clock.ts'
import { EvenkeelError, messageOf } from '../../lib/errors.ts'
import type { PartitionStep, Settings, StepResult, System } from '../port.ts'
import { cancelMove, performStep } from './acts.ts'
import { noController } from './faults.ts'
import { judgeMove } from './judge.ts'
import type { SimulatorOptions } from './options.ts'
import { readPulse, readSample } from './reading.ts'
import { SimulatedSettings } from './settings.ts'
import { World } from './world.ts'

export interface Simulator extends System {
  /** The cluster itself: what others do to it, and what it does by itself. */
  readonly world: World
  readonly settings: Settings
}

/** @throws EvenkeelError `bad_config` when the options contradict themselves. */
export function createSimulator(options: SimulatorOptions, clock: Clock): Simulator {
  const world = new World(options, clock)
  const { name = 'simulator', seed = 1 } = options
  let closed = false

  /** Every call sees the cluster as it is now, and none gets by without the controller, who alone knows what is being moved. */
  async function visit<T>(call: 'sample' | 'other', signal: AbortSignal, look: () => T): Promise<T> {
    if (signal.aborted || closed) throw new EvenkeelError('aborted', 'the call to the simulator was given up')
    world.advance()
    world.faults.check(call, world.cluster.atMs)
    if (!world.cluster.controlled) {
      await clock.sleep(noController.waitMs, signal)
      world.advance()
      if (!world.cluster.controlled) throw noController.error()
    }
    return look()
  }

  async function perform(steps: PartitionStep[], signal: AbortSignal): Promise<StepResult[]> {
    try {
      return await visit('other', signal, () => steps.map((step) => performStep(world, step)))
    } catch (error) {
      if (signal.aborted) throw error
      return steps.map(() => ({ outcome: 'refused', code: 'not_sent', text: messageOf(error) }))
    }
  }

  return {
    world,
    settings: new SimulatedSettings(world, clock),
    capabilities: () => ({ leaderTransfer: true, replicaMoves: true, dirMoves: true, tableJobs: false }),
    sample: (signal) => visit('sample', signal, () => readSample(world, name, seed, clock.now())),
    pulse: (signal) => visit('other', signal, () => readPulse(world, clock.now())),
    steps: (move: PartitionMove) => {
      const { topic, partition, replicas: expect } = move
      const replicas = replicasAfter(move)
      if (isDirMove(move)) {
        const dir = { node: move.to, path: move.toDir }
        return [{ kind: 'relocate', topic, partition, expect, replicas: expect, adds: [], dir }]
      }
      if (move.kind === 'replica') return [{ kind: 'set', topic, partition, expect, replicas, adds: [move.to] }]
      const elect: PartitionStep = { kind: 'elect', topic, partition, expect: replicas, replicas, adds: [] }
      if (expect[0] === move.to) return [elect]
      return [{ ...elect, kind: 'order', expect }, elect]
    },
    perform,
    judge: (moves: PartitionMove[], signal) =>
      visit('other', signal, () => moves.map((move) => judgeMove(world, move))),
    cancel: (moves: PartitionMove[], signal) =>
      visit('other', signal, () => moves.map((move) => cancelMove(world, move))),
    close: async () => {
      closed = true
    },
  }
}
