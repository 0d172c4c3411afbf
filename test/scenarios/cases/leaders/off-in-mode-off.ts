/** In mode off leadership stays as it is, too. */
import { type Case, MINUTE } from '../../case.ts'
import { uneven } from '../../orders.ts'

export default {
  cluster: uneven,
  settings: { mode: 'off' },
  lasts: 20 * MINUTE,
  end: { status: 'off', verdict: 'mode_off', says: 'leadership transfers', transfers: 0 },
} satisfies Case
