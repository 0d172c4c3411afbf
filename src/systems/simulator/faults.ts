/** What goes wrong between us and the cluster: acts refused, answers lost, calls that find nobody. */
import { EvenkeelError } from '../../lib/errors.ts'
import type { PartitionStep, Refusal } from '../port.ts'

export type ActKind = PartitionStep['kind'] | 'cancel' | 'setting'

/** What becomes of an act whose answer is lost: it happened, never will, or will so much later. */
export type LostAct = 'at_once' | 'never' | { afterMs: number }

type ActFault = { refused: Refusal } | { lost: LostAct }

interface Pending {
  acts: number
  kinds: ActKind[] | undefined
  fault: ActFault
}

/** A broker waits this long for a controller before it says so. */
const CONTROLLER_WAIT_MS = 15_000

export class Faults {
  #pending: Pending[] = []
  #blind: { untilMs: number; code: 'sample_incomplete' | 'unreachable' } | undefined

  /** The next `acts` acts of these kinds, of any when undefined, go wrong; earlier orders are used up first. */
  order(acts: number, kinds: ActKind[] | undefined, fault: ActFault): void {
    this.#pending.push({ acts, kinds, fault })
  }

  /** What goes wrong with an act that would be sent now. */
  take(kind: ActKind): ActFault | undefined {
    const found = this.#pending.find(({ kinds }) => kinds?.includes(kind) ?? true)
    if (!found) return undefined
    found.acts -= 1
    if (found.acts <= 0) this.#pending = this.#pending.filter((pending) => pending !== found)
    return found.fault
  }

  blind(untilMs: number, code: 'sample_incomplete' | 'unreachable'): void {
    this.#blind = { untilMs, code }
  }

  /** @throws EvenkeelError while a call of this kind finds nobody. */
  check(call: 'sample' | 'other', nowMs: number): void {
    if (this.#blind === undefined || nowMs >= this.#blind.untilMs) return
    if (this.#blind.code === 'unreachable') throw new EvenkeelError('unreachable', 'no broker answers')
    if (call === 'sample') throw new EvenkeelError('sample_incomplete', 'no broker tells its log dirs')
  }
}

/** How long a call takes that needs the controller while there is none, and how it ends. */
export const noController = {
  waitMs: CONTROLLER_WAIT_MS,
  error: () => new EvenkeelError('timeout', `no controller answered within ${CONTROLLER_WAIT_MS} ms`),
}
