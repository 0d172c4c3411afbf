/**
 * What a simulated cluster is made of, and what can befall it. Sizes in bytes, rates in bytes per second, times in
 * milliseconds.
 */
import type { DirTarget } from '../../cluster/move.ts'
import type { NodeId, PartitionId } from '../../cluster/state.ts'
import type { Refusal, SettingRef } from '../port.ts'
import type { ActKind, LostAct } from './faults.ts'

export interface SimulatorOptions {
  /** Name of the cluster in samples; `simulator` unless given. */
  name?: string
  /** The same seed gives the same placement, sizes and noise; 1 unless given. */
  seed?: number
  /** What one node can send, and apart from that receive, for catching up, over all its copies together. */
  copyRate: number
  nodes: SimulatedNode[]
  topics: SimulatedTopic[]
  events: SimulatedEvent[]
  /** Until a stopped node is noticed; 9 s unless given. */
  sessionTimeoutMs?: number
  /** Until the space of a removed replica is free; 60 s unless given. */
  deleteDelayMs?: number
  /** How far measured sizes may be off, as a ratio: 0.005 is half a percent up or down; 0 unless given. */
  noise?: number
}

export interface SimulatedNode {
  id: NodeId
  rack?: string
  /** Its log dirs, `/disk0` and so on: a capacity, or more about it. */
  disks: (number | SimulatedDisk)[]
  /** Of this node, instead of the cluster's. */
  copyRate?: number
  /** Index of the disk that holds the cluster's metadata too; the first unless given, -1 for none of them. */
  metadataDisk?: number
}

export interface SimulatedDisk {
  capacity: number
  /** What others keep on the volume; 0 unless given. */
  otherBytes?: number
  cordoned?: boolean
}

export interface SimulatedTopic {
  name: string
  partitions: number
  replicationFactor: number
  /** Mean over the partitions, met exactly but for rounding. */
  size: number
  /** Sigma of the log-normal sizes, 0 for equal ones; 0.8 unless given. */
  spread?: number
  /** Over the whole topic, to each partition in proportion to its size; 0 unless given. */
  growth?: number
  /** The only nodes it is placed on when it is made; all unless given. */
  nodes?: NodeId[]
  /** Replica list of each partition, instead of a placement. */
  assignment?: NodeId[][]
  /** Size of each partition, instead of drawn ones. */
  sizes?: number[]
  /** min.insync.replicas; 1 unless given. */
  minIsr?: number
}

/** By name; at once (`World.happen`) or by script. */
export interface Happenings {
  addNode: SimulatedNode
  /** Kills it; the cluster notices after the session time-out. */
  stopNode: NodeId
  /** Starts a stopped node again with the data it had. */
  startNode: NodeId
  /** It goes down and comes up again so many times. */
  flap: { node: NodeId; downMs: number; upMs: number; times: number }
  /** The node is well, but tells no figures for a while. */
  silence: { node: NodeId; ms: number }
  /** The disk breaks. One that holds the cluster's metadata takes its node with it. */
  failDir: DirTarget
  /** A good, empty disk takes its place; the node sees it when it starts next. */
  replaceDir: DirTarget
  /** From now on others keep so much on the volume. */
  fillDir: DirTarget & { otherBytes: number }
  cordonDir: DirTarget & { cordoned: boolean }
  createTopic: SimulatedTopic
  deleteTopic: string
  /** Further partitions, empty; what is written to the topic spreads over them too. */
  addPartitions: { topic: string; count: number }
  /** From now on so much is written to the whole topic, bytes per second, to each partition in proportion to its size. */
  setGrowth: { topic: string; growth: number }
  /** Bytes per second of one node, or of all that have no rate of their own. */
  setCopyRate: { node?: NodeId; rate: number }
  /** Somebody sets a rate or a list, or takes it away (null); of all nodes at once when `of` is empty. */
  setSetting: SettingRef & { value: string | null }
  /** A ratio. */
  setNoise: number
  /** Somebody asks for another replica list. */
  reassign: { topic: string; partition: PartitionId; replicas: NodeId[] }
  /** Somebody moves a replica to another dir of its node. */
  relocate: { topic: string; partition: PartitionId; dir: DirTarget }
  /** Samples fail for a while; with `unreachable` every other call does too. */
  blind: { ms: number; code?: 'sample_incomplete' | 'unreachable' }
  /** Nobody leads the cluster, for so long or until `startController`: nothing is decided, and copies go on without end. */
  stopController: { ms?: number }
  startController: true
  /** The next acts of us, of these kinds or of any, are refused. */
  refuse: { acts: number; kinds?: ActKind[]; code: Refusal }
  /** The next acts of us, of these kinds or of any, get no answer. */
  loseAnswers: { acts: number; kinds?: ActKind[]; happens: LostAct }
}

/** One of them: `{ stopNode: 2 }`. */
export type Happening = { [Name in keyof Happenings]: { [Key in Name]: Happenings[Name] } }[keyof Happenings]

/** `atMs` counts from the start of the simulation. */
export type SimulatedEvent = { atMs: number } & Happening
