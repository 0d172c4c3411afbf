/** What a Kafka version needs before it can start: its jars, a class-data archive, bootstrap checkpoints. Each is made once and kept in .cache. */
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeOnce, mustRun } from '../make.ts'
import { freePort } from '../ports.ts'
import { propertiesText } from '../properties-file.ts'
import { freshDir, launch } from '../sandbox.ts'
import { java } from './jvm.ts'
import { brokerProperties, controllerId, controllerProperties, metaProperties, newId } from './properties.ts'

/** The versions the tests know, each with the log binding its slf4j accepts. */
const logBinding = {
  '4.4.0': 'org.apache.logging.log4j:log4j-slf4j-impl:2.25.4',
  '4.3.1': 'org.apache.logging.log4j:log4j-slf4j-impl:2.25.4',
  '3.9.2': 'org.slf4j:slf4j-reload4j:1.7.36',
}
export type KafkaVersion = keyof typeof logBinding

/** Of these the command-line tools are not published: those of another version are used. */
const borrowedTools: Partial<Record<KafkaVersion, KafkaVersion>> = { '4.4.0': '4.3.1' }

/** A Kafka version on disk, ready to start. */
export interface Distribution {
  version: KafkaVersion
  /** Its jars, sorted: the archive is valid only for the very same class path. */
  jars: string[]
  /** Class-data archive for the JVM's `-XX:SharedArchiveFile`: halves the start. */
  archive: string
  /** What the command-line tools are run with. */
  tools: { jars: string[]; archive: string }
  /** Bootstrap checkpoint of a formatted controller, with the version's default features. */
  checkpoint: string
  /** Where in a controller's log directory it belongs. */
  checkpointPath: string
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
  const checkpointPath = checkpointPathOf(version)
  const format = (draft: string, features: string[]) => formatController(jars, checkpointPath, draft, features)
  const checkpoint = await makeOnce(join(dir, 'bootstrap.checkpoint'), (draft) => format(draft, []))
  const checkpointWithoutElr = version.startsWith('3.')
    ? checkpoint
    : await makeOnce(join(dir, 'bootstrap-without-elr.checkpoint'), (draft) =>
        format(draft, ['--feature', 'eligible.leader.replicas.version=0']),
      )
  const archive = await makeOnce(join(dir, 'kafka.jsa'), (draft) =>
    recordArchive(jars, { checkpoint, checkpointPath }, draft),
  )
  const tools = borrowedTools[version] ? await distribution(borrowedTools[version]) : { jars, archive }
  return { version, jars, archive, tools, checkpoint, checkpointPath, checkpointWithoutElr, dir }
}

const checkpointPathOf = (version: KafkaVersion) =>
  version === '4.4.0' ? '__cluster_metadata-0/00000000000000000000-0000000000.checkpoint' : 'bootstrap.checkpoint'

async function fetchJars(version: KafkaVersion, lib: string): Promise<void> {
  const hasTools = borrowedTools[version] === undefined
  const wanted = [
    `org.apache.kafka:kafka_2.13:${version}`,
    ...(hasTools ? [`org.apache.kafka:kafka-tools:${version}`] : []),
    logBinding[version],
  ]
  const exclusion = '<exclusion><groupId>org.apache.kafka</groupId><artifactId>kafka-tools-api</artifactId></exclusion>'
  const exclusions = hasTools ? '' : `<exclusions>${exclusion}</exclusions>`
  const dependencies = wanted.map((coordinates) => {
    const [group, artifact, number] = coordinates.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${number}</version>${exclusions}</dependency>`
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

async function formatController(
  jars: string[],
  checkpointPath: string,
  checkpoint: string,
  features: string[],
): Promise<void> {
  const dir = await freshDir('format')
  const data = join(dir, 'data')
  const config = join(dir, 'controller.properties')
  const shared = { clusterId: newId(), controllerPort: await freePort(), authorizer: false }
  await writeFile(config, propertiesText(controllerProperties(shared, data)))
  const args = java({ jars }, ['kafka.tools.StorageTool', 'format', '-t', shared.clusterId, '-c', config, ...features])
  await mustRun('java', args, { deadlineMs: 60_000, otherwise: 'Kafka could not format a controller' })
  await copyFile(join(data, checkpointPath), checkpoint)
}

/** Runs a node of both roles until it is ready; when it ends the JVM writes the archive of the classes it had loaded. */
async function recordArchive(
  jars: string[],
  from: { checkpoint: string; checkpointPath: string },
  archive: string,
): Promise<void> {
  const dir = await freshDir('archive')
  const config = join(dir, 'node.properties')
  const shared = { clusterId: newId(), controllerPort: await freePort(), authorizer: false }
  const broker = brokerProperties(shared, { id: controllerId, port: await freePort(), logDirs: [dir] })
  const listeners = `${broker.listeners},CONTROLLER://127.0.0.1:${shared.controllerPort}`
  await placeCheckpoint(from.checkpoint, from.checkpointPath, dir)
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

/** Puts a bootstrap checkpoint to where a controller with this log directory looks for it. */
export async function placeCheckpoint(checkpoint: string, path: string, dir: string): Promise<void> {
  await mkdir(dirname(join(dir, path)), { recursive: true })
  await copyFile(checkpoint, join(dir, path))
}
