/** Programs of ours in Java that stand in this folder. */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeOnce, mustRun } from '../make.ts'
import type { KafkaCluster } from './cluster.ts'

/** Directory with the compiled class `name`; made once for each text of its source and each version of Kafka. */
export async function compiled(cluster: KafkaCluster, name: string): Promise<string> {
  const source = fileURLToPath(new URL(`./${name}.java`, import.meta.url))
  const text = await readFile(source)
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12)
  return makeOnce(join(cluster.cache, `${name.toLowerCase()}-${digest}`), async (dir) => {
    await mkdir(dir)
    const args = ['-cp', cluster.jars.join(':'), '-d', dir, source]
    await mustRun('javac', args, { deadlineMs: 60_000, otherwise: `javac could not compile ${name}.java` })
  })
}
