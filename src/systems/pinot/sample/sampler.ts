/** Makes a complete sample out of a reading and what the servers tell, or says what is missing. */
import { buildState } from '../../../cluster/builder.ts'
import type { NodeLine } from '../../../cluster/lines.ts'
import type { RunningJob } from '../../../cluster/move.ts'
import type { Health, Sample } from '../../../cluster/sample.ts'
import type { TopicReport } from '../../../cluster/target.ts'
import { slices } from '../../../lib/clock.ts'
import { formatTime } from '../../../lib/iso-time.ts'
import { sameList } from '../../../lib/lists.ts'
import { formatDuration } from '../../../lib/units.ts'
import type { Wanted } from '../meeting.ts'
import type { Servers } from '../read/servers.ts'
import type { TableSizes } from '../read/sizes.ts'
import type { Instance, PinotReading } from '../reading.ts'
import { type Holder, type Layout, type LayoutInput, layoutOf } from './layout.ts'
import { Newcomers } from './newcomers.ts'
import { notesOf } from './notes.ts'
import { reportOf } from './reports.ts'
import { isServerTag, Tenants } from './tenants.ts'

export class Sampler {
  readonly #name: string
  readonly #servers: Pick<Servers, 'disk' | 'unreachable' | 'sizes' | 'notes'>
  readonly #newcomers = new Newcomers()
  readonly #laid = new Map<string, { of: unknown[]; layout: Layout }>()

  constructor(name: string, servers: Pick<Servers, 'disk' | 'unreachable' | 'sizes' | 'notes'>) {
    this.#name = name
    this.#servers = servers
  }

  /** Of a reading whose servers have been asked. */
  async sample(reading: PinotReading, wanted: Wanted, jobs: RunningJob[]): Promise<Sample> {
    const slice = slices()
    const { takenAtMs } = reading
    this.#newcomers.see(reading)
    const tenants = new Tenants(reading)
    const byName = new Map(reading.instances.map((instance) => [instance.name, instance]))
    const holderOf = (server: string): Holder => {
      const instance = byName.get(server)
      return {
        serving: instance !== undefined && instance.live && (instance.enabled || instance.evacuating),
        returned: this.#newcomers.hasReturned(server, takenAtMs),
      }
    }
    const layouts = new Map<string, Layout>()
    const allSizes = new Map<string, TableSizes>()
    // Who can serve what decides over every table's layout.
    const holders = reading.instances.map(({ name }) => JSON.stringify(holderOf(name))).join()
    const topics: TopicReport[] = []
    for (const table of reading.tables) {
      const domain = tenants.domainOfTable(table)
      const sizes = await this.#servers.sizes.of(table)
      allSizes.set(table.name, sizes)
      const layout = await this.#layout({ table, sizes, holderOf, domain, holders })
      layouts.set(table.name, layout)
      await slice()
      const verdict = wanted.verdicts.get(table.name)
      topics.push({ ...reportOf(table, layout, domain, tenants.serversOf(table)), ...(verdict ? { verdict } : {}) })
    }
    for (const name of this.#laid.keys()) if (!layouts.has(name)) this.#laid.delete(name)
    const line = {
      type: 'cluster' as const,
      version: 1 as const,
      name: this.#name,
      system: 'pinot',
      taken_at: formatTime(takenAtMs),
      cluster_id: reading.clusterName,
      // Segments are often a small part of what a disk holds, and servers of one host share it.
      share_by: 'replicas' as const,
      ...versionOf(reading),
    }
    const holding = new Set<string>()
    for (const { columns, replicas } of layouts.values()) {
      columns.nodes.forEach((node, at) => replicas[at]! > 0 && holding.add(String(node)))
    }
    const nodes = this.#nodeLines(reading, tenants, layouts, holding)
    const diskOf = (server: string) => this.#servers.disk(server)
    const notes = notesOf({ reading, tenants, layouts, holding, sizes: allSizes, diskOf })
    await slice()
    return {
      state: buildState(
        line,
        nodes,
        [...layouts.values()].map(({ columns }) => columns),
      ),
      running: [],
      jobs,
      targets: wanted.targets,
      brokers: wanted.brokers,
      topics,
      health: sumOf([...layouts.values()].map(({ health }) => health)),
      missingNodes: [...this.#servers.unreachable.keys()].sort(),
      notes: [
        ...notes,
        ...[...this.#servers.unreachable].map(
          ([name, why]) => `${name} does not tell its disk${this.#age(name, takenAtMs)}: ${why}`,
        ),
        ...this.#servers.notes(),
      ],
    }
  }

  /** To be told of every look at who is alive. */
  seeLive(live: readonly string[], nowMs: number): void {
    this.#newcomers.seeLive(live, nowMs)
  }

  /** That of the last sample, where nothing that it is made of has changed. */
  async #layout(input: Omit<LayoutInput, 'isYoung'> & { holders: string }): Promise<Layout> {
    const { table, sizes, domain, holders } = input
    const of = [table.idealState, table.externalView?.placement, sizes, domain, holders]
    const known = this.#laid.get(table.name)
    if (known && sameList(known.of, of)) return known.layout
    const isYoung = (segment: string) => this.#newcomers.isYoung(table.name, segment)
    const layout = await layoutOf({ ...input, isYoung })
    // Young segments grow up without a change of anything.
    if (this.#newcomers.hasYoung(table.name)) this.#laid.delete(table.name)
    else this.#laid.set(table.name, { of, layout })
    return layout
  }

  /** Every server there is, and every one that a table names: one without a config is gone for good. */
  #nodeLines(
    { instances }: PinotReading,
    tenants: Tenants,
    layouts: ReadonlyMap<string, Layout>,
    holding: ReadonlySet<string>,
  ): NodeLine[] {
    const servers = instances.filter(({ role }) => role === 'server')
    const known = new Set(servers.map(({ name }) => name))
    const named = new Set([...layouts.values()].flatMap(({ columns }) => columns.nodes.map(String)))
    const strangers = [...named].filter((name) => !known.has(name))
    return [
      ...servers.map((server) => this.#nodeLine(server, tenants, holding.has(server.name))),
      ...strangers.map(
        (name): NodeLine => ({
          type: 'node',
          id: name,
          state: 'unavailable',
          domain: tenants.domainOfServer(name, []),
          dirs: [],
        }),
      ),
    ]
  }

  #nodeLine(server: Instance, tenants: Tenants, holds: boolean): NodeLine {
    const { name, host, live, enabled, evacuating, shuttingDown, queriesDisabled } = server
    const tags = server.tags.filter(isServerTag).sort()
    const disk = this.#servers.disk(name)
    const pool = tags.map((tag) => server.pools[tag]).find((each) => each !== undefined)
    // Pinot's own way to empty a server is to take its tags away; one that is new has none either, and nothing to be emptied of.
    const draining = evacuating || (tags.length === 0 && holds)
    const state = !live
      ? 'unavailable'
      : this.#servers.unreachable.has(name)
        ? 'unreachable'
        : draining
          ? 'draining'
          : 'alive'
    return {
      type: 'node',
      id: name,
      host,
      ...(pool === undefined ? {} : { rack: pool }),
      state,
      ...(draining ? { draining } : {}),
      // Somebody restarts it, or looks into it: that is no wish to have it emptied.
      ...((enabled || evacuating) && !shuttingDown && !queriesDisabled ? {} : { excluded: true }),
      domain: tenants.domainOfServer(name, tags),
      dirs: disk ? [{ path: disk.path, capacity_bytes: disk.capacityBytes, used_bytes: disk.usedBytes }] : [],
    }
  }

  #age(server: string, nowMs: number): string {
    const disk = this.#servers.disk(server)
    return disk ? `, its figures are ${formatDuration(nowMs - disk.atMs)} old` : ''
  }
}

/** That of the servers, where they agree. */
function versionOf({ instances }: PinotReading): { cluster_version?: string } {
  const versions = new Set(instances.flatMap(({ role, version }) => (role === 'server' && version ? [version] : [])))
  const [version] = versions
  return version !== undefined && versions.size === 1 ? { cluster_version: version } : {}
}

function sumOf(all: readonly Health[]): Health {
  const total = {
    underReplicated: { own_move: 0, node: 0, other: 0 },
    offline: 0,
    underMinIsr: 0,
    unexplained: { offline: 0, underMinIsr: 0 },
  }
  for (const { underReplicated, offline, unexplained } of all) {
    total.underReplicated.own_move += underReplicated.own_move
    total.underReplicated.node += underReplicated.node
    total.underReplicated.other += underReplicated.other
    total.offline += offline
    total.unexplained.offline += unexplained.offline
  }
  return total
}
