/** Plays rows on a cluster and gathers what differed from what every system must show. */
import { isDeepStrictEqual } from 'node:util'
import type { Capabilities } from '../../../src/systems/port.ts'
import type { AnyDriver, Driver } from './driver.ts'

/** One behaviour of clusters that the rest of evenkeel relies on. */
export interface Row<Cluster extends AnyDriver = Driver> {
  name: string
  /** The system must be able to do all of this; with it goes what the driver can. */
  needs: readonly (keyof Capabilities)[]
  play: (cluster: Cluster, see: See) => Promise<void>
}

export interface See {
  /** What was answered must be this. */
  now: (what: string, seen: unknown, expected: unknown) => void
  /** What is looked at must come to be this: clusters agree with themselves only after a while. */
  soon: (what: string, look: () => Promise<unknown>, expected: unknown, deadlineMs?: number) => Promise<void>
  /** It must be this now, and still be after so long. */
  stays: (what: string, ms: number, look: () => Promise<unknown>, expected: unknown) => Promise<void>
}

const PAUSE_MS = 250
const SOON_MS = 60_000

class Difference extends Error {}

/** Plays a row on a cluster that is healed before and after. @returns undefined, or what differed. */
export async function play<Cluster extends AnyDriver>(
  row: Row<Cluster>,
  cluster: Cluster,
): Promise<string | undefined> {
  try {
    await row.play(cluster, seeing(cluster))
    return undefined
  } catch (error) {
    return error instanceof Difference ? error.message : `it failed: ${String((error as Error).stack ?? error)}`
  } finally {
    await cluster.heal()
  }
}

function seeing(cluster: AnyDriver): See {
  const see: See = {
    now: (what, seen, expected) => {
      if (!isDeepStrictEqual(seen, expected)) throw new Difference(`${what}: ${said(seen)}, expected ${said(expected)}`)
    },
    soon: async (what, look, expected, deadlineMs = SOON_MS) => {
      const end = cluster.now() + deadlineMs
      let seen: unknown
      for (;;) {
        seen = await look().catch((error: unknown) => `it failed: ${String(error)}`)
        if (isDeepStrictEqual(seen, expected)) return
        if (cluster.now() >= end) break
        await cluster.pass(PAUSE_MS)
      }
      see.now(`${what}, ${deadlineMs / 1000} s later`, seen, expected)
    },
    stays: async (what, ms, look, expected) => {
      see.now(what, await look(), expected)
      await cluster.pass(ms)
      see.now(`${what}, ${ms / 1000} s later`, await look(), expected)
    },
  }
  return see
}

const said = (value: unknown): string => JSON.stringify(value) ?? 'nothing'

/** Rows by systems: what holds and what does not. */
export function resultTable(results: Map<string, Map<string, string | undefined>>): string {
  const systems = [...results.keys()]
  const rows = [...new Set([...results.values()].flatMap((rows) => [...rows.keys()]))]
  const width = Math.max(...rows.map((row) => row.length))
  const cell = (system: string, row: string) => {
    const rows = results.get(system)!
    return (rows.has(row) ? (rows.get(row) === undefined ? 'as expected' : 'DIFFERS') : '-').padEnd(13)
  }
  const differences = systems.flatMap((system) =>
    [...results.get(system)!].flatMap(([row, result]) =>
      result === undefined ? [] : [`${system}: ${row}\n    ${result}`],
    ),
  )
  return [
    `${'row'.padEnd(width)}  ${systems.map((system) => system.padEnd(13)).join(' ')}`,
    ...rows.map((row) => `${row.padEnd(width)}  ${systems.map((system) => cell(system, row)).join(' ')}`),
    ...differences,
  ].join('\n')
}
