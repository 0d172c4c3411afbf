/** What a Kafka version needs before it can start: its jars, a class-data archive, bootstrap checkpoints. Each is made once and kept in .cache. */
import { copyFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeOnce, mustRun } from '../make.ts'
import { freePort } from '../ports.ts'
import { freshDir, launch } from '../sandbox.ts'
import { java } from './jvm.ts'
import {
  brokerProperties,
  controllerId,
  controllerProperties,
  metaProperties,
  newId,
  propertiesText,
} from './properties.ts'

/** The versions the tests know, each with the log binding its slf4j accepts. */
const logBinding = {
  '4.4.0': 'org.apache.logging.log4j:log4j-slf4j-impl:2.25.4',
  '4.3.1': 'org.apache.logging.log4j:log4j-slf4j-impl:2.25.4',
  '3.9.2': 'org.slf4j:slf4j-reload4j:1.7.36',
}
export type KafkaVersion = keyof typeof logBinding

/** A Kafka version on disk, ready to start. */
export interface Distribution {
  version: KafkaVersion
  /** Its jars, sorted: the archive is valid only for the very same class path. */
  jars: string[]
  /** Class-data archive for the JVM's `-XX:SharedArchiveFile`: halves the start. */
  archive: string
  /** Bootstrap checkpoint of a formatted controller, with the version's default features. */
  checkpoint: string
  /** The same with the feature "eligible leader replicas" off. */
  checkpointWithoutElr: string
  /** Where more may be kept that is made once for this version. */
  dir: string
}

/** What a node of either role logs when it is ready: a broker opens its port only after the controller has let it in. */
export const readyLine = 'Kafka Server started'

const cache = fileURLToPath(new URL('../../../.cache/', import.meta.url))
const ready = new Map<KafkaVersion, Promise<Distribution>>()

/**
 * Gives a version ready to start; the first call ever takes about 15 s and needs a Maven repository.
 * @throws Error when java or mvn is not installed, or the jars cannot be fetched
 */
export function distribution(version: KafkaVersion): Promise<Distribution> {
  let made = ready.get(version)
  if (made === undefined) {
    made = make(version)
    ready.set(version, made)
  }
  return made
}

async function make(version: KafkaVersion): Promise<Distribution> {
  const dir = join(cache, `kafka-${version}`)
  const lib = await makeOnce(join(dir, 'lib'), (draft) => fetchJars(version, draft))
  const jars = (await readdir(lib)).sort().map((name) => join(lib, name))
  const checkpoint = await makeOnce(join(dir, 'bootstrap.checkpoint'), (draft) => formatController(jars, draft, []))
  const checkpointWithoutElr = version.startsWith('3.')
    ? checkpoint
    : await makeOnce(join(dir, 'bootstrap-without-elr.checkpoint'), (draft) =>
        formatController(jars, draft, ['--feature', 'eligible.leader.replicas.version=0']),
      )
  const archive = await makeOnce(join(dir, 'kafka.jsa'), (draft) => recordArchive(jars, checkpoint, draft))
  return { version, jars, archive, checkpoint, checkpointWithoutElr, dir }
}

async function fetchJars(version: KafkaVersion, lib: string): Promise<void> {
  const wanted = [
    `org.apache.kafka:kafka_2.13:${version}`,
    `org.apache.kafka:kafka-tools:${version}`,
    logBinding[version],
  ]
  const dependencies = wanted.map((coordinates) => {
    const [group, artifact, number] = coordinates.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${number}</version></dependency>`
  })
  const project = await freshDir('jars')
  await writeFile(
    join(project, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>evenkeel.test</groupId><artifactId>kafka</artifactId><version>${version}</version><packaging>pom</packaging>
  <dependencies>${dependencies.join('')}</dependencies>
</project>`,
  )
  await mustRun(
    'mvn',
    ['-B', '-ntp', '-q', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${lib}`],
    {
      cwd: project,
      deadlineMs: 170_000,
      otherwise: `mvn could not fetch Kafka ${version} (a Maven repository must be within reach once; then .cache/ is used)`,
    },
  )
}

async function formatController(jars: string[], checkpoint: string, features: string[]): Promise<void> {
  const dir = await freshDir('format')
  const data = join(dir, 'data')
  const config = join(dir, 'controller.properties')
  const shared = { clusterId: newId(), controllerPort: await freePort(), authorizer: false }
  await writeFile(config, propertiesText(controllerProperties(shared, data)))
  const args = java({ jars }, ['kafka.tools.StorageTool', 'format', '-t', shared.clusterId, '-c', config, ...features])
  await mustRun('java', args, { deadlineMs: 60_000, otherwise: 'Kafka could not format a controller' })
  await copyFile(join(data, 'bootstrap.checkpoint'), checkpoint)
}

/** Runs a node of both roles until it is ready; when it ends the JVM writes the archive of the classes it had loaded. */
async function recordArchive(jars: string[], checkpoint: string, archive: string): Promise<void> {
  const dir = await freshDir('archive')
  const config = join(dir, 'node.properties')
  const shared = { clusterId: newId(), controllerPort: await freePort(), authorizer: false }
  const broker = brokerProperties(shared, { id: controllerId, port: await freePort(), logDirs: [dir] })
  const listeners = `${broker.listeners},CONTROLLER://127.0.0.1:${shared.controllerPort}`
  await copyFile(checkpoint, join(dir, 'bootstrap.checkpoint'))
  await writeFile(join(dir, 'meta.properties'), metaProperties(shared.clusterId, controllerId))
  await writeFile(config, propertiesText({ ...broker, listeners, 'process.roles': 'broker,controller' }))
  const node = await launch('java', java({ jars, recordTo: archive, logLevel: 'INFO' }, ['kafka.Kafka', config]))
  try {
    await node.printed(readyLine, 60_000)
    await node.end('SIGTERM', 60_000)
  } finally {
    await node.end('SIGKILL')
  }
}
