/** What Prometheus answered → the data frames that Grafana's Prometheus data source makes of it. */
import { FieldType } from '@grafana/data'

/** `{{label}}` of the legend replaced; without a legend, the labels themselves. */
function nameOf(legend, metric) {
  if (legend) return legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '')
  return `{${Object.entries(metric)
    .map(([label, value]) => `${label}="${value}"`)
    .join(', ')}}`
}

/** One frame per series; a gap of the series is a null, so that no line crosses it. */
function seriesFrames(target, result, range) {
  return result.map(({ metric, value, values }) => {
    const points = new Map((values ?? [value]).map(([at, text]) => [Math.round(at * 1000), Number(text)]))
    const times = values ? range.times : [...points.keys()]
    return {
      refId: target.refId,
      length: times.length,
      fields: [
        { name: 'Time', type: FieldType.time, config: {}, values: [...times] },
        {
          name: 'Value',
          type: FieldType.number,
          labels: metric,
          config: { displayNameFromDS: nameOf(target.legendFormat, metric) },
          values: times.map((at) => points.get(at) ?? null),
        },
      ],
    }
  })
}

/** All series in one frame: a column for each label, and one for the value. */
function tableFrame(target, result) {
  if (result.length === 0) return []
  const labels = [...new Set(result.flatMap(({ metric }) => Object.keys(metric)))]
  const fields = [
    { name: 'Time', type: FieldType.time, config: {}, values: result.map(({ value }) => value[0] * 1000) },
    ...labels.map((name) => ({
      name,
      type: FieldType.string,
      config: {},
      values: result.map(({ metric }) => metric[name] ?? ''),
    })),
    {
      name: `Value #${target.refId}`,
      type: FieldType.number,
      config: {},
      values: result.map(({ value }) => Number(value[1])),
    },
  ]
  return [{ refId: target.refId, length: result.length, fields }]
}

export function framesOf(panel, results, range) {
  return panel.targets.flatMap((target) => {
    const result = results[`${panel.id}/${target.refId}`] ?? []
    return target.format === 'table' ? tableFrame(target, result) : seriesFrames(target, result, range)
  })
}
