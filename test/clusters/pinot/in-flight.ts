/** How much was on its way to each server at once, over all tables, from ZooKeeper's own log: no moment is too short to be seen. */
import type { PinotCluster } from './cluster.ts'
import { placementOf } from './observer.ts'
import { readWrites } from './zookeeper-log.ts'

export interface Peak {
  adds: number
  bytes: number
}

export interface InFlightWatch {
  /** Server → the most adds and the most bytes that were wanted there and not yet up, since the watch began. */
  stop(): Promise<Map<string, Peak>>
}

/** @param bytes of each segment on disk; `tables` with type. All must be as wanted now. */
export async function watchInFlight(cluster: PinotCluster, tables: string[], bytes: number): Promise<InFlightWatch> {
  const wantedPath = (table: string) => `/${cluster.name}/IDEALSTATES/${table}`
  const seenPath = (table: string) => `/${cluster.name}/EXTERNALVIEW/${table}`
  const paths = new Set(tables.flatMap((table) => [wantedPath(table), seenPath(table)]))
  const read = () => readWrites(cluster.zkDir, (path) => paths.has(path))
  const begin = (await read()).at(-1)?.zxid ?? 0n
  return {
    async stop() {
      const peaks = new Map<string, Peak>()
      const waiting = new Map<string, Map<string, number>>()
      const records = new Map<string, ReturnType<typeof placementOf>>()
      for (const write of await read()) {
        records.set(write.path, placementOf(write))
        if (write.zxid <= begin) continue
        const table = write.path.split('/').at(-1)!
        waiting.set(table, missing(records.get(wantedPath(table)), records.get(seenPath(table))))
        const sums = new Map<string, number>()
        for (const servers of waiting.values())
          for (const [server, count] of servers) sums.set(server, (sums.get(server) ?? 0) + count)
        for (const [server, adds] of sums) {
          const peak = peaks.get(server)
          if (!peak || peak.adds < adds) peaks.set(server, { adds, bytes: adds * bytes })
        }
      }
      return peaks
    },
  }
}

/** Server → replicas that are wanted there and not up. */
function missing(
  wanted: ReturnType<typeof placementOf> | undefined,
  seen: ReturnType<typeof placementOf> | undefined,
): Map<string, number> {
  const counts = new Map<string, number>()
  for (const [segment, servers] of Object.entries(wanted ?? {})) {
    for (const server of Object.keys(servers)) {
      if (seen?.[segment]?.[server] !== 'ONLINE') counts.set(server, (counts.get(server) ?? 0) + 1)
    }
  }
  return counts
}
