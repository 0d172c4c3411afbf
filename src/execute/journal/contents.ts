/** What a journal holds now: the records that count, each as it is to be written again, and the values of the known ones. */
import { isKind, type JournalRecord } from './lines.ts'
import type { RecordKind, Records } from './records.ts'

export class Contents {
  readonly #json = new Map<string, Map<string, string>>()
  readonly #values = new Map<string, Map<string, unknown>>()
  #bytes = 0

  constructor(records: Iterable<JournalRecord> = []) {
    this.apply(records)
  }

  /** The values of a kind by key: the same map for as long as these contents are. */
  read<Kind extends RecordKind>(kind: Kind): ReadonlyMap<string, Records[Kind]> {
    return mapOf(this.#values, kind) as Map<string, Records[Kind]>
  }

  apply(records: Iterable<JournalRecord>): void {
    for (const { kind, key, json, drops, value } of records) {
      const texts = mapOf(this.#json, kind)
      this.#bytes -= bytesOf(texts.get(key))
      if (drops) texts.delete(key)
      else texts.set(key, json)
      this.#bytes += bytesOf(texts.get(key))
      if (!isKind(kind)) continue
      if (drops) mapOf(this.#values, kind).delete(key)
      else mapOf(this.#values, kind).set(key, value)
    }
  }

  /** What all of it takes as lines. */
  get bytes(): number {
    return this.#bytes
  }

  get isEmpty(): boolean {
    return this.#bytes === 0
  }

  /** Every record that counts, a line each, as they will be once `records` are applied. */
  linesWith(records: readonly JournalRecord[]): string {
    const last = new Map(records.map((record) => [`${record.kind}/${record.key}`, record]))
    const lines: string[] = []
    for (const [kind, texts] of this.#json) {
      for (const [key, json] of texts) {
        const change = last.get(`${kind}/${key}`)
        last.delete(`${kind}/${key}`)
        if (!change?.drops) lines.push(`${change?.json ?? json}\n`)
      }
    }
    for (const { json, drops } of last.values()) if (!drops) lines.push(`${json}\n`)
    return lines.join('')
  }
}

function mapOf<Value>(maps: Map<string, Map<string, Value>>, kind: string): Map<string, Value> {
  const known = maps.get(kind) ?? new Map<string, Value>()
  maps.set(kind, known)
  return known
}

function bytesOf(json: string | undefined): number {
  return json === undefined ? 0 : Buffer.byteLength(json) + 1
}
