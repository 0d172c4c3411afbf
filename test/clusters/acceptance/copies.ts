/** How copies get on, seen in the log files themselves: no word of ours or of the cluster's is taken for it. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { KafkaCluster } from '../kafka/cluster.ts'

/** Bytes of log per partition that lie on a broker; what is on its way out, or to another dir, is left out. */
export async function bytesOn(cluster: KafkaCluster, broker: number, topic: string): Promise<Map<string, number>> {
  const found = new Map<string, number>()
  for (const dir of cluster.logDirs(broker)) {
    for (const name of await readdir(dir).catch(() => [])) {
      if (!new RegExp(`^${topic}-\\d+$`).test(name)) continue
      found.set(name, await logBytes(join(dir, name)))
    }
  }
  return found
}

/** Files may go while they are looked at. */
async function logBytes(dir: string): Promise<number> {
  const files = (await readdir(dir).catch(() => [])).filter((file) => file.endsWith('.log'))
  const sizes = await Promise.all(
    files.map((file) =>
      stat(join(dir, file)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Bytes that have come so far, and when that was seen. */
export interface Look {
  atMs: number
  bytes: number
}

/**
 * Looks at what comes to a broker until stopped.
 * @param sideOf names what a partition's bytes count for besides: its leader, say.
 */
export function watchCopies(
  cluster: KafkaCluster,
  broker: number,
  topic: string,
  sideOf: (partition: string) => number = () => broker,
) {
  const series = new Map<number, Look[]>([[broker, []]])
  const stop = new AbortController()
  const look = async () => {
    const atMs = performance.now()
    const sums = new Map<number, number>([...series.keys()].map((side) => [side, 0]))
    for (const [name, bytes] of await bytesOn(cluster, broker, topic)) {
      for (const side of new Set([broker, sideOf(name)])) sums.set(side, (sums.get(side) ?? 0) + bytes)
    }
    for (const [side, bytes] of sums) series.set(side, [...(series.get(side) ?? []), { atMs, bytes }])
  }
  const watching = (async () => {
    while (!stop.signal.aborted) {
      await look()
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    await look()
  })()
  return {
    /** By broker: what came to the one watched, and what each of the others sent it. */
    async stop(): Promise<Map<number, Look[]>> {
      stop.abort()
      await watching
      return series
    },
  }
}

/** From the last look before the first byte came to the first look at which all were there. */
export function meanRate(looks: readonly Look[]): { seconds: number; perSecond: number } {
  const first = looks[0]!.bytes
  const last = looks.at(-1)!.bytes
  const begin = looks[Math.max(0, looks.findIndex(({ bytes }) => bytes > first) - 1)]!
  const end = looks.find(({ bytes }) => bytes === last)!
  const seconds = (end.atMs - begin.atMs) / 1000
  return { seconds, perSecond: (last - first) / seconds }
}

/** The most bytes per second that came within any window of so many seconds. */
export function fastestWindow(looks: readonly Look[], seconds: number): number {
  let most = 0
  for (const [index, { atMs, bytes }] of looks.entries()) {
    const end = looks.findLast((look) => look.atMs <= atMs + seconds * 1000)!
    // Only whole windows: what came within half of one says nothing of the other half.
    if (looks.at(-1)!.atMs < atMs + seconds * 1000 && index > 0) break
    most = Math.max(most, (end.bytes - bytes) / seconds)
  }
  return most
}
