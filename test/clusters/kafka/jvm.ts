/** The arguments of `java` for brokers and tools: small, quick to start, logging to standard error. */
import { fileURLToPath } from 'node:url'

const logConfig = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url))

export interface JvmOptions {
  jars: string[]
  /** Directories of classes after the jars. */
  classes?: string[]
  /** Class-data archive to start from; one that does not fit is ignored by the JVM. */
  archive?: string
  /** Class-data archive to write at the end instead. */
  recordTo?: string
  /** What a program logs besides its output. */
  logLevel?: 'INFO' | 'WARN' | 'ERROR'
}

/** `command` is the main class and its arguments. */
export function java(options: JvmOptions, command: string[]): string[] {
  return [
    '-Xms64m',
    '-Xmx320m',
    '-Xss512k',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:-UsePerfData',
    ...(options.archive === undefined ? [] : [`-XX:SharedArchiveFile=${options.archive}`, '-Xshare:auto']),
    ...(options.recordTo === undefined ? [] : [`-XX:ArchiveClassesAtExit=${options.recordTo}`]),
    `-Dlog4j2.configurationFile=${logConfig('log4j2.properties')}`,
    `-Dlog4j.configuration=file:${logConfig('log4j.properties')}`,
    `-Dkafka.log.level=${options.logLevel ?? 'WARN'}`,
    '-cp',
    [...options.jars, ...(options.classes ?? [])].join(':'),
    ...command,
  ]
}
