/** docs/metrics.md: every family of src/observe/families.ts. */
import { type Family, families, helpOf, prefix } from '../../src/observe/families.ts'
import { isClosed, isOpen, type Label } from '../../src/observe/labels.ts'
import { code, generated, markdownTable } from './markdown.ts'

export function metricsPage(): string {
  return `${generated}# Metrics

\`GET /metrics\` on the metrics listener (\`server.metrics_listen\`, port 9631 unless set otherwise), in Prometheus' text format.
Beside these there are the usual \`process_…\` and \`nodejs_…\` metrics. What of it is worth an alert: [alerts](alerts.md).

${markdownTable(['Metric', 'Type', 'Unit', 'Labels', 'Meaning'], families.map(familyRow))}
A timestamp is in seconds since the epoch; its age is \`time()\` minus it.

## Labels

Where all labels of a metric but \`managed_cluster\` come from a closed list, all of its series exist from the start with the value 0, unless its
meaning says when they exist. The series of a node, and of the job of a table, end with it.

${markdownTable(['Label', 'Of', 'Values'], labelRows()).trimEnd()}

A label whose values come from outside has a ceiling: so many of them exist at once in a metric, and for one cluster where it has one. A
series beyond that is not made; each time that it would have got a value counts in \`evenkeel_dropped_series_total\`.
`
}

function familyRow(family: Family): string[] {
  const { name, type, unit, labels } = family
  const unitName = unit === 'none' ? '' : unit.replaceAll('_', ' ')
  return [code(prefix + name), type, unitName, labels.map((label) => code(label.name)).join(', '), helpOf(family)]
}

function labelRows(): string[][] {
  const all = new Map<Label, string[]>()
  for (const { name, labels } of families) for (const label of labels) all.set(label, [...(all.get(label) ?? []), name])
  const byName = [...all].toSorted(([a], [b]) => (a.name < b.name ? -1 : Number(a.name > b.name)))
  return byName.map(([label, names]) => [code(label.name), placesOf(names), valuesOf(label)])
}

function placesOf(names: string[]): string {
  return names.length > 3 ? `${names.length} metrics` : names.map((name) => code(prefix + name)).join(', ')
}

function valuesOf(label: Label): string {
  if (isOpen(label)) return `${label.meaning}; at most ${label.ceiling}`
  if (!isClosed(label)) return label.fact
  return label.name === 'metric' ? 'the metrics with a label that has a ceiling' : label.values.map(code).join(', ')
}
