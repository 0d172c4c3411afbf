/** What the page shows of one cluster. */
import type { Decision } from '../../cluster/decision.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { conflicts, wishes } from './conflicts.ts'
import { decisions } from './decisions.ts'
import { type Html, html } from './html.ts'
import { moves } from './moves.ts'
import { type NodeChoice, nodes } from './nodes.ts'
import { clusterLinks, overview, violations } from './overview.ts'
import { plan } from './plan.ts'
import { tables } from './tables.ts'

export interface PageFacts {
  views: readonly ClusterView[]
  /** The one that is shown. */
  view: ClusterView
  choice: NodeChoice
  decisions: readonly Decision[]
  /** Why the config as it is on disk is not in force; undefined while it is. */
  configRefused: string | undefined
  nowMs: number
}

export function pageBody({ views, view, choice, decisions: decided, configRefused, nowMs }: PageFacts): Html {
  return html`${clusterLinks(views, view.name)}
${configRefused !== undefined && html`<section id="config" aria-label="Config"><p class="error">The config file is not in force: ${configRefused}</p></section>`}
${overview(view, nowMs)}
${violations(view, nowMs)}
${conflicts(view)}
${wishes(view)}
${nodes(view, choice)}
${moves(view)}
${tables(view)}
${plan(view)}
${decisions(decided, nowMs)}
`
}
