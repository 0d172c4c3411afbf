/**
 * Draws the dashboard of grafana/evenkeel.json with Grafana's own components, fed by a real Prometheus:
 * `npm run preview -- --prometheus http://127.0.0.1:9090 --out pictures`. What it draws is not Grafana, and says so.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { allPanels, type ClassicDashboard, substitute } from './grafana/queries.ts'
import { bundle } from './preview/bundle.ts'
import { draw } from './preview/draw.ts'
import { ask, firstValue, type Range, rangeOf } from './preview/prometheus.ts'

const usage = `usage: npm run preview -- --prometheus URL [--out DIR] [--since 1h] [--end UNIX_SECONDS]
         [--cluster NAME] [--scrape-interval 15s] [--width 1920]`

try {
  await preview()
} catch (error) {
  const { message, cause } = error as Error
  console.error(cause instanceof Error ? `${message}: ${cause.message}` : message)
  process.exitCode = 1
}

async function preview(): Promise<void> {
  const { values: flags } = parseArgs({
    options: {
      prometheus: { type: 'string' },
      out: { type: 'string', default: '.cache/preview/pictures' },
      since: { type: 'string', default: '1h' },
      end: { type: 'string' },
      cluster: { type: 'string' },
      'scrape-interval': { type: 'string', default: '15s' },
      width: { type: 'string', default: '1920' },
    },
  })
  if (flags.prometheus === undefined) throw new Error(usage)
  const prometheus = new URL(flags.prometheus)
  const dashboard = JSON.parse(await readFile('grafana/evenkeel.json', 'utf8')) as ClassicDashboard
  const range = rangeOf(flags.since, flags['scrape-interval'], flags.end)
  const cluster = flags.cluster ?? (await firstValue(prometheus, 'evenkeel_status', 'managed_cluster', range))
  const results = await answers(prometheus, dashboard, cluster, range)
  await mkdir(flags.out, { recursive: true })
  const values = [
    ['Data source', prometheus.host],
    ['Job', 'All'],
    ['Cluster', cluster],
    ['Node', 'All'],
  ] as const
  const board = { dashboard, results, range: inPage(range), values, width: Number(flags.width) }
  for (const file of await draw(board, await bundle(), flags.out)) console.log(file)
}

/** What Prometheus says to each query, by `panel/refId`. */
async function answers(
  prometheus: URL,
  dashboard: ClassicDashboard,
  cluster: string,
  range: Range,
): Promise<Record<string, unknown>> {
  const variables = {
    job: '.+',
    node_id: '.+',
    managed_cluster: cluster,
    __rate_interval: `${range.rateInterval}s`,
    __interval: `${range.step}s`,
    __range: `${range.to - range.from}s`,
  }
  const all: Record<string, unknown> = {}
  for (const [, { id, targets = [] }] of allPanels(dashboard)) {
    for (const { refId, expr = '', instant = false } of targets) {
      all[`${id}/${refId}`] = await ask(prometheus, substitute(expr, variables), range, instant)
    }
  }
  return all
}

/** In milliseconds, with the moments at which every query was asked. */
function inPage({ from, to, step }: Range) {
  const times = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => (from + index * step) * 1000)
  return { from: from * 1000, to: to * 1000, times }
}
