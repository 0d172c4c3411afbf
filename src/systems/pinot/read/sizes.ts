/**
 * Sizes of segments as servers report them, laid over the placement of a table. What a server does not tell is taken from another
 * replica, else it is the average of the table, else it is not known.
 */
import { slices } from '../../../lib/clock.ts'
import { type IdealState, segmentStates, type Table } from '../reading.ts'
import type { PackedSizes } from './size-parser.ts'

export interface TableSizes {
  /** Bytes by segment, in the order of the IdealState; NaN where not known. The largest that a server reports. */
  segment: Float64Array
  /** Bytes by replica, in the order of the IdealState's entries; NaN where not known. */
  replica: Float64Array
  /** Segments of which no server tells the size, consuming ones aside. */
  guessed: number
  /** Replicas, consuming ones aside, of which their own server does not tell the size; by index into the placement's servers. */
  lacking: Int32Array
  /** Of the segments whose size is known, consuming ones aside; NaN where none is. */
  meanBytes: number
}

/** What acts may ask of sizes. */
export interface SegmentSizes {
  of(table: Table): Promise<TableSizes>
}

interface Reported {
  names: string[]
  bytes: Float64Array
}

const CONSUMING = segmentStates.indexOf('CONSUMING')
const OFFLINE = segmentStates.indexOf('OFFLINE')

export class Sizes implements SegmentSizes {
  /** Table → server → what it told last. */
  readonly #reported = new Map<string, Map<string, Reported>>()
  readonly #laid = new Map<string, { over: IdealState; sizes: Promise<TableSizes> }>()

  report(table: string, server: string, { names, bytes }: PackedSizes): void {
    const servers = this.#reported.get(table) ?? new Map<string, Reported>()
    this.#reported.set(table, servers)
    servers.set(server, { names: bytes.length === 0 ? [] : names.split('\n'), bytes })
    this.#laid.delete(table)
  }

  /** What is not named is forgotten. */
  keep(tables: ReadonlySet<string>, servers: ReadonlySet<string>): void {
    for (const [table, reports] of this.#reported) {
      if (!tables.has(table)) {
        this.#reported.delete(table)
        this.#laid.delete(table)
      }
      for (const server of reports.keys()) {
        if (servers.has(server)) continue
        reports.delete(server)
        this.#laid.delete(table)
      }
    }
  }

  /** The same object until the placement or a report changes. */
  of(table: Table): Promise<TableSizes> {
    const { idealState, name } = table
    const known = this.#laid.get(name)
    if (known?.over === idealState) return known.sizes
    const sizes = lay(table, new Map(this.#reported.get(name)))
    this.#laid.set(name, { over: idealState, sizes })
    return sizes
  }
}

/** Segments between two looks at the time. */
const SLICE = 1024

const nothing: Reported = { names: [], bytes: new Float64Array(0) }

/** Both the placement and every report are in the order of the segments' names, so each is gone through once. */
async function lay({ idealState: { placement } }: Table, reports: ReadonlyMap<string, Reported>): Promise<TableSizes> {
  const slice = slices()
  const { segments, servers, start, server, state } = placement
  const reported = servers.map((name) => reports.get(name) ?? nothing)
  const at = new Int32Array(servers.length)
  const replica = new Float64Array(server.length)
  const segment = new Float64Array(segments.length)
  const lacking = new Int32Array(servers.length)
  let [sum, known, guessed] = [0, 0, 0]
  for (let s = 0; s < segments.length; s += 1) {
    if (s % SLICE === 0) await slice()
    const name = segments[s]!
    let largest = Number.NaN
    let consuming = false
    for (let entry = start[s]!; entry < start[s + 1]!; entry += 1) {
      const holder = server[entry]!
      if (state[entry] === CONSUMING) consuming = true
      const { names, bytes } = reported[holder]!
      let next = at[holder]!
      while (next < names.length && names[next]! < name) next += 1
      at[holder] = next
      if (next < names.length && names[next] === name) {
        replica[entry] = bytes[next]!
        if (!(largest >= bytes[next]!)) largest = bytes[next]!
      } else {
        replica[entry] = Number.NaN
        if (state[entry] !== CONSUMING && state[entry] !== OFFLINE) lacking[holder]! += 1
      }
    }
    // What is being consumed is in memory, and says nothing of what the others take.
    if (consuming) largest = Number.isNaN(largest) ? 0 : largest
    else if (Number.isNaN(largest)) guessed += 1
    else {
      sum += largest
      known += 1
    }
    segment[s] = largest
  }
  const meanBytes = sum / known
  for (let s = 0; s < segments.length; s += 1) {
    if (Number.isNaN(segment[s]!)) segment[s] = meanBytes
    for (let entry = start[s]!; entry < start[s + 1]!; entry += 1) {
      if (Number.isNaN(replica[entry]!)) replica[entry] = segment[s]!
    }
  }
  return { segment, replica, guessed, lacking, meanBytes }
}
