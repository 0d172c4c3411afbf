/** What the tests want to know of a PromQL expression, from its syntax tree. */
import { parser } from '@prometheus-io/lezer-promql'

export type Node = ReturnType<typeof parser.parse>['topNode']

export interface Selector {
  metric: string
  matchers: { label: string; operator: string; value: string }[]
  /** The range, such as `5m`; absent for an instant vector. */
  range?: string
  /** The function whose argument it is, if any. */
  function?: string
}

/** The first place at which the expression is no PromQL; undefined where it is. */
export function syntaxFault(expr: string): string | undefined {
  let fault: string | undefined
  parser.parse(expr).iterate({
    enter: ({ type, from }) => {
      if (type.isError) fault ??= `at ${from}: ${expr.slice(from, from + 30)}`
    },
  })
  return expr.trim() === '' ? 'empty' : fault
}

export function selectors(expr: string): Selector[] {
  return all(parser.parse(expr).topNode, 'VectorSelector').map((node) => {
    const ranged = node.parent?.name === 'MatrixSelector' ? node.parent : undefined
    const call = (ranged ?? node).parent?.parent
    const duration = ranged?.getChild('DurationExpr')
    return {
      metric: text(expr, node.getChild('Identifier')),
      matchers: all(node, 'UnquotedLabelMatcher').map((matcher) => ({
        label: text(expr, matcher.getChild('LabelName')),
        operator: text(expr, matcher.getChild('MatchOp')),
        value: text(expr, matcher.getChild('StringLiteral')).slice(1, -1),
      })),
      ...(duration ? { range: text(expr, duration) } : {}),
      ...(call?.name === 'FunctionCall' ? { function: text(expr, call.getChild('FunctionIdentifier')) } : {}),
    }
  })
}

/** Every label that the expression groups, joins or replaces by. */
export function groupedBy(expr: string): string[] {
  return all(parser.parse(expr).topNode, 'GroupingLabels').flatMap((node) =>
    node.getChildren('LabelName').map((label) => text(expr, label)),
  )
}

/**
 * The labels that every series of the result has. What a selector has is for the caller to say; a scalar has none and takes
 * those of the other side.
 */
export function labelsOf(expr: string, ofMetric: (metric: string) => readonly string[]): Set<string> {
  const labels = (node: Node): Set<string> | 'scalar' => {
    const children = childrenOf(node)
    switch (node.name) {
      case 'VectorSelector':
        return new Set(ofMetric(text(expr, node.getChild('Identifier'))))
      case 'NumberDurationLiteral':
      case 'StringLiteral':
        return 'scalar'
      case 'AggregateExpr':
        return aggregated(node)
      case 'FunctionCall':
        return called(node)
      case 'BinaryExpr':
        return joined(node)
      default: {
        const inner = children.find(({ name }) => !/^(UnaryOp|Offset|DurationExpr|OffsetDurationExpr)$/.test(name))
        if (!inner) throw new Error(`labels of ${node.name}: ${text(expr, node)}`)
        return labels(inner)
      }
    }
  }
  const set = (node: Node) => {
    const found = labels(node)
    return found === 'scalar' ? new Set<string>() : found
  }
  const aggregated = (node: Node): Set<string> => {
    const body = childrenOf(node.getChild('FunctionCallBody')!)
    const operator = text(expr, node.getChild('AggregateOp'))
    if (/^(topk|bottomk)$/.test(operator)) return set(body.at(-1)!)
    const own = operator === 'count_values' ? [text(expr, body[0]).slice(1, -1)] : []
    const grouping = node.getChild('AggregateModifier')?.getChild('GroupingLabels')
    return new Set([...own, ...(grouping?.getChildren('LabelName').map((label) => text(expr, label)) ?? [])])
  }
  const called = (node: Node): Set<string> | 'scalar' => {
    const name = text(expr, node.getChild('FunctionIdentifier'))
    const body = node.getChild('FunctionCallBody')
    const parts = body ? childrenOf(body) : []
    if (parts.length === 0) return 'scalar'
    if (name === 'label_replace') return new Set([...set(parts[0]!), text(expr, parts[1]).slice(1, -1)])
    const inner = set(parts.at(-1)!)
    if (name === 'histogram_quantile') inner.delete('le')
    return inner
  }
  const joined = (node: Node): Set<string> | 'scalar' => {
    const parts = childrenOf(node)
    const [left, right] = [labels(parts[0]!), labels(parts.at(-1)!)]
    if (left === 'scalar' || right === 'scalar') return left === 'scalar' ? right : left
    if (node.getChild('And') || node.getChild('Unless')) return left
    const modifier = node.getChild('MatchingModifierClause')
    if (modifier?.getChild('GroupLeft')) return left
    if (modifier?.getChild('On')) {
      const on = modifier.getChild('GroupingLabels')?.getChildren('LabelName') ?? []
      return new Set(on.map((label) => text(expr, label)))
    }
    return new Set([...left].filter((label) => right.has(label)))
  }
  return set(parser.parse(expr).topNode)
}

function all(node: Node, name: string): Node[] {
  const found: Node[] = []
  node.cursor().iterate((each) => {
    if (each.name === name && each.from >= node.from && each.to <= node.to) found.push(each.node)
  })
  return found
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = []
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child)
  return children
}

function text(expr: string, node: { from: number; to: number } | null | undefined): string {
  return node ? expr.slice(node.from, node.to) : ''
}
