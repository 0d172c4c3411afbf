/** A drain is taken back half way: what runs is finished, what is left stays; the node is not short enough to be filled. */
import { type Case, MB, MINUTE } from '../../case.ts'
import { six } from '../../orders.ts'

export default {
  cluster: { ...six, copyRate: 5 * MB },
  happens: [
    { at: 5 * MINUTE, drain: 2 },
    { at: 6 * MINUTE, undrain: 2 },
  ],
  lasts: 30 * MINUTE,
  end: { replicas: { 2: [10, 22] }, from: [2] },
} satisfies Case
