/** Collects what an assessment finds, with the time each finding was first made. */
import type { Memory } from '../cluster/memory.ts'
import type { Violation } from '../cluster/plan.ts'
import type { NodeId } from '../cluster/state.ts'

export class Judge {
  readonly violations: Violation[] = []
  /** Conditions that must last a while longer before they count, one sentence each. */
  readonly holding: string[] = []
  /** Nodes whose filling has begun and that cannot be judged now. */
  readonly waiting: NodeId[] = []
  /** What the next assessment has to know of conditions that must last. */
  readonly pending: Record<string, number> = {}
  readonly memory: Memory
  readonly nowMs: number

  constructor(memory: Memory, nowMs: number) {
    this.memory = memory
    this.nowMs = nowMs
  }

  open(violation: Omit<Violation, 'sinceMs'>): void {
    const sinceMs = this.memory.since[`${violation.kind}/${violation.subject}`] ?? this.nowMs
    this.violations.push({ ...violation, sinceMs })
  }

  /** Since when a condition that nothing else dates has been seen without a break. */
  seenSince(condition: string): number {
    const sinceMs = this.memory.pending[condition] ?? this.nowMs
    this.pending[condition] = sinceMs
    return sinceMs
  }
}
