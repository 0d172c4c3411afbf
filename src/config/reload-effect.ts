/** What it takes until a changed key holds in a daemon that runs: the one table, which the documentation shows as well. */

/**
 * - `live`: from the next tick of its cluster, which is brought forward.
 * - `reconnects`: once a new connection to the cluster works; the daemon and what it has begun go on.
 * - `restart`: after a restart; until then it stays as it was.
 */
export type ReloadEffect = 'live' | 'reconnects' | 'restart'

/** By key or by the block around it, without the cluster that it is of. */
const effects: Record<string, ReloadEffect> = {
  balancing: 'live',
  leadership: 'live',
  throttle: 'live',
  rebalance: 'live',
  bootstrap_servers: 'reconnects',
  controller_urls: 'reconnects',
  zookeeper: 'reconnects',
  tls: 'reconnects',
  sasl: 'reconnects',
  auth: 'reconnects',
  name: 'restart',
  system: 'restart',
  simulator: 'restart',
  server: 'restart',
  // But not its end: an address that others can reach, which stays until a restart, would be open to them.
  'server.auth': 'live',
  state: 'restart',
  notifications: 'live',
  'audit.file': 'restart',
  'audit.keep': 'live',
  'log.level': 'live',
  'log.format': 'restart',
}

/** @param key `balancing.mode`, `log.level`. @throws Error for a key that nobody has thought of */
export function reloadEffect(key: string): ReloadEffect {
  const steps = key.split('.')
  for (let length = steps.length; length > 0; length--) {
    const found = effects[steps.slice(0, length).join('.')]
    if (found) return found
  }
  throw new Error(`what a change of ${key} takes is not in the table`)
}
