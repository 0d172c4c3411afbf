/** What Pinot needs before it can start: its jars, and our own classes compiled. Each is made once and kept in .cache. */
import { createHash } from 'node:crypto'
import { cp, mkdir, readdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeOnce, mustRun } from '../make.ts'
import { freshDir } from '../sandbox.ts'

/** Pinot on disk. */
export interface Distribution {
  /** Its jars, sorted, then ours: a class-data archive is valid only for the very same class path. */
  jars: string[]
  /** Changes with any of them. */
  digest: string
  /** Where more may be kept that is made once. */
  dir: string
}

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../../.cache/', import.meta.url))
let made: Promise<Distribution> | undefined

/**
 * Gives Pinot ready to start; the first call ever takes two minutes and needs a Maven repository.
 * @throws Error when java, javac or mvn is not installed, or the jars cannot be fetched
 */
export function distribution(): Promise<Distribution> {
  made ??= make()
  return made
}

async function make(): Promise<Distribution> {
  await mkdir(cache, { recursive: true })
  // The paths are part of what an archive is valid for, so there must be one name for each jar.
  const dir = join(await realpath(cache), 'pinot-1.5.1')
  const pom = await readFile(join(here, 'pom.xml'))
  const lib = await makeOnce(join(dir, `lib-${digestOf([pom])}`), fetchJars)
  const jars = (await readdir(lib)).sort().map((name) => join(lib, name))
  const sources = (await readdir(join(here, 'java'), { recursive: true }))
    .filter((name) => name.endsWith('.java'))
    .sort()
    .map((name) => join(here, 'java', name))
  const digest = digestOf([pom, ...(await Promise.all(sources.map((source) => readFile(source))))])
  const own = await makeOnce(join(dir, `stand-ins-${digest}.jar`), (draft) => compile(jars, sources, draft))
  return { jars: [...jars, own], digest, dir }
}

async function fetchJars(lib: string): Promise<void> {
  // Maven wants a directory of its own, and the repository's is not ours to write to.
  const project = await freshDir('jars')
  await cp(join(here, 'pom.xml'), join(project, 'pom.xml'))
  await mustRun(
    'mvn',
    ['-B', '-ntp', '-q', 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${lib}`],
    {
      cwd: project,
      deadlineMs: 400_000,
      otherwise: 'mvn could not fetch Pinot (a Maven repository must be within reach once; then .cache/ is used)',
    },
  )
}

/** A jar and not a directory: the JVM archives no classes of directories. */
async function compile(jars: string[], sources: string[], jar: string): Promise<void> {
  const classes = await freshDir('classes')
  await mustRun('javac', ['-proc:none', '-cp', jars.join(':'), '-d', classes, ...sources], {
    deadlineMs: 60_000,
    otherwise: 'javac could not compile the stand-ins',
  })
  await mustRun('jar', ['-c', '-f', jar, '-C', classes, '.'], { deadlineMs: 30_000, otherwise: 'jar failed' })
}

function digestOf(parts: Buffer[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex').slice(0, 12)
}
