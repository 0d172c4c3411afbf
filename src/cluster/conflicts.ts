/** Who else balances a cluster: two balancers undo each other's work. */

/**
 * - `cruise_control`: Cruise Control keeps its measurements in the cluster.
 * - `unknown`: somebody whose work is seen again and again.
 */
export const conflictKinds = ['cruise_control', 'unknown'] as const
export type ConflictKind = (typeof conflictKinds)[number]

export interface Conflict {
  with: ConflictKind
  /** One sentence for people: by what it is known, and what to do. */
  text: string
}
