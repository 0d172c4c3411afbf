/** What was decided lately, and what came of it. */
import type { Decision } from '../../cluster/decision.ts'
import { type Html, html } from './html.ts'
import { ago, firstOf, type Head, section, table } from './words.ts'

const SHOWN = 15

export function decisions(all: readonly Decision[], nowMs: number): Html {
  const rows = firstOf(all, SHOWN).shown.map(
    ({
      id,
      fromMs,
      verdict,
      rounds,
      plannedCount,
      begunCount,
    }) => html`<tr><th scope="row"><code>${id}</code></th><td>${ago(fromMs, nowMs)}</td>
      <td><code>${verdict.code}</code></td><td class="number">${rounds}</td><td class="number">${plannedCount}</td><td class="number">${begunCount}</td><td>${verdict.text}</td></tr>`,
  )
  const heads: Head[] = ['Id', 'When', 'Verdict', ['Rounds'], ['Planned'], ['Begun'], 'Why']
  return section(
    'decisions',
    'Decisions',
    rows.length === 0 ? html`<p>None yet.</p>` : table('decisions', heads, html`<tbody>${rows}</tbody>`),
  )
}
