/**
 * Nodes that a setting takes out of use (a Pinot server by its tags), so that targets of the system's own are without them: those that are
 * to be emptied, and those that are given up. What is out of use stays so while the wish stands, or the node is gone.
 */
import type { NodeId } from '../cluster/state.ts'
import { type Setting, type Settings, settingKey } from '../systems/port.ts'
import type { Unset } from './change-ledger.ts'
import type { SettingRecord } from './journal/records.ts'

export class OutOfUse {
  readonly #settings: Pick<Settings, 'ofDrain' | 'ofLoss'> | undefined
  readonly #records: () => Iterable<SettingRecord>
  /** Node → why what takes it out of use was not set the last time. */
  #refused: ReadonlyMap<NodeId, string> = new Map()
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
    // Of what is gone a refusal is not told: that would keep it from being tried again.
    const wishes = [
      ...this.gone.map((node) => [node, unsafeIn(this.#settings?.ofLoss?.(node))] as const),
      ...this.draining.map(
        (node) => [node, unsafeIn(this.#settings?.ofDrain?.(node)) ?? this.#refused.get(node)] as const,
      ),
    ]
    return new Map(
      wishes.flatMap(([node, text]) => (text !== undefined && !this.#setFor(node) ? [[node, text] as const] : [])),
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

  /** To be told what could not be set whenever it was tried. */
  see(unset: readonly Unset[]): void {
    const own = new Set(this.wanted().map(settingKey))
    this.#refused = new Map(
      unset.flatMap(({ ref, text }) => (own.has(settingKey(ref)) ? [[ref.of, text] as const] : [])),
    )
  }

  /** What has taken it out of use. */
  #setFor(node: NodeId): Setting | undefined {
    for (const { setting } of this.#records()) if (setting.of === node && 'replaces' in setting) return setting
    return undefined
  }
}

function unsafeIn(found: ReturnType<NonNullable<Settings['ofDrain']>>): string | undefined {
  return found && 'unsafe' in found ? found.unsafe : undefined
}
