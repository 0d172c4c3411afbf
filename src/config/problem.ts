import { EvenkeelError } from '../lib/errors.ts'

/** Lines and columns count from 1. */
export interface Place {
  /** The file, or `--set KEY=VALUE` for what the command line added. */
  file: string
  line: number
  column: number
}

/** One thing wrong with a config, and where. */
export interface Problem extends Place {
  /** `clusters[0].system`; empty for the file as a whole. */
  path: string
  message: string
}

/** Everything that is wrong with a config at once: code `bad_config`, one problem a line. */
export class ConfigError extends EvenkeelError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super('bad_config', problems.map(formatProblem).join('\n'))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

/** `FILE:LINE:COLUMN: KEY: what is wrong` */
export function formatProblem({ file, line, column, path, message }: Problem): string {
  return `${file}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`
}

/** `clusters[0].system` */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${String(key)}`))
    .join('')
}
