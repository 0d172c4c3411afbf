/**
 * Changes of settings. What a broker has of its own is changed through that very broker, everything else through any; in the
 * end the controller writes all of it down, so without one nothing can be changed.
 *
 * Lists have other writers too, so they are never written as a whole: members are added and taken out one by one, which Kafka
 * does in one step with its own knowledge of the list.
 *
 * - `*` binds everything: nothing is added to it, and nothing is taken out of it. Both are accepted.
 * - Kafka keeps a list whose last member was taken out as an empty one, set. So the list is read back, and deleted where it
 *   is empty. A member that a stranger adds within the milliseconds between the two is lost. Nobody can see any more whether
 *   the list was an empty one before it got our members: whoever wants it back empty, or `*`, sets it.
 */
import { groupBy } from '../../lib/group-by.ts'
import { type SettingChange, type SettingRef, type StepResult, settingKey } from '../port.ts'
import { accepted, configResultOf, notAnswered } from './answers.ts'
import type { KafkaTransport } from './router.ts'
import { RESOURCES_PER_REQUEST, resourceOf, type SettingReads } from './setting-reads.ts'
import { kafkaMembersOf } from './setting-words.ts'
import {
  CONFIG_OPERATION,
  type IncrementalAlterConfigsResponse,
  incrementalAlterConfigs,
} from './wire/incremental-alter-configs.ts'

/** Without a controller a broker answers after 60 s. */
const ACT_MS = 65_000
/** Reading back a list that lags behind its change. */
const MAX_LOOKS = 5

type Results = Map<SettingChange, StepResult>

export class SettingWrites {
  readonly #transport: KafkaTransport
  readonly #reads: SettingReads

  constructor(transport: KafkaTransport, reads: SettingReads) {
    this.#transport = transport
    this.#reads = reads
  }

  /** One result per change, in order. Never throws. */
  async apply(changes: readonly SettingChange[], signal: AbortSignal): Promise<StepResult[]> {
    const results: Results = new Map()
    for (const change of changes) if (isIdle(change)) results.set(change, accepted)
    for (const change of await this.#boundAlready(changes, signal)) results.set(change, accepted)
    await this.#send(
      changes.filter((change) => !results.has(change)),
      results,
      signal,
    )
    const removed = changes.filter((change) => 'remove' in change && results.get(change)!.outcome === 'accepted')
    await this.#deleteEmpty(removed.filter((change) => !isIdle(change)) as Removal[], results, signal)
    return changes.map((change) => results.get(change)!)
  }

  /** Additions to a list that is `*`. One that became so just now refuses them by itself. */
  async #boundAlready(changes: readonly SettingChange[], signal: AbortSignal): Promise<SettingChange[]> {
    const additions = changes.filter((change) => 'add' in change && !isIdle(change))
    if (additions.length === 0) return []
    const observed = await this.#reads.observe(additions, signal)
    return additions.filter((_, index) => {
      const seen = observed[index]!
      return !('unknown' in seen) && kafkaMembersOf(seen.own).all
    })
  }

  async #send(changes: SettingChange[], results: Results, signal: AbortSignal): Promise<void> {
    await Promise.all(
      [...groupBy(changes, (change) => resourceOf(change).via)].map(async ([via, group]) => {
        for (const part of partsOf(group)) await this.#sendPart(via, part, results, signal)
      }),
    )
  }

  /** @param changes of which no two are of the same setting. */
  async #sendPart(via: number | 'any', changes: SettingChange[], results: Results, signal: AbortSignal): Promise<void> {
    const groups = [...groupBy(changes, resourceKey)]
    const resources = groups.map(([, group]) => {
      const { type, name } = resourceOf(group[0]!)
      return { type, name, configs: group.map(configOf) }
    })
    let answer: IncrementalAlterConfigsResponse
    try {
      answer = await this.#transport.send(via, incrementalAlterConfigs, { resources }, { signal, timeoutMs: ACT_MS })
    } catch (error) {
      const result = notAnswered(error)
      for (const change of changes) results.set(change, result)
      return
    }
    const codes = new Map(answer.results.map(({ type, name, errorCode }) => [`${type}/${name}`, errorCode]))
    for (const [key, group] of groups) {
      const code = codes.get(key)
      const settled = group.map((change): StepResult => {
        return code === undefined
          ? { outcome: 'unknown', text: 'the answer leaves it out' }
          : configResultOf(code, change)
      })
      if (group.length > 1 && settled.some((result) => result.outcome === 'refused' && result.code === 'rejected')) {
        // Nothing of the resource was changed, for one of them at least is bad: the others are not to suffer for it.
        for (const change of group) await this.#sendPart(via, [change], results, signal)
      } else group.forEach((change, index) => results.set(change, settled[index]!))
    }
  }

  /** Ends with no list where nothing is left in it. */
  async #deleteEmpty(removals: Removal[], results: Results, signal: AbortSignal): Promise<void> {
    const empty: SettingRef[] = []
    let open = removals
    for (let look = 0; open.length > 0 && look < MAX_LOOKS; look += 1) {
      const observed = await this.#reads.observe(open, signal)
      open = open.filter((removal, index) => {
        const seen = observed[index]!
        if ('unknown' in seen) return true
        const { members } = kafkaMembersOf(seen.own)
        if (removal.remove.some((member) => members.includes(member))) return true
        if (seen.own === '') empty.push(removal)
        return false
      })
    }
    // Asked for again it comes to an end.
    for (const removal of open) results.set(removal, { outcome: 'unknown', text: 'it is not seen to be gone yet' })
    const unique = [...groupBy(empty, settingKey).values()].map(([ref]) => ref!)
    const deletions = unique.map(({ scope, of, name }): SettingChange => ({ scope, of, name, delete: true }))
    const deleted: Results = new Map()
    await this.#send(deletions, deleted, signal)
    const byKey = new Map([...deleted].map(([change, result]) => [settingKey(change), result]))
    for (const removal of removals) {
      const result = byKey.get(settingKey(removal))
      if (result && results.get(removal)!.outcome === 'accepted') results.set(removal, result)
    }
  }
}

type Removal = SettingRef & { remove: string[] }

/** It asks for nothing. */
function isIdle(change: SettingChange): boolean {
  return ('add' in change && change.add.length === 0) || ('remove' in change && change.remove.length === 0)
}

/**
 * In the order given, but what is asked of one setting twice comes in a later part: a request may name it only once.
 * Of no more resources than fit into one request.
 */
function partsOf(changes: SettingChange[]): SettingChange[][] {
  const parts: { changes: SettingChange[]; keys: Set<string>; resources: Set<string> }[] = []
  const nextPart = new Map<string, number>()
  for (const change of changes) {
    const key = settingKey(change)
    const resource = resourceKey(change)
    let at = nextPart.get(key) ?? 0
    while (parts[at] && !parts[at]!.resources.has(resource) && parts[at]!.resources.size >= RESOURCES_PER_REQUEST) {
      at += 1
    }
    const part = (parts[at] ??= { changes: [], keys: new Set(), resources: new Set() })
    part.changes.push(change)
    part.resources.add(resource)
    nextPart.set(key, at + 1)
  }
  return parts.map((part) => part.changes)
}

function resourceKey(change: SettingRef): string {
  const { type, name } = resourceOf(change)
  return `${type}/${name}`
}

function configOf(change: SettingChange): { name: string; operation: number; value: string | null } {
  const { name } = change
  if ('set' in change) return { name, operation: CONFIG_OPERATION.set, value: change.set }
  if ('add' in change) return { name, operation: CONFIG_OPERATION.append, value: change.add.join(',') }
  if ('remove' in change) return { name, operation: CONFIG_OPERATION.subtract, value: change.remove.join(',') }
  return { name, operation: CONFIG_OPERATION.delete, value: null }
}
