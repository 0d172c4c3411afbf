/** An exposition in Prometheus' text format, taken apart and compared with the table of families. */
import { type Family, families, helpOf, prefix } from '../../src/observe/families.ts'
import { isClosed } from '../../src/observe/labels.ts'

export interface ShownSample {
  /** Of a histogram with `_bucket`, `_sum` or `_count` at its end. */
  name: string
  labels: Record<string, string>
  value: number
}

/** @throws Error with the line that is none. */
export function samplesOf(body: string): ShownSample[] {
  return body
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
      if (name === undefined) throw new Error(`not a sample: ${line}`)
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, label, text]) => [label!, text!])
      return { name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value) }
    })
}

/** What of evenkeel's own an exposition has that the table of families does not: nothing when all is well. */
export function strangersIn(body: string): string[] {
  const table: readonly Family[] = families
  const declared = [...body.matchAll(/^# (HELP|TYPE) (evenkeel_\w+) (.*)$/gm)].flatMap(([, what, name, text]) => {
    const family = table.find((one) => prefix + one.name === name)
    if (!family) return [`${name} is not in the table`]
    const wanted = what === 'HELP' ? helpOf(family) : family.type
    return text === wanted ? [] : [`${name}: ${what} ${text}`]
  })
  const samples = samplesOf(body).filter(({ name }) => name.startsWith(prefix))
  return [
    ...declared,
    ...samples.flatMap(({ name, labels }) => {
      const family = table.find(
        (one) =>
          prefix + one.name === name ||
          (one.type === 'histogram' && name.replace(/_(bucket|sum|count)$/, '') === prefix + one.name),
      )
      if (!family) return [`${name} is not in the table`]
      const { le: _, ...own } = labels
      const shown = Object.keys(own).toSorted().join()
      if (
        shown !==
        family.labels
          .map((label) => label.name)
          .toSorted()
          .join()
      )
        return [`${name} has the labels ${shown}`]
      return family.labels.flatMap((label) =>
        isClosed(label) && !label.values.includes(own[label.name]!)
          ? [`${name}: ${label.name} ${own[label.name]}`]
          : [],
      )
    }),
  ]
}
