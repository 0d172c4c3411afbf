/** Segments that have only just been made, and servers that have only just come back: both have something to load first. */
import type { PinotReading, Table } from './reading.ts'

/** So long nothing is made of it that they have not loaded yet. */
const LOADING_MS = 10 * 60_000

export class Newcomers {
  /** Table → segments as last seen, and when those that joined later came. */
  readonly #tables = new Map<string, { segments: readonly string[]; young: Map<string, number> }>()
  /** Servers that are live, and since when; those of the first look count as always. */
  readonly #liveSince = new Map<string, number>()
  #first = true

  see({ tables, instances, takenAtMs }: PinotReading): void {
    this.seeLive(
      instances.filter(({ live }) => live).map(({ name }) => name),
      takenAtMs,
    )
    const names = new Set(tables.map(({ name }) => name))
    for (const name of this.#tables.keys()) if (!names.has(name)) this.#tables.delete(name)
    for (const table of tables) this.#seeTable(table, takenAtMs)
    this.#first = false
  }

  /** A server may be away and back between two samples. */
  seeLive(live: readonly string[], nowMs: number): void {
    const present = new Set(live)
    for (const name of this.#liveSince.keys()) if (!present.has(name)) this.#liveSince.delete(name)
    for (const name of live) {
      if (!this.#liveSince.has(name)) this.#liveSince.set(name, this.#first ? Number.NEGATIVE_INFINITY : nowMs)
    }
  }

  hasYoung(table: string): boolean {
    return (this.#tables.get(table)?.young.size ?? 0) > 0
  }

  isYoung(table: string, segment: string): boolean {
    return this.#tables.get(table)?.young.has(segment) ?? false
  }

  hasReturned(server: string, nowMs: number): boolean {
    return nowMs - (this.#liveSince.get(server) ?? Number.NEGATIVE_INFINITY) < LOADING_MS
  }

  #seeTable({ name, idealState }: Table, nowMs: number): void {
    const { segments } = idealState.placement
    const known = this.#tables.get(name)
    const young = new Map([...(known?.young ?? [])].filter(([, since]) => nowMs - since < LOADING_MS))
    // All that the first look finds was there before.
    if (known ? known.segments !== segments : !this.#first) {
      for (const segment of added(known?.segments ?? [], segments)) young.set(segment, nowMs)
    }
    this.#tables.set(name, { segments, young })
  }
}

/** Both in order. */
function added(before: readonly string[], after: readonly string[]): string[] {
  const news: string[] = []
  let at = 0
  for (const name of after) {
    while (at < before.length && before[at]! < name) at += 1
    if (before[at] !== name) news.push(name)
  }
  return news
}
