/** A real Prometheus on loopback for the length of a test. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Launched } from '../launched.ts'
import { freePort } from '../ports.ts'
import { freshDir, launch } from '../sandbox.ts'
import { until } from '../wait.ts'

export interface PrometheusOptions {
  /** host:port of what is scraped, by job. */
  jobs: Record<string, string[]>
  /** From one scrape to the next; 1 s unless given. Rules are evaluated every second. */
  scrapeSeconds?: number
  /** Texts of rule files, by name. */
  rules?: Record<string, string>
  /** host:port */
  alertmanager?: string
}

/** One series: its labels and what it was, by the second. */
export interface Series {
  metric: Record<string, string>
  /** Unix seconds and value. */
  values: [number, number][]
}

/** A rule as it was evaluated last. */
export interface EvaluatedRule {
  name: string
  type: 'alerting' | 'recording'
  health: 'ok' | 'err' | 'unknown'
  lastError?: string
}

/** Made by `startPrometheus`. */
export class Prometheus {
  readonly url: string
  readonly #process: Launched

  /** For `startPrometheus` only. */
  constructor(url: string, process: Launched) {
    this.url = url
    this.#process = process
  }

  /** The values of an expression now. @throws Error with what Prometheus has against it */
  async query(expr: string): Promise<Series[]> {
    const { result } = await this.#get<{ result: RawSeries[] }>('query', { query: expr })
    return result.map(({ metric, value }) => ({ metric, values: [numbers(value!)] }))
  }

  /** The values of an expression from `from` to `to`, Unix seconds. @throws Error with what Prometheus has against it */
  async queryRange(expr: string, from: number, to: number, stepSeconds = 1): Promise<Series[]> {
    const range = { start: `${from}`, end: `${to}`, step: `${stepSeconds}` }
    const { result } = await this.#get<{ result: RawSeries[] }>('query_range', { query: expr, ...range })
    return result.map(({ metric, values }) => ({ metric, values: values!.map(numbers) }))
  }

  /** What was kept of the series of a selector in the last seconds, as it was kept. @throws Error with what Prometheus has against it */
  async samples(selector: string, seconds: number): Promise<Series[]> {
    const { result } = await this.#get<{ result: RawSeries[] }>('query', {
      query: `${selector}[${Math.ceil(seconds)}s]`,
    })
    return result.map(({ metric, values }) => ({ metric, values: values!.map(numbers) }))
  }

  async rules(): Promise<EvaluatedRule[]> {
    const { groups } = await this.#get<{ groups: { rules: EvaluatedRule[] }[] }>('rules', {})
    return groups.flatMap((group) => group.rules)
  }

  /** How many evaluations of rules have failed since it started. */
  async failedEvaluations(): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`, { signal: AbortSignal.timeout(10_000) })).text()
    const counts = [...text.matchAll(/^prometheus_rule_evaluation_failures_total\{.*\} (\S+)$/gm)].map(([, count]) =>
      Number(count),
    )
    if (counts.length === 0) throw new Error('Prometheus does not tell how many evaluations have failed')
    return counts.reduce((sum, count) => sum + count, 0)
  }

  /** Waits until an expression has a value. @throws Error when it has none within `deadlineMs` */
  async has(what: string, expr: string, deadlineMs: number): Promise<Series[]> {
    return until(
      what,
      deadlineMs,
      async () => {
        const found = await this.query(expr)
        return found.length > 0 && found
      },
      250,
    )
  }

  stop(): Promise<void> {
    return this.#process.end('SIGTERM')
  }

  async #get<Data>(path: string, parameters: Record<string, string>): Promise<Data> {
    const response = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`, {
      signal: AbortSignal.timeout(10_000),
    })
    const answer = (await response.json()) as { status: string; error?: string; data: Data }
    if (answer.status !== 'success') throw new Error(`${parameters['query'] ?? path}: ${answer.error}`)
    return answer.data
  }
}

/**
 * Starts it and waits until it answers.
 * @throws Error with what it printed when it does not start, as it does with rules that are wrong
 */
export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const dir = await freshDir('prometheus')
  const rules = Object.entries(options.rules ?? {})
  for (const [name, text] of rules) await writeFile(join(dir, name), text)
  const scrape = `${options.scrapeSeconds ?? 1}s`
  const config = join(dir, 'prometheus.yml')
  await writeFile(
    config,
    stringify({
      global: { scrape_interval: scrape, scrape_timeout: scrape, evaluation_interval: '1s' },
      rule_files: rules.map(([name]) => name),
      scrape_configs: Object.entries(options.jobs).map(([job, targets]) => ({
        job_name: job,
        static_configs: [{ targets }],
      })),
      ...(options.alertmanager === undefined
        ? {}
        : { alerting: { alertmanagers: [{ static_configs: [{ targets: [options.alertmanager] }] }] } }),
    }),
  )
  const address = `127.0.0.1:${await freePort()}`
  const data = `--storage.tsdb.path=${join(dir, 'data')}`
  const process = await launch('prometheus', [`--config.file=${config}`, `--web.listen-address=${address}`, data])
  try {
    await process.printed('Server is ready to receive web requests', 20_000)
  } catch (error) {
    await process.end('SIGKILL')
    throw error
  }
  return new Prometheus(`http://${address}`, process)
}

interface RawSeries {
  metric: Record<string, string>
  value?: [number, string]
  values?: [number, string][]
}

function numbers([atSeconds, text]: [number, string]): [number, number] {
  return [atSeconds, text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)]
}
