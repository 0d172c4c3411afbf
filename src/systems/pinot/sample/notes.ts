/** Sentences of a sample on what is odd, missing or left out. */
import { groupBy } from '../../../lib/group-by.ts'
import { formatCount } from '../../../lib/units.ts'
import type { Disk } from '../read/servers.ts'
import type { TableSizes } from '../read/sizes.ts'
import type { PinotReading } from '../reading.ts'
import type { Layout } from './layout.ts'
import { isServerTag, type Tenants } from './tenants.ts'

const NAMED = 3

export interface NotesInput {
  reading: PinotReading
  tenants: Tenants
  layouts: ReadonlyMap<string, Layout>
  /** Servers with a replica of any table. */
  holding: ReadonlySet<string>
  sizes: ReadonlyMap<string, TableSizes>
  diskOf: (server: string) => Disk | undefined
}

export function notesOf({ reading, tenants, layouts, holding, sizes, diskOf }: NotesInput): string[] {
  return [
    ...reading.notes,
    ...unused(reading, tenants, holding),
    ...sharedDisks(reading, diskOf),
    ...switches(reading),
    ...deadServers(reading, holding),
    ...deadControllers(reading),
    ...ofTables(reading, layouts, sizes),
  ]
}

/** Counts of pools and partitions in an assignment may leave servers out, and nothing tells. */
function unused({ instances, tables }: PinotReading, tenants: Tenants, holding: ReadonlySet<string>): string[] {
  if (!tables.some(({ idealState }) => idealState.placement.segments.length > 0)) return []
  return instances
    .filter(({ role, live, name }) => role === 'server' && live && !holding.has(name))
    .flatMap(({ name, tags }) => {
      const used = tags.filter((tag) => isServerTag(tag) && tenants.isUsed(tag))
      return used.length === 0 ? [] : [`${name} has the tag ${used.join(', ')} and holds no segment of any table`]
    })
}

/** Each server tells all that is used on its disk, also what is another's. */
function sharedDisks({ instances }: PinotReading, diskOf: NotesInput['diskOf']): string[] {
  const disks = groupBy(
    instances.filter(({ name }) => diskOf(name) !== undefined),
    ({ name, host }) => `${host} ${diskOf(name)!.capacityBytes}`,
  )
  return [...disks.values()]
    .filter((sharing) => sharing.length > 1)
    .map((sharing) => {
      const names = firstFew(sharing.map(({ name }) => name))
      return `${names} are on one host and tell the same disk: what is used counts for each of them`
    })
}

function switches({ maintenance, paused, throttles, instances }: PinotReading): string[] {
  const notes: string[] = []
  if (maintenance) notes.push('Helix is in maintenance: nothing that is wanted is done')
  if (paused) notes.push('Helix is paused: nothing that is wanted is done')
  const set = Object.entries(throttles).map(([name, value]) => `${name} = ${value}`)
  if (set.length > 0) notes.push(`limits on the loading of segments are set: ${set.join(', ')}`)
  const servers = instances.filter(({ role }) => role === 'server')
  const named = (what: string, which: typeof servers) => {
    if (which.length > 0) notes.push(`${what}: ${firstFew(which.map(({ name }) => name))}`)
  }
  named(
    'servers that are disabled and left alone',
    servers.filter(({ live, enabled, evacuating }) => live && !enabled && !evacuating),
  )
  named(
    'servers that are starting or shutting down and left alone',
    servers.filter(({ live, shuttingDown }) => live && shuttingDown),
  )
  named(
    'servers with queries disabled and left alone',
    servers.filter(({ live, queriesDisabled }) => live && queriesDisabled),
  )
  return notes
}

/** At once, whatever is made of it later. */
function deadServers({ instances }: PinotReading, holding: ReadonlySet<string>): string[] {
  const dead = instances.filter(({ role, live, name }) => role === 'server' && !live && holding.has(name))
  return dead.length === 0 ? [] : [`servers that are gone and hold segments: ${firstFew(dead.map(({ name }) => name))}`]
}

/** Those that left for good have no entry any more. */
function deadControllers({ instances, jobs }: PinotReading): string[] {
  const controllers = instances.filter(({ role }) => role === 'controller')
  const dead = controllers.filter(({ live }) => !live).map(({ name }) => name)
  if (dead.length === 0) return []
  if (dead.length === controllers.length)
    return [`no controller is alive: no job gets on, and none can be begun (${firstFew(dead)})`]
  const isMoving = jobs.some(({ status }) => status === 'IN_PROGRESS')
  const those = isMoving ? ', and with them every job that they ran, whatever the list of jobs says' : ''
  return [`controllers that are gone${those}: ${firstFew(dead)}`]
}

function ofTables({ tables }: PinotReading, layouts: NotesInput['layouts'], sizes: NotesInput['sizes']): string[] {
  const notes: string[] = []
  const disabled = tables.filter(({ idealState }) => !idealState.enabled).map(({ name }) => name)
  if (disabled.length > 0) notes.push(`tables that are disabled and left alone: ${firstFew(disabled)}`)
  const guessed = tables.filter(({ name }) => (sizes.get(name)?.guessed ?? 0) > 0)
  if (guessed.length > 0) {
    const count = guessed.reduce((sum, { name }) => sum + sizes.get(name)!.guessed, 0)
    const names = firstFew(guessed.map(({ name }) => name))
    notes.push(
      `no server tells the size of ${formatCount(count, 'segment')} (${names}): the average of the table is taken, where there is one`,
    )
  }
  for (const [name, { inError, errorSegments }] of layouts) {
    if (inError === 0) continue
    notes.push(`${formatCount(inError, 'replica')} of ${name} in ERROR (${firstFew(errorSegments)})`)
  }
  return notes
}

/** The first of many names. */
function firstFew(names: readonly string[]): string {
  return names.length > NAMED ? `${names.slice(0, NAMED).join(', ')}, …` : names.join(', ')
}
