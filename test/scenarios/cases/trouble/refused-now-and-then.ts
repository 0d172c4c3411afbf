/** An act is refused now and then for what changed under our hands: the next plan starts from what the cluster is then. */
import { type Case, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: six,
  happens: [
    { at: 4 * MINUTE, refuse: { acts: 2, kinds: ['set'], code: 'replicas_changed' } },
    { at: 4 * MINUTE, refuse: { acts: 2, kinds: ['set'], code: 'target_not_alive' } },
    { at: 5 * MINUTE, drain: 3 },
  ],
  lasts: 25 * MINUTE,
  end: { empty: [3], results: { failed: 4 }, reasons: ['node_draining'] },
} satisfies Case
