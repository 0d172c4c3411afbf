/** What a loop remembers of earlier samples, brought up to date with each new one. */
import { grownSince } from '../assess/gates.ts'
import { departures } from '../cluster/departures.ts'
import type { MoveProgress } from '../cluster/events.ts'
import { freshMemory, type Memory, type PartitionRef } from '../cluster/memory.ts'
import { isDirMove, partitionName } from '../cluster/move.ts'
import type { Sample } from '../cluster/sample.ts'
import { RETURN_WINDOW_MS } from '../cluster/settings.ts'
import type { ClusterState, NodeId } from '../cluster/state.ts'
import type { Thought } from './think.ts'

/** What has begun and goes on to its own end. */
export type Begun = Pick<Memory, 'filling' | 'skewedDomains' | 'relieving'>

export class Recollection {
  #memory: Memory = freshMemory
  /** The last complete reading: what has moved since is seen by comparing. */
  #lastState: ClusterState | undefined
  #lastHealth: Sample['health'] | undefined
  #sampledAtMs = 0
  #gone: (PartitionRef & { node: NodeId })[] = []
  /** Since when nothing was sampled, while samples fail. */
  #unseenSinceMs: number | undefined
  /** A person has looked and goes on from the health that is. */
  #accepted = false
  /** Heard since the last sample was taken in; a tick that is at work still judges by what was known before. */
  #heard: Pick<Memory, 'left' | 'muted'> = { left: [], muted: [] }

  /** The last complete reading; undefined before the first. */
  get state(): ClusterState | undefined {
    return this.#lastState
  }

  /** Nodes that partitions left between the last complete reading and that of the memory made last. */
  get gone(): readonly (PartitionRef & { node: NodeId })[] {
    return this.#gone
  }

  /** As the last round left it. */
  get memory(): Memory {
    return this.#memory
  }

  /**
   * The memory for a new sample: who left where, what is muted, since when we have been at it.
   * @param idle nothing of ours is in flight or waits.
   */
  recall(sample: Sample, idle: boolean, nowMs: number): Memory {
    const { baseline, ...rest } = this.#memory
    const known = this.#accepted ? undefined : baseline
    this.#accepted = false
    const gone = this.#lastState ? departures(this.#lastState, sample.state) : []
    this.#gone = gone
    // What our moves have made worse does not become good by their end.
    const over = idle && grownSince(known, sample.health) === undefined
    const since = over ? undefined : (known ?? (this.#lastHealth ?? sample.health).unexplained)
    const heard = this.#heard
    this.#heard = { left: [], muted: [] }
    const unseenMs = nowMs - (this.#unseenSinceMs ?? nowMs)
    this.#unseenSinceMs = undefined
    this.#sampledAtMs = nowMs
    return {
      ...rest,
      // Time that nobody saw counts for nothing.
      pending: Object.fromEntries(Object.entries(rest.pending).map(([what, sinceMs]) => [what, sinceMs + unseenMs])),
      left: [
        ...rest.left.filter(({ atMs }) => nowMs - atMs < RETURN_WINDOW_MS),
        ...heard.left,
        ...gone.map((departure) => ({ ...departure, atMs: nowMs })),
      ],
      muted: [...rest.muted, ...heard.muted].filter(({ untilMs }) => untilMs > nowMs),
      ...(since && { baseline: since }),
    }
  }

  /** What an earlier process, or another one, remembers and we do not. */
  takeOver(left: Memory['left'], muted: Memory['muted'], begun: Begun = freshMemory): void {
    const known = new Set([...this.#memory.left.map(leftName), ...this.#memory.muted.map(partitionName)])
    this.#memory = {
      ...this.#memory,
      left: [...left.filter((one) => !known.has(leftName(one))), ...this.#memory.left],
      muted: [...muted.filter((one) => !known.has(partitionName(one))), ...this.#memory.muted],
      filling: union(begun.filling, this.#memory.filling),
      skewedDomains: union(begun.skewedDomains, this.#memory.skewedDomains),
      relieving: {
        disk_critical: union(begun.relieving.disk_critical, this.#memory.relieving.disk_critical),
        disk_over_limit: union(begun.relieving.disk_over_limit, this.#memory.relieving.disk_over_limit),
      },
    }
  }

  /** The planner has given the sample back: the next is compared with it. */
  keep({ state, health }: Sample): void {
    this.#lastState = state
    this.#lastHealth = health
  }

  /**
   * What has begun and is nearly done, with nothing left that would help, is over: it begins anew only by its own edge.
   * @param settled nothing is in flight, and nobody is missing with whom more could be done when he is back.
   */
  conclude({ assessment, plan }: Thought, settled: boolean, nowMs: number): void {
    const { violations, memory, waiting } = assessment
    const over = settled && plan.moves.length === 0 && violations.every(({ closing, gate }) => closing && !gate)
    this.#memory = memory
    if (!over) return
    this.#memory = {
      ...memory,
      filling: waiting,
      skewedDomains: [],
      relieving: { disk_critical: [], disk_over_limit: [] },
      leaderSkew: false,
      ...(memory.leaderSkew && violations.length > 0 ? { leaderIdleSinceMs: nowMs } : {}),
    }
  }

  /** A sample failed: until the next one succeeds nobody sees anything. */
  blind(): void {
    this.#unseenSinceMs ??= this.#sampledAtMs
  }

  mute({ topic, partition }: PartitionRef, untilMs: number): void {
    this.#heard.muted.push({ topic, partition, untilMs })
  }

  /** A move of ours is done. Samples need not have shown anything of it, as when it was carried out while nobody looked. */
  moved({ move, startedAtMs }: MoveProgress, atMs: number): void {
    if (move.kind !== 'replica' || isDirMove(move)) return
    const { topic, partition, from: node } = move
    const left = { topic, partition, node, atMs }
    const seen = this.#memory.left.some((one) => leftName(one) === leftName(left) && one.atMs >= startedAtMs)
    if (!seen) this.#heard.left.push(left)
  }

  /** The health of the next sample is what moves are measured against from then on. */
  accept(): void {
    this.#accepted = true
  }
}

const leftName = (left: Memory['left'][number]) => `${partitionName(left)}@${left.node}`

const union = <T>(a: readonly T[], b: readonly T[]): T[] => [...new Set([...a, ...b])]
