/** How the page says things that several sections say. */
import type { MoveProgress } from '../../cluster/events.ts'
import { isOfPartition, type Move, routeOf } from '../../cluster/move.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatDuration } from '../../lib/units.ts'
import { type Filling, type Html, html } from './html.ts'

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

/** From where to where a move leads. */
export function wayOf(move: Move): string {
  const { from, to } = routeOf(move)
  return isOfPartition(move) && from === to ? `within ${from}` : `${from} → ${to}`
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
