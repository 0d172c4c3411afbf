/** Starting Pinot clusters, and what makes their starts quick. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeOnce } from '../make.ts'
import { freePort } from '../ports.ts'
import { freshDir } from '../sandbox.ts'
import { PinotCluster, type PinotOptions } from './cluster.ts'
import { type Distribution, distribution } from './jars.ts'
import { createTable, uploadSegments } from './tables.ts'

/**
 * Starts a cluster and waits until all of it is up.
 * @throws Error when a part of it does not start; nothing is left running then
 */
export async function startPinot(options: PinotOptions): Promise<PinotCluster> {
  return launch({ ...(await prepared()), record: false }, options)
}

/** Pinot as it can be started at once: the first call ever takes two minutes. */
export async function prepared(): Promise<Distribution & { archives: string }> {
  const files = await distribution()
  const archives = await makeOnce(join(files.dir, `archives-${files.digest}`), (draft) => recordArchives(files, draft))
  return { ...files, archives }
}

async function launch(
  files: Distribution & { archives: string; record: boolean },
  options: PinotOptions,
): Promise<PinotCluster> {
  for (let tries = 1; ; tries++) {
    const at = { dir: await freshDir('pinot'), zkPort: await freePort(), controllerPort: await freePort() }
    const cluster = new PinotCluster(files, options, at)
    try {
      await cluster.launch()
      return cluster
    } catch (error) {
      await cluster.close()
      // Somebody else took one of our ports before we did: once more with others.
      if (tries === 3 || !(error as Error).message.includes('Address already in use')) throw error
    }
  }
}

/** A class-data archive for each role: at its end, each JVM of a small cluster that has done its work writes down what it had loaded. */
async function recordArchives(files: Distribution, archives: string): Promise<void> {
  await mkdir(archives)
  const cluster = await launch({ ...files, archives, record: true }, { servers: [{}] })
  try {
    await createTable(cluster, { name: 'recorded', replication: 1 })
    await uploadSegments(cluster, 'recorded', [10_000])
    for (const { name } of [...cluster.brokers, ...cluster.servers]) await cluster.stop(name)
    await cluster.stop('controller')
    await cluster.stop('zookeeper')
  } finally {
    await cluster.close()
  }
}
