/** The dashboard that ships with evenkeel: grafana/evenkeel.json is made from it by `npm run docs`. */
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkPlacement,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { annotations } from './annotations.ts'
import { laidOut, type Row } from './layout.ts'
import { links } from './links.ts'
import { balance } from './rows/balance.ts'
import { cluster } from './rows/cluster.ts'
import { clusters } from './rows/clusters.ts'
import { daemon } from './rows/daemon.ts'
import { impact } from './rows/impact.ts'
import { moves } from './rows/moves.ts'
import { now } from './rows/now.ts'
import { pinot } from './rows/pinot.ts'
import { why } from './rows/why.ts'
import { variables } from './variables.ts'

const hidden: string = DashboardLinkPlacement.InControlsMenu

const rows: readonly Row[] = [now, why, cluster, balance, moves, pinot, impact, daemon, clusters]

function dashboard(): Dashboard {
  const built = new DashboardBuilder('evenkeel')
    .uid('evenkeel')
    .description(
      'What evenkeel does with a Kafka or Apache Pinot cluster, why it does not do more, and what that does to the cluster.',
    )
    .tags(['evenkeel', 'kafka', 'pinot', 'rebalancing'])
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-6h', to: 'now' })
    .refresh('30s')
    .variables(variables)
    .annotations(annotations)
    .links(links)
    .build()
  return visible({ ...built, id: null, panels: laidOut(rows) })
}

/** The SDK hides every link and annotation in a menu unless told otherwise, and cannot be told. */
function visible<Value>(value: Value): Value {
  const text = JSON.stringify(value, (key, one: unknown) => (key === 'placement' && one === hidden ? undefined : one))
  return JSON.parse(text) as Value
}

/** The files that users take, as text by path. */
export function dashboardFiles(): Record<string, string> {
  return { 'grafana/evenkeel.json': `${JSON.stringify(dashboard(), null, 2)}\n` }
}
