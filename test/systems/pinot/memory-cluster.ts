/** A cluster whose znodes lie in memory, as a released controller writes them. */
import type { Znode, ZnodeFacts, ZnodeStore } from '../../../src/systems/pinot/wire/znodes.ts'

class MemoryZnodes implements ZnodeStore {
  readonly inFlight = 4
  readonly notes: string[] = []
  /** Paths whose data was asked for. */
  readonly reads: string[] = []
  readonly #nodes = new Map<string, { data: Buffer; version: number; stamp: number }>()
  #stamp = 0

  /** Makes or overwrites; parents come with it. */
  set(path: string, data: object | Buffer = Buffer.alloc(0)): void {
    for (let at = path.indexOf('/', 1); at !== -1; at = path.indexOf('/', at + 1)) {
      const parent = path.slice(0, at)
      if (!this.#nodes.has(parent)) this.#put(parent, Buffer.alloc(0))
    }
    this.#put(path, Buffer.isBuffer(data) ? data : Buffer.from(JSON.stringify(data, null, 2)))
  }

  delete(path: string): void {
    for (const known of this.#nodes.keys())
      if (known === path || known.startsWith(`${path}/`)) this.#nodes.delete(known)
  }

  async read(path: string): Promise<Znode | undefined> {
    this.reads.push(path)
    const node = this.#nodes.get(path)
    return node && { data: node.data, version: node.version, stamp: `${node.stamp}` }
  }

  async children(path: string): Promise<string[] | undefined> {
    if (!this.#nodes.has(path)) return undefined
    return [...this.#nodes.keys()]
      .filter((known) => known.startsWith(`${path}/`) && !known.slice(path.length + 1).includes('/'))
      .map((known) => known.slice(path.length + 1))
  }

  async facts(path: string): Promise<ZnodeFacts | undefined> {
    const node = this.#nodes.get(path)
    const children = (await this.children(path)) ?? []
    return node && { version: node.version, stamp: `${node.stamp}`, children: children.length, bytes: node.data.length }
  }

  async childFacts(path: string): Promise<Map<string, ZnodeFacts>> {
    const facts = new Map<string, ZnodeFacts>()
    for (const name of (await this.children(path)) ?? []) facts.set(name, (await this.facts(`${path}/${name}`))!)
    return facts
  }

  #put(path: string, data: Buffer): void {
    this.#stamp += 1
    this.#nodes.set(path, { data, version: (this.#nodes.get(path)?.version ?? -1) + 1, stamp: this.#stamp })
  }
}

export const root = '/c'

interface ServerSpec {
  tags?: string[]
  live?: boolean
  fields?: Record<string, string>
  operations?: string[]
  pools?: Record<string, string>
  messages?: number
}

type MapFields = Record<string, Record<string, string>>

const record = (id: string, parts: object) => ({ id, simpleFields: {}, mapFields: {}, listFields: {}, ...parts })

/** `s1` … as servers, and whatever tables a test makes. */
export function memoryCluster(servers: Record<string, ServerSpec> = {}) {
  const znodes = new MemoryZnodes()
  znodes.set(`${root}/CONFIGS/CLUSTER/c`, record('c', { simpleFields: { allowParticipantAutoJoin: 'true' } }))
  znodes.set(`${root}/CONFIGS/PARTICIPANT`)
  znodes.set(`${root}/LIVEINSTANCES`)
  znodes.set(`${root}/IDEALSTATES/leadControllerResource`, record('leadControllerResource', {}))
  znodes.set(`${root}/EXTERNALVIEW`)
  znodes.set(`${root}/CONTROLLER/LEADER`, record('x', {}))
  znodes.set(`${root}/PROPERTYSTORE/CONFIGS/TABLE`)

  const cluster = {
    znodes,
    name: serverName,
    setServer(name: string, spec: ServerSpec): void {
      const {
        tags = ['DefaultTenant_OFFLINE', 'DefaultTenant_REALTIME'],
        live = true,
        fields,
        operations,
        pools,
      } = spec
      znodes.set(
        `${root}/CONFIGS/PARTICIPANT/${serverName(name)}`,
        record(serverName(name), {
          simpleFields: {
            HELIX_HOST: name,
            HELIX_PORT: '8098',
            adminPort: '8097',
            pinotVersion: '1.5.1',
            shutdownInProgress: 'false',
            ...fields,
          },
          mapFields: { SYSTEM_RESOURCE_INFO: { numCores: '2' }, ...(pools ? { pool: pools } : {}) },
          listFields: { TAG_LIST: tags, ...(operations ? { HELIX_INSTANCE_OPERATIONS: operations } : {}) },
        }),
      )
      cluster.setLive(name, live)
      znodes.set(`${root}/INSTANCES/${serverName(name)}/MESSAGES`)
      for (let n = 0; n < (spec.messages ?? 0); n += 1) {
        znodes.set(`${root}/INSTANCES/${serverName(name)}/MESSAGES/m${n}`, record('m', {}))
      }
    },
    setLive(name: string, live: boolean): void {
      const path = `${root}/LIVEINSTANCES/${serverName(name)}`
      if (live) znodes.set(path, record(serverName(name), { simpleFields: { SESSION_ID: '1' } }))
      else znodes.delete(path)
    },
    /** Segments as `{ seg: 's1 s2' }`, or with states as `{ seg: 's1:CONSUMING s2' }`; the view is like the wish unless given. */
    setTable(
      table: string,
      wanted: Record<string, string>,
      seen: Record<string, string> | null = wanted,
      config: Record<string, string> = {},
      fields: Record<string, string> = {},
    ): void {
      znodes.set(
        `${root}/PROPERTYSTORE/CONFIGS/TABLE/${table}`,
        record(table, {
          simpleFields: {
            tableName: table,
            tableType: table.replace(/^.*_/, ''),
            isDimTable: 'false',
            tenants: '{"broker":"DefaultTenant","server":"DefaultTenant"}',
            segmentsConfig: '{"replication":"2","minimizeDataMovement":false}',
            ...config,
          },
        }),
      )
      cluster.setIdeal(table, wanted, fields)
      if (seen) cluster.setView(table, seen)
    },
    setIdeal(table: string, wanted: Record<string, string>, fields: Record<string, string> = {}): void {
      const simpleFields = { REBALANCE_MODE: 'CUSTOMIZED', REPLICAS: '2', ...fields }
      znodes.set(`${root}/IDEALSTATES/${table}`, record(table, { simpleFields, mapFields: mapFieldsOf(wanted) }))
    },
    setView(table: string, seen: Record<string, string>): void {
      znodes.set(`${root}/EXTERNALVIEW/${table}`, record(table, { mapFields: mapFieldsOf(seen) }))
    },
    setJobs(entries: Record<string, Record<string, string>>): void {
      znodes.set(`${root}/PROPERTYSTORE/CONTROLLER_JOBS/TABLE_REBALANCE`, record('jobs', { mapFields: entries }))
    },
  }
  for (const [name, spec] of Object.entries(servers)) cluster.setServer(name, spec)
  return cluster
}

export const serverName = (name: string): string => `Server_${name}_8098`

function mapFieldsOf(segments: Record<string, string>): MapFields {
  return Object.fromEntries(
    Object.entries(segments).map(([segment, replicas]) => [
      segment,
      Object.fromEntries(
        replicas
          .split(' ')
          .filter((text) => text !== '')
          .map((text) => {
            const [server, state = 'ONLINE'] = text.split(':')
            return [serverName(server!), state]
          }),
      ),
    ]),
  )
}

/** As a controller writes it while a rebalance runs. */
export function jobEntry(id: string, table: string, changes: Record<string, unknown> = {}): Record<string, string> {
  const { status = 'IN_PROGRESS', updatedAtMs = 1_795_254_629_290, left = 20, config = {} } = changes
  return {
    jobId: id,
    submissionTimeMs: String(updatedAtMs),
    jobType: 'TABLE_REBALANCE',
    tableName: table,
    REBALANCE_PROGRESS_STATS: JSON.stringify({
      status,
      startTimeMs: 1_795_254_627_222,
      timeToFinishInSeconds: 2,
      completionStatusMsg: null,
      rebalanceProgressStatsOverall: {
        totalSegmentsToBeAdded: 60,
        totalSegmentsToBeDeleted: 60,
        totalRemainingSegmentsToBeAdded: left,
        totalRemainingSegmentsToBeDeleted: left,
      },
      externalViewToIdealStateConvergence: { _segmentsMissing: 0, _replicasToRebalance: 4 },
    }),
    REBALANCE_CONTEXT: JSON.stringify({
      config: {
        minAvailableReplicas: 1,
        heartbeatIntervalInMs: 300_000,
        heartbeatTimeoutInMs: 3_600_000,
        ...(config as object),
      },
      jobId: id,
      attemptId: 2,
      originalJobId: `${id}-first`,
      allowRetries: true,
    }),
  }
}
