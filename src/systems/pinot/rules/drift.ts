/**
 * Which tables are not where their own rules put them, and why: from a reading alone, without asking the controller. What is said here
 * is a suspicion: a dry run shows what the controller would make of it. What is not suspected is never asked about.
 *
 * A placement that the controller would merely choose otherwise is no drift: how even it is, others judge. Nor is a consuming segment
 * that does not fit the formula any more since a server came or went: its successor will.
 */
import { type DriftCause, driftCauses } from '../../../cluster/reasons.ts'
import type { Instance, InstancePartitions, PinotReading, Table } from '../reading.ts'
import { defaultList, groupSize, groupsOf, membersOf, misfits, persistedOf } from './instance-partitions.ts'
import { isOffline, replicaCounts, serversAt } from './placements.ts'
import { rulesOf, streamPartition, type TableRules, tenantTags } from './table-rules.ts'

export interface Cause {
  cause: DriftCause
  text: string
}

export interface Suspect {
  table: Table
  rules: TableRules
  /** The weightiest first; never empty. */
  causes: Cause[]
  /** Servers that should hold the table, by name. */
  legal: string[]
  /** Those of them that are alive and hold nothing of it although they should. */
  newcomers: string[]
}

export interface DriftQuestion {
  reading: PinotReading
  /** Servers that are to be emptied, by name. */
  drained: ReadonlySet<string>
  /** Tables whose last job of ours did not reach its target. */
  unfinished: ReadonlySet<string>
  /** Tables that somebody asked to be rebalanced. */
  asked: ReadonlySet<string>
}

/** In the order of the tables' names. */
export function suspects(question: DriftQuestion): Suspect[] {
  const members = new Members(question)
  return question.reading.tables
    .map((table) => suspect(table, members, question))
    .filter(({ causes }) => causes.length > 0)
    .sort((a, b) => (a.table.name < b.table.name ? -1 : 1))
}

/** Servers that should hold a table, whether it is suspected or not. */
export function legalServers(table: Table, reading: PinotReading, drained: ReadonlySet<string>): string[] {
  const members = new Members({ reading, drained })
  return legalOf(table, rulesOf(table), members)
}

/** Servers by name and by tag. */
class Members {
  readonly drained: ReadonlySet<string>
  readonly #byName: Map<string, Instance>
  readonly #byTag = new Map<string, Instance[]>()

  constructor({ reading, drained }: Pick<DriftQuestion, 'reading' | 'drained'>) {
    this.drained = drained
    const servers = reading.instances.filter(({ role }) => role === 'server')
    this.#byName = new Map(servers.map((server) => [server.name, server]))
    for (const server of servers) {
      for (const tag of server.tags) {
        const list = this.#byTag.get(tag)
        if (list) list.push(server)
        else this.#byTag.set(tag, [server])
      }
    }
  }

  get(name: string): Instance | undefined {
    return this.#byName.get(name)
  }

  /** With the tag and not to be emptied. */
  eligible(tag: string): Instance[] {
    return (this.#byTag.get(tag) ?? []).filter(({ name }) => !this.drained.has(name))
  }
}

function suspect(table: Table, members: Members, { unfinished, asked }: DriftQuestion): Suspect {
  const rules = rulesOf(table)
  const legal = legalOf(table, rules, members)
  const counts = replicaCounts(table.idealState.placement)
  const newcomers = newcomersOf(table, rules, members, legal, counts)
  const causes: Cause[] = [
    ...misplaced(table, rules, members, legal, counts),
    ...wrongReplication(table, rules, legal),
    ...wrongAssignment(table, rules, members),
    ...wrongTier(table, rules, members),
    ...(newcomers.length === 0
      ? []
      : [
          {
            cause: 'server_added' as const,
            text: `${some(newcomers)} should hold a part of it and ${newcomers.length === 1 ? 'holds' : 'hold'} none`,
          },
        ]),
  ]
  const { name } = table
  if (unfinished.has(name)) causes.push({ cause: 'unfinished', text: 'its last rebalance did not reach its target' })
  if (asked.has(name)) causes.push({ cause: 'asked', text: 'somebody asked for it' })
  causes.sort((a, b) => driftCauses.indexOf(a.cause) - driftCauses.indexOf(b.cause))
  return { table, rules, causes, legal, newcomers }
}

function legalOf(table: Table, rules: TableRules, members: Members): string[] {
  const names = new Set<string>()
  const add = (found: readonly Instance[]) => {
    for (const { name } of found) names.add(name)
  }
  if (rules.dimension) for (const tag of tenantTags(table)) add(members.eligible(tag))
  else {
    addList(table, rules, members, names, table.type === 'REALTIME' ? 'CONSUMING' : 'OFFLINE', rules.tag)
    if (rules.completedTag !== undefined) addList(table, rules, members, names, 'COMPLETED', rules.completedTag)
    for (const { serverTag } of rules.tiers) add(members.eligible(serverTag))
  }
  return [...names].sort()
}

/** Instance partitions narrow down what a tag allows, if they are made by a config or were set by a person. */
function addList(
  table: Table,
  rules: TableRules,
  members: Members,
  names: Set<string>,
  type: string,
  tag: string,
): void {
  const eligible = members.eligible(tag)
  const persisted = persistedOf(table, type)
  const listed = persisted && !growsWithTag(rules, type) ? new Set(membersOf(persisted)) : undefined
  for (const { name } of eligible) if (listed === undefined || listed.has(name)) names.add(name)
}

/** The config takes all servers of the tag, so that those which the persisted lists lack belong to it as well. */
function growsWithTag(rules: TableRules, type: string): boolean {
  const assignment = rules.assignment.get(type)
  return assignment !== undefined && assignment.instances === 0 && !assignment.special
}

/** Replicas on servers that should not have any: drained, gone, or without the tag. */
function misplaced(
  table: Table,
  rules: TableRules,
  members: Members,
  legal: readonly string[],
  counts: ReadonlyMap<string, number>,
): Cause[] {
  const tags = new Set(
    rules.dimension
      ? tenantTags(table)
      : [
          rules.tag,
          ...(rules.completedTag === undefined ? [] : [rules.completedTag]),
          ...rules.tiers.map((t) => t.serverTag),
        ],
  )
  const holders = new Map([...counts].filter(([, count]) => count > 0))
  // Lists may name what holds nothing yet; new segments go there.
  for (const partitions of table.instancePartitions) {
    if (rules.preconfigured) continue
    for (const server of membersOf(partitions)) if (!holders.has(server)) holders.set(server, 0)
  }
  const found: Record<'drained' | 'server_removed' | 'retagged', string[]> = {
    drained: [],
    server_removed: [],
    retagged: [],
  }
  for (const server of holders.keys()) {
    const instance = members.get(server)
    if (members.drained.has(server)) found.drained.push(server)
    else if (instance === undefined) found.server_removed.push(server)
    else if (!instance.tags.some((tag) => tags.has(tag))) found.retagged.push(server)
  }
  // Nobody of those who hold it has the tag: not the servers were changed, but the table.
  const anyLegal = legal.some((server) => (counts.get(server) ?? 0) > 0)
  const isOtherTenant =
    !anyLegal && found.retagged.length > 1 && found.drained.length + found.server_removed.length === 0
  const held = (servers: string[]) => servers.reduce((sum, server) => sum + (holders.get(server) ?? 0), 0)
  const say = (cause: DriftCause, servers: string[], one: string, many: string): Cause[] => {
    if (servers.length === 0) return []
    const [what, holds] = servers.length === 1 ? [one, 'holds'] : [many, 'hold']
    return [{ cause, text: `${some(servers)} ${what} and ${holds} ${replicas(held(servers))} of it` }]
  }
  const lost = `lost the tag ${[...tags].join(' or ')}`
  return [
    ...say('drained', found.drained, 'is to be emptied', 'are to be emptied'),
    ...say('server_removed', found.server_removed, 'is no instance any more', 'are no instances any more'),
    ...(isOtherTenant
      ? [{ cause: 'tenant' as const, text: `no server that holds it has the tag ${[...tags].join(' or ')}` }]
      : say('retagged', found.retagged, `has ${lost}`, `have ${lost}`)),
  ]
}

function wrongReplication(table: Table, rules: TableRules, legal: readonly string[]): Cause[] {
  const { placement } = table.idealState
  const wanted = rules.dimension ? legal.length : replicationOf(table, rules)
  let wrong = 0
  placement.segments.forEach((_, segment) => {
    const count = placement.start[segment + 1]! - placement.start[segment]!
    if (count !== wanted && !isOffline(placement, segment)) wrong++
  })
  if (wrong === 0) return []
  // A dimension table has as many replicas as there are servers: then one came, or went.
  if (rules.dimension) return []
  return [
    { cause: 'replication', text: `${wrong} of ${placement.segments.length} segments do not have ${replicas(wanted)}` },
  ]
}

/** With replica groups there are as many replicas as groups, whatever else the config says. */
function replicationOf(table: Table, rules: TableRules): number {
  const persisted = mainPartitions(table)
  const groups = persisted === undefined ? 1 : groupsOf(persisted).size
  return groups > 1 ? groups : rules.replication
}

function mainPartitions(table: Table): InstancePartitions | undefined {
  return persistedOf(table, table.type === 'REALTIME' ? 'CONSUMING' : 'OFFLINE')
}

function wrongAssignment(table: Table, rules: TableRules, members: Members): Cause[] {
  if (rules.preconfigured || rules.dimension) return []
  const found: string[] = []
  for (const [type, assignment] of rules.assignment) {
    const isTier = rules.tiers.some(({ name }) => name === type)
    const persisted = persistedOf(table, type, isTier)
    const eligible = new Map(members.eligible(assignment.tag).map((server) => [server.name, server]))
    if (persisted === undefined) found.push(`no instance partitions are kept for ${type}`)
    else found.push(...misfits(persisted, assignment, eligible))
  }
  const persisted = mainPartitions(table)
  if (persisted && rules.tiers.length === 0 && rules.completedTag === undefined) {
    const stray = strays(table, persisted)
    if (stray > 0) found.push(`${stray} segments are not once in each replica group of ${persisted.name}`)
  }
  return found.length === 0 ? [] : [{ cause: 'assignment', text: found.join('; ') }]
}

/** Segments whose replicas are not one in each replica group. */
function strays(table: Table, persisted: InstancePartitions): number {
  const groups = groupsOf(persisted)
  const { placement } = table.idealState
  const groupOf = placement.servers.map((server) => [...groups].find(([, servers]) => servers.has(server))?.[0] ?? -1)
  let stray = 0
  placement.segments.forEach((_, segment) => {
    if (isOffline(placement, segment)) return
    const seen = new Set<number>()
    let outside = false
    for (let at = placement.start[segment]!; at < placement.start[segment + 1]!; at++) {
      const group = groupOf[placement.server[at]!]!
      // One group may hold all replicas; of several each holds one.
      if (group === -1 || (groups.size > 1 && seen.has(group))) outside = true
      seen.add(group)
    }
    if (outside) stray++
  })
  return stray
}

/** Segments that are pinned to a tier by name and elsewhere. Those that go by age are moved by the controllers themselves, once an hour. */
function wrongTier(table: Table, { tiers }: TableRules, members: Members): Cause[] {
  const { placement } = table.idealState
  const pins = tiers.filter(({ segments }) => segments !== undefined && segments.size > 0)
  if (pins.length === 0) return []
  const found: string[] = []
  for (const { name, serverTag, segments } of pins) {
    let wrong = 0
    placement.segments.forEach((segment, index) => {
      if (!segments!.has(segment)) return
      if (serversAt(placement, index).some((server) => !members.get(server)?.tags.includes(serverTag))) wrong++
    })
    if (wrong > 0) found.push(`${wrong} segments of tier ${name} are not on servers with the tag ${serverTag}`)
  }
  return found.length === 0 ? [] : [{ cause: 'tier', text: found.join('; ') }]
}

/** Servers that are alive, belong to the table and hold nothing of it, and would be given something. */
function newcomersOf(
  table: Table,
  rules: TableRules,
  members: Members,
  legal: readonly string[],
  counts: ReadonlyMap<string, number>,
): string[] {
  const empty = legal.filter((server) => {
    const instance = members.get(server)
    return (counts.get(server) ?? 0) === 0 && instance?.live && instance.enabled && !instance.shuttingDown
  })
  if (empty.length === 0) return []
  if (rules.dimension) return empty
  const type = table.type === 'REALTIME' ? 'CONSUMING' : 'OFFLINE'
  const assignment = rules.assignment.get(type)
  if (assignment !== undefined) {
    const persisted = persistedOf(table, type)
    if (persisted === undefined || assignment.special) return []
    const size = groupSize(assignment, members.eligible(assignment.tag))
    const groups = [...groupsOf(persisted).values()]
    const listed = new Set(membersOf(persisted))
    // A remainder that fills no row of groups stays empty: that is Pinot's way.
    const grows = groups.some((group) => group.size < size)
    const within = new Set(groups.flatMap((group) => byCap([...group], counts)))
    return empty.filter((server) => (listed.has(server) ? within.has(server) : grows))
  }
  // Servers of tiers and of completed segments are filled by the controllers themselves, once an hour.
  const given = new Set(
    table.type === 'REALTIME' ? byFormula(table, rules, members) : byCap(legal, counts, sum(counts.values())),
  )
  const own = new Set(members.eligible(rules.tag).map(({ name }) => name))
  return empty.filter((server) => given.has(server) && own.has(server))
}

/**
 * Only what is above the even share of these servers, rounded up, is taken from one: else nobody is given anything.
 * @param total replicas that are to be spread over them; those that they hold unless given
 */
function byCap(servers: readonly string[], counts: ReadonlyMap<string, number>, total?: number): readonly string[] {
  const held = servers.map((server) => counts.get(server) ?? 0)
  return Math.max(...held) > Math.ceil((total ?? sum(held)) / servers.length) ? servers : []
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}

/** Replica r of stream partition p goes to `(p × replication + r) mod servers` of the default list. */
function byFormula(table: Table, rules: TableRules, members: Members): string[] {
  const list = defaultList(
    table.name,
    members.eligible(rules.tag).map(({ name }) => name),
  )
  const { segments } = table.idealState.placement
  const partitions = new Set(segments.flatMap((segment) => streamPartition(segment) ?? []))
  const given = new Set<string>()
  for (const partition of partitions) {
    for (let replica = 0; replica < rules.replication; replica++) {
      given.add(list[(partition * rules.replication + replica) % list.length]!)
    }
  }
  return [...given]
}

/** `a, b and 3 others`, so that a sentence stays one. */
function some(names: readonly string[]): string {
  const shown = [...names].sort().slice(0, 3).join(', ')
  return names.length > 3 ? `${shown} and ${names.length - 3} others` : shown
}

function replicas(count: number): string {
  return count === 1 ? '1 replica' : `${count} replicas`
}
