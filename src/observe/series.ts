/** Which series of one family there are, so that none is made whose labels may not have that value. */
import type { Family, Labels } from './families.ts'
import { cluster, isClosed, isFact, isOpen } from './labels.ts'

export class Series {
  readonly #names: string[]
  readonly #keyNames: string[]
  readonly #hasFacts: boolean
  readonly #closed: { name: string; values: ReadonlySet<string> }[]
  readonly #open: { name: string; ceiling: number; scoped: boolean }[]
  /** By the values of all labels but facts. */
  readonly #made = new Map<string, Labels>()
  /** By label, cluster and value: series that have it. Its size, and that of what is in it, is bounded by the ceilings. */
  readonly #uses = new Map<string, Map<string, number>>()

  constructor({ labels }: Pick<Family, 'labels'>) {
    this.#names = labels.map(({ name }) => name)
    this.#keyNames = labels.filter((label) => !isFact(label)).map(({ name }) => name)
    this.#hasFacts = labels.some(isFact)
    this.#closed = labels.filter(isClosed).map(({ name, values }) => ({ name, values: new Set(values) }))
    const ofCluster = this.#names.includes(cluster.name)
    this.#open = labels
      .filter(isOpen)
      .map(({ name, ceiling }) => ({ name, ceiling, scoped: ofCluster && name !== cluster.name }))
  }

  /**
   * Says that the series is about to get a value.
   * @returns false where it may not be; else the series of other facts whose place it takes, if any.
   */
  admit(labels: Labels): Labels | undefined | false {
    const key = this.#keyOf(labels)
    const made = this.#made.get(key)
    if (made) {
      if (!this.#hasFacts || this.#names.every((name) => made[name] === labels[name])) return undefined
      this.#made.set(key, labels)
      return made
    }
    if (!this.#closed.every(({ name, values }) => values.has(labels[name]!))) return false
    const slots = this.#open.map(({ name, ceiling, scoped }) => ({
      uses: this.#usesOf(name, scoped, labels),
      value: labels[name]!,
      ceiling,
    }))
    if (slots.some(({ uses, value, ceiling }) => !uses.has(value) && uses.size >= ceiling)) return false
    for (const { uses, value } of slots) uses.set(value, (uses.get(value) ?? 0) + 1)
    this.#made.set(key, labels)
    return undefined
  }

  /** @returns whether there was such a series. */
  drop(labels: Labels): boolean {
    const key = this.#keyOf(labels)
    if (!this.#made.delete(key)) return false
    for (const { name, scoped } of this.#open) {
      const uses = this.#usesOf(name, scoped, labels)
      const left = uses.get(labels[name]!)! - 1
      if (left === 0) uses.delete(labels[name]!)
      else uses.set(labels[name]!, left)
    }
    return true
  }

  /** Those of these labels whose value of that one is not among the values. */
  beyond(among: Labels, label: string, values: ReadonlySet<string>): Labels[] {
    if (!this.#names.includes(label)) return []
    const isMeant = (made: Labels) => Object.entries(among).every(([name, value]) => made[name] === value)
    return [...this.#made.values()].filter((made) => isMeant(made) && !values.has(made[label]!))
  }

  #keyOf(labels: Labels): string {
    return JSON.stringify(this.#keyNames.map((name) => labels[name]))
  }

  #usesOf(name: string, scoped: boolean, labels: Labels): Map<string, number> {
    const key = JSON.stringify(scoped ? [name, labels[cluster.name]] : [name])
    let uses = this.#uses.get(key)
    if (!uses) this.#uses.set(key, (uses = new Map()))
    return uses
  }
}
