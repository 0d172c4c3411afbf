/** How the page says things that several sections say. */
import type { MoveProgress } from '../../cluster/events.ts'
import { isOfPartition, type Move, routeOf, subjectOf } from '../../cluster/move.ts'
import type { NodeId } from '../../cluster/state.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatDuration } from '../../lib/units.ts'
import { type Filling, type Html, html } from './html.ts'

/** A moment, with how long ago it is where the reader looks. */
export function ago(atMs: number, nowMs: number): Html {
  const time = formatTime(atMs)
  const words = nowMs - atMs < 1000 ? 'just now' : `${lasting(nowMs - atMs)} ago`
  return html`<time datetime="${time}" title="${time}">${words}</time>`
}

/** In whole seconds: the page is looked at by people, every few seconds. */
export function lasting(ms: number): string {
  return ms < 1000 ? '0s' : formatDuration(Math.floor(ms / 1000) * 1000)
}

/** Now and what the plan makes of it, once where it stays. */
export function change(now: number, final: number): string {
  return now === final ? `${now}` : `${now} → ${final}`
}

/** A sentence that stands by itself. */
export function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1)
}

/** From where to where a move leads. */
export function wayOf(move: Move): string {
  const { from, to } = routeOf(move)
  return isOfPartition(move) && from === to ? `within ${from}` : `${from} → ${to}`
}

/** The name of what is moved, at the head of its row; it leads to why. */
export function moveHead(move: Move): Html {
  const subject = subjectOf(move)
  const kind = isOfPartition(move) ? 'partition' : 'table'
  return html`<th scope="row">${whyButton(kind, subject)}${move.kind !== 'replica' && html` <small>${move.kind}</small>`}</th>`
}

export function nodeHead(id: NodeId): Html {
  return html`<th scope="row">${whyButton('node', String(id))}</th>`
}

/** Asks for an explanation of it. */
export function whyButton(kind: 'node' | 'partition' | 'table', subject: string): Html {
  return html`<button type="button" class="name" data-why="${kind}" data-subject="${subject}" aria-haspopup="dialog" title="Why is it so?">${subject}</button>`
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

/** A part of the page with a heading, which takes the focus when what had it is gone. */
export function section(id: string, title: string, content: Filling): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title" tabindex="-1">${title}</h2>${content}</section>`
}

/** The first of a list, and how many there are beyond. */
export function firstOf<Item>(items: readonly Item[], most: number): { shown: readonly Item[]; more: number } {
  return { shown: items.slice(0, most), more: Math.max(0, items.length - most) }
}
