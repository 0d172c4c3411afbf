import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import type { Io } from './io.ts'

/** The version of the package. */
export function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

export function addVersion(program: Command, io: Io): void {
  program
    .command('version')
    .description('print the version')
    .action(() => void io.out.write(`evenkeel ${version()}\n`))
}
