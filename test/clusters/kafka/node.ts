/** A broker or a controller. A broker that is ready serves clients. */
import { LocalNode } from '../local-node.ts'
import { readyLine } from './jars.ts'

export class KafkaNode extends LocalNode {
  readonly id: number
  /** host:port where it listens. */
  readonly address: string
  readonly rack: string | undefined
  /** Paths, in the order of its configuration. */
  readonly logDirs: string[]

  /** `javaArgs` start it. */
  constructor(node: { id: number; address: string; rack: string | undefined; logDirs: string[]; javaArgs: string[] }) {
    super(`Kafka node ${node.id}`, node.javaArgs, readyLine)
    this.id = node.id
    this.address = node.address
    this.rack = node.rack
    this.logDirs = node.logDirs
  }
}
