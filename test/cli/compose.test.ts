/** What of a config a system looks up each time it is used. */
import { expect, it } from 'vitest'
import { createSystem } from '../../src/cli/compose.ts'
import type { ClusterConfig } from '../../src/config/compile.ts'
import { parseConfig } from '../../src/config/load.ts'
import { realClock } from '../../src/lib/clock.ts'
import { admin, controller } from './scripted-pinot.ts'

function config(url: string, batch: number): ClusterConfig {
  const rebalance = `{ bestEfforts: ${batch > 5}, batchSizePerServer: ${batch} }`
  const text = `version: 1
clusters: [{ name: a, system: pinot, controller_urls: [${url}], rebalance: ${rebalance} }]
balancing: { mode: "off" }
`
  return parseConfig(text, 'c.yaml').clusters[0]!
}

it('tables are rebalanced as the config in force says, from the next sample on', async () => {
  const asked: (string | null)[] = []
  const url = await controller([await admin(), await admin()], {
    fill: (cluster) => {
      cluster.setServer('s0', { tags: [], fields: { HELIX_HOST: '127.0.0.1', adminPort: '1' }, live: false })
      cluster.setTable('orders_OFFLINE', { a: 's0 s1', b: 's0 s1' })
    },
    onDryRun: (query) => asked.push(query.get('bestEfforts')),
  })
  let inForce: ClusterConfig | undefined = config(url, 1)
  const system = await createSystem(inForce, realClock, undefined, () => inForce)
  const { signal } = new AbortController()
  try {
    await system.sample(signal)
    await system.sample(signal)
    expect(asked).toEqual(['false'])
    inForce = config(url, 9)
    await system.sample(signal)
    expect(asked).toEqual(['false', 'true'])
  } finally {
    await system.close()
  }
})
