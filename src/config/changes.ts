/** What a config that was read anew changes, and what it takes until each change holds. */
import { isDeepStrictEqual } from 'node:util'
import { type ClusterConfig, type CompiledConfig, deepFreeze } from './compile.ts'
import { originsInForce } from './origins.ts'
import { type ReloadEffect, reloadEffect } from './reload-effect.ts'
import { clusterSettings, processSettings, type Setting } from './words.ts'

export interface Change {
  /** The cluster whose setting it is. */
  cluster?: string
  /** `balancing.mode`; empty for a cluster as a whole. */
  key: string
  /** In the words of a file, secrets redacted. */
  before: string
  after: string
  effect: ReloadEffect
}

const tokensKey = 'server.auth.bearer_token_file'

/** One entry a key, in the order of the config. */
export function changesBetween(before: CompiledConfig, after: CompiledConfig): Change[] {
  const names = new Set([...before.clusters, ...after.clusters].map(({ name }) => name))
  return [
    ...[...names].flatMap((name) => clusterChanges(name, before, after)),
    ...differences(processSettings(before), processSettings(after)).map((change) =>
      change.key === tokensKey && after.server.tokens === undefined
        ? { ...change, effect: 'restart' as const }
        : change,
    ),
  ]
}

function clusterChanges(name: string, before: CompiledConfig, after: CompiledConfig): Change[] {
  const [old, now] = [named(before, name), named(after, name)]
  if (!old || !now) {
    const words = old ? { before: 'present', after: 'absent' } : { before: 'absent', after: 'present' }
    return [{ cluster: name, key: '', ...words, effect: 'restart' }]
  }
  const changes = differences(clusterSettings(old), clusterSettings(now)).map((change) => ({
    cluster: name,
    ...change,
  }))
  if (old.system === now.system) return changes
  // No connection leads from one kind of cluster to another.
  return changes.map((change) => (change.effect === 'reconnects' ? { ...change, effect: 'restart' } : change))
}

function differences(before: Setting[], after: Setting[]): Change[] {
  const [old, now] = [before, after].map((settings) => new Map(settings.map((setting) => [setting.key, setting])))
  return [...new Set([...old!.keys(), ...now!.keys()])].flatMap((key) => {
    const [was, is] = [old!.get(key), now!.get(key)]
    if (isDeepStrictEqual(was?.value, is?.value)) return []
    return [{ key, before: was?.text ?? 'absent', after: is?.text ?? 'absent', effect: reloadEffect(key) }]
  })
}

/** What is in force once the live part of `after` is: everything else is as it was. */
export function withLive(before: CompiledConfig, after: CompiledConfig): CompiledConfig {
  const clusters = before.clusters.map((cluster) => {
    const wanted = named(after, cluster.name)
    if (!wanted) return cluster
    const { balancing, leadership, throttle } = wanted
    const settings = { balancing, leadership, throttle }
    if (cluster.system !== 'pinot' || wanted.system !== 'pinot') return { ...cluster, ...settings }
    return { ...cluster, ...settings, pinot: { ...cluster.pinot, rebalance: wanted.pinot.rebalance } }
  })
  const server = { ...before.server, ...(after.server.tokens && { tokens: after.server.tokens }) }
  const { notifications, audit, log } = after
  const live = {
    notifications,
    audit: { ...before.audit, keepMs: audit.keepMs },
    log: { ...before.log, level: log.level },
  }
  return inForce({ ...before, clusters, server, ...live }, before, after)
}

/** What is in force once the connection of one cluster is that of `after`: everything else is as it was. */
export function withConnection(before: CompiledConfig, after: CompiledConfig, name: string): CompiledConfig {
  const clusters = before.clusters.map((cluster) => {
    const wanted = named(after, name)
    return cluster.name === name && wanted ? connectedAs(cluster, wanted) : cluster
  })
  return inForce({ ...before, clusters }, before, after)
}

function connectedAs(cluster: ClusterConfig, wanted: ClusterConfig): ClusterConfig {
  if (cluster.system === 'kafka' && wanted.system === 'kafka') return { ...cluster, kafka: wanted.kafka }
  if (cluster.system !== 'pinot' || wanted.system !== 'pinot') return cluster
  return { ...cluster, pinot: { ...wanted.pinot, rebalance: cluster.pinot.rebalance } }
}

function inForce(config: CompiledConfig, before: CompiledConfig, after: CompiledConfig): CompiledConfig {
  return deepFreeze({ ...config, origins: originsInForce(config, before, after) })
}

function named(config: CompiledConfig, name: string): ClusterConfig | undefined {
  return config.clusters.find((cluster) => cluster.name === name)
}
