/** Throttles of a Kafka cluster: settings of its brokers and topics that we may change for a while. */
import type { NodeId } from '../../cluster/state.ts'
import type { Clock } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import type { Observed, SettingChange, SettingRef, Settings, StepResult } from '../port.ts'
import type { Readings } from './readings.ts'
import type { KafkaTransport } from './router.ts'
import { EVERY_BROKER, SettingReads } from './setting-reads.ts'
import { kafkaLimitRefs, kafkaLimitsOf, kafkaMembersOf, kafkaSettingsOf, listNames } from './setting-words.ts'
import { SettingWrites } from './setting-writes.ts'

export class KafkaSettings implements Settings {
  readonly settingsOf = kafkaSettingsOf
  readonly membersOf = kafkaMembersOf
  readonly limitsOf = kafkaLimitsOf
  readonly limitRefs = kafkaLimitRefs
  readonly #readings: Readings
  readonly #transport: KafkaTransport
  readonly #reads: SettingReads
  readonly #writes: SettingWrites

  constructor(readings: Readings, transport: KafkaTransport, clock: Clock) {
    this.#readings = readings
    this.#transport = transport
    this.#reads = new SettingReads(transport, clock)
    this.#writes = new SettingWrites(transport, this.#reads)
  }

  async observe(refs: readonly SettingRef[], signal: AbortSignal): Promise<Observed[]> {
    await this.#meet(refs, signal)
    return this.#reads.observe(refs, signal)
  }

  async apply(changes: readonly SettingChange[], signal: AbortSignal): Promise<StepResult[]> {
    await this.#meet(changes, signal)
    return this.#writes.apply(changes, signal)
  }

  /**
   * What stands in the layers that can be changed while brokers run: of each live broker that answers, of all brokers at once
   * (`of` is empty then), and of each topic that may be read.
   * @throws EvenkeelError `sample_incomplete` when what is set of all brokers may not or cannot be read.
   */
  async survey(signal: AbortSignal): Promise<(SettingRef & { value: string })[]> {
    const { brokers, topics } = await this.#readings.metadata(null, signal)
    const nodes = [EVERY_BROKER, ...brokers.map(({ id }) => id)]
    const refs = [
      ...nodes.flatMap(kafkaLimitRefs),
      ...topics.flatMap(({ name: of }) =>
        Object.values(listNames).map((name): SettingRef => ({ scope: 'topic', of, name })),
      ),
    ]
    const observed = await this.#reads.once(refs, signal)
    return refs.flatMap((ref, index) => {
      const seen = observed[index]!
      if ('unknown' in seen) {
        if (ref.of === EVERY_BROKER) throw new EvenkeelError('sample_incomplete', seen.unknown)
        return []
      }
      return seen.own === null ? [] : [{ ...ref, value: seen.own }]
    })
  }

  /** Where a broker listens may not be known yet: nothing was sampled, or it has just come back. */
  async #meet(refs: readonly SettingRef[], signal: AbortSignal): Promise<void> {
    const known = refs.every(({ scope, of }) => scope === 'topic' || of === EVERY_BROKER || this.#knows(of))
    if (known) return
    const answer = await this.#readings.cluster(signal).catch(() => undefined)
    if (answer) this.#transport.updateNodes(answer.brokers.filter(({ isFenced }) => !isFenced))
  }

  #knows(node: NodeId): boolean {
    return this.#transport.knowsNode(node as number)
  }
}
