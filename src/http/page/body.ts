/** What the page shows of one cluster, as sections that are exchanged one by one. */
import type { Decision } from '../../cluster/decision.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { decisions } from './decisions.ts'
import { type Html, html } from './html.ts'
import { moves, plan } from './moves.ts'
import { nodes } from './nodes.ts'
import { clusterLinks, conflicts, overview, violations } from './overview.ts'
import { tables } from './tables.ts'

export interface PageFacts {
  views: readonly ClusterView[]
  /** The one that is shown. */
  view: ClusterView
  decisions: readonly Decision[]
  /** Why the config as it is on disk is not in force; undefined while it is. */
  configRefused: string | undefined
  nowMs: number
}

export function pageBody({ views, view, decisions: decided, configRefused, nowMs }: PageFacts): Html {
  return html`${clusterLinks(views, view.name)}
${configRefused !== undefined && html`<section id="config" aria-label="Config"><p class="error">The config file is not in force: ${configRefused}</p></section>`}
${overview(view, nowMs)}
${violations(view, nowMs)}
${nodes(view)}
${moves(view)}
${plan(view)}
${tables(view)}
${conflicts(view)}
${decisions(decided, nowMs)}
`
}
