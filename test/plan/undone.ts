/**
 * What a plan could have done and did not: replicas that must leave, or share a rack needlessly, and have a place that
 * nothing speaks against. Asked of lines, with nothing in flight but what stays so; knows nothing of passes or filters.
 */

import type { DirLine } from '../../src/cluster/lines.ts'
import type { Memory } from '../../src/cluster/memory.ts'
import type { Goals } from '../../src/cluster/plan.ts'
import { isUrgent, type ViolationKind } from '../../src/cluster/reasons.ts'
import type { BalanceSettings } from '../../src/cluster/settings.ts'
import type { Columns } from '../../src/cluster/state.ts'
import type { Lines } from '../cluster/support.ts'
import { type Placed, placedOf, Rules, sizesOf, takes } from './rules.ts'

export interface AtRest {
  lines: Lines
  /** The same, for what is arriving and leaving. */
  columns: Columns
  settings: BalanceSettings
  goals: Goals
  left: Memory['left']
}

export function undone(rest: AtRest): string[] {
  const search = new Search(rest)
  return [...search.homeless(), ...search.rackFaults(), ...search.overFull()]
}

class Search {
  readonly #rest: AtRest
  readonly #rules: Rules
  readonly #partitions: Placed[]
  /** Dirs of all nodes, in order. */
  readonly #dirs: { node: number; line: DirLine; used: number; final: number }[]

  constructor(rest: AtRest) {
    const { lines, columns, settings } = rest
    this.#rest = rest
    this.#rules = new Rules(lines, settings)
    this.#partitions = placedOf(lines)
    this.#dirs = lines.nodes.flatMap((node, id) => node.dirs.map((line) => ({ node: id, line, used: 0, final: 0 })))
    this.#dirs.forEach((dir, index) => {
      dir.used = dir.line.used_bytes + columns.dirArrivingBytes[index]!
      dir.final = dir.used - columns.dirPendingFreeBytes[index]!
    })
  }

  homeless(): string[] {
    const { lostNodes, failedDirNodes, drainNodes } = this.#rest.goals
    const { nodes } = this.#rest.lines
    return this.#each((placed, slot, id) => {
      const offline = placed.line.offline?.includes(id) === true
      const lost = lostNodes.includes(id) && nodes[id]!.state === 'unavailable'
      if (lost || (failedDirNodes.includes(id) && offline)) return this.#anywhere(placed, slot, 'node_unavailable')
      return drainNodes.includes(id) ? this.#anywhere(placed, slot, 'node_draining') : undefined
    })
  }

  rackFaults(): string[] {
    if (!this.#rest.goals.repairRacks) return []
    return this.#each((placed, slot, id) => {
      const { state } = this.#rest.lines.nodes[id]!
      const gives = !this.#rules.excluded(id) && (state === 'alive' || state === 'draining')
      return gives && this.#rules.rackFault(placed) ? this.#anywhere(placed, slot, 'rack_violation') : undefined
    })
  }

  overFull(): string[] {
    const { criticalDirs, overDirs } = this.#rest.goals
    const { maxDiskUsage, hardDiskUsage } = this.#rest.settings
    return [
      ...criticalDirs.flatMap((dir) => this.#relief(dir, 'disk_critical', hardDiskUsage - 0.01)),
      ...overDirs.flatMap((dir) => this.#relief(dir, 'disk_over_limit', maxDiskUsage - 0.01)),
    ]
  }

  #relief(index: number, kind: ViolationKind, line: number): string[] {
    const dir = this.#dirs[index]!
    if (dir.final <= dir.line.capacity_bytes * line) return []
    return this.#each((placed, slot, id) => {
      if (id !== dir.node || placed.line.dirs?.[slot] !== dir.line.path) return undefined
      const bytes = sizesOf(placed.line)[slot] ?? 0
      if (bytes === 0 || this.#rules.stays(placed, kind) !== '') return undefined
      const after = (dir.final - bytes) / dir.line.capacity_bytes
      if (this.#rest.lines.nodes[id]!.state === 'alive') {
        const beside = this.#dirs.find(
          (other) =>
            other.node === id &&
            other !== dir &&
            takes(other.line) &&
            this.#room(other, 'hard') >= bytes * 1.06 &&
            other.final + bytes <= other.line.capacity_bytes * Math.min(line, after),
        )
        if (beside) return `${kind}: to ${beside.line.path}`
      }
      const to = this.#targets(placed, slot, kind).find((target) => {
        const dirs = this.#dirs.filter((other) => other.node === target && other.line.state !== 'offline')
        const total = dirs.reduce((sum, other) => sum + other.final, bytes)
        if (total / dirs.reduce((sum, other) => sum + other.line.capacity_bytes, 0) > after) return false
        return dirs.every((other) => !takes(other.line) || other.final + bytes <= other.line.capacity_bytes * line)
      })
      return to === undefined ? undefined : `${kind}: to ${to}`
    })
  }

  /** The sentence on a place for the replica, if any; undefined where none is beyond doubt. */
  #anywhere(placed: Placed, slot: number, kind: ViolationKind): string | undefined {
    const { line } = placed
    const id = line.replicas[slot] as number
    const dead = kind === 'node_draining' && this.#rest.lines.nodes[id]!.state === 'unavailable'
    if (this.#rules.stays(placed, dead ? 'node_draining' : kind) !== '') return undefined
    const to = this.#targets(placed, slot, kind)[0]
    return to === undefined ? undefined : `${kind}: to ${to}`
  }

  /** Nodes that nothing speaks against. */
  #targets({ topic, line }: Placed, slot: number, kind: ViolationKind): number[] {
    const { lines, settings, left } = this.#rest
    if (topic.constraints?.cap !== undefined || topic.constraints?.legal?.[String(line.id)]) return []
    const sizes = sizesOf(line)
    const bytes = sizes[slot] ?? Math.max(...sizes.map((size) => size ?? -1))
    if (bytes < 0) return []
    const list = line.replicas as number[]
    const mayBe = (to: number) => this.#rules.open(to) && !list.includes(to) && this.#rules.inDomain(to, topic)
    const others = list.filter((_, other) => other !== slot)
    const inRack = (to: number) => others.filter((id) => this.#rules.rackOf(id) === this.#rules.rackOf(to)).length
    const here = inRack(list[slot]!)
    const ids = [...lines.nodes.keys()]
    const best = Math.min(...ids.filter(mayBe).map(inRack))
    const racks = new Set(
      ids.filter((id) => this.#rules.open(id) && this.#rules.inDomain(id, topic)).map((id) => this.#rules.rackOf(id)),
    )
    const matter = settings.rackAwareness !== 'ignore' && lines.nodes.some((node) => node.rack !== undefined)
    const rackAllows = (to: number) => {
      if (!matter) return kind !== 'rack_violation'
      if (settings.rackAwareness === 'require' && inRack(to) > Math.ceil(list.length / racks.size) - 1) return false
      if (kind === 'node_unavailable') return true
      if (kind === 'node_draining') return inRack(to) <= Math.max(here, best)
      return kind === 'rack_violation' ? inRack(to) <= here - 1 && this.#worst(list, slot) : inRack(to) <= here
    }
    const wasThere = (to: number) =>
      left.some((one) => one.topic === topic.name && one.partition === line.id && one.node === to)
    const limit = isUrgent(kind) || kind === 'disk_over_limit' ? 'hard' : 'max'
    return ids.filter(
      (to) =>
        mayBe(to) &&
        lines.nodes[to]!.max_replicas === undefined &&
        rackAllows(to) &&
        (isUrgent(kind) || !wasThere(to)) &&
        this.#dirs.every((dir) => dir.node !== to || !takes(dir.line) || this.#room(dir, limit) >= bytes * 1.06),
    )
  }

  /** Whether the replica is one of a rack that holds the most. */
  #worst(list: number[], slot: number): boolean {
    const count = (id: number) => list.filter((other) => this.#rules.rackOf(other) === this.#rules.rackOf(id)).length
    return count(list[slot]!) === Math.max(...list.map(count))
  }

  /** Bytes left under the limit, with what a broker's metadata keeps for itself. */
  #room({ line, used }: { line: DirLine; used: number }, limit: 'max' | 'hard'): number {
    const { maxDiskUsage, hardDiskUsage } = this.#rest.settings
    const reserve = line.metadata ? Math.min(2 ** 30, line.capacity_bytes * 0.02) : 0
    return line.capacity_bytes * (limit === 'max' ? maxDiskUsage : hardDiskUsage) - reserve - used
  }

  #each(look: (placed: Placed, slot: number, id: number) => string | undefined): string[] {
    return this.#partitions.flatMap((placed, partition) =>
      placed.line.replicas.flatMap((id, slot) => {
        const found = look(placed, slot, id as number)
        return found === undefined ? [] : [`partition ${partition} on ${id}, ${found}`]
      }),
    )
  }
}
