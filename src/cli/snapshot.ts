/** `evenkeel snapshot`: one reading of a cluster as lines of JSON, for offline plans and bug reports. */
import type { Command } from 'commander'
import { emptyMemory } from '../cluster/memory.ts'
import { loadConfig } from '../config/load.ts'
import { realClock } from '../lib/clock.ts'
import { createSystem, pickCluster } from './compose.ts'
import type { Io } from './io.ts'
import { writeSnapshot } from './snapshot-file.ts'

export function addSnapshot(program: Command, io: Io): void {
  program
    .command('snapshot')
    .description('write one reading of a cluster as lines of JSON')
    .requiredOption('-c, --config <file>', 'config file')
    .option('--cluster <name>', 'which cluster of the config')
    .option('-f, --file <file>', 'where to; gzipped when it ends in .gz (default: standard output)')
    .action(async (options: { config: string; cluster?: string; file?: string }) => {
      const cluster = pickCluster(loadConfig(options.config, { env: io.env }).clusters, options.cluster)
      const system = await createSystem(cluster, realClock)
      try {
        const sample = await system.sample(io.signal)
        for (const note of sample.notes) io.err.write(`note: ${note}\n`)
        await writeSnapshot({ ...sample, memory: emptyMemory }, options.file, io.out)
      } finally {
        await system.close()
      }
    })
}
