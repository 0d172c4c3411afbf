/** The text of a config as plain data that still knows where everything stands. */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  isAlias as isYamlAlias,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from 'yaml'
import { messageOf } from '../lib/errors.ts'
import { namesOf } from './aliases.ts'
import { substitute } from './environment.ts'
import type { Override } from './override.ts'
import { formatPath, type Place, type Problem } from './problem.ts'

export interface ReadDocument {
  data: unknown
  /** Syntax errors, duplicate keys, missing variables. */
  problems: Problem[]
  /** False when so much is wrong that nothing more can be said about the data. */
  readable: boolean
  /** Where the value of a path stands, or its key; for what is not there, the nearest thing around it. */
  place(path: readonly PropertyKey[], of: 'key' | 'value'): Place
  /** What stands at a path; undefined where nothing does. */
  find(path: readonly PropertyKey[]): Written | undefined
}

/** A value that somebody has written. */
export interface Written {
  place: Place | '--set'
  /** The last key of its path as it stands there: an alias, maybe. */
  name: string
  value: unknown
  /** Whose values are in it. */
  variables: string[]
}

export function readDocument(
  file: string,
  content: string,
  env: Record<string, string | undefined>,
  overrides: readonly Override[],
): ReadDocument {
  const problems: Problem[] = []
  const placeAt = (offset: number): Place => {
    // Counted here: yaml's LineCounter misses lines inside of what could not be parsed.
    const before = content.slice(0, offset).split('\n')
    return { file, line: before.length, column: before.at(-1)!.length + 1 }
  }
  const report = (offset: number, message: string, path = '') => problems.push({ ...placeAt(offset), path, message })
  const nothing = { data: undefined, problems, readable: false, place: () => placeAt(0), find: () => undefined }

  let document: Document.Parsed
  let data: unknown
  const variables = new Map<Node, string[]>()
  try {
    document = parseDocument(content, { prettyErrors: false, logLevel: 'error' })
    for (const { pos } of document.errors.filter(isDuplicate)) report(pos[0], 'this key appears twice')
    // The parser's first complaint is the one that helps: after it, it sees ghosts.
    const broken = document.errors.find((error) => !isDuplicate(error))
    for (const { message, pos } of broken ? [broken] : document.warnings) {
      report(pos[0], `not valid YAML: ${describe(message)}`)
    }
    if (broken) return nothing
    const dangling = findDangling(document)
    if (dangling) {
      const remedy = 'a text that begins with * stands in quotes'
      report(startOf(dangling) ?? 0, `not valid YAML: there is no such anchor; ${remedy}`)
      return nothing
    }
    substituteAll(document, env, variables, report)
    data = document.toJS()
  } catch (error) {
    // Anchors that grow without end, or nesting deeper than the stack.
    report(0, `this is not a config: ${describe(messageOf(error))}`)
    return nothing
  }

  for (const override of overrides) data = override.apply(data)
  const place = (path: readonly PropertyKey[], of: 'key' | 'value') => {
    const override = overrides.findLast((candidate) => candidate.covers(path))
    return override ? override.place(of) : placeAt(offsetOf(document, path, of))
  }
  const find = (path: readonly PropertyKey[]): Written | undefined => {
    // It also takes the place of what single clusters say.
    const atTop = path[0] === 'clusters' ? path.slice(2) : path
    const override = overrides.findLast((candidate) => candidate.covers(atTop))
    if (override) {
      const value = override.valueAt(atTop)
      return value === undefined ? undefined : { place: '--set', name: String(path.at(-1)), value, variables: [] }
    }
    const found = nodeAt(document, path)
    if (!found) return undefined
    const { name, node } = found
    const names = variablesIn(node, variables)
    return { place: place(path, 'value'), name, value: node?.toJS(document), variables: names }
  }
  return { data, problems, readable: true, place, find }
}

function isDuplicate({ code }: { code: string }): boolean {
  return code === 'DUPLICATE_KEY'
}

/** The first line of a parser's message without the piece of text it may quote, which may be a secret. */
function describe(message: string): string {
  const text = message.split('\n')[0]!.replace(/: .*$/, '')
  return text === 'Unresolved tag' ? 'there is no such tag; a text that begins with ! stands in quotes' : text
}

/** A password may begin with a star. */
function findDangling(document: Document.Parsed): Node | undefined {
  let dangling: Node | undefined
  visit(document, {
    Alias(_, node) {
      if (node.resolve(document)) return undefined
      dangling = node
      return visit.BREAK
    },
  })
  return dangling
}

/** Puts the environment into every text value. */
function substituteAll(
  document: Document.Parsed,
  env: Record<string, string | undefined>,
  variables: Map<Node, string[]>,
  report: (offset: number, message: string, path: string) => void,
): void {
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string') return
      const { text, names, problem } = substitute(node.value, env)
      node.value = text
      if (names.length > 0) variables.set(node, names)
      if (problem) report(node.range?.[0] ?? 0, problem, formatPath(pathTo([...ancestors, node])))
    },
  })
}

/** Keys and indices that lead through a chain of nodes, each the parent of the next. */
function pathTo(chain: readonly unknown[]): PropertyKey[] {
  return chain.flatMap((link, index): PropertyKey[] => {
    if (isPair(link)) return [isScalar(link.key) ? String(link.key.value) : '?']
    return isSeq(link) ? [link.items.indexOf(chain[index + 1])] : []
  })
}

/** Offset into the text of a path's key or value, or of the nearest thing around it that exists. */
function offsetOf(document: Document.Parsed, path: readonly PropertyKey[], of: 'key' | 'value'): number {
  let node = resolve(document, document.contents)
  let nearest = 0
  for (const [index, step] of path.entries()) {
    const last = index === path.length - 1
    let next: Node | undefined
    if (isMap(node)) {
      const pair = pairOf(node, path, index)
      if (!pair) break
      nearest = startOf(pair.key) ?? nearest
      if (last && of === 'key') break
      const value = resolve(document, pair.value)
      // What is missing in a block is reported at the block's key, an empty value at its own.
      if (last && !(isScalar(value) && value.value === null)) nearest = startOf(pair.value) ?? nearest
      next = value
    } else if (isSeq(node)) {
      const item = node.items[Number(step)]
      if (item === undefined) break
      nearest = startOf(item) ?? nearest
      next = resolve(document, item)
    }
    if (!next) break
    node = next
  }
  return nearest
}

/** By one of the names of the key at the index of the path. */
function pairOf(map: YAMLMap, path: readonly PropertyKey[], index: number): Pair | undefined {
  for (const name of namesOf(String(path[index - 1]), String(path[index]))) {
    const pair = map.items.find(({ key }) => isScalar(key) && String(key.value) === name)
    if (pair) return pair
  }
  return undefined
}

/** The node of a value, undefined for an empty one, and the name of its key. */
function nodeAt(
  document: Document.Parsed,
  path: readonly PropertyKey[],
): { name: string; node: Node | undefined } | undefined {
  let name = ''
  let node = resolve(document, document.contents)
  for (const [index, step] of path.entries()) {
    if (isMap(node)) {
      const pair = pairOf(node, path, index)
      if (!pair) return undefined
      name = isScalar(pair.key) ? String(pair.key.value) : ''
      node = resolve(document, pair.value)
    } else if (isSeq(node)) {
      node = resolve(document, node.items[Number(step)])
      if (!node) return undefined
    } else return undefined
  }
  return { name, node }
}

function variablesIn(node: Node | undefined, variables: ReadonlyMap<Node, string[]>): string[] {
  const names = new Set<string>()
  if (node) visit(node, { Scalar: (_, scalar) => variables.get(scalar)?.forEach((name) => names.add(name)) })
  return [...names]
}

function resolve(document: Document.Parsed, node: unknown): Node | undefined {
  if (isYamlAlias(node)) return node.resolve(document)
  return isNode(node) ? node : undefined
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
