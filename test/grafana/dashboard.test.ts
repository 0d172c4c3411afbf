import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { dashboardFiles } from '../../scripts/grafana/dashboard.ts'
import { allPanels, allQueries, substitute } from '../../scripts/grafana/queries.ts'
import { type Family, families } from '../../src/observe/families.ts'
import { isClosed } from '../../src/observe/labels.ts'
import type { Model, PanelModel } from './lint-rules.ts'
import { groupedBy, labelsOf, selectors } from './promql.ts'
import { inGrafana, unitOf } from './units.ts'

const files = dashboardFiles()
const board = JSON.parse(files['grafana/evenkeel.json']!) as Model & {
  annotations: { list: { name: string; expr: string; titleFormat: string }[] }
  links: { type: string; tags: string[]; url?: string }[]
  tags: string[]
}
const panels = allPanels(board).map(([, panel]) => panel)
const queries = allQueries(board)
const values = { job: '.+', managed_cluster: 'demo', node_id: '.+' }
const expressions = [
  ...queries.map(({ panel, refId, expr }) => [`${panel} ${refId}`, substitute(expr, values)] as const),
  ...board.annotations.list.map(({ name, expr }) => [`annotation ${name}`, substitute(expr, values)] as const),
  ...board.templating.list
    .filter(({ type }) => type === 'query')
    .map(
      ({ name, query }) =>
        [`variable ${name}`, substitute(query.replace(/^label_values\((.+), \w+\)$/, '$1'), values)] as const,
    ),
]

/** Labels of what evenkeel does not export itself; every scrape adds `job` and `instance`. */
const others: Record<string, readonly string[]> = {
  ALERTS: ['alertname', 'alertstate', 'managed_cluster'],
  process_start_time_seconds: [],
  process_resident_memory_bytes: [],
  process_cpu_seconds_total: [],
  nodejs_heap_size_used_bytes: [],
  nodejs_eventloop_lag_p99_seconds: [],
}

function familyOf(metric: string): Family | undefined {
  return families.find(({ name, type }) => metric === `evenkeel_${name}${type === 'histogram' ? '_bucket' : ''}`)
}

function labelsOfMetric(metric: string): string[] {
  const family = familyOf(metric)
  const own = family?.labels.map(({ name }) => name) ?? others[metric]
  if (!own) throw new Error(`${metric} does not exist`)
  return [...own, ...(family?.type === 'histogram' ? ['le'] : []), 'job', 'instance']
}

describe('the files of grafana/', () => {
  it.each(Object.keys(files))('%s is as the sources have it: else run npm run docs', (path) => {
    expect(readFileSync(path, 'utf8')).toBe(files[path])
  })

  it('provision what is there, and nobody edits it in the browser', () => {
    const [provider] = read('dashboards/evenkeel.yaml') as {
      apiVersion: number
      providers: Record<string, unknown>[]
    }[]
    expect(provider).toMatchObject({ apiVersion: 1, providers: [{ type: 'file', allowUiUpdates: false }] })
    const [source] = read('datasources/prometheus.yaml') as { apiVersion: number; datasources: { type: string }[] }[]
    expect(source).toMatchObject({ apiVersion: 1, datasources: [{ type: 'prometheus' }] })
  })
})

describe('the dashboard', () => {
  it('has an id of its own for every panel, within the hundred of its row', () => {
    const ids = [...board.panels, ...board.panels.flatMap(({ panels: inner = [] }) => inner)].map(({ id }) => id)
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([])
    let row = 0
    for (const panel of board.panels) {
      if (panel.type === 'row') row = panel.id
      for (const { id } of panel.type === 'row' ? (panel.panels ?? []) : [panel])
        expect(Math.floor(id / 100) * 100).toBe(row)
    }
  })

  it('has a title of its own for every panel', () => {
    const titles = panels.map(({ title }) => title)
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([])
  })

  it('has panels that neither overlap nor leave the grid', () => {
    const open = board.panels.filter(({ panels: inner = [] }) => inner.length === 0)
    const places = [open, ...board.panels.map(({ panels: inner = [] }) => inner)]
    for (const group of places) expect(overlaps(group)).toEqual([])
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
  })

  it('says in its first row what is going on, within a screen', () => {
    const first = allPanels(board).filter(([row]) => row === 'Now')
    const bottom = Math.max(...first.map(([, { gridPos }]) => gridPos.y + gridPos.h))
    expect(bottom * 38).toBeLessThan(600)
  })

  it('names its queries A, B, C, and asks either for now or for a range', () => {
    for (const { targets = [], title } of panels) {
      expect(
        targets.map(({ refId }) => refId),
        title,
      ).toEqual(targets.map((_, index) => String.fromCharCode(65 + index)))
      for (const { instant, range } of targets) expect(Boolean(instant) !== Boolean(range), title).toBe(true)
    }
  })

  it('says something where there is nothing to show', () => {
    for (const { title, fieldConfig } of panels) expect(fieldConfig?.defaults.noValue, title).toMatch(/\S/)
  })

  it('links to the boards of its own tag and to the status page', () => {
    const tags = board.links.flatMap((link) => link.tags)
    expect(tags.length).toBeGreaterThan(0)
    for (const tag of tags) expect(board.tags).toContain(tag)
    const page = board.templating.list.find(({ name }) => name === 'status_page')
    expect(page?.query).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(board.links.map(({ url }) => url)).toContain('${status_page:raw}')
    expect(JSON.stringify(board)).not.toContain('inControlsMenu')
  })
})

describe('its expressions', () => {
  it.each(expressions)('%s reads what exists, by labels and values that exist', (_name, expr) => {
    const found = selectors(expr)
    expect(found.length).toBeGreaterThan(0)
    for (const { metric, matchers } of found) {
      const labels = labelsOfMetric(metric)
      for (const { label, operator, value } of matchers) {
        expect(labels, metric).toContain(label)
        const closed = familyOf(metric)?.labels.find(({ name }) => name === label)
        if (!closed || !isClosed(closed)) continue
        for (const word of operator.endsWith('~') ? value.split('|') : [value]) {
          expect(closed.values, `${metric} ${label}`).toContain(word)
        }
      }
    }
    const known = new Set(found.flatMap(({ metric }) => labelsOfMetric(metric)))
    for (const label of groupedBy(expr)) expect(known).toContain(label)
  })

  it('name only labels in legends that the results have', () => {
    const legends = [
      ...queries.map(({ panel, expr, legend }) => [panel, expr, legend] as const),
      ...board.annotations.list.map(({ name, expr, titleFormat }) => [name, expr, titleFormat] as const),
    ]
    for (const [panel, expr, legend] of legends) {
      const labels = labelsOf(substitute(expr, values), labelsOfMetric)
      for (const [, label = ''] of legend.matchAll(/\{\{(\w+)\}\}/g)) expect([...labels], panel).toContain(label)
    }
  })

  it('tell every series from the others of its panel', () => {
    for (const { panel, expr, legend } of queries) {
      if (legend === '') continue
      const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label)
      expect(labelsOf(substitute(expr, values), labelsOfMetric), `${panel}: ${legend}`).toEqual(new Set(shown))
    }
  })

  it('look at one cluster, and at none by instance', () => {
    for (const { panel, expr } of queries) {
      for (const { metric, matchers } of selectors(expr)) {
        const by = matchers.map(({ label }) => label)
        expect(by, panel).not.toContain('instance')
        if (panel !== 'Clusters' && familyOf(metric)?.labels.some(({ name }) => name === 'managed_cluster')) {
          expect(by, `${panel}: ${metric}`).toContain('managed_cluster')
        }
      }
    }
  })

  it.each(panels.map((panel) => [panel.title, panel] as const))(
    'of %s are in the unit that is shown',
    (_title, panel) => {
      for (const target of panel.targets ?? []) {
        if (target.refId === configRefId(panel)) continue
        const unit = unitOf(substitute(target.expr, values))
        const shown = shownUnit(panel, target.refId)
        // Of the buckets of a heat map the values are counts, and the axis has its own unit.
        expect(shown, target.expr).toBe(panel.type === 'heatmap' ? 'short' : inGrafana[unit])
      }
    },
  )

  it('together read every family that is worth a look', () => {
    console.info(`${panels.length} panels, ${queries.length} queries, ${board.annotations.list.length} annotations`)
    const used = new Set(expressions.flatMap(([, expr]) => selectors(expr).map(({ metric }) => metric)))
    const unused = families.filter((family) => ![...used].some((metric) => familyOf(metric) === family))
    expect(unused.map(({ name }) => name).toSorted()).toEqual(notOnBoard.toSorted())
  })
})

/** Families that are on no panel, each for a reason. */
const notOnBoard = [
  // Every panel of samples says more.
  'samples_total',
  'up',
  'last_evaluation_timestamp_seconds',
  // Its value is in the description of the alert that goes by it.
  'node_availability_timeout_seconds',
]

/** Of the query that is no series but the threshold of the others. */
function configRefId({ transformations = [] }: PanelModel): unknown {
  return transformations.find(({ id }) => id === 'configFromData')?.options['configRefId']
}

function shownUnit({ fieldConfig, transformations = [] }: PanelModel, refId: string): string | undefined {
  const organize = transformations.find(({ id }) => id === 'organize')
  const name = (organize?.options['renameByName'] as Record<string, string> | undefined)?.[`Value #${refId}`]
  const overrides = fieldConfig?.overrides.filter(({ matcher: { id, options } }) => {
    if (name === undefined) return false
    return id === 'byName' ? options === name : new RegExp(options.slice(1, -1)).test(name)
  })
  const unit = overrides?.flatMap(({ properties }) => properties.filter(({ id }) => id === 'unit')).at(-1)
  return (unit?.value as string | undefined) ?? fieldConfig?.defaults.unit
}

function overlaps(group: readonly PanelModel[]): string[] {
  return group.flatMap((a, index) =>
    group.slice(index + 1).flatMap((b) => {
      const [p, q] = [a.gridPos, b.gridPos]
      const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y
      return apart ? [] : [`${a.title} and ${b.title}`]
    }),
  )
}

function read(path: string): unknown[] {
  const file = `grafana/provisioning/${path}`
  expect(existsSync(file), file).toBe(true)
  return parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as unknown)
}
