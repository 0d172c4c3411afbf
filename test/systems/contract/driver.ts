/** What a row of the contract may do to a cluster beside the port: as its owner, as fate, as a stranger. */
import type { DirTarget } from '../../../src/cluster/move.ts'
import type { NodeId, PartitionId } from '../../../src/cluster/state.ts'
import type { SettingRef, System } from '../../../src/systems/port.ts'

/** Nodes of the cluster. All have two dirs; the metadata lies apart, but on node 4 in the first of them. */
export const everyNode = [1, 2, 3, 4]
/** The node whose first dir also holds the metadata. */
export const frail = 4
export const sessionTimeoutMs = 3_000
/** Until the space of a removed replica is free. */
export const deleteDelayMs = 5_000
/** Of each dir. */
export const dirMB = 128
/** A slow copy of one topic's megabytes is still under way when a row has looked at it from all sides. */
export const slowBytesPerSecond = 200_000

export interface NewTopic {
  /** Replica list of each partition, the preferred leader first. */
  assignment: number[][]
  /** Size of each partition; 6 unless given. */
  megabytes?: number
  /** 1 unless given. */
  minIsr?: number
  /** Nothing of it is set by the driver, so that `slow` does not slow its copies. */
  unlisted?: boolean
}

/** What happens to clusters of every system. */
export interface AnyDriver {
  readonly system: System
  /** What the system calls the node that is a number in the rows. */
  node(number: number): NodeId
  /** What the system calls the topic of that name. */
  topic(name: string): string
  createTopic(name: string, topic: NewTopic): Promise<void>
  /** Copies take long from now on, between nodes and between dirs. */
  slow(): Promise<void>
  /** Copies take no time from now on, those under way included. */
  fast(): Promise<void>
  /** As if by kill -9. */
  kill(node: number): Promise<void>
  /** Starts a killed node with the data it has. Returns when it is let in, or at once. */
  start(node: number): Promise<void>
  killController(): Promise<void>
  startController(): Promise<void>
  /** Lets time pass. */
  pass(ms: number): Promise<void>
  /** Waits for a call that takes its time, a minute or so. */
  settled<T>(call: Promise<T>): Promise<T>
  /** Time that `pass` and calls have taken, milliseconds. */
  now(): number
  /** Everything healed, every topic gone. */
  heal(): Promise<void>
}

/** Of systems that move partitions. */
export interface Driver extends AnyDriver {
  deleteTopic(name: string): Promise<void>
  /** Copies take no time, and there is nothing set that a row does not set. */
  unlimited(): Promise<void>
  dir(node: number, disk: number): DirTarget
  /** Others write onto the volume until so much is free. */
  leaveRoom(node: number, disk: number, megabytes: number): Promise<void>
  /** Puts an empty disk in the place of the one that is there; the node must be dead. */
  replaceDisk(node: number, disk: number): Promise<void>
  cordon(node: number, disk: number): Promise<void>
  strangerReassigns(topic: string, replicas: number[]): Promise<void>
  strangerRelocates(topic: string, dir: DirTarget): Promise<void>
  /** Null takes it away. */
  strangerSets(ref: SettingRef, value: string | null): Promise<void>
}

/** Of systems that move topics as a whole, by tags. */
export interface TableDriver extends AnyDriver {
  /** A topic of two replicas of each partition on all nodes, where the system itself puts it. */
  createTable(name: string, partitions: number): Promise<void>
  /** It accepts connections and answers nothing. */
  freeze(node: number): Promise<void>
  thaw(node: number): Promise<void>
  /** Takes the tags away by which topics are placed on the node. */
  untag(node: number): Promise<void>
  /** All brokers of the topics; takes the tag of the last one away. */
  brokers(): NodeId[]
  untagBroker(): Promise<void>
  /** Begins a job of somebody else's. @returns its id, while it runs. */
  strangerRebalances(topic: string): Promise<string>
  /** Puts partitions elsewhere, at once. */
  strangerPlaces(topic: string, placement: Record<PartitionId, number[]>): Promise<void>
  /** By the system itself: id of every job that there was of the topic → how it stands. */
  jobs(topic: string): Promise<Record<string, string>>
}
