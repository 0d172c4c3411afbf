/**
 * Brokers on one host may keep their dirs on one volume, as test set-ups do. Each then reports the whole volume as its
 * own, all look equally full and nothing would ever be balanced. Such dirs get an equal part of the volume as capacity and
 * their own replicas as use.
 */
import type { DirLine } from '../../cluster/lines.ts'

/** Figures of one volume are read at slightly different moments. */
const SAME = 0.001

/**
 * Changes the lines of dirs that share a volume; returns a note for each volume found.
 * @param replicaBytes bytes of the replicas in a dir.
 */
export function sharedVolumes(
  dirs: Map<number, DirLine[]>,
  hosts: Map<number, string>,
  replicaBytes: (broker: number, path: string) => number,
): string[] {
  const notes: string[] = []
  const seen = new Set<DirLine>()
  const all = [...dirs].flatMap(([broker, lines]) =>
    lines.filter((dir) => dir.state !== 'offline').map((dir) => ({ broker, dir, host: hosts.get(broker) })),
  )
  for (const first of all) {
    if (first.host === undefined || seen.has(first.dir)) continue
    const group = all.filter(
      ({ dir, host }) =>
        host === first.host &&
        dir.capacity_bytes === first.dir.capacity_bytes &&
        Math.abs(dir.used_bytes - first.dir.used_bytes) <= SAME * dir.capacity_bytes,
    )
    const sizes = group.map(({ broker, dir }) => replicaBytes(broker, dir.path ?? ''))
    const sum = sizes.reduce((total, size) => total + size, 0)
    // Volumes of their own that happen to be alike hold less than all of their replicas together.
    const brokers = new Set(group.map(({ broker }) => broker))
    if (brokers.size < 2 || sum === 0 || first.dir.used_bytes < sum) continue
    notes.push(
      `brokers ${[...brokers].join(', ')} share one volume of ${first.host}: each dir counts with an equal part of it`,
    )
    group.forEach(({ dir }, index) => {
      seen.add(dir)
      dir.capacity_bytes = Math.floor(dir.capacity_bytes / group.length)
      dir.used_bytes = sizes[index]!
    })
  }
  return notes
}
