/** An embedded cluster behind the port, for the demo and for scenario tests. */
import { isDirMove, replicasAfter } from '../../cluster/move.ts'
import type { Clock } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import type { Step, System } from '../port.ts'
import { cancelMove, judgeMove, performStep } from './acts.ts'
import type { SimulatorOptions } from './options.ts'
import { readPulse, readSample } from './reading.ts'
import { World } from './world.ts'

export interface Simulator extends System {
  /** The cluster itself: what others do to it, and what it does by itself. */
  readonly world: World
}

/** @throws EvenkeelError `bad_config` when the options contradict themselves. */
export function createSimulator(options: SimulatorOptions, clock: Clock): Simulator {
  const world = new World(options, clock)

  /** Every call sees the cluster as it is now. */
  async function visit<T>(signal: AbortSignal, look: () => T): Promise<T> {
    if (signal.aborted) throw new EvenkeelError('aborted', 'the call to the simulator was given up')
    world.advance()
    return look()
  }

  return {
    world,
    capabilities: () => ({ leaderTransfer: true, replicaMoves: true, dirMoves: false }),
    sample: (signal) => visit(signal, () => readSample(world, options.name ?? 'simulator', clock.now())),
    pulse: (signal) => visit(signal, () => readPulse(world, clock.now())),
    steps: (move) => {
      const { topic, partition, replicas: expect } = move
      const replicas = replicasAfter(move)
      if (isDirMove(move)) {
        const dir = { node: move.to, path: move.toDir }
        return [{ kind: 'relocate', topic, partition, expect, replicas, adds: [], dir }]
      }
      if (move.kind === 'replica') return [{ kind: 'set', topic, partition, expect, replicas, adds: [move.to] }]
      const order: Step = { kind: 'order', topic, partition, expect, replicas, adds: [] }
      return [order, { ...order, kind: 'elect', expect: replicas }]
    },
    perform: (steps, signal) => visit(signal, () => steps.map((step) => performStep(world, step))),
    judge: (moves, signal) => visit(signal, () => moves.map((move) => judgeMove(world, move))),
    cancel: (moves, signal) => visit(signal, () => moves.map((move) => cancelMove(world, move))),
    close: async () => {},
  }
}
