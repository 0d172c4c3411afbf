/** A Kafka cluster behind the port. */
import type { Move, RunningMove } from '../../cluster/move.ts'
import type { Pulse, Sample } from '../../cluster/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import { groupBy } from '../../lib/group-by.ts'
import type { Capabilities, Outcome, Step, StepResult, System } from '../port.ts'
import { Acts, kafkaSteps } from './acts.ts'
import { Readings, type Reassignment, type Wanted } from './readings.ts'
import { runningMove, Sampler } from './sampler.ts'
import { type BrokerSizes, brokerSizes, Sizes } from './sizes.ts'
import { createTransport, type KafkaTransport, type TransportOptions } from './transport.ts'

export interface KafkaOptions extends TransportOptions {
  /** Name of the cluster in samples. */
  name: string
}

export async function createKafka(options: KafkaOptions, clock: Clock): Promise<System> {
  return new KafkaSystem(options.name, await createTransport(options), clock)
}

class KafkaSystem implements System {
  readonly #transport: KafkaTransport
  readonly #readings: Readings
  readonly #sampler: Sampler
  readonly #acts: Acts
  readonly #clock: Clock

  constructor(name: string, transport: KafkaTransport, clock: Clock) {
    this.#transport = transport
    this.#readings = new Readings(transport)
    this.#sampler = new Sampler(name, this.#readings, clock)
    this.#acts = new Acts(this.#readings, transport)
    this.#clock = clock
  }

  capabilities(): Capabilities {
    return { leaderTransfer: true, replicaMoves: true, dirMoves: false }
  }

  sample(signal: AbortSignal): Promise<Sample> {
    return this.#sampler.sample(signal)
  }

  async pulse(signal: AbortSignal): Promise<Pulse> {
    const [cluster, reassignments] = await Promise.all([
      this.#readings.cluster(signal),
      this.#readings.reassignments(signal),
    ])
    const live = cluster.brokers.filter((broker) => !broker.isFenced)
    this.#transport.updateNodes(live)
    const aliveNodes = live.map(({ id }) => id)
    return {
      takenAtMs: this.#clock.now(),
      aliveNodes,
      running: await this.#progress(reassignments, aliveNodes, signal),
    }
  }

  steps(move: Move): Step[] {
    return kafkaSteps(move)
  }

  perform(steps: Step[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#acts.perform(steps, signal)
  }

  judge(moves: Move[], signal: AbortSignal): Promise<Outcome[]> {
    return this.#acts.judge(moves, signal)
  }

  cancel(moves: Move[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#acts.cancel(moves, signal)
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  /** Sizes of just the partitions that move, from just the brokers that have them. */
  async #progress(reassignments: Reassignment[], alive: number[], signal: AbortSignal): Promise<RunningMove[]> {
    const found = new Map<number, BrokerSizes>()
    await Promise.all(
      alive.map(async (broker) => {
        const wanted = wantedOf(reassignments.filter((move) => move.replicas.includes(broker)))
        if (wanted.length === 0) return
        try {
          found.set(broker, brokerSizes(await this.#readings.logDirs(broker, wanted, signal)))
        } catch {
          // Progress is a service: without one broker's figures the rest is still shown, and the sample says who is silent.
        }
      }),
    )
    const sizes = new Sizes(found)
    return reassignments.map((move) => runningMove(move, sizes))
  }
}

function wantedOf(moves: Reassignment[]): NonNullable<Wanted> {
  return [...groupBy(moves, (move) => move.topic)].map(([name, group]) => ({
    name,
    partitions: group.map((move) => move.partition),
  }))
}
