import { spawnSync } from 'node:child_process'

/**
 * What `promtool check metrics` finds in an exposition; empty when it is clean.
 * @throws Error naming the Debian package when promtool is not installed
 */
export function promtoolFindings(exposition: string): string {
  const { status, output } = promtool(['check', 'metrics'], exposition)
  return status === 0 ? output : `ended with ${status}: ${output}`
}

/**
 * Runs promtool to its end; findings may be on either stream, so both are given.
 * @throws Error naming the Debian package when promtool is not installed
 */
export function promtool(args: readonly string[], input = ''): { status: number | null; output: string } {
  const { error, status, stdout, stderr } = spawnSync('promtool', args, { input, encoding: 'utf8' })
  if (error) throw new Error('promtool is missing: install the Debian package prometheus')
  return { status, output: `${stdout}${stderr}` }
}
