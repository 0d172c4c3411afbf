/** In which unit the values of an expression are, by the units of the families in it. */
import { parser } from '@prometheus-io/lezer-promql'
import { families } from '../../src/observe/families.ts'
import type { Node } from './promql.ts'

/** Units of the runtime's metrics that the board uses. */
const foreign: Record<string, string> = {
  process_resident_memory_bytes: 'bytes',
  process_start_time_seconds: 'timestamp',
  process_cpu_seconds_total: 'seconds',
  nodejs_heap_size_used_bytes: 'bytes',
  nodejs_eventloop_lag_p99_seconds: 'seconds',
}

/** What Grafana calls the units that an expression may come to. */
export const inGrafana: Record<string, string> = {
  none: 'short',
  bytes: 'bytes',
  'bytes/s': 'binBps',
  bytes_per_second: 'binBps',
  seconds: 's',
  // Seconds of a processor within a second.
  'seconds/s': 'percentunit',
  ratio: 'percentunit',
  '1000 timestamp': 'dateTimeFromNow',
  'none/s': 'reqps',
  '60 none/s': 'cpm',
}

/** @throws Error where the operation makes no sense */
export function unitOf(expr: string): string {
  const text = (node: Node | null) => (node ? expr.slice(node.from, node.to) : '')
  const unit = (node: Node): string => {
    const parts = childrenOf(node)
    switch (node.name) {
      case 'VectorSelector':
        return ofMetric(text(node.getChild('Identifier')))
      case 'NumberDurationLiteral':
        return `number ${text(node)}`
      case 'AggregateExpr':
        return text(node).startsWith('count') ? 'none' : unit(childrenOf(node.getChild('FunctionCallBody')!).at(-1)!)
      case 'FunctionCall':
        return called(text(node.getChild('FunctionIdentifier')), childrenOf(node.getChild('FunctionCallBody') ?? node))
      case 'BinaryExpr':
        return joined(parts.find(({ name }) => /^(Add|Sub|Mul|Div)$/.test(name))?.name, parts)
      default:
        return unit(parts.find(({ name }) => !/^(UnaryOp|Offset|DurationExpr|OffsetDurationExpr)$/.test(name))!)
    }
  }
  const called = (name: string, args: Node[]): string => {
    if (name === 'time') return 'timestamp'
    if (name === 'rate') return `${unit(args[0]!)}/s`
    // The buckets of a histogram are counts; what they are of is seconds.
    if (name === 'histogram_quantile') return 'seconds'
    return unit(name === 'label_replace' ? args[0]! : args.at(-1)!)
  }
  const joined = (operator: string | undefined, parts: Node[]): string => {
    const [left, right] = [unit(parts[0]!), unit(parts.at(-1)!)]
    const number = /^number /
    if (operator === undefined) return left
    if (operator === 'Mul' && number.test(left)) {
      const factor = left.replace(number, '')
      return /^(60|1000)$/.test(factor) ? `${factor} ${right}` : right
    }
    if (operator === 'Div' && left === right) return 'ratio'
    if (operator === 'Sub' && left === 'timestamp' && right === 'timestamp') return 'seconds'
    if (operator === 'Sub' && number.test(left)) return right
    if (operator === 'Sub' && number.test(right)) return left
    throw new Error(`${left} ${operator} ${right} in ${expr}`)
  }
  return unit(parser.parse(expr).topNode)
}

function ofMetric(metric: string): string {
  const name = metric.replace(/^evenkeel_/, '').replace(/_bucket$/, '')
  return families.find((family) => family.name === name)?.unit ?? foreign[metric] ?? 'none'
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child)
  return children
}
