/**
 * Which servers are for which tables: by tags. Servers that share a tag of a table belong to one domain, over which fair shares are
 * taken. Where a server has several tags, all that hang together are one domain: to split its disk among several would be a guess.
 */
import type { Instance, PinotReading, Table } from '../reading.ts'
import { isTable } from '../wire/znrecord.ts'

export class Tenants {
  readonly #tagsOf = new Map<string, TableTags>()
  readonly #servers: Instance[]
  /** Tag → name of its domain. */
  readonly #domainOf: Map<string, string>

  constructor({ instances, tables }: Pick<PinotReading, 'instances' | 'tables'>) {
    this.#servers = instances.filter(({ role }) => role === 'server')
    for (const table of tables) this.#tagsOf.set(table.name, tagsOf(table))
    this.#domainOf = domainsOf(
      [...this.#tagsOf.values()].map(({ all }) => all),
      this.#servers.map(({ tags }) => tags.filter(isServerTag)),
    )
  }

  /** That of its tags; one of its own where it has none. */
  domainOfServer(name: string, tags: readonly string[]): string {
    const tag = tags.find((each) => this.#domainOf.has(each))
    return tag === undefined ? `untagged ${name}` : this.#domainOf.get(tag)!
  }

  domainOfTable(table: Table): string {
    return this.#domainOf.get(this.#tagsOf.get(table.name)!.own[0]!)!
  }

  /** Of a table or tier. */
  isUsed(tag: string): boolean {
    for (const { all } of this.#tagsOf.values()) if (all.includes(tag)) return true
    return false
  }

  /**
   * Those that should hold the table, dead and disabled ones too: of its persisted instance partitions, else all with its tag. Those of its
   * tiers hold only what is old enough, and are left out.
   */
  serversOf(table: Table): Set<string> {
    const { own } = this.#tagsOf.get(table.name)!
    const named = table.instancePartitions
      .filter(({ name }) => !name.includes('__TIER__'))
      .flatMap(({ lists }) => Object.values(lists).flat())
    if (named.length > 0) return new Set(named)
    return new Set(this.#servers.filter(({ tags }) => tags.some((tag) => own.includes(tag))).map(({ name }) => name))
  }
}

interface TableTags {
  /** Of the tenant. */
  own: string[]
  /** Those of tiers as well. */
  all: string[]
}

/** Tags of servers end like types of tables. */
export function isServerTag(tag: string): boolean {
  return tag.endsWith('_OFFLINE') || tag.endsWith('_REALTIME')
}

function tagsOf({ config, type }: Table): TableTags {
  const tenants = isTable(config['tenants']) ? config['tenants'] : {}
  const tenant = typeof tenants['server'] === 'string' ? tenants['server'] : 'DefaultTenant'
  const override = isTable(tenants['tagOverrideConfig']) ? tenants['tagOverrideConfig'] : {}
  const given = [override['realtimeConsuming'], override['realtimeCompleted']]
  const usual = `${tenant}_${type}`
  const own = type === 'REALTIME' ? [...new Set(given.map((tag) => (typeof tag === 'string' ? tag : usual)))] : [usual]
  const tiers = Array.isArray(config['tierConfigs']) ? (config['tierConfigs'] as unknown[]) : []
  const ofTiers = tiers.flatMap((tier) => {
    const tag = isTable(tier) ? tier['serverTag'] : undefined
    return typeof tag === 'string' ? [tag] : []
  })
  const assignments = isTable(config['instanceAssignmentConfigMap']) ? config['instanceAssignmentConfigMap'] : {}
  const assigned = Object.values(assignments).flatMap((assignment) => {
    const pool = isTable(assignment) ? assignment['tagPoolConfig'] : undefined
    return isTable(pool) && typeof pool['tag'] === 'string' ? [pool['tag']] : []
  })
  return { own, all: [...new Set([...own, ...ofTiers, ...assigned])] }
}

/** Tags of one list belong together; a domain is named after its tenants. */
function domainsOf(ofTables: readonly string[][], ofServers: readonly string[][]): Map<string, string> {
  const groupOf = new Map<string, Set<string>>()
  for (const tags of [...ofTables, ...ofServers]) {
    const merged = new Set(tags.flatMap((tag) => [tag, ...(groupOf.get(tag) ?? [])]))
    for (const tag of merged) groupOf.set(tag, merged)
  }
  const names = new Map<string, string>()
  for (const [tag, group] of groupOf) {
    names.set(tag, [...new Set([...group].map((each) => each.replace(/_(OFFLINE|REALTIME)$/, '')))].sort().join('+'))
  }
  return names
}
