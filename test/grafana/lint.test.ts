import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { allPanels } from '../../scripts/grafana/queries.ts'
import { type Exclusions, isExcluded, lint, type Model, ruleNames } from './lint-rules.ts'

const text = readFileSync('grafana/evenkeel.json', 'utf8')
const model = () => JSON.parse(text) as Model
const exclusions = parse(readFileSync('grafana/.lint', 'utf8')) as Exclusions

describe('the dashboard and the rules of dashboard-linter', () => {
  it('breaks none that is not excluded', () => {
    const board = model()
    expect(lint(board).filter((finding) => !isExcluded(exclusions, board, finding))).toEqual([])
  })

  it('breaks what is excluded, and the reason is given', () => {
    const broken = new Set(lint(model()).map(({ rule }) => rule))
    for (const [rule, { reason }] of Object.entries(exclusions.exclusions)) {
      expect(broken, rule).toContain(rule)
      expect(reason.length, rule).toBeGreaterThan(20)
    }
  })
})

/** A fault for each rule; the excluded two are broken as it is. */
const faults: Record<string, (board: Model) => void> = {
  'template-datasource-rule': (board) => (variable(board, 'datasource').label = 'Prometheus'),
  'template-job-rule': (board) => (variable(board, 'job').multi = false),
  'template-label-promql-rule': (board) => (variable(board, 'node_id').query = 'label_values(evenkeel_node_info{)'),
  'template-on-time-change-reload-rule': (board) => (variable(board, 'node_id').refresh = 1),
  'panel-datasource-rule': (board) => (target(board).datasource = { uid: 'abc' }),
  'panel-title-description-rule': (board) => (panel(board).description = ''),
  'panel-units-rule': (board) => (panel(board).fieldConfig!.defaults.unit = 'furlongs'),
  'panel-no-targets-rule': (board) => (panel(board).targets = []),
  'target-promql-rule': (board) => (target(board).expr = 'max(evenkeel_up{job=~"$job"}'),
  'target-rate-interval-rule': (board) => (target(board).expr = 'rate(evenkeel_samples_total{job=~"$job"}[5m])'),
  'target-job-rule': (board) => (target(board).expr = 'max(evenkeel_up{job="evenkeel"})'),
  'target-counter-agg-rule': (board) => (target(board).expr = 'sum(evenkeel_samples_total{job=~"$job"})'),
  'uneditable-dashboard': (board) => (board.editable = true),
}

describe('each rule can fail', () => {
  it('has a fault here, or is excluded', () => {
    expect([...Object.keys(faults), ...Object.keys(exclusions.exclusions)].toSorted()).toEqual(ruleNames.toSorted())
  })

  it.each(Object.keys(faults))('%s', (rule) => {
    const board = model()
    faults[rule]!(board)
    const found = lint(board).filter((finding) => !isExcluded(exclusions, board, finding))
    expect(new Set(found.map((finding) => finding.rule))).toEqual(new Set([rule]))
  })

  it('an instance variable and matchers satisfy the excluded two', () => {
    const board = model()
    const job = variable(board, 'job')
    board.templating.list.push({ ...job, name: 'instance', label: 'Instance' })
    for (const [, { targets = [] }] of allPanels(board)) {
      for (const one of targets) one.expr = one.expr.replaceAll('job=~"$job"', 'job=~"$job", instance=~"$instance"')
    }
    expect(lint(board)).toEqual([])
  })

  it('an entry excludes one target of one panel', () => {
    const board = model()
    faults['target-job-rule']!(board)
    const entry = { dashboard: board.title, panel: panel(board).title, targetIdx: '0' }
    const excluded = (entries: (typeof entry)[]) =>
      lint(board).some((finding) =>
        isExcluded({ exclusions: { 'target-job-rule': { reason: 'a test', entries } } }, board, finding),
      )
    expect(excluded([entry])).toBe(true)
    expect(excluded([{ ...entry, targetIdx: '1' }])).toBe(false)
    expect(excluded([{ ...entry, panel: 'another' }])).toBe(false)
  })
})

function variable(board: Model, name: string) {
  return board.templating.list.find((one) => one.name === name)!
}

function panel(board: Model) {
  return allPanels(board)[0]![1]
}

function target(board: Model) {
  return panel(board).targets![0]!
}
