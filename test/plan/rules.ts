/**
 * What every plan has to keep to, asked of the lines a cluster was read from. It knows nothing of columns, filters or the
 * verifier, so that a mistake there is seen here. Nodes must be numbered in the order of their lines.
 */
import type { DirLine, NodeLine, PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import { isUrgent } from '../../src/cluster/reasons.ts'
import type { BalanceSettings } from '../../src/cluster/settings.ts'
import type { PlannedMove } from '../../src/plan/request.ts'
import type { Lines } from '../cluster/support.ts'

export interface Placed {
  topic: TopicLine
  line: PartitionLine
}

export const placedOf = ({ topics }: Lines): Placed[] =>
  topics.flatMap((topic) => topic.partitions.map((line) => ({ topic, line })))

export const takes = (dir: DirLine) => dir.state !== 'offline' && !dir.cordoned

export const sizesOf = ({ replicas, bytes }: PartitionLine): (number | null)[] =>
  replicas.map((_, slot) => (typeof bytes === 'object' ? bytes[slot] : bytes) ?? null)

export class Rules {
  readonly #nodes: NodeLine[]
  readonly #partitions: Placed[]
  readonly #settings: BalanceSettings

  constructor(lines: Lines, settings: BalanceSettings) {
    this.#nodes = lines.nodes
    this.#partitions = placedOf(lines)
    this.#settings = settings
  }

  /** Each rule that the moves break, with the move that does. */
  broken(moves: PlannedMove[]): string[] {
    const found: string[] = []
    const lists = this.#partitions.map(({ line }) => line.replicas as number[])
    const came = new Map<string, number>()
    const gone = new Set<string>()
    for (const [index, move] of moves.entries()) {
      const list = lists[move.partition]!
      const say = (what: string) =>
        found.push(`${index}: ${move.reason} ${move.partition} ${move.from}>${move.to}: ${what}`)
      if (String(list) !== String(move.replicas)) say('it is planned from another list')
      if (move.kind === 'leader') {
        this.#leader(move, list, say)
        continue
      }
      this.#partition(move, say)
      this.#source(move, say)
      this.#size(move, say)
      if (gone.has(`${move.partition}@${move.to}`) && !move.dirs) say('it comes to where one of its replicas was')
      if (came.has(`${move.partition}@${move.from}`)) say('it moves twice')
      came.set(`${move.partition}@${move.to}`, index)
      gone.add(`${move.partition}@${move.from}`)
      if (move.dirs) continue
      const after = list.map((node) => (node === move.from ? move.to : node))
      if (list.includes(move.to)) say('it is there already')
      this.#target(move, say)
      this.#racks(move, list, after, say)
      lists[move.partition] = after
      this.#caps(move, lists, say)
      if (new Set(after).size !== list.length) say('a node holds two replicas')
    }
    return [...found, ...this.#space(moves)]
  }

  open(id: number): boolean {
    const line = this.#nodes[id]!
    return line.state === 'alive' && !this.excluded(id) && line.dirs.some(takes)
  }

  excluded(id: number): boolean {
    return this.#nodes[id]!.excluded === true || this.#settings.excludeNodes.includes(id)
  }

  drained(id: number): boolean {
    return this.#nodes[id]!.draining === true || this.#nodes[id]!.state === 'draining'
  }

  topicExcluded({ name, constraints }: TopicLine): boolean {
    return constraints?.excluded === true || this.#settings.excludeTopics.some((pattern) => pattern.test(name))
  }

  /** Of its rack, or of all that have none. */
  rackOf(id: number): string {
    return this.#nodes[id]!.rack ?? ''
  }

  inDomain(id: number, topic: TopicLine): boolean {
    return (this.#nodes[id]!.domain ?? '') === (topic.constraints?.domain ?? '')
  }

  /** Whether one replica could go to a rack that holds at least two fewer. */
  rackFault({ topic, line }: Placed, list = line.replicas as number[]): boolean {
    if (this.#nodes.every((node) => node.rack === undefined)) return false
    const held = list.filter((id) => !line.removing?.includes(id))
    const most = Math.max(...held.map((id) => this.#inRack(held, this.rackOf(id))))
    return this.#nodes.some(
      (_, id) =>
        this.open(id) &&
        this.inDomain(id, topic) &&
        !list.includes(id) &&
        this.#inRack(held, this.rackOf(id)) <= most - 2,
    )
  }

  /** Why no replica of the partition may move for such a reason; empty when it may. */
  stays({ topic, line }: Placed, reason: PlannedMove['reason']): string {
    const sizes = sizesOf(line)
    const unknown = line.replicas.some((id, slot) => sizes[slot] === null && !this.#gone(line, id as number))
    if (line.leader === null) return 'it has no leader'
    if (line.adding || line.removing || line.dir_moves) return 'it is moving'
    if (unknown) return 'its size is not known'
    if (this.topicExcluded(topic) && (!isUrgent(reason) || this.#settings.excludeHard)) return 'its topic is excluded'
    const behind = line.replicas.filter((id) => !line.isr!.includes(id)) as number[]
    if (reason === 'node_unavailable') return ''
    const dead = (id: number) => this.#gone(line, id) && this.drained(id)
    if (reason === 'node_draining' && behind.every(dead)) return ''
    return behind.length > 0 ? 'a replica is not in sync' : ''
  }

  #gone(line: PartitionLine, id: number): boolean {
    return this.#nodes[id]!.state === 'unavailable' || line.offline?.includes(id) === true
  }

  #inRack(list: number[], rack: string): number {
    return list.filter((id) => this.rackOf(id) === rack).length
  }

  #partition({ partition, reason }: PlannedMove, say: (what: string) => void): void {
    const why = this.stays(this.#partitions[partition]!, reason)
    if (why !== '') say(why)
  }

  /** Repair takes only what is lost, a drain only from its node, all else only from nodes that are well. */
  #source({ partition, from, to, reason, dirs }: PlannedMove, say: (what: string) => void): void {
    const { line } = this.#partitions[partition]!
    const gone = this.#gone(line, from)
    if (reason === 'node_unavailable' ? !gone : gone && reason !== 'node_draining') say('the wrong source')
    if (reason === 'node_draining' && !this.drained(from)) say('its node is not to be emptied')
    if (reason === 'node_unavailable' || reason === 'node_draining') return
    if (this.excluded(from)) say('its node is excluded')
    if (this.#nodes[from]!.state === 'unreachable') say('its node is not reachable')
    if (dirs && from !== to) say('it changes node and dir')
  }

  #size({ partition, from, bytes }: PlannedMove, say: (what: string) => void): void {
    const { line } = this.#partitions[partition]!
    const sizes = sizesOf(line)
    const known = sizes[line.replicas.indexOf(from)] ?? Math.max(...sizes.map((size) => size ?? 0))
    if (bytes !== known) say(`it copies ${bytes} instead of ${known}`)
  }

  #target({ partition, from, to }: PlannedMove, say: (what: string) => void): void {
    const { topic, line } = this.#partitions[partition]!
    if (!this.open(to)) say('its target is not open')
    const legal = topic.constraints?.legal?.[String(line.id)]?.[line.replicas.indexOf(from)]
    if (legal ? !legal.includes(to) : !this.inDomain(to, topic)) say('its target is not legal')
  }

  /** Squares of replicas per rack never grow, but for repair and for what a drained rack leaves no choice about. */
  #racks({ partition, from, to, reason }: PlannedMove, list: number[], after: number[], say: (what: string) => void) {
    if (this.#settings.rackAwareness === 'ignore' || this.#nodes.every((node) => node.rack === undefined)) return
    const squares = (nodes: number[]) => nodes.reduce((sum, id) => sum + this.#inRack(nodes, this.rackOf(id)), 0)
    const placed = this.#partitions[partition]!
    if (squares(after) > squares(list)) {
      const choice = this.#nodes.some(
        (_, id) =>
          this.open(id) &&
          this.inDomain(id, placed.topic) &&
          !list.includes(id) &&
          this.#inRack(after, this.rackOf(to)) > this.#inRack([...after.filter((n) => n !== to), id], this.rackOf(id)),
      )
      if (reason === 'node_draining' ? choice : reason !== 'node_unavailable') say('its racks get worse')
    }
    if (reason !== 'node_unavailable' && this.rackFault(placed, after) && !this.rackFault(placed, list)) {
      say('a rack fault is made')
    }
    if (reason === 'rack_violation' && from !== to && squares(after) > squares(list)) say('it repairs nothing')
  }

  #leader(move: PlannedMove, list: number[], say: (what: string) => void): void {
    const { topic, line } = this.#partitions[move.partition]!
    if (!list.includes(move.to)) say('the new leader has no replica')
    if (!line.isr!.includes(move.to)) say('the new leader is not in sync')
    if (this.topicExcluded(topic)) say('its topic is excluded')
    if (line.leader === null || line.adding || line.removing) say('it has no leader, or moves')
    if (this.#nodes[move.to]!.state !== 'alive' || this.excluded(move.to)) say('the new leader is not open')
  }

  /** Caps of topics and of nodes. */
  #caps({ partition, to }: PlannedMove, lists: number[][], say: (what: string) => void): void {
    const { topic } = this.#partitions[partition]!
    const held = lists.flatMap((list, p) => (list.includes(to) ? [this.#partitions[p]!] : []))
    if (held.length > (this.#nodes[to]!.max_replicas ?? Number.POSITIVE_INFINITY)) say(`${held.length} on its target`)
    const ofTopic = held.filter((placed) => placed.topic === topic).length
    if (ofTopic > (topic.constraints?.cap ?? Number.POSITIVE_INFINITY)) say(`${ofTopic} of its topic on its target`)
  }

  /** With nothing freed and every copy in the worst dir, none is filled beyond the limit of what is put there. */
  #space(moves: PlannedMove[]): string[] {
    const found: string[] = []
    const anywhere = this.#nodes.map(() => 0)
    const dirs = this.#nodes.flatMap((node, id) => node.dirs.map((dir) => ({ id, dir, chosen: 0 })))
    for (const { kind, to, bytes, dirs: between, reason } of moves) {
      if (kind === 'leader') continue
      if (between) dirs[between.to]!.chosen += bytes
      else anywhere[to]! += bytes
      const far = isUrgent(reason) || reason === 'disk_over_limit'
      const ratio = far ? this.#settings.hardDiskUsage : this.#settings.maxDiskUsage
      const asked = between ? [dirs[between.to]!] : dirs.filter(({ id, dir }) => id === to && takes(dir))
      if (between && !takes(dirs[between.to]!.dir)) found.push(`dir ${between.to} takes nothing`)
      for (const { dir, chosen } of asked) {
        const peak = dir.used_bytes + chosen + anywhere[to]!
        if (peak > dir.capacity_bytes * ratio) found.push(`${dir.path} of node ${to} could be filled to ${peak}`)
      }
    }
    return found
  }
}
