/**
 * What stands in settings. A broker tells its own only itself; of topics, and of the default of all brokers, any tells.
 *
 * For some milliseconds after a change a broker may answer with the old value as if another layer held it. So everything is
 * read again after a pause until two readings in a row agree.
 */
import type { NodeId } from '../../cluster/state.ts'
import type { Clock } from '../../lib/clock.ts'
import { messageOf } from '../../lib/errors.ts'
import { groupBy } from '../../lib/group-by.ts'
import type { Observed, SettingRef } from '../port.ts'
import type { KafkaTransport } from './router.ts'
import { TransportError } from './transport-error.ts'
import {
  BROKER_RESOURCE,
  CONFIG_SOURCE,
  type ConfigEntry,
  type DescribeConfigsResponse,
  describeConfigs,
  TOPIC_RESOURCE,
} from './wire/describe-configs.ts'
import { errorKind } from './wire/errors.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const TOPIC_AUTHORIZATION_FAILED = 29
const CLUSTER_AUTHORIZATION_FAILED = 31

const TOPICS_MS = 15_000
/** A broker that does not answer must not hold up the others. */
const BROKER_MS = 6_000
export const RESOURCES_PER_REQUEST = 500
/** Longer than the answers of a broker were seen to lag behind a change. */
const PAUSE_MS = 30
const MAX_READINGS = 6

/** `of` in a setting of scope `node` that stands for every broker without a value of its own. */
export const EVERY_BROKER = ''

/** What Kafka keeps settings of. */
export interface Resource {
  type: number
  name: string
  /** Who has to be asked. */
  via: number | 'any'
  /** The layer that we read and write. */
  source: number
}

export function resourceOf({ scope, of }: Pick<SettingRef, 'scope' | 'of'>): Resource {
  const name = `${of}`
  if (scope === 'topic') return { type: TOPIC_RESOURCE, name, via: 'any', source: CONFIG_SOURCE.topic }
  if (of === EVERY_BROKER) return { type: BROKER_RESOURCE, name, via: 'any', source: CONFIG_SOURCE.clusterDefault }
  return { type: BROKER_RESOURCE, name, via: of as number, source: CONFIG_SOURCE.broker }
}

export class SettingReads {
  readonly #transport: KafkaTransport
  readonly #clock: Clock

  constructor(transport: KafkaTransport, clock: Clock) {
    this.#transport = transport
    this.#clock = clock
  }

  /** One answer per ref, in order. Never throws. */
  async observe(refs: readonly SettingRef[], signal: AbortSignal): Promise<Observed[]> {
    const seen = await this.once(refs, signal)
    let open = refs.flatMap((ref, index) => ('unknown' in seen[index]! ? [] : [{ ref, index }]))
    for (let reading = 2; open.length > 0 && reading <= MAX_READINGS; reading += 1) {
      await this.#clock.sleep(PAUSE_MS, signal)
      const again = await this.once(
        open.map(({ ref }) => ref),
        signal,
      )
      open = open.filter(({ index }, at) => {
        const before = seen[index]!
        seen[index] = again[at]!
        return !agree(before, again[at]!)
      })
    }
    for (const { index } of open) seen[index] = { unknown: 'no two readings of it agreed', unreachable: false }
    return seen
  }

  /** A single reading. Never throws. */
  async once(refs: readonly SettingRef[], signal: AbortSignal): Promise<Observed[]> {
    const found = new Map<SettingRef, Observed>()
    await Promise.all(
      [...groupBy(refs, (ref) => resourceOf(ref).via)].map(async ([via, group]) => {
        for (const chunk of chunksByResource(group)) await this.#read(via, chunk, found, signal)
      }),
    )
    return refs.map((ref) => found.get(ref)!)
  }

  async #read(
    via: number | 'any',
    refs: SettingRef[],
    found: Map<SettingRef, Observed>,
    signal: AbortSignal,
  ): Promise<void> {
    const groups = [...groupBy(refs, keyOf).values()]
    const resources = groups.map((group) => {
      const { type, name } = resourceOf(group[0]!)
      return { type, name, keys: [...new Set(group.map((ref) => ref.name))] }
    })
    const request = { resources, includeSynonyms: false }
    const timeoutMs = via === 'any' ? TOPICS_MS : BROKER_MS
    let answer: DescribeConfigsResponse
    try {
      answer = await this.#transport.send(via, describeConfigs, request, { signal, timeoutMs })
    } catch (error) {
      const unreachable = error instanceof TransportError && (error.reason === 'connect' || error.reason === 'timeout')
      for (const ref of refs) found.set(ref, { unknown: messageOf(error), unreachable })
      return
    }
    const told = new Map(answer.results.map((result) => [`${result.type}/${result.name}`, result]))
    for (const ref of refs) found.set(ref, observedIn(told.get(keyOf(ref)), ref))
  }
}

/** Refs in portions of so many resources; those of one resource stay together. */
function* chunksByResource<Ref extends Pick<SettingRef, 'scope' | 'of'>>(refs: Ref[]): Generator<Ref[]> {
  const groups = [...groupBy(refs, keyOf).values()]
  for (let start = 0; start < groups.length; start += RESOURCES_PER_REQUEST) {
    yield groups.slice(start, start + RESOURCES_PER_REQUEST).flat()
  }
}

function keyOf(ref: { scope: SettingRef['scope']; of: NodeId }): string {
  const { type, name } = resourceOf(ref)
  return `${type}/${name}`
}

function observedIn(result: DescribeConfigsResponse['results'][number] | undefined, ref: SettingRef): Observed {
  if (!result) return notTold('the answer leaves it out')
  switch (result.errorCode) {
    case 0:
      break
    case UNKNOWN_TOPIC_OR_PARTITION:
      // With the topic everything went that was set of it.
      return { own: null, effective: null }
    case TOPIC_AUTHORIZATION_FAILED:
      return notTold('DescribeConfigs was refused: it needs the permission TOPIC DESCRIBE_CONFIGS')
    case CLUSTER_AUTHORIZATION_FAILED:
      return notTold('DescribeConfigs was refused: it needs the permission CLUSTER DESCRIBE_CONFIGS')
    default:
      return notTold(`DescribeConfigs was answered with ${errorKind(result.errorCode).name}`)
  }
  const entry = result.configs.find(({ name }) => name === ref.name)
  return { own: ownValue(entry, ref), effective: effectiveValue(entry) }
}

function notTold(unknown: string): Observed {
  return { unknown, unreachable: false }
}

/** Our layers come first of all: what stands in them is what is in force. */
function ownValue(entry: ConfigEntry | undefined, ref: SettingRef): string | null {
  return entry?.source === resourceOf(ref).source ? entry.value : null
}

/** A rate that was never set is left out, a list is told as the empty default: both are nothing. */
function effectiveValue(entry: ConfigEntry | undefined): string | null {
  if (!entry || (entry.source === CONFIG_SOURCE.default && entry.value === '')) return null
  return entry.value
}

function agree(a: Observed, b: Observed): boolean {
  if ('unknown' in b) return true
  return !('unknown' in a) && a.own === b.own && a.effective === b.effective
}
