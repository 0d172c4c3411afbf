/**
 * The rules of dashboard-linter that apply to a dashboard of Prometheus, by their names there: 15 of its 17, the two for
 * LogQL apart. It is a program of its own that cannot be had from npm; here each rule is strict, and for every kind of panel.
 */
import * as units from '@grafana/grafana-foundation-sdk/units'
import { allPanels, substitute } from '../../scripts/grafana/queries.ts'
import { selectors, syntaxFault } from './promql.ts'

export interface Model {
  title: string
  editable: boolean
  templating: { list: Variable[] }
  panels: PanelModel[]
}

export interface Variable {
  name: string
  type: string
  label?: string
  query: string
  datasource?: { uid?: string }
  multi?: boolean
  includeAll?: boolean
  allValue?: string
  refresh?: number
}

export interface PanelModel {
  id: number
  type: string
  title: string
  description?: string
  datasource?: { type?: string; uid?: string }
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: TargetModel[]
  panels?: PanelModel[]
  transformations?: { id: string; options: Record<string, unknown> }[]
  fieldConfig?: {
    defaults: { unit?: string; min?: number; noValue?: string }
    overrides: { matcher: { id: string; options: string }; properties: { id: string; value: unknown }[] }[]
  }
}

export interface TargetModel {
  refId: string
  expr: string
  legendFormat: string
  format: string
  instant?: boolean
  range?: boolean
  datasource?: { uid?: string }
}

export interface Finding {
  rule: string
  panel?: string
  targetIdx?: number
  message: string
}

type Found = Omit<Finding, 'rule'>

const source = ['$datasource', '${datasource}']
const knownUnits = new Set<unknown>(Object.values(units))

const rules: Record<string, (model: Model) => Found[]> = {
  'template-datasource-rule': ({ templating }) => {
    const found = templating.list.filter(({ type }) => type === 'datasource')
    const good = found.length === 1 && found[0]!.name === 'datasource' && found[0]!.label === 'Data source'
    return good
      ? []
      : [{ message: 'there is no variable "datasource" of type datasource with the label "Data source"' }]
  },
  'template-job-rule': (model) => templated(model, 'job', 'Job'),
  'template-instance-rule': (model) => templated(model, 'instance', 'Instance'),
  'template-label-promql-rule': ({ templating }) =>
    queried(templating.list).flatMap(({ name, query }) => {
      const [, selector] = /^label_values\((.+), ?[a-z_]+\)$/.exec(query) ?? []
      return selector !== undefined && !syntaxFault(substitute(selector)) ? [] : [{ message: `${name}: ${query}` }]
    }),
  'template-on-time-change-reload-rule': ({ templating }) =>
    queried(templating.list)
      .filter(({ refresh }) => refresh !== 2)
      .map(({ name }) => ({ message: `${name} is not refreshed when the time range changes` })),
  'panel-datasource-rule': (model) =>
    eachPanel(model, ({ datasource, targets = [] }) => {
      const uids = [datasource?.uid, ...targets.map((target) => target.datasource?.uid)]
      return uids.every((uid) => source.includes(uid ?? '')) ? undefined : `uses ${uids.join(', ')}`
    }),
  'panel-title-description-rule': (model) =>
    eachPanel(model, ({ title, description }) => (title && description ? undefined : 'has no title or description')),
  'panel-units-rule': (model) =>
    eachPanel(model, ({ fieldConfig }) => {
      const overridden = fieldConfig?.overrides.flatMap(({ properties }) =>
        properties.filter(({ id }) => id === 'unit'),
      )
      const all = [fieldConfig?.defaults.unit, ...(overridden ?? []).map(({ value }) => value)]
      return all.every((unit) => knownUnits.has(unit)) ? undefined : `units: ${all.join()}`
    }),
  'panel-no-targets-rule': (model) =>
    eachPanel(model, ({ targets }) => (targets && targets.length > 0 ? undefined : 'asks for nothing')),
  'target-promql-rule': (model) => eachTarget(model, ({ expr }) => syntaxFault(substitute(expr))),
  'target-rate-interval-rule': (model) =>
    eachTarget(model, ({ expr }) =>
      selectors(substitute(expr, { __rate_interval: '4242s' })).some(
        ({ range, function: name }) => (name === 'rate' || name === 'irate') && range !== '4242s',
      )
        ? 'a rate is not over $__rate_interval'
        : undefined,
    ),
  'target-job-rule': (model) => matched(model, 'job'),
  'target-instance-rule': (model) => matched(model, 'instance'),
  'target-counter-agg-rule': (model) =>
    eachTarget(model, ({ expr }) => {
      const bare = selectors(substitute(expr)).find(
        ({ metric, function: name = '' }) => metric.endsWith('_total') && !['rate', 'irate', 'increase'].includes(name),
      )
      return bare && `${bare.metric} is a counter and is used as it is`
    }),
  'uneditable-dashboard': ({ editable }) => (editable ? [{ message: 'the dashboard is editable' }] : []),
}

export const ruleNames = Object.keys(rules)

export function lint(model: Model): Finding[] {
  return Object.entries(rules).flatMap(([rule, check]) => check(model).map((found) => ({ rule, ...found })))
}

/** The file `.lint` beside a dashboard. */
export interface Exclusions {
  exclusions: Record<string, { reason: string; entries?: { dashboard?: string; panel?: string; targetIdx?: string }[] }>
}

/** Without entries a rule is excluded as a whole. */
export function isExcluded({ exclusions }: Exclusions, model: Model, finding: Finding): boolean {
  const exclusion = exclusions[finding.rule]
  if (!exclusion) return false
  const { entries = [] } = exclusion
  return (
    entries.length === 0 ||
    entries.some(
      ({ dashboard, panel, targetIdx }) =>
        dashboard === model.title &&
        (finding.panel === undefined || panel === finding.panel) &&
        (finding.targetIdx === undefined || targetIdx === undefined || Number(targetIdx) === finding.targetIdx),
    )
  )
}

function queried(variables: readonly Variable[]): Variable[] {
  return variables.filter(({ type }) => type === 'query')
}

function templated({ templating }: Model, name: string, label: string): Found[] {
  const variable = templating.list.find((one) => one.name === name)
  if (!variable) return [{ message: `there is no variable ${name}` }]
  const { type, datasource, multi, includeAll, allValue } = variable
  const good = type === 'query' && multi && includeAll && allValue === '.+' && variable.label === label
  return good && source.includes(datasource?.uid ?? '')
    ? []
    : [{ message: `${name} must be a query of the data source, labelled ${label}, of several values, all of them .+` }]
}

function eachPanel(model: Model, fault: (panel: PanelModel) => string | undefined): Found[] {
  return allPanels(model).flatMap(([, panel]) => {
    const message = fault(panel)
    return message === undefined ? [] : [{ panel: panel.title, message }]
  })
}

function eachTarget(model: Model, fault: (target: TargetModel) => string | undefined): Found[] {
  return allPanels(model).flatMap(([, { title, targets = [] }]) =>
    targets.flatMap((target, targetIdx) => {
      const message = fault(target)
      return message === undefined ? [] : [{ panel: title, targetIdx, message }]
    }),
  )
}

function matched(model: Model, label: 'job' | 'instance'): Found[] {
  return eachTarget(model, ({ expr }) => {
    const without = selectors(expr).find(
      ({ matchers }) =>
        !matchers.some((one) => one.label === label && one.operator === '=~' && one.value === `$${label}`),
    )
    return without && `${without.metric} is not matched by ${label}=~"$${label}"`
  })
}
