/** Where it happens, and what everybody who makes things happen has at hand. */
import type { NodeId } from '../../../src/cluster/state.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import type { World } from '../../../src/systems/simulator/world.ts'
import type { Book } from './book.ts'
import type { Dice } from './dice.ts'

export interface Place {
  world: World
  clock: Clock
  dice: Dice
  book: Book
  /** Does it so much later; an error of it is told. */
  later: (ms: number, act: () => unknown) => void
  tell: (text: string) => void
  /** Something has come to these nodes that nobody could know before. */
  touch: (nodes: Iterable<NodeId>) => void
}
