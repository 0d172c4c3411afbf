/** What strangers have set on the cluster and want to stand: at the end that and nothing else is to stand. */
import { sameSet } from '../../../src/lib/lists.ts'
import { type SettingRef, settingKey } from '../../../src/systems/port.ts'
import { membersOf, type SettingStore } from '../../../src/systems/simulator/setting-store.ts'

export class Book {
  readonly #wanted = new Map<string, SettingRef & { value: string }>()

  /** @param value null when they took it away. */
  note(ref: SettingRef, value: string | null): void {
    if (value === null) this.#wanted.delete(settingKey(ref))
    else this.#wanted.set(settingKey(ref), { ...ref, value })
  }

  topicDeleted(topic: string): void {
    for (const [key, { scope, of }] of this.#wanted) if (scope === 'topic' && of === topic) this.#wanted.delete(key)
  }

  wanted(): (SettingRef & { value: string })[] {
    return [...this.#wanted.values()]
  }

  has(ref: SettingRef): boolean {
    return this.#wanted.has(settingKey(ref))
  }

  /** What stands otherwise. */
  differences(store: SettingStore): string[] {
    const stands = new Map(store.all().map((setting) => [settingKey(setting), setting]))
    const keys = new Set([...stands.keys(), ...this.#wanted.keys()])
    return [...keys].flatMap((key) => {
      const wanted = this.#wanted.get(key)
      const now = stands.get(key)
      return isAlike(wanted, now) ? [] : [`${key} is ${now?.value ?? 'gone'}, not ${wanted?.value ?? 'gone'}`]
    })
  }
}

type Value = (SettingRef & { value: string }) | undefined

function isAlike(one: Value, other: Value): boolean {
  if (one?.scope !== 'topic' || other === undefined) return one?.value === other?.value
  const [wanted, now] = [membersOf(one.value), membersOf(other.value)]
  return wanted.all === now.all && sameSet(wanted.members, now.members)
}
