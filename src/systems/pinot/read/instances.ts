/** Members of a cluster by their InstanceConfigs. */
import { type Instance, type Role, roles } from '../reading.ts'
import { isTable, type ZnRecord } from '../wire/znrecord.ts'

const prefixes: Record<Role, string> = {
  server: 'Server_',
  broker: 'Broker_',
  controller: 'Controller_',
  minion: 'Minion_',
}

/** Undefined for what is none of Pinot's roles. */
export function roleOf(name: string): Role | undefined {
  return roles.find((role) => name.startsWith(prefixes[role]))
}

/** Undefined for what is none of Pinot's roles. */
export function instanceOf(name: string, record: ZnRecord, live: boolean, queueDepth?: number): Instance | undefined {
  const role = roleOf(name)
  if (role === undefined) return undefined
  const { simpleFields, mapFields, listFields } = record
  const operations = operationsOf(listFields['HELIX_INSTANCE_OPERATIONS'] ?? [], simpleFields['INSTANCE_OPERATION'])
  const host = hostOf(name, prefixes[role], simpleFields['HELIX_HOST'])
  const adminUrl = adminUrlOf(host, simpleFields)
  const version = simpleFields['pinotVersion']
  return {
    name,
    role,
    host,
    live,
    // A new instance has no such field.
    enabled: simpleFields['HELIX_ENABLED'] !== 'false' && operations.length === 0,
    evacuating: operations.includes('EVACUATE'),
    tags: listFields['TAG_LIST'] ?? [],
    pools: mapFields['pool'] ?? {},
    shuttingDown: simpleFields['shutdownInProgress'] === 'true',
    queriesDisabled: simpleFields['queriesDisabled'] === 'true',
    ...(adminUrl === undefined ? {} : { adminUrl }),
    ...(version ? { version } : {}),
    ...(queueDepth === undefined ? {} : { queueDepth }),
  }
}

/** What keeps Helix from using it as usual: DISABLE, EVACUATE, SWAP_IN and their like. What cannot be read counts as one. */
function operationsOf(entries: readonly string[], single: string | undefined): string[] {
  const named = entries.map((entry) => {
    try {
      const value: unknown = JSON.parse(entry)
      const operation = isTable(value) ? (value['OPERATION'] ?? '') : entry
      return typeof operation === 'string' ? operation : entry
    } catch {
      return entry
    }
  })
  return [...named, single ?? ''].filter((operation) => operation !== '' && operation !== 'ENABLE')
}

/** Old versions wrote the prefix of the role before it. */
function hostOf(name: string, prefix: string, field: string | undefined): string {
  if (field) return field.startsWith(prefix) ? field.slice(prefix.length) : field
  return name.slice(prefix.length).replace(/_\d+$/, '')
}

function adminUrlOf(host: string, fields: Record<string, string>): string | undefined {
  const inUrl = host.includes(':') ? `[${host}]` : host
  const [https, http] = [Number(fields['adminHttpsPort']), Number(fields['adminPort'])]
  // -1 or nothing where it does not listen.
  if (http > 0) return `http://${inUrl}:${http}`
  return https > 0 ? `https://${inUrl}:${https}` : undefined
}
