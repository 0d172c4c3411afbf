/** What is wished of a cluster, as a journal has it. */
import type { NodeId } from '../../cluster/state.ts'
import type { Pause } from '../../cluster/wishes.ts'
import type { Journal } from './journal.ts'

type Read = Pick<Journal, 'read'>

/** Nodes to be emptied and kept empty. */
export function drainsOf(journal: Read): NodeId[] {
  return [...journal.read('drain').values()].map(({ node }) => node)
}

/** As it was asked for: it may be over by itself. */
export function pauseOf(journal: Read): Pause | undefined {
  return journal.read('pause').get('cluster')
}
