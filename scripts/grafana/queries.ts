/** The queries of a dashboard in Grafana's classic model, as plain data. Pure, so that tests and tools share it. */

/** What this module reads of the classic model. */
export interface ClassicDashboard {
  panels?: readonly ClassicPanel[]
}

interface ClassicPanel {
  type: string
  id?: number
  title?: string
  targets?: readonly Target[]
  /** Of a row that is collapsed: its panels. */
  panels?: readonly ClassicPanel[]
}

interface Target {
  refId?: string
  expr?: string
  legendFormat?: string
  instant?: boolean
}

export interface Query {
  panel: string
  /** Empty above the first row. */
  row: string
  refId: string
  /** PromQL with Grafana's variables. */
  expr: string
  /** Grafana's pattern with `{{label}}`; empty where the panel is a table. */
  legend: string
  /** Asked for one moment; else over the time range. */
  instant: boolean
}

/** Panels in their order, those of collapsed rows too, each with the title of its row. */
export function allPanels<Panel extends ClassicPanel>(dashboard: { panels?: readonly Panel[] }): [string, Panel][] {
  let row = ''
  return (dashboard.panels ?? []).flatMap((panel): [string, Panel][] => {
    if (panel.type !== 'row') return [[row, panel]]
    row = panel.title ?? ''
    return ((panel.panels ?? []) as readonly Panel[]).map((inner) => [row, inner])
  })
}

/** Every query of every panel, in the order of the panels. */
export function allQueries(dashboard: ClassicDashboard): Query[] {
  return allPanels(dashboard).flatMap(([row, panel]) =>
    (panel.targets ?? []).map((target) => ({
      panel: panel.title ?? '',
      row,
      refId: target.refId ?? '',
      expr: target.expr ?? '',
      legend: target.legendFormat ?? '',
      instant: target.instant === true,
    })),
  )
}

/** Values of Grafana's own variables where nobody says otherwise: those that dashboard-linter takes. */
const builtIn: Record<string, string> = { __rate_interval: '5m', __interval: '1m', __range: '1h' }

/**
 * The expression with the variables `$name` and `${name}` (or `${name:format}`) replaced. A variable without a value
 * stays as it is, and Prometheus refuses it.
 */
export function substitute(expr: string, values: Readonly<Record<string, string>> = {}): string {
  const all: Record<string, string> = { ...builtIn, ...values }
  return expr.replace(/\$(?:(\w+)|\{(\w+)(?::\w+)?\})/g, (whole, plain?: string, braced?: string) => {
    return all[plain ?? braced ?? ''] ?? whole
  })
}
