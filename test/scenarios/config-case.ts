/** What a config file says of its first cluster, a simulated one, as a case. */
import { loopOptions } from '../../src/cli/compose.ts'
import { loadConfig } from '../../src/config/load.ts'
import type { Case } from './case.ts'

export function caseOf(file: string): Pick<Case, 'cluster' | 'settings' | 'execution' | 'tickMs' | 'pulseMs'> & {
  happens: NonNullable<Case['happens']>
} {
  const [cluster] = loadConfig(file).clusters
  if (cluster?.system !== 'simulator') throw new Error(`${file} does not begin with a simulated cluster`)
  const { events, ...simulated } = cluster.simulator
  const { balance, execution, tickIntervalMs, pulseIntervalMs } = loopOptions(cluster)
  return {
    cluster: simulated,
    settings: balance,
    execution,
    tickMs: tickIntervalMs,
    pulseMs: pulseIntervalMs,
    happens: events.map(({ atMs, ...happening }) => ({ at: atMs, ...happening })),
  }
}
