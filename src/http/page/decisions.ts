/** What was decided lately, and what came of it. */
import type { Decision } from '../../cluster/decision.ts'
import { type Html, html } from './html.ts'
import { ago, firstOf, type Head, section, table } from './words.ts'

const SHOWN = 15

export function decisions(all: readonly Decision[], nowMs: number): Html {
  const rows = firstOf(all, SHOWN).shown.map(
    ({ id, fromMs, verdict, rounds, plannedCount, begunCount }) =>
      html`<tr data-key="${id}"><th scope="row">${ago(fromMs, nowMs)}</th><td><code>${verdict.code}</code></td><td class="text">${verdict.text}</td>
      <td class="number">${plannedCount}</td><td class="number">${begunCount}</td><td class="number">${rounds}</td><td><code>${id}</code></td></tr>`,
  )
  const heads: Head[] = ['When', 'Verdict', 'Why', ['Planned'], ['Begun'], ['Rounds'], 'Id']
  return section(
    'decisions',
    'Decisions',
    rows.length === 0 ? html`<p>None yet.</p>` : table('decisions', heads, html`<tbody>${rows}</tbody>`),
  )
}
