/** The pictures of all clusters as lines of text. */
import type { LoopStatus } from '../cluster/events.ts'
import { copies, type Move, routeOf, subjectOf } from '../cluster/move.ts'
import type { NodeForecast } from '../cluster/plan.ts'
import { formatTime } from '../lib/iso-time.ts'
import { formatBytes, formatDuration } from '../lib/units.ts'
import { clip, type Paint, painter, type Style, wrap } from './ansi.ts'
import { table } from './table.ts'
import type { MovePicture, Picture } from './terminal-model.ts'

export interface Screen {
  columns: number
  rows: number
  color: boolean
}

/** Never more lines than `rows`, none longer than `columns`; clusters share the rows equally. */
export function renderView(pictures: Picture[], { columns, rows, color }: Screen): string[] {
  const paint = painter(color)
  const share = Math.floor(rows / Math.max(1, pictures.length))
  return pictures.flatMap((picture) => renderCluster(picture, columns, share, paint)).map((line) => clip(line, columns))
}

/** What does not fit is left out from the least telling: surplus moves, old events, moves, nodes. */
function renderCluster(picture: Picture, columns: number, rows: number, paint: Paint): string[] {
  const header = headerLines(picture, columns, paint)
  const nodes = picture.report?.plan.nodes ?? []
  const room = { nodes: nodes.length, moves: picture.moves.length, events: picture.recent.length }
  // Three titles, the legend and three blank lines between the parts.
  const fixed = header.length + 7
  const excess = () => fixed + room.nodes + room.moves + room.events - rows
  room.moves -= within(excess(), room.moves - 5)
  room.events -= within(excess(), room.events - 2)
  room.moves -= within(excess(), room.moves - 2)
  room.nodes -= within(excess(), room.nodes - 2)
  return [
    ...header,
    '',
    ...(nodes.length > 0 ? cut(nodeLines(nodes, picture.moves, columns, paint), room.nodes, 'node') : []),
    ...(nodes.length > 0 ? [paint('dim', '█ used now  │ once the plan is done'), ''] : []),
    ...cut([movesTitle(picture, paint), ...moveLines(picture.moves, columns, paint)], room.moves, 'move'),
    '',
    paint('dim', 'LATELY (UTC)'),
    ...picture.recent.slice(picture.recent.length - room.events).map(({ atMs, text }) => `${clockTime(atMs)}  ${text}`),
  ].slice(0, rows)
}

function within(value: number, most: number): number {
  return Math.max(0, Math.min(value, most))
}

/** The title and at most `room` rows, the last of them saying how many are left out. */
function cut(lines: string[], room: number, what: string): string[] {
  const rows = lines.length - 1
  if (rows <= room) return lines
  const hidden = rows - Math.max(0, room - 1)
  return [...lines.slice(0, Math.max(1, room)), `… and ${hidden} more ${what}${hidden === 1 ? '' : 's'}`]
}

const statusStyles: Record<LoopStatus, Style> = {
  off: 'dim',
  starting: 'cyan',
  ready: 'green',
  in_progress: 'cyan',
  stalled: 'yellow',
  paused: 'yellow',
  standby: 'dim',
  unreachable: 'red',
}

function headerLines({ name, status, report, error }: Picture, columns: number, paint: Paint): string[] {
  const mode = report ? `   mode ${report.mode}${report.dryRun ? ' (dry run)' : ''}` : ''
  const title = `${paint('bold', `evenkeel  ${name}`)}${mode}   status ${paint(statusStyles[status], status)}`
  const text = error ?? report?.verdict.text ?? 'the cluster is being sampled for the first time'
  return [title, ...wrap(text, columns)]
}

function nodeLines(nodes: NodeForecast[], moves: MovePicture[], columns: number, paint: Paint): string[] {
  const copies = moves.map(({ progress }) => progress.move).filter((move) => move.kind === 'replica')
  const count = (end: 'from' | 'to', node: NodeForecast) => {
    const found = copies.filter((move) => move[end] === node.id).length
    return found === 0 ? '' : String(found)
  }
  return table(
    [
      { title: 'NODE', cells: nodes.map((node) => String(node.id)), right: true },
      { title: 'RACK', cells: nodes.map((node) => node.rack ?? ''), dispensable: 4 },
      {
        title: 'STATE',
        cells: nodes.map((node) => node.state),
        paint: (text) => paint(text.trim() === 'alive' ? 'green' : 'red', text),
      },
      {
        title: 'DISK',
        cells: (width) => nodes.map((node) => diskBar(node, width)),
        paint: (bar) => paintBar(bar, paint),
      },
      {
        title: 'USED / CAPACITY',
        cells: nodes.map((node) => `${formatBytes(node.diskBytes.now)} / ${formatBytes(node.capacityBytes)}`),
        right: true,
        dispensable: 1,
      },
      { title: '%', cells: nodes.map((node) => percent(node.diskBytes.now, node.capacityBytes)), right: true },
      { title: 'REPLICAS', cells: nodes.map((node) => change(node.replicas)), right: true, dispensable: 2 },
      { title: 'LEADERS', cells: nodes.map((node) => change(node.leaders)), right: true, dispensable: 3 },
      { title: 'IN', cells: nodes.map((node) => count('to', node)), right: true },
      { title: 'OUT', cells: nodes.map((node) => count('from', node)), right: true },
    ],
    columns,
    paint,
  )
}

function movesTitle({ moves, pending, pendingBytes, movedBytes, report }: Picture, paint: Paint): string {
  const planned = report?.plan
  if (moves.length === 0 && pending === 0 && planned && planned.moves.length > 0) {
    return paint('dim', `MOVES  ${planned.moves.length} planned (${formatBytes(planned.bytes)}), none started`)
  }
  const waiting = pending === 0 ? 'none waiting' : `${pending} waiting (${formatBytes(pendingBytes)})`
  return paint('dim', `MOVES  ${moves.length} running, ${waiting}, ${formatBytes(movedBytes)} moved so far`)
}

function route(move: Move): string {
  const { from, to } = routeOf(move)
  return `${from} → ${to}`
}

function moveLines(moves: MovePicture[], columns: number, paint: Paint): string[] {
  const figures = moves.map(({ progress: { move, bytesDone, bytesTotal } }) =>
    copies(move) ? { bytesDone, bytesTotal } : undefined,
  )
  const [, ...rows] = table(
    [
      { title: '', cells: moves.map(({ progress }) => subjectOf(progress.move)) },
      { title: '', cells: moves.map(({ progress }) => route(progress.move)) },
      {
        title: '',
        cells: (width) =>
          figures.map((bytes) => (bytes ? bar(bytes.bytesDone / bytes.bytesTotal, width) : 'leadership')),
        paint: (text) => paintBar(text, paint),
      },
      {
        title: '',
        cells: figures.map((bytes) => (bytes ? percent(bytes.bytesDone, bytes.bytesTotal) : '')),
        right: true,
      },
      {
        title: '',
        cells: figures.map((b) => (b ? `${formatBytes(b.bytesDone)} of ${formatBytes(b.bytesTotal)}` : '')),
        right: true,
        dispensable: 1,
      },
      {
        title: '',
        cells: moves.map(pace),
        paint: (text, row) => (isRunning(moves[row]!) ? text : paint('yellow', text)),
      },
    ],
    columns,
    paint,
  )
  return rows
}

function isRunning({ progress }: MovePicture): boolean {
  return progress.state === 'running'
}

/** Rate and time left while bytes flow, else the state it is in. */
function pace({ progress, bytesPerSecond }: MovePicture): string {
  if (progress.state !== 'running') return progress.state
  if (progress.move.kind === 'leader' || bytesPerSecond === undefined) return ''
  const rate = `${formatBytes(bytesPerSecond)}/s`
  if (bytesPerSecond === 0) return rate
  const left = formatDuration((Math.max(0, progress.bytesTotal - progress.bytesDone) / bytesPerSecond) * 1000)
  return `${rate}  ${left} left`
}

function diskBar({ diskBytes, capacityBytes }: NodeForecast, width: number): string {
  const now = bar(diskBytes.now / capacityBytes, width)
  if (diskBytes.final === diskBytes.now) return now
  const mark = within(Math.round((diskBytes.final / capacityBytes) * width), width - 1)
  return `${now.slice(0, mark)}│${now.slice(mark + 1)}`
}

function bar(ratio: number, width: number): string {
  const full = Number.isFinite(ratio) ? within(Math.round(ratio * width), width) : 0
  return '█'.repeat(full) + '░'.repeat(width - full)
}

function paintBar(text: string, paint: Paint): string {
  return text
    .replaceAll(/█+/g, (cells) => paint('green', cells))
    .replaceAll(/░+/g, (cells) => paint('dim', cells))
    .replaceAll('│', (mark) => paint('yellow', mark))
}

function percent(part: number, whole: number): string {
  return whole > 0 ? `${((part / whole) * 100).toFixed(1)}%` : ''
}

function change({ now, final }: { now: number; final: number }): string {
  return now === final ? String(now) : `${now} → ${final}`
}

/** UTC. */
function clockTime(atMs: number): string {
  return formatTime(atMs).slice(11, 19)
}
