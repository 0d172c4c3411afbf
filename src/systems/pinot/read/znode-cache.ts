/** Reads the children of a znode and what is in them, again only where they have changed. */
import { mapInFlight } from '../../../lib/in-flight.ts'
import type { Znode, ZnodeFacts, ZnodeStore } from '../wire/znodes.ts'

export interface Cached<Value> {
  version: number
  stamp: string
  value: Value
}

export class ZnodeCache<Value> {
  readonly #store: ZnodeStore
  readonly #decode: (name: string, path: string, node: Znode, signal: AbortSignal) => Promise<Value>
  readonly #known = new Map<string, Cached<Value>>()

  constructor(
    store: ZnodeStore,
    decode: (name: string, path: string, node: Znode, signal: AbortSignal) => Promise<Value>,
  ) {
    this.#store = store
    this.#decode = decode
  }

  /** As of the last reading. */
  get(name: string): Cached<Value> | undefined {
    return this.#known.get(name)
  }

  /**
   * Children that are wanted, in the order of their names: those of these names, or all that the test lets through. A parent that does not
   * exist has none. One that is gone meanwhile is left out.
   * @throws what the store or the decoding throws.
   */
  async read(
    parent: string,
    wanted: ReadonlySet<string> | ((name: string) => boolean),
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, Cached<Value>>> {
    const facts = await (typeof wanted === 'function'
      ? this.#store.childFacts(parent, signal)
      : this.#factsOf(parent, [...wanted], signal))
    const isWanted = typeof wanted === 'function' ? wanted : (name: string) => wanted.has(name)
    const names = [...facts.keys()].filter(isWanted).sort()
    const changed = names.filter((name) => this.#known.get(name)?.stamp !== facts.get(name)!.stamp)
    // Of others than those asked for nothing has been heard.
    for (const name of this.#known.keys()) if (isWanted(name) && !facts.has(name)) this.#known.delete(name)
    await mapInFlight(changed, this.#store.inFlight, async (name) => {
      const path = `${parent}/${name}`
      const node = await this.#store.read(path, signal)
      if (node === undefined) this.#known.delete(name)
      else {
        const value = await this.#decode(name, path, node, signal)
        this.#known.set(name, { version: node.version, stamp: node.stamp, value })
      }
    })
    return new Map(names.flatMap((name) => (this.#known.has(name) ? [[name, this.#known.get(name)!]] : [])))
  }

  /** Of a few among many: the rest is not looked at. */
  async #factsOf(parent: string, names: readonly string[], signal: AbortSignal): Promise<Map<string, ZnodeFacts>> {
    const facts = await mapInFlight(names, this.#store.inFlight, (name) =>
      this.#store.facts(`${parent}/${name}`, signal),
    )
    return new Map(names.flatMap((name, at) => (facts[at] === undefined ? [] : [[name, facts[at]]])))
  }
}
