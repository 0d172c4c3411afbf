/** A plan in the forms a person or another tool asks for. */
import type { TickReport } from '../cluster/events.ts'
import { bytesOf, isOfPartition, type Move, partitionName, replicasAfter, routeOf, subjectOf } from '../cluster/move.ts'
import { planJson } from '../cluster/plan-json.ts'
import { formatBytes, formatCount, formatPercent } from '../lib/units.ts'
import { type Format, shownAs } from './formats.ts'
import { table } from './table.ts'

export type PlanFormat = Format | 'kafka-reassignment'

/** Moves that the short table shows. */
const SHOWN = 20

export function planText(report: TickReport, format: PlanFormat): string {
  if (format === 'kafka-reassignment') return `${JSON.stringify(kafkaReassignment(report.plan.moves))}\n`
  const shown = format === 'wide' ? Number.POSITIVE_INFINITY : SHOWN
  return shownAs(format, planJson(report), () => forPeople(report, shown))
}

/** What `kafka-reassign-partitions --reassignment-json-file` reads: the final list of every partition that changes. */
function kafkaReassignment(moves: Move[]) {
  const last = new Map(moves.filter(isOfPartition).map((move) => [partitionName(move), move]))
  const partitions = [...last.values()].map((move) => ({
    topic: move.topic,
    partition: move.partition,
    replicas: replicasAfter(move),
  }))
  return { version: 1, partitions }
}

function forPeople(report: TickReport, shown: number): string {
  const { plan, verdict, violations } = report
  const parts = [`${report.cluster.name}: ${verdict.text}\n`]
  if (violations.length > 0) {
    parts.push(
      table(
        ['VIOLATION', 'SUBJECT', 'WHY'],
        violations.map(({ kind, subject, text }) => [kind, subject, text]),
      ),
    )
  }
  parts.push(nodesTable(report))
  if (plan.moves.length > 0) {
    // Below the bound the goal is not quite reached: there is no ratio then.
    const reached = plan.lowerBoundBytes > 0 && plan.bytes >= plan.lowerBoundBytes
    const ratio = reached ? ` (${(plan.bytes / plan.lowerBoundBytes).toFixed(2)} × the least possible)` : ''
    parts.push(
      `${formatCount(plan.moves.length, 'move')}, ${formatBytes(plan.bytes)} to copy${ratio}\n`,
      movesTable(plan.moves, shown),
    )
  }
  if (plan.blocked.length > 0) {
    const rows = plan.blocked.map(({ reason, count, examples }) => [reason, count, examples.join('; ')])
    parts.push(table(['REJECTED', 'CANDIDATES', 'EXAMPLES'], rows, [1]))
  }
  if (report.notes.length > 0) parts.push(report.notes.map((note) => `note: ${note}\n`).join(''))
  return parts.join('\n')
}

function nodesTable({ plan }: TickReport): string {
  const header = ['NODE', 'RACK', 'STATE', 'DISK', 'CAPACITY', 'NOW', 'PEAK', 'FINAL', 'REPLICAS', 'LEADERS']
  const rows = plan.nodes.map(({ id, rack, state, diskBytes, capacityBytes, replicas, leaders }) => {
    const percent = (bytes: number) => (capacityBytes > 0 ? formatPercent(bytes / capacityBytes) : '-')
    return [
      id,
      rack ?? '-',
      state,
      formatBytes(diskBytes.now),
      formatBytes(capacityBytes),
      percent(diskBytes.now),
      percent(diskBytes.peak),
      percent(diskBytes.final),
      fromTo(replicas),
      fromTo(leaders),
    ]
  })
  return table(header, rows, [3, 4, 5, 6, 7, 8, 9])
}

function fromTo({ now, final }: { now: number; final: number }): string {
  return now === final ? String(now) : `${now} → ${final}`
}

function movesTable(moves: Move[], shown: number): string {
  const rows = moves.slice(0, shown).map((move) => {
    const { from, to } = routeOf(move)
    return [move.kind, subjectOf(move), from, to, sizeText(move), reasonText(move)]
  })
  const rest = moves.length > shown ? `… and ${moves.length - shown} more (-o wide shows all)\n` : ''
  return table(['MOVE', titleOf(moves), 'FROM', 'TO', 'SIZE', 'REASON'], rows, [4]) + rest
}

/** Subjects are partitions or tables, by what the system moves. */
function titleOf(moves: Move[]): string {
  return moves.some(isOfPartition) ? 'PARTITION' : 'TABLE'
}

function sizeText(move: Move): string {
  if (move.kind === 'brokers') return '-'
  const bytes = formatBytes(bytesOf(move))
  return move.kind === 'table' ? `${formatCount(move.adds, 'replica')}, ${bytes}` : bytes
}

function reasonText(move: Move): string {
  return move.kind === 'table' ? `${move.reason} (${move.causes.join(', ')})` : move.reason
}
