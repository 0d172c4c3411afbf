/** A config in force as a file that says all of it, each line with where it comes from. */
import type { CompiledConfig } from './compile.ts'
import { type ShownSetting, shownSettings } from './origins.ts'
import { yamlText } from './value-texts.ts'

type Tree = Map<string, Tree | Leaf>
interface Leaf {
  words: unknown
  origin: string
}

/** But for secrets it is a config again, of the same meaning. */
export function configYaml(config: CompiledConfig): string {
  const settings = shownSettings(config)
  const lines = ['version: 1', 'clusters:']
  for (const { name } of config.clusters) {
    const own = settings.filter(({ cluster }) => cluster === name)
    lines.push(`  - name: ${yamlText(name)}`, ...linesOf(treeOf(own), '    '))
  }
  lines.push(...linesOf(treeOf(settings.filter(({ cluster }) => cluster === undefined)), ''))
  return lines.map((line) => `${line}\n`).join('')
}

function treeOf(settings: ShownSetting[]): Tree {
  const root: Tree = new Map()
  for (const { path, words, origin } of settings) {
    let block = root
    for (const step of path.slice(0, -1)) {
      const inner = block.get(step)
      const next: Tree = inner instanceof Map ? inner : new Map()
      block.set(step, next)
      block = next
    }
    block.set(path.at(-1)!, { words, origin })
  }
  return root
}

function linesOf(tree: Tree, indent: string): string[] {
  return [...tree].flatMap(([key, value]) => {
    const begin = `${indent}${yamlText(key)}:`
    if (value instanceof Map) return [begin, ...linesOf(value, `${indent}  `)]
    // What came out of a variable is no variable when it is read again.
    return [`${begin} ${yamlText(value.words).replaceAll('${', () => '$${')} # ${value.origin}`]
  })
}
