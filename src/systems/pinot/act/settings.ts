/**
 * Tags of servers as settings that are ours for a while: a server that is to be emptied loses those by which tables are placed on it, for
 * the controller places segments on every server of the tag, alive or not. Copying itself has no limits that could be set here.
 */
import type { NodeId } from '../../../cluster/state.ts'
import { messageOf } from '../../../lib/errors.ts'
import type { CopyLimits, Observed, Setting, SettingChange, SettingRef, Settings, StepResult } from '../../port.ts'
import type { PinotReading } from '../reading.ts'
import { tagsOf, untaggings } from '../rules/dead.ts'
import { policyOf, type RebalanceOptions } from '../rules/rebalance-policy.ts'
import type { Controllers } from '../wire/controller.ts'
import { stepResult } from './answers.ts'

const TAGS = 'tags'

export class ServerTags implements Settings {
  readonly #controllers: Pick<Controllers, 'updateTags'>
  readonly #look: (signal: AbortSignal) => Promise<PinotReading>
  readonly #rebalance: () => RebalanceOptions
  #last: PinotReading | undefined
  #drained: ReadonlySet<string> = new Set()

  /** @param look of instances alone; fresh. */
  constructor(
    controllers: Pick<Controllers, 'updateTags'>,
    look: (signal: AbortSignal) => Promise<PinotReading>,
    rebalance: () => RebalanceOptions,
  ) {
    this.#controllers = controllers
    this.#look = look
    this.#rebalance = rebalance
  }

  /** To be told of every sample. @param drained servers that are to be emptied: only all of them together can be judged */
  see(reading: PinotReading, drained: ReadonlySet<string>): void {
    this.#last = reading
    this.#drained = drained
  }

  settingsOf(): Setting[] {
    return []
  }

  membersOf(value: string | null): { all: boolean; members: string[] } {
    return { all: false, members: value === null || value === '' ? [] : value.split(',') }
  }

  limitsOf(): CopyLimits {
    return { in: Number.POSITIVE_INFINITY, out: Number.POSITIVE_INFINITY, dirs: Number.POSITIVE_INFINITY }
  }

  limitRefs(): SettingRef[] {
    return []
  }

  ofDrain(node: NodeId): { setting: Setting } | { unsafe: string } | undefined {
    if (!this.#last) return undefined
    const leaving = new Set([...this.#drained, String(node)])
    const found = untaggings(this.#last, leaving).find(({ server }) => server === String(node))
    if (!found) return undefined
    if (found.problems.length > 0) return { unsafe: found.problems.join('; ') }
    return { setting: { scope: 'node', of: node, name: TAGS, value: valueOf(found.after), replaces: true } }
  }

  /** All tables that its tags are of must allow it: a tag is taken from all of them. */
  ofLoss(node: NodeId): { setting: Setting } | { unsafe: string } | undefined {
    const found = this.ofDrain(node)
    if (!found || 'unsafe' in found) return found
    const { instances, tables } = this.#last!
    const tags = instances.find(({ name }) => name === String(node))?.tags ?? []
    const placed = tables.filter((table) => tagsOf(table).some((tag) => tags.includes(tag)))
    const kept = placed.find((table) => !policyOf(this.#rebalance(), table).untagDeadServers)
    if (!kept) return found
    const text = `\`untag_dead_servers\` is off for ${kept.name}, and as long as it has the tag the controller places segments on it`
    return { unsafe: text }
  }

  async observe(refs: readonly SettingRef[], signal: AbortSignal): Promise<Observed[]> {
    if (refs.length === 0) return []
    try {
      const { instances } = await this.#look(signal)
      const tags = new Map(instances.map((instance) => [instance.name, instance.tags]))
      return refs.map(({ of }) => {
        const own = tags.get(String(of))
        if (!own) return { unknown: `there is no instance ${of}`, unreachable: true }
        return { own: valueOf(own), effective: valueOf(own) }
      })
    } catch (error) {
      return refs.map(() => ({ unknown: messageOf(error), unreachable: false }))
    }
  }

  async apply(changes: readonly SettingChange[], signal: AbortSignal): Promise<StepResult[]> {
    const results: StepResult[] = []
    for (const change of changes) {
      const tags = 'set' in change ? this.membersOf(change.set).members : []
      results.push(stepResult(await this.#controllers.updateTags(String(change.of), tags, signal)))
    }
    return results
  }

  /** Whatever tags stand are those of whoever runs the cluster. */
  async survey(): Promise<[]> {
    return []
  }
}

function valueOf(tags: readonly string[]): string {
  return tags.toSorted().join(',')
}
