/** A Kafka cluster behind the port. */
import type { PartitionMove } from '../../cluster/move.ts'
import type { Pulse, Sample } from '../../cluster/sample.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Capabilities, Outcome, PartitionStep, StepResult, System } from '../port.ts'
import { Acts, kafkaSteps } from './acts.ts'
import { DirMoves } from './dir-moves.ts'
import { runningNow } from './progress.ts'
import { Readings } from './readings.ts'
import { Sampler } from './sampler.ts'
import { KafkaSettings } from './settings.ts'
import { createTransport, type KafkaTransport, type TransportOptions } from './transport.ts'

export interface KafkaOptions extends TransportOptions {
  /** Name of the cluster in samples. */
  name: string
}

export async function createKafka(options: KafkaOptions, clock: Clock): Promise<KafkaSystem> {
  return new KafkaSystem(options.name, await createTransport(options), clock)
}

/** For `createKafka`, and for tests that bring their own transport. */
export class KafkaSystem implements System {
  readonly settings: KafkaSettings
  readonly #transport: KafkaTransport
  readonly #readings: Readings
  readonly #sampler: Sampler
  readonly #acts: Acts
  readonly #dirMoves: DirMoves
  readonly #clock: Clock

  constructor(name: string, transport: KafkaTransport, clock: Clock) {
    this.#transport = transport
    this.#readings = new Readings(transport)
    this.#dirMoves = new DirMoves(clock)
    this.#sampler = new Sampler(name, this.#readings, this.#dirMoves, clock)
    this.#acts = new Acts(this.#readings, transport, this.#dirMoves)
    this.settings = new KafkaSettings(this.#readings, transport, clock)
    this.#clock = clock
  }

  capabilities(): Capabilities {
    return { leaderTransfer: true, replicaMoves: true, dirMoves: true, tableJobs: false }
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
    this.#sampler.seeAlive(aliveNodes)
    return {
      takenAtMs: this.#clock.now(),
      aliveNodes,
      running: await runningNow(reassignments, this.#dirMoves, aliveNodes, this.#readings, signal),
    }
  }

  steps(move: PartitionMove): PartitionStep[] {
    return kafkaSteps(move)
  }

  perform(steps: PartitionStep[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#acts.perform(steps, signal)
  }

  judge(moves: PartitionMove[], signal: AbortSignal): Promise<Outcome[]> {
    return this.#acts.judge(moves, signal)
  }

  cancel(moves: PartitionMove[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#acts.cancel(moves, signal)
  }

  close(): Promise<void> {
    return this.#transport.close()
  }
}
