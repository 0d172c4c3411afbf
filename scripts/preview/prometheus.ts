/** Questions to Prometheus as Grafana asks them. */

/** Seconds since the epoch, and seconds. */
export interface Range {
  from: number
  to: number
  step: number
  rateInterval: number
}

const deadlineMs = 30_000
const pointsPerPanel = 700
const units: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** A step of about a pixel, no shorter than the scrape interval; `$__rate_interval` as the data source computes it. */
export function rangeOf(since: string, scrapeInterval: string, end?: string): Range {
  const scrape = seconds(scrapeInterval)
  const span = seconds(since)
  const step = Math.max(scrape, Math.ceil(span / pointsPerPanel))
  const to = Math.floor((end === undefined ? Date.now() / 1000 : Number(end)) / step) * step
  return { from: to - Math.floor(span / step) * step, to, step, rateInterval: Math.max(step + scrape, 4 * scrape) }
}

/** @throws Error with the expression and what Prometheus says of it */
export async function ask(prometheus: URL, query: string, range: Range, instant: boolean): Promise<unknown[]> {
  const { from, to, step } = range
  const times = instant ? { time: String(to) } : { start: String(from), end: String(to), step: String(step) }
  const url = new URL(`api/v1/${instant ? 'query' : 'query_range'}`, withSlash(prometheus))
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ query, ...times }),
    signal: AbortSignal.timeout(deadlineMs),
  })
  const answer = (await response.json()) as { status: string; error?: string; data?: { result: unknown[] } }
  if (answer.status !== 'success' || !answer.data) throw new Error(`${query}: ${answer.error}`)
  return answer.data.result
}

/** @throws Error where no series has the label */
export async function firstValue(prometheus: URL, metric: string, label: string, range: Range): Promise<string> {
  const [series] = (await ask(prometheus, `count by (${label}) (${metric})`, range, true)) as {
    metric: Record<string, string>
  }[]
  const value = series?.metric[label]
  if (value === undefined) throw new Error(`${prometheus.href} knows no ${metric}: is evenkeel scraped by it?`)
  return value
}

function seconds(duration: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(duration) ?? []
  if (count === undefined) throw new Error(`${duration}: give a duration such as 15s, 30m, 6h`)
  return Number(count) * units[unit]!
}

function withSlash(url: URL): URL {
  return new URL(url.pathname.endsWith('/') ? url : `${url.href}/`)
}
