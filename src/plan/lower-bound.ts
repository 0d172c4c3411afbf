/**
 * Least bytes that any plan must copy to reach the goal: what must leave the nodes above their band or what must enter
 * those below, whichever is more. Racks, sizes and space can only make it more.
 */
export function lowerBoundBytes(nodes: number[], used: Float64Array, lower: Float64Array, upper: Float64Array): number {
  let leave = 0
  let enter = 0
  for (const node of nodes) {
    leave += Math.max(0, used[node]! - upper[node]!)
    enter += Math.max(0, lower[node]! - used[node]!)
  }
  return Math.max(leave, enter)
}
