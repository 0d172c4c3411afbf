/** Segments that have only just been made, and servers that have only just come back: both have something to load first. */
import type { PinotReading, Table } from '../reading.ts'

/** So long nothing is made of it that they have not loaded yet. */
const LOADING_MS = 10 * 60_000

export class Newcomers {
  /** Table → segments as last seen, and when those that joined later came. */
  readonly #tables = new Map<string, { segments: readonly string[]; young: Map<string, number> }>()
  readonly #live = new Set<string>()
  /** Servers that were dead when they were looked at. One that is new has nothing of its own to load. */
  readonly #gone = new Set<string>()
  /** Those that are live again, and since when. */
  readonly #backSince = new Map<string, number>()
  #first = true

  see({ tables, instances, takenAtMs }: PinotReading): void {
    for (const { name, live } of instances) if (!live) this.#gone.add(name)
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
    for (const name of this.#live) {
      if (present.has(name)) continue
      this.#live.delete(name)
      this.#gone.add(name)
    }
    for (const name of present) {
      this.#live.add(name)
      if (this.#gone.delete(name)) this.#backSince.set(name, nowMs)
    }
    for (const name of this.#gone) this.#backSince.delete(name)
  }

  hasYoung(table: string): boolean {
    return (this.#tables.get(table)?.young.size ?? 0) > 0
  }

  isYoung(table: string, segment: string): boolean {
    return this.#tables.get(table)?.young.has(segment) ?? false
  }

  hasReturned(server: string, nowMs: number): boolean {
    return nowMs - (this.#backSince.get(server) ?? Number.NEGATIVE_INFINITY) < LOADING_MS
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
