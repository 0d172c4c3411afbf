/**
 * The port: what the rest of evenkeel knows of a cluster. Implemented once per system; nothing else talks to one.
 * Every call obeys its signal and ends by itself within the adapter's own deadlines.
 */
import type { DirTarget, Move } from '../cluster/move.ts'
import type { Pulse, Sample } from '../cluster/sample.ts'
import type { NodeId, PartitionId } from '../cluster/state.ts'

/** What a system can do, never who made it. */
export interface Capabilities {
  leaderTransfer: boolean
  replicaMoves: boolean
  /** Replicas can be moved between the dirs of one node. */
  dirMoves: boolean
  /** Topics are moved as a whole, to targets of the system's own. */
  tableJobs: boolean
}

/** What a move consists of, in order: each idempotent. */
export type Step = PartitionStep | JobStep | BrokersStep

/** The system's own job that brings the topic to the target with that fingerprint. */
export interface JobStep {
  kind: 'job'
  topic: string
  parameters: Record<string, string>
  fingerprint: string
}

/** The topic's list of brokers is made anew: it should then be `after`. */
export interface BrokersStep {
  kind: 'brokers'
  topic: string
  after: NodeId[]
}

/**
 * One idempotent act on a partition, with what must still be true for it to happen:
 * - `set`: the replica list becomes `replicas`; data is copied to `adds`.
 * - `order`: the same set in another order, at once.
 * - `elect`: the first of the list becomes leader.
 * - `relocate`: the replica on `dir.node` goes to the dir `dir.path` of that node; the list stays.
 */
export interface PartitionStep {
  kind: 'set' | 'order' | 'elect' | 'relocate'
  topic: string
  partition: PartitionId
  /** The replica list that must be in force before the step. */
  expect: NodeId[]
  replicas: NodeId[]
  adds: NodeId[]
  /** Of `relocate` only. */
  dir?: DirTarget
}

/** Why a step was refused, by our own look just before it or by the cluster. */
export const refusals = [
  'replicas_changed',
  'already_moving',
  'no_leader',
  'leader_not_in_sync',
  'target_not_alive',
  'target_not_in_sync',
  'partition_gone',
  'dir_unusable',
  'not_sent',
  'not_permitted',
  'rejected',
] as const
export type Refusal = (typeof refusals)[number]

export type StepResult =
  /** `job`: the system's own id of what it does now. */
  | { outcome: 'accepted'; job?: string }
  | { outcome: 'refused'; code: Refusal; text: string }
  /** No answer: it may have happened, or may still happen. */
  | { outcome: 'unknown'; text: string }

/** What became of a move, judged from the placement that the cluster shows now. */
export type Outcome =
  | { outcome: 'running'; bytesDone?: number; bytesTotal?: number }
  | { outcome: 'landed' }
  /** As it was before the move. */
  | { outcome: 'reverted' }
  /** The replica set is neither the old nor the new one. `factor`: how many replicas there are, where nothing is being moved. */
  | { outcome: 'superseded'; text: string; factor?: number }
  /** The set is right, not yet in sync, led or gone. */
  | { outcome: 'partial'; text: string }
  | { outcome: 'unknown'; text: string }

/** A setting of the cluster: of a node (a broker's config) or of a topic. Names are the adapter's. */
export interface SettingRef {
  scope: 'node' | 'topic'
  of: NodeId
  name: string
}

export function settingKey({ scope, of, name }: SettingRef): string {
  return `${scope}/${of}/${name}`
}

/**
 * What a setting is to be. `members`: a list that others may write to as well; only its members named here are ours.
 * `replaces`: what stands is put aside and given back, whoever set it; else a value that is not ours is left as it is.
 */
export type Setting = SettingRef & ({ value: string; replaces?: true } | { members: string[] })

/** Limits on copying, in generic words: bytes per second per node and direction, and the copies that they bind. */
export interface Throttle {
  /** `dirs`: of copies between dirs of the node. */
  rates: { node: NodeId; in?: number; out?: number; dirs?: number }[]
  /** `sources`: nodes with a replica that may be read from; `targets`: those that are copied to. */
  copies: { topic: string; partition: PartitionId; sources: NodeId[]; targets: NodeId[] }[]
}

/** What stands in a setting. */
export type Observed =
  | {
      /** In the layer that we write: null for nothing. */
      own: string | null
      /** In force, defaults and static files included: null for nothing. */
      effective: string | null
    }
  /** It could not be read, or two reads did not agree. */
  | { unknown: string; unreachable: boolean }

export type SettingChange = SettingRef & ({ set: string } | { delete: true } | { add: string[] } | { remove: string[] })

/** Rates that bind copying now, whoever set them. NaN: not known. Infinity: no limit. */
export interface CopyLimits {
  in: number
  out: number
  dirs: number
}

/**
 * Settings that we may change for a while. Which keys they are, and through whom each is read and written, is the adapter's.
 * Who owns what and what is put back is the change ledger's.
 */
export interface Settings {
  /** Pure: what a throttle consists of here. Rates of 0 bytes per second are never asked for. */
  settingsOf(throttle: Throttle): Setting[]
  /** Pure: the members of a list value; `all`: it binds everything (`*`). */
  membersOf(value: string | null): { all: boolean; members: string[] }
  /** Pure: rates in force of a node from what was observed of its settings, by `settingKey`. */
  limitsOf(node: NodeId, observed: ReadonlyMap<string, Observed>): CopyLimits
  /** Pure: what `limitsOf` has to see of a node. */
  limitRefs(node: NodeId): SettingRef[]
  /**
   * What stands now, one answer per ref, in order. Each was read twice with the same result (reads right after a write may
   * mix old and new). Never throws for one that cannot be read.
   */
  observe(refs: readonly SettingRef[], signal: AbortSignal): Promise<Observed[]>
  /** One result per change, in order. Accepted means that a later read will show it. Never throws for a bad one. */
  apply(changes: readonly SettingChange[], signal: AbortSignal): Promise<StepResult[]>
  /**
   * What takes a node out of use, so that targets of the system's own are without it; `unsafe`: why that must not be. From the last
   * sample; undefined where nothing is to be set, or nothing is known of the node.
   */
  ofDrain?(node: NodeId): { setting: Setting } | { unsafe: string } | undefined
  /** The same for a node that is given up, where the policy is to take it out of use; `unsafe` also where the policy is not. */
  ofLoss?(node: NodeId): { setting: Setting } | { unsafe: string } | undefined
  /** Everything of this kind that is set on live nodes and on topics, whoever set it. */
  survey(signal: AbortSignal): Promise<(SettingRef & { value: string })[]>
}

/** What an operator wants of targets of the system's own. */
export interface TargetWishes {
  /** Nodes that are to be emptied: targets are without them. */
  drained: readonly NodeId[]
  /** Topics whose target is to be computed although nothing suggests that they drifted. */
  asked: readonly string[]
}

export interface System {
  /** Absent where the system has nothing to throttle with. */
  readonly settings?: Settings
  capabilities(): Capabilities
  /**
   * A complete reading.
   * @param wishes what the operator wants of targets of the system's own.
   * @throws EvenkeelError `sample_incomplete` naming what is missing and the permission that would show it.
   */
  sample(signal: AbortSignal, wishes?: TargetWishes): Promise<Sample>
  /** Liveness and what is running, with bytes; cheap. */
  pulse(signal: AbortSignal): Promise<Pulse>
  /** Pure: what the move consists of here, in order. */
  steps(move: Move): Step[]
  /** Looks, acts and reports per step. Never throws for one bad step. */
  perform(steps: Step[], signal: AbortSignal): Promise<StepResult[]>
  /** Judges moves that are no longer listed as running. */
  judge(moves: Move[], signal: AbortSignal): Promise<Outcome[]>
  /** Takes back only what is still exactly as we submitted it. */
  cancel(moves: Move[], signal: AbortSignal): Promise<StepResult[]>
  close(): Promise<void>
}
