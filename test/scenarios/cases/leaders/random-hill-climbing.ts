/** All leaders sit on two of six nodes: they are spread over all that hold replicas, in few transfers, and then stay. */
import { type Case, MINUTE } from '../../case.ts'
import { uneven } from '../../orders.ts'

export default {
  cluster: uneven,
  settings: { leadershipStrategy: 'random_hill_climbing' },
  lasts: 30 * MINUTE,
  end: { moves: 0, transfers: [30, 45], leadersOverMean: 1.1 },
} satisfies Case
