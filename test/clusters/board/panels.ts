/** The queries of the dashboard's panels and annotations, tried on a Prometheus that has seen a cluster. */
import { readFileSync } from 'node:fs'
import { allQueries, type ClassicDashboard, substitute } from '../../../scripts/grafana/queries.ts'
import type { Prometheus, Series } from '../prometheus/server.ts'

interface Asked {
  /** Panel and query, or what is marked. */
  name: string
  expr: string
  legend: string
}

export interface Tried extends Asked {
  /** Values that are numbers, over the whole time, of the first cluster that has any. */
  values: number
  /** Labels that its legend names and that a series lacks. */
  missingLabels: string[]
}

const dashboard = JSON.parse(readFileSync('grafana/evenkeel.json', 'utf8')) as ClassicDashboard & {
  annotations: { list: { name: string; expr: string; titleFormat: string }[] }
}

/** Every query of the dashboard, those of annotations last. */
export const queries: Asked[] = [
  ...allQueries(dashboard).map(({ row, panel, refId, expr, legend }) => ({
    name: `${row}: ${panel} ${refId}`,
    expr,
    legend,
  })),
  ...dashboard.annotations.list.map(({ name, expr, titleFormat }) => {
    return { name: `marked: ${name}`, expr, legend: titleFormat }
  }),
]

/** How many panels they are of. */
export const panels = new Set(allQueries(dashboard).map(({ row, panel }) => `${row}: ${panel}`)).size

/**
 * Asks each query for the whole time, of one cluster after the other until there is a number.
 * @throws Error with what Prometheus has against a query
 */
export async function tryQueries(
  prometheus: Prometheus,
  clusters: string[],
  { from, to }: { from: number; to: number },
): Promise<Tried[]> {
  return Promise.all(
    queries.map(async (asked) => {
      const found: Series[] = []
      for (const managed_cluster of clusters) {
        const variables = { job: 'evenkeel', node_id: '.+', managed_cluster, __rate_interval: '5m', __range: '15m' }
        found.push(...(await prometheus.queryRange(substitute(asked.expr, variables), from, to, 2)))
        if (numbersIn(found) > 0) break
      }
      const values = numbersIn(found)
      const named = [...asked.legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label!)
      const missingLabels = named.filter((label) => found.some(({ metric }) => !(label in metric)))
      return { ...asked, values, missingLabels }
    }),
  )
}

function numbersIn(found: Series[]): number {
  return found.flatMap(({ values }) => values).filter(([, value]) => !Number.isNaN(value)).length
}
