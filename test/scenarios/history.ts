/** Compares what happened with what a case says that should: over stretches of time, and in all. */
import type { LoopEvent, MoveResult } from '../../src/cluster/events.ts'
import type { Move, ReplicaMove } from '../../src/cluster/move.ts'
import type { MoveReason } from '../../src/cluster/reasons.ts'
import type { ClusterView } from '../../src/daemon/view.ts'
import { sameSet } from '../../src/lib/lists.ts'
import type { Simulator } from '../../src/systems/simulator/simulator.ts'
import type { End, Picture, Stretch } from './case.ts'
import { compare, matches } from './picture.ts'

type Of<Type extends LoopEvent['type']> = Extract<LoopEvent, { type: Type }>

export function of<Type extends LoopEvent['type']>(events: LoopEvent[], type: Type): Of<Type>[] {
  return events.filter((event): event is Of<Type> => event.type === type)
}

/** What was otherwise in that stretch of time. */
export function compareStretch(stretch: Stretch, events: LoopEvent[], startMs: number): string[] {
  const problems: string[] = []
  const label = `from ${stretch.from / 60_000} to ${stretch.to / 60_000} min`
  const say = (problem: string) => void problems.push(`${label}: ${problem}`)
  const within = events.filter(({ atMs }) => atMs - startMs >= stretch.from && atMs - startMs < stretch.to)
  const ticks = of(within, 'tick').map(({ report }) => report)
  const { always, once, reasons } = stretch
  if (always) {
    const other = ticks.find((report) => !isLike(report, always))
    if (other) say(`once it was ${other.status}, ${other.verdict.code}: ${other.verdict.text}`)
  }
  if (once && !ticks.some((report) => isLike(report, once)))
    say(
      `it was never ${JSON.stringify(once)}, but ${[...new Set(ticks.map(({ verdict }) => verdict.text))].slice(0, 3).join(' | ')}`,
    )
  const started = of(within, 'move_started').map(({ progress }) => progress.move)
  const counted = started.filter(({ reason }) => reasons?.includes(reason) ?? true)
  compare('moves started', counted.length, stretch.starts, say)
  if (stretch.starts === undefined && reasons !== undefined) {
    const other = started.find(({ reason }) => !reasons.includes(reason))
    if (other) say(`${other.id} was started for ${other.reason}`)
  }
  return problems
}

function isLike(report: Of<'tick'>['report'], wanted: Pick<Picture, 'status' | 'verdict' | 'says'>): boolean {
  return (
    (wanted.status === undefined || report.status === wanted.status) &&
    (wanted.verdict === undefined || report.verdict.code === wanted.verdict) &&
    (wanted.says === undefined || matches(report.verdict.text, wanted.says))
  )
}

export interface Ended {
  events: LoopEvent[]
  simulator: Simulator
  view: ClusterView
  returns: string[]
  broken: string[]
}

/** What was otherwise in all. */
export function compareEnd(end: End, { events, simulator, returns, broken }: Ended): string[] {
  const problems: string[] = []
  const say = (problem: string) => void problems.push(problem)
  const { moves, transfers, bytes } = doneMoves(events)
  compare('replica moves', moves.length, end.moves, say)
  compare('transfers of leadership', transfers, end.transfers, say)
  const kinds = Object.keys(startedByReason(events, 'replica'))
  if (end.reasons && kinds.join() !== end.reasons.join())
    say(`moved for ${kinds.join(', ')}, not ${end.reasons.join(', ')}`)
  const first = of(events, 'move_started')
    .slice(0, end.begins?.length ?? 0)
    .map(({ progress }) => progress.move.id)
  if (first.join() !== (end.begins ?? []).join()) say(`began with ${first.join(', ')}, not ${end.begins!.join(', ')}`)
  compareResults(end, events, say)
  const bound = boundBytes(events)
  const largest = Math.max(0, ...simulator.world.partitions.map((partition) => partition.bytes))
  if (end.cheap !== undefined && bytes > Math.max(bound * end.cheap, bound + largest))
    say(`${bytes / 1e6} MB were moved, the bound is ${bound / 1e6} MB`)
  for (const [which, nodes] of [['from', end.from] as const, ['to', end.to] as const]) {
    const other = moves.find((move) => nodes !== undefined && !nodes.includes(move[which]))
    if (other) say(`${other.id} was not expected: ${which} ${nodes!.join(', ')} only`)
  }
  compare('pauses by itself', of(events, 'paused').length, end.paused ?? 0, say)
  compareBroken(end, broken, say)
  if (returns.length > 0 !== (end.returns === true))
    say(returns.length > 0 ? `came back: ${returns.slice(0, 3).join(', ')}` : 'nothing came back')
  return problems
}

function compareBroken({ broken: wanted = [] }: End, broken: string[], say: (problem: string) => void): void {
  const as = typeof wanted === 'number' ? broken.length === wanted : sameSet(broken, wanted)
  if (!as) say(`${broken.length} partitions are not whole: ${broken.slice(0, 10).join(', ') || 'none'}`)
}

function compareResults(end: End, events: LoopEvent[], say: (problem: string) => void): void {
  const results = new Map<MoveResult, number>()
  for (const { result } of of(events, 'move_ended')) results.set(result, (results.get(result) ?? 0) + 1)
  results.delete('done')
  for (const [result, range] of Object.entries(end.results ?? {}) as [MoveResult, number][]) {
    compare(`moves that were ${result}`, results.get(result) ?? 0, range, say)
    results.delete(result)
  }
  for (const [result, count] of results) {
    const { progress } = of(events, 'move_ended').find((event) => event.result === result)!
    say(`${count} moves were ${result}, first ${progress.move.id}: ${progress.text}`)
  }
}

export function doneMoves(events: LoopEvent[]): { moves: ReplicaMove[]; transfers: number; bytes: number } {
  const done = of(events, 'move_ended').flatMap(({ result, progress }) => (result === 'done' ? [progress.move] : []))
  const moves = done.flatMap((move) => (move.kind === 'replica' ? [move] : []))
  return { moves, transfers: done.length - moves.length, bytes: moves.reduce((sum, move) => sum + move.bytes, 0) }
}

/** In the order of their first starts; of moves of one kind, or of all. */
export function startedByReason(events: LoopEvent[], kind?: Move['kind']): Partial<Record<MoveReason, number>> {
  const counts: Partial<Record<MoveReason, number>> = {}
  for (const { progress } of of(events, 'move_started')) {
    const { reason } = progress.move
    if (progress.move.kind === (kind ?? progress.move.kind)) counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}

/** Least bytes of each stretch of work, as its first plan knew it. */
export function boundBytes(events: LoopEvent[]): number {
  let working = false
  let sum = 0
  for (const { report } of of(events, 'tick')) {
    const acts = report.verdict.act && report.plan.bytes > 0
    if (acts && !working) sum += report.plan.lowerBoundBytes
    working = report.verdict.act
  }
  return sum
}
