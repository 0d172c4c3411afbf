/** The dashboard that ships with evenkeel: grafana/evenkeel.json is made from it by `npm run docs`. */
import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  type Panel,
  type RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { annotations } from './annotations.ts'
import { links } from './links.ts'
import type { Placed } from './panels.ts'
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

/** One question, and the panels that answer it. */
export interface Row {
  /** A multiple of 100; those of its panels follow it. */
  id: number
  title: string
  /** Asked for only when it is opened. */
  collapsed?: boolean
  /** From the left to the right; a list is a column of panels of one width. */
  panels: readonly (Placed | readonly Placed[])[]
}

const rows: readonly Row[] = [now, why, cluster, balance, moves, pinot, impact, daemon, clusters]

export function dashboard(): Dashboard {
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
  return { ...built, id: null, panels: laidOut(rows) }
}

/** The files that users take, as text by path. */
export function dashboardFiles(): Record<string, string> {
  return { 'grafana/evenkeel.json': `${JSON.stringify(dashboard(), null, 2)}\n` }
}

const columns = 24

function laidOut(all: readonly Row[]): (Panel | RowPanel)[] {
  let y = 0
  return all.flatMap(({ id, title, collapsed = false, panels }) => {
    const row: RowPanel = {
      type: 'row',
      id,
      title,
      collapsed,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: [],
    }
    const flow = flowed(panels, y + 1)
    if (collapsed) {
      y += 1
      return [{ ...row, panels: flow.panels }]
    }
    y = flow.end
    return [row, ...flow.panels]
  })
}

/** From the left to the right, a new line where one is full. */
function flowed(placed: Row['panels'], top: number): { panels: Panel[]; end: number } {
  let [x, y, end] = [0, top, top]
  const panels = placed.flatMap((one) => {
    const stack = 'panel' in one ? [one] : one
    const width = Math.max(...stack.map((each) => each.width))
    if (x + width > columns) [x, y] = [0, end]
    let below = y
    const built = stack.map(({ height, panel }) => {
      const gridPos = { x, y: below, w: width, h: height }
      below += height
      return { ...panel.build(), gridPos }
    })
    x += width
    end = Math.max(end, below)
    return built
  })
  return { panels, end }
}
