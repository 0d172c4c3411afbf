/**
 * Brokers on one host may keep their dirs on one volume, as test set-ups do. Each then reports the whole volume as its
 * own, all look equally full and nothing would ever be balanced. Such dirs get an equal part of the volume as capacity and
 * their own replicas as use.
 *
 * Nobody tells which volume a dir is on, so the figures must speak: all dirs of the host show the same, and that is at
 * least what all of them hold together. A host whose dirs were once seen to differ has volumes of their own for good.
 */
import type { DirLine } from '../../cluster/lines.ts'
import { groupBy } from '../../lib/group-by.ts'

/** Figures of one volume are read at slightly different moments; a part of its size. */
const SAME = 0.001

interface Dir {
  broker: number
  line: DirLine
}

export class SharedVolumes {
  readonly #separate = new Set<string>()

  /**
   * Changes the lines of dirs that share a volume.
   * @param hosts host name of each broker that is alive.
   * @param replicaBytes bytes of the replicas in a dir.
   * @returns a note for each volume found.
   */
  apply(
    lines: Map<number, DirLine[]>,
    hosts: Map<number, string>,
    replicaBytes: (broker: number, path: string) => number,
  ): string[] {
    const dirs = [...hosts.keys()].flatMap((broker) =>
      (lines.get(broker) ?? []).filter((line) => line.state !== 'offline').map((line): Dir => ({ broker, line })),
    )
    const notes: string[] = []
    for (const [host, group] of groupBy(dirs, ({ broker }) => hosts.get(broker)!)) {
      const brokers = new Set(group.map(({ broker }) => broker))
      if (brokers.size < 2 || this.#separate.has(host)) continue
      const held = group.map(({ broker, line }) => replicaBytes(broker, line.path ?? ''))
      const sum = held.reduce((total, bytes) => total + bytes, 0)
      if (!group.every(({ line }) => alike(line, group[0]!.line)) || group[0]!.line.used_bytes < sum) {
        this.#separate.add(host)
        continue
      }
      // With nothing in them the dirs of separate volumes look alike as well.
      if (sum === 0) continue
      notes.push(
        `brokers ${[...brokers].join(', ')} share one volume of ${host}: each dir counts as an equal part of it`,
      )
      group.forEach(({ line }, index) => {
        line.capacity_bytes = Math.floor(line.capacity_bytes / group.length)
        line.used_bytes = held[index]!
        delete line.freeing_bytes
      })
    }
    return notes
  }
}

function alike(a: DirLine, b: DirLine): boolean {
  return a.capacity_bytes === b.capacity_bytes && Math.abs(a.used_bytes - b.used_bytes) <= SAME * a.capacity_bytes
}
