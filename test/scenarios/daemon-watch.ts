/** What must hold of everything that evenkeel does in every case, looked at whenever it says that it did something. */
import { windowAllows } from '../../src/assess/windows.ts'
import type { LoopEvent } from '../../src/cluster/events.ts'
import { isDirMove, type PartitionMove, partitionName, type ReplicaMove, subjectOf } from '../../src/cluster/move.ts'
import { isUrgent } from '../../src/cluster/reasons.ts'
import type { NodeId } from '../../src/cluster/state.ts'
import { pauseAt } from '../../src/cluster/wishes.ts'
import type { LoopOptions } from '../../src/daemon/cluster-loop.ts'
import type { ClusterView } from '../../src/daemon/view.ts'
import type { Journal } from '../../src/execute/journal/journal.ts'
import { drainsOf, pauseOf } from '../../src/execute/journal/wishes.ts'
import type { World } from '../../src/systems/simulator/world.ts'
import type { WorldWatch } from './world-watch.ts'

export interface Watched {
  world: World
  worldWatch: WorldWatch
  journal: Pick<Journal, 'read'>
  options: () => LoopOptions
  view: () => ClusterView
  say: (problem: string) => void
  /** Nobody else asks for moves: no change of placement may be called somebody else's. */
  alone?: boolean
  /** When somebody last changed what is wanted: what was begun before that may still be on its way. */
  changedAtMs?: () => number
  /** So much goes wrong that less than is allowed is begun at a node at once. */
  troubled?: boolean
  /** When the process that lives began. */
  begunAtMs?: () => number
  /**
   * How long a replica must not come back to where it was; for ever unless given. Given: what is urgent may, since by then it may
   * be elsewhere that nothing can stay.
   */
  returnWindowMs?: number
}

/** A part of the nodes beyond which nothing may be made of their absence. */
const MASS_FAILURE = 0.4

export class DaemonWatch {
  readonly #watched: Watched
  /** Partition and the node, or dir, that one of its replicas left by a move of ours → when that began. */
  readonly #left = new Map<string, number>()
  /** Partition and where a replica of it is → where that very replica was before. */
  readonly #way = new Map<string, string[]>()
  readonly returns: string[] = []
  /** Moves of ours in flight at the last look, and when that was. */
  #flying = 0
  #lookedAtMs = Number.NEGATIVE_INFINITY
  /** When a move was last refused: what had its slot might have been another's. */
  #refusedAtMs = Number.NEGATIVE_INFINITY
  /** Since when so many nodes are gone. */
  #massSinceMs: number | undefined

  constructor(watched: Watched) {
    this.#watched = watched
  }

  see(event: LoopEvent): void {
    const { say } = this.#watched
    if (event.type === 'plan_rejected') say(`a plan was rejected: ${event.text}`)
    if (event.type === 'tick' && this.#watched.alone && (event.report.others?.changes ?? 0) > 0)
      say(`placement is said to be changed by somebody else: ${JSON.stringify(event.report.others)}`)
    if (event.type === 'move_started') {
      const { move, startedAtMs } = event.progress
      const changed = startedAtMs <= (this.#watched.changedAtMs?.() ?? Number.NEGATIVE_INFINITY)
      this.#started(move as PartitionMove, startedAtMs, changed)
    }
    if (event.type === 'move_ended' && event.result === 'failed') this.#refusedAtMs = event.atMs
    if (event.type === 'move_ended' && event.result === 'done')
      this.#done(event.progress.move as PartitionMove, event.progress.startedAtMs)
  }

  /** At every pulse. */
  look(nowMs: number): void {
    const { view, options, say } = this.#watched
    const begunAtMs = this.#watched.begunAtMs?.() ?? Number.NEGATIVE_INFINITY
    // Of what an earlier process began it is not known at first whether it has ended.
    const replicas = view().running.filter(
      ({ move, state, startedAtMs }) => move.kind === 'replica' && (state !== 'unknown' || startedAtMs >= begunAtMs),
    ).length
    const most = options().execution.concurrentMoves
    // Those that were begun by a higher limit stay.
    const lowered = (this.#watched.changedAtMs?.() ?? Number.NEGATIVE_INFINITY) >= this.#lookedAtMs
    if (!lowered && replicas > Math.max(most, this.#flying))
      say(`${replicas} moves at once, at most ${most} are allowed`)
    this.#flying = replicas
    this.#lookedAtMs = nowMs
    if (!this.#massFailure()) this.#massSinceMs = undefined
    else this.#massSinceMs ??= nowMs
  }

  #started(move: PartitionMove, nowMs: number, changed: boolean): void {
    const { options, journal, say } = this.#watched
    const { balance, tickIntervalMs } = options()
    const { id, reason } = move
    if (move.kind === 'replica') this.#checkReturn(move, nowMs)
    if (changed) return
    if (balance.mode === 'off' || balance.dryRun) say(`${id} was started in mode off`)
    if (pauseAt(pauseOf(journal), nowMs)) say(`${id} was started while paused`)
    // Who is gone is known to the next tick only.
    if (this.#massSinceMs !== undefined && nowMs - this.#massSinceMs > 2 * tickIntervalMs)
      say(`${id} was started in a mass failure`)
    this.#checkGates(move)
    if (move.kind === 'replica') this.#checkPlaces(move)
    if (!isUrgent(reason) && nowMs > this.#refusedAtMs) this.#checkOrder(move)
  }

  #checkGates({ id, reason }: PartitionMove): void {
    const { view, options, worldWatch, say } = this.#watched
    if (reason === 'manual') return
    const { report } = view()
    const open = report?.violations.filter(({ kind, gate }) => kind === reason && gate === undefined)
    if (!open?.length) say(`${id} was started for ${reason}, which is not open or held by a gate`)
    if (report && !windowAllows(reason, options().balance.windows, report.takenAtMs))
      say(`${id} was started for ${reason} outside its window`)
    const foreign = worldWatch.foreign()
    if (!isUrgent(reason) && foreign.length > 0)
      say(`${id} was started for ${reason} while somebody else moves replicas`)
  }

  #checkPlaces(move: ReplicaMove): void {
    const { view, journal, say } = this.#watched
    const { id, from, to, reason } = move
    const missing = view().report?.missingNodes ?? []
    if (missing.includes(to)) say(`${id} goes to a node that does not answer`)
    // Repair and drains copy from others.
    if (missing.includes(from) && reason !== 'node_unavailable' && reason !== 'node_draining')
      say(`${id} leaves a node that does not answer`)
    if (drainsOf(journal).includes(to)) say(`${id} goes to a node that is to be emptied`)
  }

  /** What is urgent may take any node of a partition, but no replica back to where that one was. */
  #checkReturn(move: ReplicaMove, nowMs: number): void {
    const { returnWindowMs } = this.#watched
    if (isUrgent(move.reason)) {
      const way = this.#way.get(keyOf(move, 'from')) ?? []
      if (returnWindowMs === undefined && way.includes(placeOf(move, 'to'))) this.returns.push(move.id)
      return
    }
    // Dirs fill up and are replaced: within a node a replica may come back then.
    if (returnWindowMs !== undefined && isDirMove(move)) return
    const leftMs = this.#left.get(keyOf(move, 'to'))
    if (leftMs !== undefined && nowMs - leftMs < (returnWindowMs ?? Number.POSITIVE_INFINITY))
      this.returns.push(move.id)
  }

  /** What is urgent and could start does so before anything else. */
  #checkOrder(move: PartitionMove): void {
    const { view, options, worldWatch, say, troubled = false } = this.#watched
    const { pending, running } = view()
    const { concurrentMoves, concurrentMovesPerNode } = options().execution
    const perNode = troubled ? 1 : concurrentMovesPerNode
    const flying = running.flatMap(({ move }) => (move.kind === 'replica' ? [move] : []))
    const count = (of: (move: ReplicaMove) => NodeId, node: NodeId) => flying.filter((move) => of(move) === node).length
    const foreign = worldWatch.foreign().length
    for (const urgent of pending) {
      if (urgent.kind !== 'replica' || !isUrgent(urgent.reason)) continue
      const busy = running.some(({ move }) => subjectOf(move) === subjectOf(urgent))
      const room =
        flying.length + foreign < concurrentMoves &&
        count(({ to }) => to, urgent.to) < perNode &&
        count(({ leader }) => leader, urgent.leader) < perNode
      if (!busy && foreign === 0 && room) say(`${move.id} was started before ${urgent.id}, which could not wait`)
    }
  }

  #done(move: PartitionMove, startedAtMs: number): void {
    if (move.kind !== 'replica') return
    const from = keyOf(move, 'from')
    this.#left.set(from, startedAtMs)
    const { returnWindowMs } = this.#watched
    if (returnWindowMs !== undefined) {
      for (const [key, leftMs] of this.#left) if (startedAtMs - leftMs > 2 * returnWindowMs) this.#left.delete(key)
      return
    }
    this.#way.set(keyOf(move, 'to'), [...(this.#way.get(from) ?? []), placeOf(move, 'from')])
    this.#way.delete(from)
  }

  /** Of the nodes that hold something and are not to be emptied. */
  #massFailure(): boolean {
    const { world, journal } = this.#watched
    const drains = drainsOf(journal)
    const nodes = [...world.nodes.values()]
    const dead = nodes.filter((node) => node.deadSinceMs !== undefined).length
    if (dead <= nodes.length * MASS_FAILURE) return false
    const holding = new Set(world.partitions.flatMap(({ replicas }) => replicas))
    const gone = nodes.filter(
      (node) => node.deadSinceMs !== undefined && holding.has(node.id) && !drains.includes(node.id),
    )
    const counted = nodes.filter((node) => node.deadSinceMs === undefined || gone.includes(node))
    return gone.length > counted.length * MASS_FAILURE
  }
}

function keyOf(move: ReplicaMove, end: 'from' | 'to'): string {
  return `${partitionName(move)} ${placeOf(move, end)}`
}

function placeOf(move: ReplicaMove, end: 'from' | 'to'): string {
  if (!isDirMove(move)) return String(move[end])
  return `${move[end]}${end === 'from' ? move.fromDir : move.toDir}`
}
