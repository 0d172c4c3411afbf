/**
 * The proof of availability: for every segment of a table the fewest replicas that were up at any moment of a test, and every change of what
 * Pinot wanted. It comes from ZooKeeper's own log, so no state is too short to be seen, and observing costs the cluster nothing.
 */
import { gunzipSync } from 'node:zlib'
import type { PinotCluster } from './cluster.ts'
import type { Placement } from './tables.ts'
import { readWrites, type Write } from './zookeeper-log.ts'

/** A segment's replicas are wanted elsewhere. */
export interface PlacementChange {
  atMs: number
  segment: string
  /** Sorted; empty for a new segment. */
  from: string[]
  /** Sorted; empty for one that was deleted. */
  to: string[]
}

export interface Observation {
  /** Segment → the fewest replicas reported as ONLINE or CONSUMING at any moment. */
  lowest: Record<string, number>
  /** Segment → when that was, first. */
  lowestAtMs: Record<string, number>
  /** Segment → the fewest replicas that were up and still wanted after any write that took some away: what dies by itself is no such write. */
  leastLeft: Record<string, number>
  /** In the order in which they were written. */
  changes: PlacementChange[]
  /** `segment on server` → when it was first in ERROR. */
  errors: Record<string, number>
  /** Of how many reports of the servers' state, each complete, the numbers are. */
  reports: number
}

export interface Observer {
  /** Ends the observation. */
  stop(): Promise<Observation>
}

/**
 * Observes from now on. A segment counts from the moment when all its replicas are up: a new one is not missed before it is there. One that is
 * no longer wanted does not count any more.
 * @param table with type
 */
export async function observe(cluster: PinotCluster, table: string): Promise<Observer> {
  const paths = {
    wanted: `/${cluster.name}/IDEALSTATES/${table}`,
    seen: `/${cluster.name}/EXTERNALVIEW/${table}`,
  }
  const read = () => readWrites(cluster.zkDir, (path) => path === paths.wanted || path === paths.seen)
  const begin = (await read()).at(-1)?.zxid ?? 0n
  return {
    async stop() {
      const book = new Book()
      for (const write of await read()) {
        const isReport = write.path === paths.seen
        const record = placementOf(write)
        // What was before is needed as what to compare with, and not judged.
        const counts = write.zxid > begin
        if (isReport) book.enterReport(record, write.atMs, counts)
        else book.enterWish(record, write.atMs, counts)
      }
      return book.observation()
    },
  }
}

class Book {
  #wanted: Placement = {}
  #seen: Placement = {}
  readonly #up = new Set<string>()
  readonly #result: Observation = { lowest: {}, lowestAtMs: {}, leastLeft: {}, changes: [], errors: {}, reports: 0 }

  enterWish(next: Placement, atMs: number, counts: boolean): void {
    const before = this.#wanted
    this.#wanted = next
    for (const segment of counts ? new Set([...Object.keys(before), ...Object.keys(next)]) : []) {
      const from = Object.keys(before[segment] ?? {}).sort()
      const to = Object.keys(next[segment] ?? {}).sort()
      if (from.join() === to.join()) continue
      this.#result.changes.push({ atMs, segment, from, to })
      if (to.length > 0 && from.some((server) => !to.includes(server))) this.#enterLeft(segment, to)
    }
    this.#weigh(atMs, counts)
  }

  enterReport(next: Placement, atMs: number, counts: boolean): void {
    this.#seen = next
    if (counts) {
      this.#result.reports++
      for (const [segment, replicas] of Object.entries(next)) {
        for (const [server, state] of Object.entries(replicas)) {
          if (state === 'ERROR') this.#result.errors[`${segment} on ${server}`] ??= atMs
        }
      }
    }
    this.#weigh(atMs, counts)
  }

  observation(): Observation {
    // Segments of which no report came are as they were in the beginning.
    for (const segment of this.#up) this.#result.lowest[segment] ??= upCount(this.#seen[segment])
    return this.#result
  }

  #enterLeft(segment: string, wanted: string[]): void {
    const seen = Object.entries(this.#seen[segment] ?? {}).filter(([server]) => wanted.includes(server))
    const { leastLeft } = this.#result
    leastLeft[segment] = Math.min(leastLeft[segment] ?? Number.POSITIVE_INFINITY, upCount(Object.fromEntries(seen)))
  }

  #weigh(atMs: number, counts: boolean): void {
    for (const segment of this.#up) if (!(segment in this.#wanted)) this.#up.delete(segment)
    for (const [segment, wanted] of Object.entries(this.#wanted)) {
      const count = upCount(this.#seen[segment])
      if (count >= Object.keys(wanted).length) this.#up.add(segment)
      if (!counts || !this.#up.has(segment)) continue
      if (count < (this.#result.lowest[segment] ?? Number.POSITIVE_INFINITY)) {
        this.#result.lowest[segment] = count
        this.#result.lowestAtMs[segment] = atMs
      }
    }
  }
}

const upCount = (replicas: Record<string, string> = {}): number =>
  Object.values(replicas).filter((state) => state === 'ONLINE' || state === 'CONSUMING').length

/** Large records are packed; a removed one is empty. */
export function placementOf({ data }: Write): Placement {
  if (data === undefined || data.length === 0) return {}
  const text = data[0] === 0x1f && data[1] === 0x8b ? gunzipSync(data) : data
  return (JSON.parse(text.toString()) as { mapFields: Placement }).mapFields
}
