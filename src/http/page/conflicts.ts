/** Who else is at work here, what else should be known, and what people have asked for. */
import { drainText, orderText, placedText } from '../../cluster/wish-texts.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { formatCount } from '../../lib/units.ts'
import { clusterJson } from '../control-api.ts'
import { type Html, html } from './html.ts'
import { section } from './words.ts'

export function conflicts({ report }: ClusterView): Html | undefined {
  if (!report) return undefined
  const { foreignMoves, throttle, missingNodes, notes } = report
  const { nodes = [], topics = [] } = throttle?.foreign ?? {}
  const lines = [
    ...(foreignMoves > 0
      ? [`Somebody else runs ${formatCount(foreignMoves, 'move')}: balance waits for the end of it.`]
      : []),
    ...(nodes.length + topics.length > 0
      ? [
          `Somebody else limits replication of ${formatCount(nodes.length, 'node')} and ${formatCount(topics.length, 'topic')}.`,
        ]
      : []),
    ...(missingNodes.length > 0 ? [`No figures came from ${missingNodes.join(', ')}.`] : []),
    ...notes,
  ]
  return section(
    'conflicts',
    'Conflicts and notes',
    lines.length === 0 ? html`<p>Nobody else moves or limits anything here.</p>` : list(lines),
  )
}

/** Nothing where nobody asked for anything. */
export function wishes(view: ClusterView): Html | undefined {
  const { drains, orders = [], placed = [], asked = [] } = clusterJson(view)
  const lines = [
    ...drains.map((drain) => `drain: ${drainText(drain)}`),
    ...orders.map(orderText),
    ...asked.map((table) => `${table} is to be rebalanced`),
    ...(placed.length > 0 ? [placedText(placed)] : []),
  ]
  return lines.length === 0 ? undefined : section('wishes', 'Asked for', list(lines))
}

function list(lines: readonly string[]): Html {
  return html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`
}
