/** The shipped rules are those of the table, hold what promtool asks, and do what their unit tests say. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { alertGroups, recordings } from '../../scripts/prometheus/alerts.ts'
import { ruleFiles } from '../../scripts/prometheus/rules.ts'
import { type Family, families } from '../../src/observe/families.ts'
import { isClosed } from '../../src/observe/labels.ts'
import { promtool } from '../support/promtool.ts'

interface RuleTests {
  tests: {
    name: string
    alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[]
    promql_expr_test?: { expr: string; exp_samples: unknown[] }[]
  }[]
}

const alerts = alertGroups.flatMap((group) => group.alerts)
const names = alerts.map(({ name }) => name)
const files = ruleFiles()
const dir = 'test/prometheus'
const testFiles = readdirSync(dir).filter((name) => name.endsWith('.yaml'))
const cases = testFiles.flatMap((file) => (parse(readFileSync(`${dir}/${file}`, 'utf8')) as RuleTests).tests)

describe('the files of config/prometheus', () => {
  it.each(Object.keys(files))('%s is as the sources have it: else run npm run docs', (path) => {
    expect(readFileSync(path, 'utf8')).toBe(files[path])
  })

  it('have the same rules for Prometheus and for its operator', () => {
    const plain = parse(files['config/prometheus/alerts.yaml']!) as { groups: unknown }
    const custom = parse(files['config/prometheus/prometheusrule.yaml']!) as { spec: { groups: unknown } }
    expect(custom.spec.groups).toEqual(plain.groups)
  })

  it('are what promtool wants', () => {
    const { status, output } = promtool(['check', 'rules', '--lint-fatal', 'config/prometheus/alerts.yaml'])
    expect({ status, found: output.includes(`${alerts.length + recordings.length} rules found`) }, output).toEqual({
      status: 0,
      found: true,
    })
  })

  it('mute only alerts that exist', () => {
    const { inhibit_rules: rules } = parse(readFileSync('config/prometheus/alertmanager.yaml', 'utf8')) as {
      inhibit_rules: { source_matchers: string[]; target_matchers: string[] }[]
    }
    expect(rules.length).toBeGreaterThan(0)
    const named = rules.flatMap((rule) => [...rule.source_matchers, ...rule.target_matchers]).join(' ')
    const unknown = named.match(/\bEvenkeel\w+/g)!.filter((name) => !names.includes(name))
    expect(unknown).toEqual([])
  })
})

describe('expressions', () => {
  const selectors = [...alerts, ...recordings].flatMap(({ expr }) =>
    [...expr.matchAll(/\b([a-z]\w*)\{([^}]*)\}/g)].map(([, metric = '', matchers = '']) => ({ metric, matchers })),
  )
  it('read only series that evenkeel exports, all of its job', () => {
    expect(selectors.length).toBeGreaterThan(alerts.length)
    for (const { metric, matchers } of selectors) {
      expect(matchers).toMatch(/^job="evenkeel"/)
      if (metric === 'up' || metric === 'process_start_time_seconds') continue
      const family: Family | undefined = families.find(({ name }) => metric === `evenkeel_${name}`)
      expect(family, metric).toBeDefined()
      for (const [, label = '', values = ''] of matchers.matchAll(/, (\w+)=~?"([^"]*)"/g)) {
        const known = family!.labels.find(({ name }) => name === label)
        expect(known, `${metric} ${label}`).toBeDefined()
        for (const value of values.split('|')) expect(known && isClosed(known) && known.values).toContain(value)
      }
    }
  })
})

describe('unit tests of the rules', () => {
  const of = (alert: string) =>
    cases.flatMap(({ name, alert_rule_test: checks = [] }) => {
      const expected = checks.filter(({ alertname }) => alertname === alert).map(({ exp_alerts: alerted }) => alerted)
      return expected.length === 0 ? [] : [{ name, fires: expected.some((alerted) => alerted.length > 0) }]
    })

  it.each(names)('%s has a case in which it fires, one in which it is silent, and a runbook', (alert) => {
    const own = of(alert)
    expect(own.filter(({ fires }) => fires).length, 'firing cases').toBeGreaterThan(0)
    expect(own.filter(({ fires }) => !fires).length, 'silent cases').toBeGreaterThan(0)
    for (const { name, fires } of own) expect(name).toMatch(fires ? /^fires / : /^is silent /)
    expect(existsSync(`docs/runbooks/${alert}.md`)).toBe(true)
  })

  it('name no alert that does not exist', () => {
    const tested = cases.flatMap(({ alert_rule_test: checks = [] }) => checks.map(({ alertname }) => alertname))
    expect(tested.filter((name) => !names.includes(name))).toEqual([])
    const pages = readdirSync('docs/runbooks').map((file) => file.replace(/\.md$/, ''))
    expect(pages.toSorted()).toEqual(names.toSorted())
  })

  it('cover every recording rule', () => {
    const tested = cases.flatMap(({ promql_expr_test: checks = [] }) => checks.map(({ expr }) => expr))
    expect(tested.toSorted()).toEqual(recordings.map(({ record }) => record).toSorted())
  })

  it.each(testFiles)('%s passes', (file) => {
    const { status, output } = promtool(['test', 'rules', `${dir}/${file}`])
    expect(status, output).toBe(0)
    expect(output).toContain('SUCCESS')
  })

  it('are counted', () => {
    const all = names.flatMap(of)
    const firing = all.filter(({ fires }) => fires).length
    console.info(
      `${names.length} alerts and ${recordings.length} recording rules: ${firing} firing cases, ${all.length - firing} silent ones`,
    )
  })
})
