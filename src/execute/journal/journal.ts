/** The journal of one cluster: what must survive the process. */
import type { RecordKind, Records } from './records.ts'

/** Puts a record, or drops it where the value is undefined. */
export type Change = {
  [Kind in RecordKind]: { kind: Kind; key: string; value: Records[Kind] | undefined }
}[RecordKind]

export interface Journal {
  /** The records of a kind by key, as last written: always the same map, unless what holds was read anew from where it is kept. */
  read<Kind extends RecordKind>(kind: Kind): ReadonlyMap<string, Records[Kind]>
  /**
   * On disk when it returns, all of the changes or none of them. Writes queue: each sees what the one before left.
   * @throws EvenkeelError `state_unavailable`: nothing has changed then.
   */
  write(changes: readonly Change[]): Promise<void>
  /**
   * Says which cluster is seen; a new journal is bound to it, one that is bound to another has a problem from then on.
   * Idempotent and cheap when nothing changes.
   */
  bind(clusterId: string): Promise<void>
  /** The id of the cluster that it belongs to; undefined before one was seen. */
  boundTo(): string | undefined
  /** Why nothing can be written; undefined while it can. While it cannot, nothing may be started. */
  problem(): string | undefined
  close(): Promise<void>
}

/** Of a cluster that does not outlive the process. */
export function forgetfulJournal(): Journal {
  const kinds = new Map<RecordKind, Map<string, unknown>>()
  const of = (kind: RecordKind) => {
    const known = kinds.get(kind) ?? new Map<string, unknown>()
    kinds.set(kind, known)
    return known
  }
  return {
    read: <Kind extends RecordKind>(kind: Kind) => of(kind) as Map<string, Records[Kind]>,
    write: async (changes) => {
      for (const { kind, key, value } of changes) {
        if (value === undefined) of(kind).delete(key)
        else of(kind).set(key, value)
      }
    },
    bind: async () => undefined,
    boundTo: () => undefined,
    problem: () => undefined,
    close: async () => undefined,
  }
}
