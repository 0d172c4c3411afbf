/** `evenkeel check-config`: is the file right, and can its clusters be read completely? */
import type { Command } from 'commander'
import type { ClusterConfig } from '../config/compile.ts'
import { loadConfig } from '../config/load.ts'
import { realClock } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import { createSystem } from './compose.ts'
import { exitCodeOf } from './exit-codes.ts'
import type { Ending, Io } from './io.ts'

export function addCheckConfig(program: Command, io: Io, ending: Ending): void {
  program
    .command('check-config')
    .description('check a config file, and unless --offline that its clusters can be read')
    .argument('<file>', 'config file')
    .option('--offline', 'check the file alone')
    .action(async (file: string, options: { offline?: boolean }) => {
      const { clusters } = loadConfig(file, { env: io.env })
      io.out.write(`${file}: good, ${clusters.length} ${clusters.length === 1 ? 'cluster' : 'clusters'}\n`)
      if (options.offline) return
      for (const cluster of clusters) {
        const code = await probe(cluster, io)
        ending.code ||= code
      }
    })
}

async function probe(cluster: ClusterConfig, io: Io): Promise<number> {
  try {
    const system = await createSystem(cluster, realClock)
    try {
      const { state, missingNodes, notes } = await system.sample(io.signal)
      const missing = missingNodes.length > 0 ? `, without figures of ${missingNodes.join(', ')}` : ''
      io.out.write(`${cluster.name}: ${state.nodeCount} nodes, ${state.partitionCount} partitions${missing}\n`)
      for (const note of notes) io.out.write(`${cluster.name}: note: ${note}\n`)
      return 0
    } finally {
      await system.close()
    }
  } catch (error) {
    io.err.write(`${cluster.name}: ${messageOf(error)}\n`)
    return exitCodeOf(error)
  }
}
