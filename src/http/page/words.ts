/** How the page says things that several sections say. */
import type { MoveProgress } from '../../cluster/events.ts'
import { isOfPartition, type Move, partitionName } from '../../cluster/move.ts'
import type { NodeId } from '../../cluster/state.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatDuration } from '../../lib/units.ts'
import { type Filling, type Html, html } from './html.ts'

const DASH = '–'

/** A moment, with how long ago it is where the reader looks. */
export function ago(atMs: number, nowMs: number): Html {
  const time = formatTime(atMs)
  return html`<time datetime="${time}" title="${time}">${lasting(nowMs - atMs)} ago</time>`
}

/** In whole seconds: the page is looked at by people, every few seconds. */
export function lasting(ms: number): string {
  return formatDuration(Math.max(0, Math.floor(ms / 1000) * 1000))
}

/** Now and what the plan makes of it, once where it stays. */
export function change(now: number, final: number): string {
  return now === final ? `${now}` : `${now} → ${final}`
}

export function subjectOfMove(move: Move): string {
  return isOfPartition(move) ? partitionName(move) : move.topic
}

/** From where to where a move leads. */
export function wayOf(move: Move): string {
  if (isOfPartition(move)) return move.from === move.to ? `within ${move.from}` : `${move.from} → ${move.to}`
  if (move.kind === 'brokers') return `${nodes(move.before)} → ${nodes(move.after)}`
  const [gains, gives] = [move.shares.filter(({ adds }) => adds > 0), move.shares.filter(({ removes }) => removes > 0)]
  return `${nodes(gives.map(({ node }) => node))} → ${nodes(gains.map(({ node }) => node))}`
}

function nodes(ids: readonly NodeId[]): string {
  if (ids.length === 0) return DASH
  return ids.length > 3 ? `${ids.slice(0, 2).join(', ')} and ${ids.length - 2} more` : ids.join(', ')
}

/** Part of its bytes that has been moved, 0 to 1; undefined where nothing is copied. */
export function partDone({ bytesDone, bytesTotal }: MoveProgress): number | undefined {
  return bytesTotal > 0 ? Math.min(1, bytesDone / bytesTotal) : undefined
}

/** The head of a column; a list of one: of figures. */
export type Head = string | [figures: string]

/** A table in a box that scrolls by itself; keyboards can reach it. */
export function table(label: string, heads: readonly Head[], rows: Filling): Html {
  return html`<div class="wide" role="region" aria-label="Table of ${label}" tabindex="0"><table><thead><tr>${heads.map(
    (head) => html`<th scope="col"${typeof head !== 'string' && html` class="number"`}>${head}</th>`,
  )}</tr></thead>${rows}</table></div>`
}

/** A section that is exchanged as a whole when something in it has changed. */
export function section(id: string, title: string, content: Filling): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>`
}

/** The first of a list, and how many there are beyond. */
export function firstOf<Item>(items: readonly Item[], most: number): { shown: readonly Item[]; more: number } {
  return { shown: items.slice(0, most), more: Math.max(0, items.length - most) }
}
