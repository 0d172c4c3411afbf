/** Chance of one seed. */
import { seededRandom } from '../../../src/lib/random.ts'

export class Dice {
  readonly #random: () => number

  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }

  /** At least `from`, below `to`. */
  between(from: number, to: number): number {
    return from + (to - from) * this.#random()
  }

  whole(from: number, to: number): number {
    return Math.floor(this.between(from, to + 1))
  }

  /** As often from 1 to 10 as from 10 to 100. */
  spread(from: number, to: number): number {
    return from * (to / from) ** this.#random()
  }

  chance(ratio: number): boolean {
    return this.#random() < ratio
  }

  one<Of>(list: readonly Of[]): Of | undefined {
    return list[Math.floor(this.#random() * list.length)]
  }

  some<Of>(list: readonly Of[], most: number): Of[] {
    const left = [...list]
    const chosen: Of[] = []
    while (left.length > 0 && chosen.length < most)
      chosen.push(...left.splice(Math.floor(this.#random() * left.length), 1))
    return chosen
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries<number>(weights)
    let at = this.#random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    const found = entries.find(([, weight]) => (at -= weight) < 0) ?? entries[0]!
    return found[0] as Name
  }

  /** Milliseconds to the next of what happens so often on the average. */
  wait(meanMs: number): number {
    return -Math.log(1 - this.#random()) * meanMs
  }
}
