/** Runs a story on the simulator in virtual time and gathers what can be asked about its end. */
import type { MoveResult, TickReport } from '../../src/cluster/events.ts'
import type { ReplicaMove } from '../../src/cluster/move.ts'
import { leaderCounts, sharesOf } from '../../src/cluster/shares.ts'
import type { NodeId } from '../../src/cluster/state.ts'
import { type LoopCase, SECOND, startLoop } from '../daemon/support.ts'

export interface Story extends LoopCase {
  name: string
  /** Virtual time it takes. */
  ms: number
}

export interface End {
  report: TickReport
  /** Replica moves that were carried out, in the order of their ends. */
  done: ReplicaMove[]
  results: Partial<Record<MoveResult, number>>
  movedBytes: number
  /** The bound of the first plan that was acted upon. */
  boundBytes: number
  largestReplica: number
  /** By node that takes part. */
  nodes: Map<NodeId, { usedBytes: number; fairBytes: number; leaders: number }>
  leadersOverMean: number
  rackViolations: number
  /** Ticks at the end without a start of a move. */
  quietTicks: number
  /** Moves that brought a replica back to a node which it had left. */
  returns: string[]
  /** Partitions that have not the replicas, in sync, or the bytes that they should. */
  broken: string[]
}

export async function tell(story: Story): Promise<End> {
  const run = startLoop(story)
  const before = new Map(run.world.partitions.map(({ topic, id, replicas }) => [`${topic}-${id}`, replicas.length]))
  await run.advance(story.ms)
  const started = run.of('move_started').at(-1)?.atMs ?? 0
  const ticks = run.of('tick')
  await run.stop()
  // Longer than anything takes that may still copy or be deleted.
  await run.advance(120 * SECOND)
  const { state } = await run.simulator.sample(new AbortController().signal)

  const done = run
    .of('move_ended')
    .flatMap(({ progress, result }) => (result === 'done' && progress.move.kind === 'replica' ? [progress.move] : []))
  const results: End['results'] = {}
  for (const { result } of run.of('move_ended')) results[result] = (results[result] ?? 0) + 1
  const shares = sharesOf(state)
  const leaders = leaderCounts(state)
  const taking = [...shares.participates.keys()].filter((node) => shares.participates[node] === 1)
  const nodes = new Map(
    taking.map((node) => [
      state.names.nodes[node]!,
      { usedBytes: shares.usedBytes[node]!, fairBytes: shares.fairBytes[node]!, leaders: leaders[node]! },
    ]),
  )
  const counts = taking.map((node) => leaders[node]!)
  const report = ticks.at(-1)!.report
  return {
    report,
    done,
    results,
    movedBytes: done.reduce((sum, move) => sum + move.bytes, 0),
    boundBytes:
      ticks.find((tick) => tick.report.verdict.act && tick.report.plan.bytes > 0)?.report.plan.lowerBoundBytes ?? 0,
    largestReplica: Math.max(...run.world.partitions.map((partition) => partition.bytes)),
    nodes,
    leadersOverMean: (Math.max(...counts) * counts.length) / counts.reduce((sum, count) => sum + count, 0),
    rackViolations: report.rackViolations,
    quietTicks: ticks.filter((tick) => tick.atMs > started).length,
    returns: returnsOf(done),
    broken: run.world.partitions.flatMap(({ topic, id, replicas, isr, bytes, copies }) => {
      const whole =
        replicas.length === before.get(`${topic}-${id}`) &&
        new Set(replicas).size === replicas.length &&
        isr.length === replicas.length &&
        replicas.every((node) => copies.get(node)?.bytes === bytes)
      return whole ? [] : [`${topic}-${id}`]
    }),
  }
}

function returnsOf(done: ReplicaMove[]): string[] {
  const left = new Set<string>()
  return done.flatMap((move) => {
    const returned = left.has(`${move.topic}-${move.partition} ${move.to}`)
    left.add(`${move.topic}-${move.partition} ${move.from}`)
    return returned ? [move.id] : []
  })
}

const columns = [
  'story',
  'moves',
  'GB',
  '÷ bound',
  'disk max/fair',
  'min/fair',
  'leaders max/mean',
  'quiet ticks',
  'status',
  'verdict',
]

/** One row a story. */
export function resultTable(ends: Map<string, End>): string {
  const rows = [...ends].map(([name, end]) => {
    const disk = [...end.nodes.values()].map(({ usedBytes, fairBytes }) => usedBytes / fairBytes)
    return [
      name,
      String(end.done.length),
      (end.movedBytes / 1e9).toFixed(1),
      end.boundBytes > 0 ? (end.movedBytes / end.boundBytes).toFixed(3) : '-',
      Math.max(...disk).toFixed(3),
      Math.min(...disk).toFixed(3),
      end.leadersOverMean.toFixed(2),
      String(end.quietTicks),
      end.report.status,
      end.report.verdict.code,
    ]
  })
  const widths = columns.map((title, column) =>
    Math.max(...[columns, ...rows].map((row) => row[column]!.length), title.length),
  )
  return [columns, ...rows].map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')).join('\n')
}
