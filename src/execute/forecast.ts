/**
 * When copies end. Those that share a node share its rate, and not evenly: what one does not need any more goes to the others
 * in the proportion in which they had it before. The node that a copy waits for is the busier one of the two it needs.
 */
import type { NodeId } from '../cluster/state.ts'

export interface Pace {
  to: NodeId
  leader: NodeId
  /** Bytes to come. */
  left: number
  /** Bytes per second lately, above 0. */
  perSecond: number
}

/** @returns milliseconds until each ends, in order. */
export function forecasts(copies: readonly Pace[]): number[] {
  const into = byNode(copies, ({ to }) => to)
  const outOf = byNode(copies, ({ leader }) => leader)
  return copies.map((copy) => {
    const [target, source] = [into.get(copy.to)!, outOf.get(copy.leader)!]
    return (sumOf(target) >= sumOf(source) ? endOf(copy, target) : endOf(copy, source)) * 1000
  })
}

/** @param group all that share a node, the copy among them. */
function endOf(copy: Pace, group: readonly Pace[]): number {
  const whole = sumOf(group)
  // In the order in which they end: it stays while all become faster by the same factor.
  const inOrder = group.toSorted((a, b) => alone(a) - alone(b))
  let active = whole
  let seconds = 0
  let before = 0
  for (const next of inOrder) {
    seconds += ((alone(next) - before) * active) / whole
    if (next === copy) break
    before = alone(next)
    active -= next.perSecond
  }
  return seconds
}

const alone = ({ left, perSecond }: Pace): number => left / perSecond

const sumOf = (group: readonly Pace[]): number => group.reduce((sum, { perSecond }) => sum + perSecond, 0)

function byNode(copies: readonly Pace[], nodeOf: (copy: Pace) => NodeId): Map<NodeId, Pace[]> {
  const groups = new Map<NodeId, Pace[]>()
  for (const copy of copies) groups.set(nodeOf(copy), [...(groups.get(nodeOf(copy)) ?? []), copy])
  return groups
}
