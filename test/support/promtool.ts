import { spawnSync } from 'node:child_process'

/**
 * What `promtool check metrics` finds in an exposition; empty when it is clean.
 * @throws Error naming the Debian package when promtool is not installed
 */
export function promtoolFindings(exposition: string): string {
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: exposition,
    encoding: 'utf8',
  })
  if (error) throw new Error('promtool is missing: install the Debian package prometheus')
  return status === 0 ? `${stdout}${stderr}` : `ended with ${status}: ${stdout}${stderr}`
}
