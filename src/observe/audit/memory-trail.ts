import {
  type AuditDraft,
  type AuditPage,
  type AuditQuery,
  type AuditRecord,
  type AuditTrail,
  RecordIds,
  recordOf,
} from './record.ts'

const KEPT = 1000

/** Where nothing is to outlive the process: the last thousand records, in memory. */
export class MemoryTrail implements AuditTrail {
  readonly #ids = new RecordIds()
  #newest: AuditRecord[] = []

  append(draft: AuditDraft): void {
    this.#newest = [recordOf(draft, this.#ids.next(draft.atMs)), ...this.#newest].slice(0, KEPT)
  }

  /** It keeps no more than there is room for. */
  keep(): void {}

  async close(): Promise<void> {}

  async page({ cluster, last, before }: AuditQuery): Promise<AuditPage> {
    const found = this.#newest.filter(
      (record) => (cluster === undefined || record.cluster === cluster) && (before === undefined || record.id < before),
    )
    const records = found.slice(0, last)
    return { records, ...(found.length > last && { next: records.at(-1)!.id }) }
  }
}
