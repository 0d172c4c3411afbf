/** Where each setting in force comes from, and all of them for people to look at. */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { ClusterConfig, CompiledConfig } from './compile.ts'
import type { ReadDocument, Written } from './document.ts'
import type { Origin, Origins } from './origin.ts'
import { clusterSettings, processSettings, type Setting } from './words.ts'

/** One setting in force. */
export interface EffectiveSetting {
  /** Whose it is; absent: of the process. */
  cluster?: string
  /** `balancing.mode`, or `sasl.password_file` where the value is in a file. */
  key: string
  /** In the words of a file; `<redacted>` for a secret. */
  text: string
  /** `default`, or where it was said. */
  origin: string
}

/** Blocks that stand at the top and under a cluster, where they win. */
const overridable = ['balancing', 'leadership', 'throttle', 'rebalance']

export function originsOf(config: Omit<CompiledConfig, 'origins'>, document: ReadDocument): Origins {
  const byKey = (settings: Setting[], placesOf: (path: string[]) => PropertyKey[][]) =>
    Object.fromEntries(
      settings.flatMap(({ key, path }): [string, Origin][] => {
        const origin = originOf(placesOf(path), document)
        return origin ? [[key, origin]] : []
      }),
    )
  return {
    process: byKey(processSettings(config), (path) => [path]),
    clusters: Object.fromEntries(
      config.clusters.map((cluster, index) => [
        cluster.name,
        byKey(clusterSettings(cluster), (path) => {
          const own = ['clusters', index, ...path]
          return overridable.includes(path[0]!) ? [own, path] : [own]
        }),
      ]),
    ),
  }
}

/** @param places where it may stand, the one that wins first. */
function originOf(places: PropertyKey[][], document: ReadDocument): Origin | undefined {
  for (const path of places) {
    for (const name of [String(path.at(-1)), `${String(path.at(-1))}_file`]) {
      const written = document.find([...path.slice(0, -1), name])
      if (written) return described(written, path, name, places.length > 1 && path === places[0])
    }
  }
  return undefined
}

function described(written: Written, path: PropertyKey[], name: string, isOverride: boolean): Origin {
  if (written.place === '--set') return { text: '--set' }
  const { place, variables, value } = written
  const details = [
    ...(isOverride ? ['cluster override'] : []),
    ...(written.name === name ? [] : [`alias ${written.name}`]),
    ...variables.map((variable) => `environment variable ${variable}`),
  ]
  const at = `${place.file}:${place.line}`
  const inCluster = path[0] === 'clusters' ? path.slice(2) : path
  const key = [...inCluster.slice(0, -1), name].join('.')
  return {
    text: details.length === 0 ? at : `${details.join(', ')} (${at})`,
    ...(name.endsWith('_file') && typeof value === 'string' ? { file: { key, path: value } } : {}),
  }
}

/** What `inForce` has in common with `read` is where that says; the rest is from before. */
export function originsInForce(
  inForce: Omit<CompiledConfig, 'origins'>,
  before: CompiledConfig,
  read: CompiledConfig,
): Origins {
  const merged = (now: Setting[], then: Setting[], of: (origins: Origins) => Record<string, Origin> | undefined) => {
    const values = new Map(then.map(({ key, value }) => [key, value]))
    return Object.fromEntries(
      now.flatMap(({ key, value }): [string, Origin][] => {
        const isAsRead = values.has(key) && isDeepStrictEqual(values.get(key), value)
        const origin = of(isAsRead ? read.origins : before.origins)?.[key]
        return origin ? [[key, origin]] : []
      }),
    )
  }
  return {
    process: merged(processSettings(inForce), processSettings(read), ({ process }) => process),
    clusters: Object.fromEntries(
      inForce.clusters.map((cluster) => [
        cluster.name,
        merged(
          clusterSettings(cluster),
          settingsIn(read.clusters, cluster.name),
          ({ clusters }) => clusters[cluster.name],
        ),
      ]),
    ),
  }
}

/** Every setting of a config, cluster by cluster, then those of the process. */
export function effectiveSettings(config: CompiledConfig): EffectiveSetting[] {
  return shownSettings(config).map(({ cluster, key, text, origin }) => ({
    ...(cluster === undefined ? {} : { cluster }),
    key,
    text,
    origin,
  }))
}

/** Alike where two configs have the same settings; of secrets it only knows whether there is any. */
export function settingsHash(config: CompiledConfig): string {
  const said = shownSettings(config).map(({ cluster, path, words }) => [cluster, path, words])
  return createHash('sha256').update(JSON.stringify(said)).digest('hex')
}

/** The beginning of that hash as a number that a double holds exactly. */
export function settingsNumber(config: CompiledConfig): number {
  return Number.parseInt(settingsHash(config).slice(0, 12), 16)
}

/** With what it takes to write a file. */
export interface ShownSetting extends EffectiveSetting {
  path: string[]
  words: unknown
}

export function shownSettings(config: CompiledConfig): ShownSetting[] {
  const { clusters, process } = config.origins
  return [
    ...config.clusters.flatMap((cluster) => {
      const own = shown(clusterSettings(cluster), clusters[cluster.name])
      return own.map((setting) => ({ cluster: cluster.name, ...setting }))
    }),
    ...shown(processSettings(config), process),
  ]
}

function shown(settings: Setting[], origins: Record<string, Origin> = {}): ShownSetting[] {
  return settings
    .filter(({ words }) => words !== undefined)
    .map(({ key, path, words, text }) => {
      const { text: origin = 'default', file } = origins[key] ?? {}
      if (!file) return { key, path, words, text, origin }
      return { key: file.key, path: file.key.split('.'), words: file.path, text: file.path, origin }
    })
}

function settingsIn(clusters: readonly ClusterConfig[], name: string): Setting[] {
  const found = clusters.find((cluster) => cluster.name === name)
  return found ? clusterSettings(found) : []
}
