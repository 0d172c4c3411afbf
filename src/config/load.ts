import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { overridable } from './balancing-schema.ts'
import { type ClusterSettings, type CompiledConfig, compile, compileSettings, deepFreeze } from './compile.ts'
import { checkDiskLimits } from './disk-limits.ts'
import { type ReadDocument, readDocument } from './document.ts'
import { fileSchema } from './file-schema.ts'
import { problemsOf } from './issues.ts'
import { originsOf } from './origins.ts'
import { type Override, parseOverride } from './override.ts'
import { ConfigError, type Problem } from './problem.ts'
import { type ReadText, readText, reasonOf } from './secret-files.ts'
import { block, rules } from './values.ts'

export interface LoadOptions {
  /** Values of `${NAME}`; none unless given. */
  env?: Record<string, string | undefined>
  /** `balancing.KEY=VALUE`, each winning over the file and over every cluster. */
  set?: readonly string[]
  /** Of files that the config names, by absolute path; from the file system unless given. */
  read?: ReadText
}

/** @throws ConfigError with everything that is wrong. */
export function loadConfig(file: string, options: LoadOptions = {}): CompiledConfig {
  return parseConfig(readConfig(file), file, options)
}

/** The text of a config file. @throws ConfigError when it cannot be read. */
export function readConfig(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const message = `cannot be read: ${reasonOf(error)}`
    throw new ConfigError([{ file, line: 1, column: 1, path: '', message }])
  }
}

/**
 * @param file names the text in errors; files that the text names are looked for from its folder.
 * @throws ConfigError with everything that is wrong.
 */
export function parseConfig(content: string, file: string, options: LoadOptions = {}): CompiledConfig {
  const { read = readText } = options
  const schema = fileSchema((path) => read(resolve(dirname(file), path)))
  const { data, document } = check(schema, content, file, options)
  const config = compile(data, dirname(file))
  return deepFreeze({ ...config, origins: originsOf(config, document) })
}

/** The settings of a cluster that no config describes. @throws ConfigError when `set` is wrong. */
export function defaultSettings(
  mode: ClusterSettings['balancing']['mode'],
  set: readonly string[] = [],
): ClusterSettings {
  const schema = rules(block(overridable), (data, problem) => checkDiskLimits(data, [[]], problem))
  const { data: layer } = check(schema, '{}', 'defaults', { set })
  return deepFreeze(compileSettings([{ balancing: { mode } }, layer]))
}

/** Structural, so that the schema of the file and that of its parts are checked alike. */
interface Schema<Output> {
  safeParse(data: unknown): { success: true; data: Output } | { success: false; error: { issues: Issues } }
}
type Issues = Parameters<typeof problemsOf>[0]

function check<Output>(
  schema: Schema<Output>,
  content: string,
  file: string,
  options: LoadOptions,
): { data: Output; document: ReadDocument } {
  const overrides: Override[] = []
  const problems: Problem[] = []
  for (const text of options.set ?? []) {
    const override = parseOverride(text)
    if ('apply' in override) overrides.push(override)
    else problems.push(override)
  }
  const document = readDocument(file, content, options.env ?? {}, overrides)
  problems.push(...document.problems)
  const result = document.readable ? schema.safeParse(document.data) : undefined
  if (result?.success && problems.length === 0) return { data: result.data, document }
  const known = new Set(problems.map(placeOf))
  if (result && !result.success) {
    // What could not even be read is not called wrong a second time.
    problems.push(...problemsOf(result.error.issues, document).filter((problem) => !known.has(placeOf(problem))))
  }
  const inFile = (problem: Problem) => Number(problem.file !== file)
  throw new ConfigError(problems.sort((a, b) => inFile(a) - inFile(b) || a.line - b.line || a.column - b.column))
}

function placeOf({ file, line, column }: Problem): string {
  return `${file}:${line}:${column}`
}
