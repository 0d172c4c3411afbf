/** The arguments of `java` for each role: small, quick to start, logging to standard error. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const logConfig = fileURLToPath(new URL('./log4j2.properties', import.meta.url))

/** Main class of ours and megabytes of heap. */
const roles = {
  zookeeper: { main: 'evenkeel.ZooKeeperMain', heap: 96 },
  controller: { main: 'evenkeel.ControllerMain', heap: 512 },
  server: { main: 'evenkeel.ServerMain', heap: 96 },
  broker: { main: 'evenkeel.BrokerMain', heap: 64 },
  segments: { main: 'evenkeel.SegmentsMain', heap: 256 },
}
export type Role = keyof typeof roles

export interface JvmOptions {
  jars: string[]
  /** Directory of the class-data archives, one for each role; those that are not there are done without. */
  archives: string
  /** Write the archives at the end instead. */
  record: boolean
  /** When the cluster takes a member for dead whose pings stay away. */
  sessionTimeoutMs: number
}

const opened = ['java.nio', 'sun.nio.ch', 'java.lang', 'java.util', 'java.lang.reflect', 'jdk.internal.misc']

export function java(options: JvmOptions, role: Role, args: string[]): string[] {
  const { main, heap } = roles[role]
  const archive = join(options.archives, `${role}.jsa`)
  return [
    `-Xmx${heap}m`,
    '-Xss512k',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:-UsePerfData',
    ...(options.record
      ? [`-XX:ArchiveClassesAtExit=${archive}`]
      : [`-XX:SharedArchiveFile=${archive}`, '-Xshare:auto']),
    '-Djava.net.preferIPv4Stack=true',
    `-Dzk.session.timeout=${options.sessionTimeoutMs}`,
    '-Dio.netty.tryReflectionSetAccessible=true',
    // No waiting for a disk that other processes keep busy: what a killed process has written is not lost.
    '-Dzookeeper.forceSync=no',
    '-Dzookeeper.preAllocSize=1024',
    ...opened.map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`),
    `-Dlog4j2.configurationFile=${logConfig}`,
    '-cp',
    options.jars.join(':'),
    main,
    ...args,
  ]
}
