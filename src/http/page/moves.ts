/** What moves, what waits, and what ended lately. */
import type { MoveProgress } from '../../cluster/events.ts'
import { bytesOf, copies, subjectOf } from '../../cluster/move.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { formatBytes, formatCount, formatPercent, formatRate } from '../../lib/units.ts'
import { remainingBytes } from '../control-api.ts'
import { type Html, html } from './html.ts'
import { firstOf, type Head, lasting, moveHead, partDone, section, table, wayOf } from './words.ts'

const RUNNING_SHOWN = 100
const WAITING_SHOWN = 10
const ENDED_SHOWN = 15

export function moves({ running, pending, ended }: ClusterView): Html {
  const { shown, more } = firstOf(running, RUNNING_SHOWN)
  const nothing = running.length + pending.length === 0
  return section('moves', 'Moves', [
    nothing
      ? html`<p>Nothing moves and nothing waits.</p>`
      : html`<p>${formatCount(running.length, 'move')} running, ${pending.length} waiting, ${formatBytes(remainingBytes({ running, pending }))} to copy.</p>`,
    shown.length > 0 &&
      table(
        'running moves',
        ['Of', 'Progress', 'Way', ['Rate'], ['Left'], 'Why', 'Act'],
        html`<tbody>${shown.map(runningRow)}</tbody>`,
      ),
    more > 0 && html`<p>And ${more} more that run.</p>`,
    waiting(pending),
    lately(ended),
  ])
}

function runningRow(progress: MoveProgress): Html {
  const { move, state, text, bytesDone, bytesTotal, bytesPerSecond, remainingMs } = progress
  const subject = subjectOf(move)
  const part = partDone(progress)
  const words = part === undefined ? state : `${formatPercent(part)} of ${formatBytes(bytesTotal)}`
  return html`<tr data-key="${move.id}">${moveHead(move)}
    <td class="text">${part !== undefined && html`<progress max="${bytesTotal}" value="${Math.min(bytesDone, bytesTotal)}" aria-label="${subject}"></progress> `}<span>${words}</span>${
      state !== 'running' && part !== undefined && html` <b class="bad">${state}</b>`
    }${text !== undefined && html`<br><small>${text}</small>`}</td><td class="way">${wayOf(move)}</td>
    <td class="number">${bytesPerSecond === undefined ? '' : formatRate(bytesPerSecond)}</td>
    <td class="number">${remainingMs === undefined ? '' : lasting(remainingMs)}</td><td><code>${move.reason}</code></td>
    <td><button type="button" data-dialog="cancel" data-subject="${subject}" aria-label="Cancel ${subject}">Cancel</button></td></tr>`
}

function waiting(pending: ClusterView['pending']): Html | undefined {
  if (pending.length === 0) return undefined
  const { shown, more } = firstOf(pending, WAITING_SHOWN)
  const rows = shown.map(
    (
      move,
    ) => html`<tr data-key="${move.id}">${moveHead(move)}<td class="number">${copies(move) ? formatBytes(bytesOf(move)) : ''}</td><td class="way">${wayOf(move)}</td>
      <td><code>${move.reason}</code></td></tr>`,
  )
  return html`<h3>Waiting</h3>${table('waiting moves', ['Of', ['Size'], 'Way', 'Why'], html`<tbody>${rows}</tbody>`)}
    ${more > 0 && html`<p>And ${more} more: <code>evenkeel moves</code> lists them.</p>`}`
}

function lately(ended: readonly MoveProgress[]): Html | undefined {
  if (ended.length === 0) return undefined
  const rows = firstOf(ended, ENDED_SHOWN).shown.map(
    ({
      move,
      state,
      text = '',
      startedAtMs,
      bytesDone,
    }) => html`<tr data-key="${move.id} ${startedAtMs}">${moveHead(move)}<td${state !== 'done' && html` class="bad"`}>${state}</td>
      <td class="number">${copies(move) ? formatBytes(bytesDone) : ''}</td><td class="way">${wayOf(move)}</td><td><code>${move.reason}</code></td><td class="text">${text}</td></tr>`,
  )
  const heads: Head[] = ['Of', 'Result', ['Copied'], 'Way', 'Why', 'What happened']
  return html`<h3>Ended lately</h3>${table('moves that ended lately', heads, html`<tbody>${rows}</tbody>`)}`
}
