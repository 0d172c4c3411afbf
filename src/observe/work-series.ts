import type { MoveProgress } from '../cluster/events.ts'
import { bytesOf, type Move, moveKinds, sharesOfMove } from '../cluster/move.ts'
import type { Instruments, Labels } from './families.ts'
import { moveDirections } from './labels.ts'
import { workLeft } from './work-left.ts'

/**
 * What is planned and what runs. The plan is made anew at every tick, so for the progress that people watch "the
 * current plan" reaches from the first move waiting until none waits or runs.
 */
export class WorkSeries {
  readonly #instruments: Instruments
  readonly #cluster: Labels
  #pending = new Map<string, Move>()
  #running = new Map<string, MoveProgress>()
  #startMs: number | undefined
  /** What is shown of each node. */
  #nodes = new Map<string, { in: number; out: number }>()
  /** Bytes of moves that ended since the start. */
  #doneBytes = 0

  constructor(instruments: Instruments, cluster: Labels) {
    this.#instruments = instruments
    this.#cluster = cluster
    this.#show(0)
  }

  planned(moves: readonly Move[], atMs: number): void {
    // Series of nodes come and go with samples: what was shown of one need not be there any more.
    this.#nodes = new Map()
    this.#pending = new Map(moves.filter(({ id }) => !this.#running.has(id)).map((move) => [move.id, move]))
    this.#show(atMs)
  }

  started(progress: MoveProgress, atMs: number): void {
    this.#pending.delete(progress.move.id)
    this.#running.set(progress.move.id, progress)
    this.#show(atMs)
  }

  ended({ move, bytesDone }: MoveProgress, atMs: number): void {
    this.#running.delete(move.id)
    this.#doneBytes += bytesDone
    this.#show(atMs)
  }

  progressed(moves: readonly MoveProgress[], atMs: number): void {
    this.#running = new Map(moves.map((progress) => [progress.move.id, progress]))
    for (const { move } of moves) this.#pending.delete(move.id)
    this.#show(atMs)
  }

  /** Replicas on their way into and out of each node. */
  showNodes(ids: Iterable<string>): void {
    const nodes = new Map(Array.from(ids, (id) => [id, { in: 0, out: 0 }]))
    for (const { move } of this.#running.values()) {
      for (const { node, adds, removes } of sharesOfMove(move)) {
        const moves = nodes.get(String(node))
        if (!moves) continue
        moves.in += adds
        moves.out += removes
      }
    }
    // Of hundreds of nodes one move changes two.
    for (const [id, moves] of nodes) {
      const before = this.#nodes.get(id)
      for (const direction of moveDirections) {
        if (moves[direction] === before?.[direction]) continue
        this.#set('node_moves', moves[direction], { node_id: id, direction })
      }
    }
    this.#nodes = nodes
  }

  #show(atMs: number): void {
    const running = [...this.#running.values()]
    const pending = [...this.#pending.values()]
    if (running.length + pending.length === 0) {
      this.#startMs = undefined
      this.#doneBytes = 0
    } else this.#startMs ??= atMs

    const submitted = running.filter(({ state }) => state !== 'planned' && state !== 'submitting')
    for (const kind of moveKinds) {
      const runs = submitted.filter(({ move }) => move.kind === kind).length
      const all =
        running.filter(({ move }) => move.kind === kind).length + pending.filter((move) => move.kind === kind).length
      this.#set('moves', runs, { kind, state: 'running' })
      this.#set('moves', all - runs, { kind, state: 'pending' })
    }
    const pendingBytes = sum(pending.map(bytesOf))
    this.#set('planned_bytes', this.#doneBytes + sum(running.map(({ bytesTotal }) => bytesTotal)) + pendingBytes)
    const left = workLeft(running, pendingBytes)
    this.#set('remaining_bytes', left.bytes)
    this.#set('plan_estimated_completion_timestamp_seconds', (atMs + left.ms) / 1000)
    this.#showTables(running)
    this.#set('plan_start_timestamp_seconds', (this.#startMs ?? Number.NaN) / 1000)
    const oldest = running.length === 0 ? Number.NaN : Math.min(...running.map(({ startedAtMs }) => startedAtMs))
    this.#set('oldest_running_move_start_timestamp_seconds', oldest / 1000)
  }

  #showTables(running: readonly MoveProgress[]): void {
    const jobs = running.filter(({ move, bytesTotal }) => move.kind === 'table' && bytesTotal > 0)
    const tables = jobs.map(({ move }) => move.topic)
    this.#instruments.keep(this.#cluster, 'table', new Set(tables))
    for (const { move, bytesDone, bytesTotal } of jobs) {
      this.#set('table_rebalance_progress_ratio', Math.min(1, bytesDone / bytesTotal), { table: move.topic })
    }
  }

  #set(name: Parameters<Instruments['set']>[0], value: number, labels: Labels = {}): void {
    this.#instruments.set(name, { ...this.#cluster, ...labels }, value)
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
