/**
 * Nodes that a setting takes out of use (a Pinot server by its tags), so that targets of the system's own are without them: those that are
 * to be emptied, and those that are given up. What is out of use stays so while the wish stands, or the node is gone.
 */
import type { NodeId } from '../cluster/state.ts'
import type { Setting, Settings } from '../systems/port.ts'
import type { SettingRecord } from './journal/records.ts'

export class OutOfUse {
  readonly #settings: Pick<Settings, 'ofDrain' | 'ofLoss'> | undefined
  readonly #records: () => Iterable<SettingRecord>
  /** Nodes that are to be emptied. */
  draining: readonly NodeId[] = []
  /** Whether they may be taken out of use now. */
  mayEmpty = false
  /** Nodes that are not there, for however short a time. */
  gone: readonly NodeId[] = []
  /** Those of them that are given up, and may be taken out of use. */
  lost: readonly NodeId[] = []

  /** @param records what the change ledger has */
  constructor(settings: Pick<Settings, 'ofDrain' | 'ofLoss'> | undefined, records: () => Iterable<SettingRecord>) {
    this.#settings = settings
    this.#records = records
  }

  /** Node → why it cannot be taken out of use although it is to be emptied, or is gone. */
  get unsafe(): ReadonlyMap<NodeId, string> {
    const wishes = [
      ...this.gone.map((node) => [node, this.#settings?.ofLoss?.(node)] as const),
      ...this.draining.map((node) => [node, this.#settings?.ofDrain?.(node)] as const),
    ]
    return new Map(
      wishes.flatMap(([node, found]) =>
        found && 'unsafe' in found && !this.#setFor(node) ? [[node, found.unsafe] as const] : [],
      ),
    )
  }

  /** What takes nodes out of use now. */
  wanted(): Setting[] {
    return [...new Set([...this.draining, ...this.gone])].flatMap((node) => {
      const had = this.#setFor(node)
      if (had) return [had]
      const found = this.draining.includes(node)
        ? this.mayEmpty && this.#settings?.ofDrain?.(node)
        : this.lost.includes(node) && this.#settings?.ofLoss?.(node)
      return found && 'setting' in found ? [found.setting] : []
    })
  }

  /** What has taken it out of use. */
  #setFor(node: NodeId): Setting | undefined {
    for (const { setting } of this.#records()) if (setting.of === node && 'replaces' in setting) return setting
    return undefined
  }
}
