/** Outcomes that are not in the journal yet: they are written when it can be, and until then they are read from here. */
import type { Change, Journal } from './journal/journal.ts'
import type { RecordKind, Records } from './journal/records.ts'

export class Owed {
  readonly #journal: Journal
  #changes: Change[] = []

  constructor(journal: Journal) {
    this.#journal = journal
  }

  add(...changes: Change[]): void {
    this.#changes.push(...changes)
  }

  /** Keys of a kind of which something is owed. */
  keys(kind: RecordKind): string[] {
    return this.#changes.flatMap((change) => (change.kind === kind ? [change.key] : []))
  }

  /** The journal as it will be: a plan made while an act is awaited must not begin anew what has just failed. */
  read<Kind extends RecordKind>(kind: Kind): Map<string, Records[Kind]> {
    const records = new Map<string, Records[Kind]>(this.#journal.read(kind))
    for (const change of this.#changes) {
      if (change.kind !== kind) continue
      if (change.value === undefined) records.delete(change.key)
      else records.set(change.key, change.value as Records[Kind])
    }
    return records
  }

  /**
   * Writes what is owed, unless the journal cannot be written now.
   * @param forgotten written before it: what is forgotten may have happened once more.
   */
  async pay(forgotten: Change[]): Promise<void> {
    if (this.#journal.problem() !== undefined) return
    const paid = [...forgotten, ...this.#changes]
    if (paid.length === 0) return
    await this.#journal.write(paid)
    this.#changes = this.#changes.filter((change) => !paid.includes(change))
  }
}
