/** Throttles of the simulated cluster. A node tells and takes its settings only itself; what stands in them the controller keeps. */
import type { NodeId } from '../../cluster/state.ts'
import type { Clock } from '../../lib/clock.ts'
import { groupBy } from '../../lib/group-by.ts'
import {
  type CopyLimits,
  type Observed,
  type Setting,
  type SettingChange,
  type SettingRef,
  type Settings,
  type StepResult,
  settingKey,
  type Throttle,
} from '../port.ts'
import { act, no } from './acts.ts'
import { answers } from './node.ts'
import { EVERY_NODE, listNames, membersOf, rateNames, type SettingStore } from './setting-store.ts'
import type { World } from './world.ts'

const directions = ['in', 'out', 'dirs'] as const
/** A node waits so long for a controller that takes a change; meanwhile it looks for one every so often. */
const CONTROLLER_WAIT_MS = 60_000
const CONTROLLER_LOOK_MS = 1_000

export class SimulatedSettings implements Settings {
  readonly membersOf = membersOf
  readonly #world: World
  readonly #clock: Clock

  constructor(world: World, clock: Clock) {
    this.#world = world
    this.#clock = clock
  }

  settingsOf({ rates, copies }: Throttle): Setting[] {
    const ofNodes = rates.flatMap((rate) =>
      directions.flatMap((direction): Setting[] => {
        const limit = rate[direction]
        return limit === undefined
          ? []
          : [{ ...rateRef(rate.node, direction), value: `${Math.max(1, Math.floor(limit))}` }]
      }),
    )
    const ofTopics = [...groupBy(copies, ({ topic }) => topic)].flatMap(([of, group]) =>
      (['sources', 'targets'] as const).flatMap((side): Setting[] => {
        const members = group.flatMap((copy) => copy[side].map((node) => `${copy.partition}:${node}`))
        return members.length === 0
          ? []
          : [{ scope: 'topic', of, name: listNames[side], members: [...new Set(members)] }]
      }),
    )
    return [...ofNodes, ...ofTopics]
  }

  limitRefs(node: NodeId): SettingRef[] {
    return directions.map((direction) => rateRef(node, direction))
  }

  limitsOf(node: NodeId, observed: ReadonlyMap<string, Observed>): CopyLimits {
    const [ofIn, ofOut, ofDirs] = this.limitRefs(node).map((ref) => {
      const seen = observed.get(settingKey(ref))
      if (seen === undefined || 'unknown' in seen) return Number.NaN
      return seen.effective === null ? Number.POSITIVE_INFINITY : Number(seen.effective)
    })
    return { in: ofIn!, out: ofOut!, dirs: ofDirs! }
  }

  async observe(refs: readonly SettingRef[]): Promise<Observed[]> {
    const blind = this.#visit()
    return refs.map((ref) => {
      const unknown = blind?.message ?? this.#silence(ref)
      if (unknown !== undefined) return { unknown, unreachable: true }
      return { own: this.#store.own(ref), effective: this.#store.effective(ref) }
    })
  }

  async apply(changes: readonly SettingChange[], signal: AbortSignal): Promise<StepResult[]> {
    const blind = this.#visit()
    if (blind) return changes.map(() => no('not_sent', blind.message))
    const silent = changes.map((change) => this.#silence(change))
    const isControlled = await this.#controller(signal)
    return changes.map((change, index) => {
      const silence = silent[index]
      if (silence !== undefined) return no('not_sent', silence)
      return isControlled ? this.#change(change) : { outcome: 'unknown', text: 'no controller answered' }
    })
  }

  async survey(): Promise<(SettingRef & { value: string })[]> {
    const blind = this.#visit()
    if (blind) throw blind
    return this.#store.all().filter((ref) => this.#silence(ref) === undefined)
  }

  get #store(): SettingStore {
    return this.#world.cluster.settings
  }

  /** @returns why nobody answers; undefined when somebody does. */
  #visit(): Error | undefined {
    const world = this.#world
    world.advance()
    try {
      world.faults.check('other', world.cluster.atMs)
      return undefined
    } catch (error) {
      return error as Error
    }
  }

  /** @returns why nobody tells of the setting; undefined when somebody does. */
  #silence({ scope, of }: SettingRef): string | undefined {
    if (scope === 'topic' || of === EVERY_NODE) return undefined
    const node = this.#world.nodes.get(of)
    return node && answers(node) ? undefined : `node ${of} does not answer`
  }

  async #controller(signal: AbortSignal): Promise<boolean> {
    const { cluster } = this.#world
    for (let ms = 0; !cluster.controlled && ms < CONTROLLER_WAIT_MS && !signal.aborted; ms += CONTROLLER_LOOK_MS) {
      await this.#clock.sleep(CONTROLLER_LOOK_MS, signal)
      this.#world.advance()
    }
    return cluster.controlled
  }

  #change(change: SettingChange): StepResult {
    const { scope, of } = change
    if (scope === 'topic' && !this.#world.cluster.hasTopic(`${of}`)) {
      if ('delete' in change || 'remove' in change) return { outcome: 'accepted' }
      return no('partition_gone', `there is no topic ${of}`)
    }
    return act(this.#world, 'setting', () => this.#store.put(change, valueAfter(this.#store.own(change), change)))
  }
}

/** A list is changed member by member, never one that binds all, and is none when nothing is left in it. */
function valueAfter(before: string | null, change: SettingChange): string | null {
  if ('set' in change) return change.set
  if ('delete' in change) return null
  const { all, members } = membersOf(before)
  if (all) return before
  if ('add' in change) return change.add.length === 0 ? before : [...new Set([...members, ...change.add])].join(',')
  if (change.remove.length === 0) return before
  return members.filter((member) => !change.remove.includes(member)).join(',') || null
}

function rateRef(of: NodeId, direction: keyof typeof rateNames): SettingRef {
  return { scope: 'node', of, name: rateNames[direction] }
}
