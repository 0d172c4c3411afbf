/** What a config that was read anew changes, and how much of that can be had without a restart. */
import { isDeepStrictEqual } from 'node:util'
import { type CompiledConfig, deepFreeze } from './compile.ts'
import { originsInForce } from './origins.ts'
import { clusterSettings, processSettings, type Setting } from './words.ts'

export interface Change {
  /** The cluster whose setting it is. */
  cluster?: string
  /** `balancing.mode`; empty for a cluster as a whole. */
  key: string
  /** In the words of a file, secrets redacted. */
  before: string
  after: string
  /** Takes effect while evenkeel runs; else it waits for a restart. */
  live: boolean
}

/** One entry a key, in the order of the config. */
export function changesBetween(before: CompiledConfig, after: CompiledConfig): Change[] {
  const names = new Set([...before.clusters, ...after.clusters].map(({ name }) => name))
  return [
    ...[...names].flatMap((name) => clusterChanges(name, before, after)),
    ...differences(processSettings(before), processSettings(after)),
  ]
}

function clusterChanges(name: string, before: CompiledConfig, after: CompiledConfig): Change[] {
  const [old, now] = [before, after].map(({ clusters }) => clusters.find((cluster) => cluster.name === name))
  if (old && now) {
    return differences(clusterSettings(old), clusterSettings(now)).map((change) => ({ cluster: name, ...change }))
  }
  const words = old ? { before: 'present', after: 'absent' } : { before: 'absent', after: 'present' }
  return [{ cluster: name, key: '', ...words, live: false }]
}

function differences(before: Setting[], after: Setting[]): Change[] {
  const [old, now] = [before, after].map((settings) => new Map(settings.map((setting) => [setting.key, setting])))
  return [...new Set([...old!.keys(), ...now!.keys()])].flatMap((key) => {
    const [was, is] = [old!.get(key), now!.get(key)]
    if (isDeepStrictEqual(was?.value, is?.value)) return []
    return [{ key, before: was?.text ?? 'absent', after: is?.text ?? 'absent', live: isLive(key, is?.value) }]
  })
}

function isLive(key: string, value: unknown): boolean {
  // Without tokens an address that others can reach, which stays until a restart, would be open to them.
  if (key === 'server.auth.bearer_token_file') return value !== undefined
  return /^(balancing|leadership|throttle|rebalance)\./.test(key) || key === 'log.level'
}

/** What is in force once the live part of `after` is: everything else is as it was. */
export function withLive(before: CompiledConfig, after: CompiledConfig): CompiledConfig {
  const { origins: _, ...rest } = before
  const inForce = {
    ...rest,
    clusters: before.clusters.map((cluster) => {
      const wanted = after.clusters.find(({ name }) => name === cluster.name)
      if (!wanted) return cluster
      const { balancing, leadership, throttle } = wanted
      const settings = { balancing, leadership, throttle }
      if (cluster.system !== 'pinot' || wanted.system !== 'pinot') return { ...cluster, ...settings }
      return { ...cluster, ...settings, pinot: { ...cluster.pinot, rebalance: wanted.pinot.rebalance } }
    }),
    server: { ...before.server, ...(after.server.tokens && { tokens: after.server.tokens }) },
    log: { ...before.log, level: after.log.level },
  }
  return deepFreeze({ ...inForce, origins: originsInForce(inForce, before, after) })
}
