/** The same by the other strategy. */
import { type Case, MINUTE } from '../../case.ts'
import { uneven } from '../../orders.ts'

export default {
  cluster: uneven,
  settings: { leadershipStrategy: 'greedy_balanced_shards' },
  lasts: 30 * MINUTE,
  end: { moves: 0, transfers: [30, 45], leadersOverMean: 1.1 },
} satisfies Case
