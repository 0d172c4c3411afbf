import { describe, expect, it } from 'vitest'
import { allQueries, substitute } from '../../scripts/grafana/queries.ts'
import { rangeOf } from '../../scripts/preview/prometheus.ts'

describe('queries of a dashboard', () => {
  it('are those of open and of collapsed rows, with the title of their row', () => {
    const target = { refId: 'A', expr: 'up', legendFormat: '{{job}}', instant: true }
    const panels = [
      { type: 'stat', title: 'above', targets: [target] },
      { type: 'row', title: 'open', panels: [] },
      { type: 'table', title: 'within', targets: [{ refId: 'B', expr: 'x' }] },
      { type: 'row', title: 'closed', panels: [{ type: 'stat', title: 'hidden', targets: [target] }] },
    ]
    expect(allQueries({ panels })).toEqual([
      { panel: 'above', row: '', refId: 'A', expr: 'up', legend: '{{job}}', instant: true },
      { panel: 'within', row: 'open', refId: 'B', expr: 'x', legend: '', instant: false },
      { panel: 'hidden', row: 'closed', refId: 'A', expr: 'up', legend: '{{job}}', instant: true },
    ])
  })

  it('have their variables replaced in each way of writing them; one without a value stays', () => {
    const expr = 'rate(x{job=~"$job", a="${a}", b="${b:regex}", c="$c"}[$__rate_interval]) + y{job=~"$jobs"}'
    expect(substitute(expr, { job: '.+', a: '1', b: '2', __rate_interval: '20s' })).toBe(
      'rate(x{job=~".+", a="1", b="2", c="$c"}[20s]) + y{job=~"$jobs"}',
    )
    expect(substitute('increase(x[$__range]) + rate(y[$__rate_interval])')).toBe('increase(x[1h]) + rate(y[5m])')
  })
})

describe('the range of a preview', () => {
  it('has a step of a pixel, but none between two scrapes, and rates over four scrapes', () => {
    expect(rangeOf('10m', '15s', '1000000')).toEqual({ from: 999_390, to: 999_990, step: 15, rateInterval: 60 })
    expect(rangeOf('7d', '15s', '1000000')).toMatchObject({ step: 864, rateInterval: 879 })
  })

  it('is refused where it is no duration', () => {
    expect(() => rangeOf('10 minutes', '15s')).toThrow('10 minutes: give a duration such as 15s, 30m, 6h')
  })
})
