/** Elections are refused: the partition is left alone for a while and others are tried; in the end all is even. */
import { type Case, MINUTE } from '../../case.ts'
import { uneven } from '../../orders.ts'

export default {
  cluster: uneven,
  happens: [{ at: 0, refuse: { acts: 3, kinds: ['elect'], code: 'target_not_in_sync' } }],
  lasts: 40 * MINUTE,
  end: { moves: 0, results: { failed: 3 }, leadersOverMean: 1.15 },
} satisfies Case
