/** What the table of families promises: of itself, of what exists from the start, and of what may never be exported. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { routes } from '../../src/http/routes.ts'
import { type Family, families, prefix } from '../../src/observe/families.ts'
import { fromTheStart } from '../../src/observe/instruments.ts'
import { handler, isClosed, isOpen, node, table } from '../../src/observe/labels.ts'
import { createMetrics } from '../../src/observe/metrics.ts'
import { fillable, MINUTE, startLoop } from '../daemon/support.ts'
import { samplesOf, strangersIn } from '../support/exposition.ts'
import { event, forecast, progress, report, settingsInForce } from './support.ts'
import { tableMove, target } from './tables.ts'

const all: readonly Family[] = families
const build = { version: '0.1.0', revision: 'abc', nodeVersion: 'v20' }

function registered(name = 'demo') {
  const metrics = createMetrics(build)
  metrics.registerCluster({ name, settings: settingsInForce })
  return metrics
}

async function samples(metrics: ReturnType<typeof createMetrics>, name: string) {
  const { body } = await metrics.render()
  return samplesOf(body).filter((sample) => sample.name === prefix + name)
}

async function dropped(metrics: ReturnType<typeof createMetrics>, name: string) {
  const counts = await samples(metrics, 'dropped_series_total')
  return counts.find(({ labels }) => labels['metric'] === prefix + name)?.value
}

describe('the table', () => {
  it('names each family once, by the unit that it is in', () => {
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length)
    const units = all.map(({ name }) => {
      const word = /_(timestamp_seconds|bytes_per_second|bytes|seconds|ratio)(_total)?$/.exec(name)?.[1]
      return word === 'timestamp_seconds' ? 'timestamp' : (word ?? 'none')
    })
    expect(all.map(({ unit }) => unit)).toEqual(units)
    expect(all.filter(({ name, type }) => name.endsWith('_total') !== (type === 'counter'))).toEqual([])
  })

  it('is what the page of the docs has', () => {
    const page = readFileSync('docs/metrics.md', 'utf8')
    for (const { name, labels } of all) {
      expect(page).toContain(`| \`${prefix}${name}\` |`)
      for (const label of labels) {
        expect(page).toContain(`| \`${label.name}\` |`)
        if (isOpen(label)) expect(page).toContain(`at most ${label.ceiling} |`)
        else if (isClosed(label) && label.name !== 'metric') {
          expect(page).toContain(label.values.map((value) => `\`${value}\``).join(', '))
        }
      }
    }
  })
})

describe('from the start', () => {
  it('every series of closed labels exists, once', async () => {
    const { body } = await registered().render()
    const shown = samplesOf(body).map(({ name, labels }) => `${name} ${JSON.stringify(sorted(labels))}`)
    let expected = 0
    for (const family of all) {
      const own = [...fromTheStart(family, undefined), ...fromTheStart(family, 'demo')]
      const name = `${prefix}${family.name}${family.type === 'histogram' ? '_count' : ''}`
      for (const labels of own) expect(shown).toContain(`${name} ${JSON.stringify(sorted(labels))}`)
      expected += own.length
    }
    expect(expected).toBeGreaterThan(100)
    expect(new Set(shown).size).toBe(shown.length)
    const open = all.filter(
      ({ exists, labels }) =>
        exists === undefined && labels.every((label) => label.name !== 'metric' && isClosed(label)),
    )
    expect(open.every((family) => fromTheStart(family, undefined).length > 0)).toBe(true)
  })
})

describe('ceilings', () => {
  const nodes = (count: number) => Array.from({ length: count }, (_, id) => forecast(id, [1, 1]))
  const ticked = (count: number) => event({ type: 'tick', report: report(nodes(count)) })

  it('keep out the series of nodes beyond them, and count what is kept out', async () => {
    const metrics = registered()
    metrics.onEvent(ticked(node.ceiling))
    expect(await samples(metrics, 'node_up')).toHaveLength(node.ceiling)
    expect(await dropped(metrics, 'node_up')).toBe(0)
    metrics.onEvent(ticked(node.ceiling + 3))
    expect(await samples(metrics, 'node_up')).toHaveLength(node.ceiling)
    expect(await samples(metrics, 'node_moves')).toHaveLength(2 * node.ceiling)
    expect(await dropped(metrics, 'node_up')).toBe(3)
    metrics.onEvent(ticked(node.ceiling + 3))
    expect(await dropped(metrics, 'node_up')).toBe(6)
    expect(await dropped(metrics, 'node_moves')).toBe(12)
  })

  it('hold for one cluster, and leave room when a node is gone', async () => {
    const metrics = registered()
    metrics.registerCluster({ name: 'other', settings: settingsInForce })
    metrics.onEvent(ticked(node.ceiling))
    metrics.onEvent(event({ type: 'tick', report: report([forecast(70_000, [1, 1])]) }, 0, 'other'))
    expect(await samples(metrics, 'node_up')).toHaveLength(node.ceiling + 1)
    metrics.onEvent(
      event({ type: 'tick', report: report([...nodes(node.ceiling).slice(1), forecast(70_000, [1, 1])]) }),
    )
    expect(await dropped(metrics, 'node_up')).toBe(0)
    expect((await samples(metrics, 'node_up')).map(({ labels }) => labels['node_id'])).toContain('70000')
  })

  it('are free again when the jobs of tables have ended', async () => {
    const metrics = registered()
    const jobs = (from: number) =>
      event({
        type: 'progress',
        moves: Array.from({ length: table.ceiling }, (_, n) => {
          const move = { ...tableMove(target(`t${from + n}_OFFLINE`)), bytes: 10 }
          return { ...progress({} as never), move, bytesTotal: 10 }
        }),
        pending: 0,
        pendingBytes: 0,
        movedBytes: 0,
      })
    metrics.onEvent(jobs(0))
    metrics.onEvent(jobs(table.ceiling))
    expect(await samples(metrics, 'table_rebalance_progress_ratio')).toHaveLength(table.ceiling)
    expect(await dropped(metrics, 'table_rebalance_progress_ratio')).toBe(0)
  })

  it('leave room for every route that there is', () => {
    expect(routes.length + 10).toBeLessThan(handler.ceiling)
  })

  it('hold for what clients of the listeners and adapters say', async () => {
    const metrics = registered()
    metrics.httpRequest({ handler: '/metrics', method: 'PROPFIND', code: 405 })
    for (let n = 0; n < 100; n += 1) metrics.httpRequest({ handler: `/made/up/${n}`, method: 'GET', code: 404 })
    const requests = await samples(metrics, 'http_requests_total')
    expect(requests.length).toBeLessThan(70)
    expect(requests[0]!.labels).toEqual({ handler: '/metrics', method: 'other', code: '405' })
    expect(requests.length + (await dropped(metrics, 'http_requests_total'))!).toBe(101)
  })
})

it('a fact that changes takes the place of the old one', async () => {
  const metrics = registered()
  const facts = (more: object) => event({ type: 'tick', report: report([{ ...forecast(1, [1, 1]), ...more }]) })
  const shown = async () => (await samples(metrics, 'node_info')).map(({ labels }) => labels)
  const common = { managed_cluster: 'demo', node_id: '1' }
  metrics.onEvent(facts({ rack: 'a', host: 'h:1' }))
  expect(await shown()).toEqual([{ ...common, host: 'h:1', rack: 'a', tenant: '' }])
  metrics.onEvent(facts({ rack: 'b', tenant: 'shop' }))
  expect(await shown()).toEqual([{ ...common, host: '', rack: 'b', tenant: 'shop' }])
})

it('of a loop at work nothing is exported that is not in the table', async () => {
  const metrics = registered('x')
  const { loop, world, events, advance, stop } = startLoop({ simulator: fillable, balance: { mode: 'continuous' } })
  await advance(10 * MINUTE)
  await loop.wish(() => [{ kind: 'drain', key: '2', value: { node: 2, sinceMs: 0 } }])
  world.stopNode(3)
  await advance(30 * MINUTE)
  await stop()
  for (const one of events) metrics.onEvent(one)
  const { body } = await metrics.render()
  expect(new Set(events.map(({ type }) => type)).size).toBeGreaterThan(6)
  expect(strangersIn(body)).toEqual([])
  const done = (await samples(metrics, 'moves_finished_total')).filter(({ value }) => value > 0)
  expect(done.length).toBeGreaterThan(0)
})

it('a stranger in an exposition would be seen', () => {
  const line = (text: string) => strangersIn(`${text}\n`)
  expect(line('evenkeel_up{managed_cluster="x"} 1')).toEqual([])
  expect(line('evenkeel_ups{managed_cluster="x"} 1')).toHaveLength(1)
  expect(line('evenkeel_up{managed_cluster="x",more="y"} 1')).toHaveLength(1)
  expect(line('evenkeel_mode{managed_cluster="x",mode="on"} 1')).toHaveLength(1)
  expect(line('# HELP evenkeel_up something else')).toHaveLength(1)
})

function sorted(labels: Record<string, string>): [string, string][] {
  return Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
}
