/** A tenant of many tables: paced by what is on its way to each server, beside Pinot's own rebalance of the tenant from the same start. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import { atRest, isAtRest, startBeside } from './beside.ts'
import type { PinotCluster } from './cluster.ts'
import { watchInFlight } from './in-flight.ts'
import { observe } from './observer.ts'
import { must } from './rest.ts'
import { startPinot } from './start.ts'
import { converged, counts, createTable, idealState, type Placement, place, uploadSegments } from './tables.ts'

guardLeaks()

const KiB = 1024
const segmentBytes = 100 * KiB
const segments = 12
const tables = Array.from({ length: 20 }, (_, n) => `t${`${n}`.padStart(2, '0')}`)
const typed = tables.map((name) => `${name}_OFFLINE`)
/** Adds on their way to one server: what an operator allows, and what the lower classes may have of it. */
const allowed = 10
const budget = 8

describe('a tenant of 20 tables, and a server more', () => {
  let cluster: PinotCluster
  let start: Map<string, Placement>

  beforeAll(async () => {
    cluster = await startPinot({ servers: [{}, {}, {}] })
    for (const name of tables) {
      await createTable(cluster, { name, replication: 2 })
      await uploadSegments(
        cluster,
        name,
        Array.from({ length: segments }, () => segmentBytes),
      )
    }
    await cluster.addServer()
    start = new Map(await Promise.all(typed.map(async (table) => [table, await idealState(cluster, table)] as const)))
    for (const { name } of cluster.servers) await cluster.setKnobs(name, { downloadBytesPerSecond: 200 * KiB })
  })
  afterAll(() => cluster?.close())

  /** Watches all tables while they are rebalanced. */
  async function watched(work: () => Promise<unknown>) {
    const inFlight = await watchInFlight(cluster, typed, segmentBytes)
    const observers = await Promise.all(typed.map((table) => observe(cluster, table)))
    const begin = performance.now()
    await work()
    const seconds = (performance.now() - begin) / 1000
    const seen = await Promise.all(observers.map((observer) => observer.stop()))
    const peaks = await inFlight.stop()
    const lowest = Math.min(...seen.flatMap((one) => Object.values(one.lowest)))
    const moved = seen.flatMap(({ changes }) =>
      changes.flatMap(({ from, to }) => to.filter((server) => !from.includes(server))),
    ).length
    const most = Math.max(0, ...[...peaks.values()].map(({ adds }) => adds))
    return { seconds, lowest, moved, most }
  }

  /** Replicas per server over all tables. */
  async function spread(): Promise<number[]> {
    const names = cluster.servers.map(({ name }) => name)
    const each = await Promise.all(typed.map(async (table) => counts(await idealState(cluster, table), names)))
    return names.map((_, server) => each.reduce((sum, table) => sum + table[server]!, 0))
  }

  const rows: string[] = []
  const row = (what: string, figures: Awaited<ReturnType<typeof watched>>, placed: number[]) =>
    rows.push(
      `${what.padEnd(28)} ${figures.seconds.toFixed(1).padStart(6)} s  ${String(figures.moved).padStart(4)} replicas made  ` +
        `${String(figures.most).padStart(3)} at most on their way to a server  lowest ${figures.lowest}  ${placed.join('/')}`,
    )

  test('evenkeel: never more on its way to a server than the budget', async () => {
    const daemon = await startBeside(cluster, { concurrent_moves_per_node: allowed })
    try {
      const figures = await watched(async () => {
        await daemon.reaches('work', 60_000, ({ moves }) => moves.running > 0)
        await daemon.reaches('rest', 900_000, isAtRest)
      })
      await atRest(daemon)
      row('evenkeel', figures, await spread())
      expect(figures.most).toBeLessThanOrEqual(budget)
      expect(figures.lowest).toBeGreaterThanOrEqual(1)
    } finally {
      await daemon.stop()
    }
  })

  test.each([1, 4])('Pinot’s own rebalance of the tenant, %d at a time', async (degreeOfParallelism) => {
    for (const [table, placement] of start) {
      const back = Object.entries(placement).map(([segment, replicas]) => [segment, Object.keys(replicas)] as const)
      await place(cluster, table, Object.fromEntries(back))
    }
    for (const table of typed) await converged(cluster, table)
    const figures = await watched(async () => {
      const { jobId } = await must<{ jobId: string }>(
        'POST',
        `${cluster.controllerUrl}/tenants/DefaultTenant/rebalance?degreeOfParallelism=${degreeOfParallelism}`,
        {
          body: {
            reassignInstances: true,
            includeConsuming: true,
            minAvailableReplicas: -1,
            batchSizePerServer: budget,
          },
        },
      )
      await until('the tenant being done', 900_000, async () => {
        const { tenantRebalanceProgressStats: stats } = await must<{
          tenantRebalanceProgressStats: { remainingTables: number }
        }>('GET', `${cluster.controllerUrl}/tenants/rebalanceStatus/${jobId}`)
        return stats.remainingTables === 0
      })
      for (const table of typed) await converged(cluster, table)
    })
    row(`Pinot, ${degreeOfParallelism} at a time`, figures, await spread())
    console.log(rows.join('\n'))
  })
})
