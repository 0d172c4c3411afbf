/** What a row of the contract may do to a cluster beside the port: as its owner, as fate, as a stranger. */
import type { DirTarget } from '../../../src/cluster/move.ts'
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

export interface Driver {
  readonly system: System
  createTopic(name: string, topic: NewTopic): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** Copies take long from now on, between nodes and between dirs. */
  slow(): Promise<void>
  /** Copies take no time from now on, those under way included. */
  fast(): Promise<void>
  /** Copies take no time, and there is nothing set that a row does not set. */
  unlimited(): Promise<void>
  /** As if by kill -9. */
  kill(node: number): Promise<void>
  /** Starts a killed node with the data it has. Returns when it is let in, or at once. */
  start(node: number): Promise<void>
  killController(): Promise<void>
  startController(): Promise<void>
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
  /** Lets time pass. */
  pass(ms: number): Promise<void>
  /** Waits for a call that takes its time, a minute or so. */
  settled<T>(call: Promise<T>): Promise<T>
  /** Time that `pass` and calls have taken, milliseconds. */
  now(): number
  /** Everything healed, every topic gone. */
  heal(): Promise<void>
}
