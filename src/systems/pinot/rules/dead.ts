/**
 * What can be done for servers that are gone or to be emptied. The controller waits before its first step until all segments that it
 * would move are as they should be, which those on a dead server never are. `bestEfforts` gets it past that, but it counts what is
 * wanted and not what serves, so that it may drop the last replica that serves. Hence it is for sure cases only.
 */

import type { Instance, PinotReading, Table } from '../reading.ts'
import type { Change } from './changes.ts'
import { servingServers } from './placements.ts'
import { rulesOf, tenantTags } from './table-rules.ts'

/** Has no session, or is disabled: what it holds serves nobody. */
export function isGone(server: Instance | undefined): boolean {
  return server === undefined || !server.live || !server.enabled
}

export interface Evacuation {
  /** Servers among the sources that are gone. */
  goneSources: string[]
  /** Servers among the targets that are gone. */
  goneTargets: string[]
  /** Segments that would have fewer than the floor while they move; a few of them by name. */
  unsafe: string[]
}

/**
 * Whether segments on dead servers could be moved with `bestEfforts`: if each that moves keeps its floor up on servers that the target
 * keeps too, no step of the controller's can take those away. At least one replica stays up whatever the floor.
 * @param floor replicas of each moved segment that must stay up
 */
export function evacuation(table: Table, changes: readonly Change[], reading: PinotReading, floor: number): Evacuation {
  const byName = new Map(reading.instances.map((instance) => [instance.name, instance]))
  const gone = (names: string[]) => names.filter((name) => isGone(byName.get(name)))
  const sources = new Set<string>()
  const targets = new Set<string>()
  const unsafe: string[] = []
  for (const { segment, from, to } of changes) {
    for (const name of gone(from)) sources.add(name)
    for (const name of gone(to.filter((server) => !from.includes(server)))) targets.add(name)
    const up = servingServers(table.externalView?.placement, segment)
    if (up.filter((server) => to.includes(server)).length < Math.max(1, Math.min(floor, from.length)))
      unsafe.push(segment)
  }
  return { goneSources: [...sources].sort(), goneTargets: [...targets].sort(), unsafe }
}

/** A server that is to lose the tags by which tables are placed on it. */
export interface Untagging {
  server: string
  before: string[]
  after: string[]
  /** What would be left too small, one sentence each; empty: it is safe. */
  problems: string[]
}

/** Of a server without any tag; Pinot's own word. */
const UNTAGGED = 'server_untagged'

/**
 * Servers that are drained, or dead for good, and still have tags: as long as they do, the controller places segments on them, alive or
 * not. Only tags of tables go. Never so many that a table has fewer servers left than replicas; pinot's own check of tags cannot tell,
 * for it finds every untagged server unsafe.
 */
export function untaggings(reading: PinotReading, leaving: ReadonlySet<string>): Untagging[] {
  const rules = reading.tables.map((table) => ({ table, ...rulesOf(table) }))
  const used = new Set(reading.tables.flatMap(tagsOf))
  // A tenant may get its first table any time.
  const placesTables = (tag: string) => used.has(tag) || /_(OFFLINE|REALTIME)$/.test(tag)
  const servers = reading.instances.filter(({ role }) => role === 'server')
  return servers
    .filter(({ name, tags }) => leaving.has(name) && tags.some(placesTables))
    .map(({ name, tags }) => {
      const kept = tags.filter((tag) => !placesTables(tag))
      const problems = rules.flatMap(({ table, tag, replication, dimension }) => {
        if (dimension || !tags.includes(tag)) return []
        const left = servers.filter((other) => !leaving.has(other.name) && other.tags.includes(tag) && !isGone(other))
        if (left.length >= replication) return []
        const those = left.length === 1 ? '1 server' : `${left.length} servers`
        return [`${table.name} has ${replication} replicas and would be left with ${those} of the tag ${tag}`]
      })
      return { server: name, before: tags, after: kept.length === 0 ? [UNTAGGED] : kept, problems }
    })
}

/** By which servers are found for the table. */
export function tagsOf(table: Table): string[] {
  const { dimension, tag, completedTag, tiers, assignment } = rulesOf(table)
  return [
    ...(dimension ? tenantTags(table) : [tag]),
    ...(completedTag === undefined ? [] : [completedTag]),
    ...tiers.map(({ serverTag }) => serverTag),
    ...[...assignment.values()].map((rule) => rule.tag),
  ]
}
