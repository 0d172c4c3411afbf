import { parseDocument } from 'yaml'
import { namesOf } from './aliases.ts'
import type { Place, Problem } from './problem.ts'
import { isRecord } from './values.ts'

/**
 * `BLOCK.KEY=VALUE` from the command line, of a block of settings: it wins over the same key of the file and of every cluster. What
 * `rebalance` says of single tenants and tables are other keys, and stay.
 */
export interface Override {
  apply(data: unknown): unknown
  /** Whether the path lies at or below the overridden key. */
  covers(path: readonly PropertyKey[]): boolean
  /** What it says at a path that it covers; undefined for nothing. */
  valueAt(path: readonly PropertyKey[]): unknown
  place(of: 'key' | 'value'): Place
}

/** Keys of `rebalance` are Pinot's own, and names of tenants and tables. */
const expression =
  /^((?:(?:balancing|leadership|throttle)(?:\.[a-z][a-z0-9_]*)+)|(?:rebalance(?:\.[A-Za-z][A-Za-z0-9_-]*)+))=(.*)$/s

export function parseOverride(text: string): Override | Problem {
  const file = `--set ${text}`
  const refuse = (column: number, message: string): Problem => ({ file, line: 1, column, path: '', message })
  const match = expression.exec(text)
  if (!match)
    return refuse(1, 'expected BLOCK.KEY=VALUE, BLOCK being one of balancing, leadership, throttle and rebalance')
  const path = match[1]!.split('.')
  const valueColumn = match[1]!.length + 2
  // The same key may stand in the file by another name.
  const paths = path.length === 2 ? namesOf(path[0]!, path[1]!).map((name) => [path[0]!, name]) : [path]
  const value = parseDocument(match[2]!, { prettyErrors: false, logLevel: 'error' })
  if (value.errors.length > 0) return refuse(valueColumn, 'the value is not YAML')
  return {
    apply: (data) => {
      if (!isRecord(data)) return data
      const clusters: unknown = data['clusters']
      const ownless = Array.isArray(clusters) ? { clusters: clusters.map((cluster) => without(cluster, paths)) } : {}
      return withValue({ ...(without(data, paths) as typeof data), ...ownless }, path, value.toJS())
    },
    covers: (other) => paths.some((one) => one.every((step, index) => other[index] === step)),
    valueAt: (other) =>
      other
        .slice(path.length)
        .reduce<unknown>((found, step) => (isRecord(found) ? found[String(step)] : undefined), value.toJS()),
    place: (of) => ({ file, line: 1, column: of === 'key' ? 1 : valueColumn }),
  }
}

/** The data with the value at the path; unchanged where the path leads through something that is not a block. */
function withValue(data: unknown, [step, ...rest]: string[], value: unknown): unknown {
  if (step === undefined) return value
  if (data !== undefined && !isRecord(data)) return data
  return { ...data, [step]: withValue(data?.[step], rest, value) }
}

function without(data: unknown, paths: string[][]): unknown {
  return paths.reduce<unknown>((left, path) => withoutOne(left, path), data)
}

function withoutOne(data: unknown, [step, ...rest]: string[]): unknown {
  if (!isRecord(data) || step === undefined || !(step in data)) return data
  const { [step]: inner, ...others } = data
  return rest.length === 0 ? others : { ...others, [step]: withoutOne(inner, rest) }
}
