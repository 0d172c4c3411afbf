/** What the audit trail holds: one record for what was done, by whom, to what, why, how much and how long. */
import { type ActionSource, operatorActions } from '../../cluster/process-events.ts'
import type { NodeId } from '../../cluster/state.ts'
import { formatTime } from '../../lib/iso-time.ts'

export const auditActions = [
  'plan_begun',
  'plan_finished',
  'move_started',
  'move_ended',
  'order_refused',
  'paused',
  'settings_set',
  'settings_restored',
  'settings_left',
  'settings_stuck',
  'status_changed',
  'connection_replaced',
  'connection_refused',
  'config_applied',
  'config_refused',
  'records_lost',
  ...operatorActions,
] as const

export interface AuditRecord {
  /** Grows from record to record: `20260131T123000123-000000`. */
  id: string
  /** ISO 8601. */
  time: string
  /** Who did it: the name of his token, `local` where none is needed, else `evenkeel`. */
  actor: string
  role?: string
  /** `file`: of a config that was changed. */
  source: ActionSource | 'evenkeel' | 'file'
  /** Absent: of the process. */
  cluster?: string
  action: (typeof auditActions)[number]
  /** What it was done to: `orders-3`, `node 4`, the key of a setting. */
  object: string
  /** Replica lists, the preferred leader first, of a move of a partition; else words. */
  before?: string | NodeId[]
  after?: string | NodeId[]
  /** A word of the closed lists, or what a person gave as his reason. */
  reason?: string
  /** One sentence. */
  why?: string
  bytes?: number
  duration_seconds?: number
  /** How many it is about: the moves of a plan, the problems of a config. */
  count?: number
  /** The first of the settings, or of the problems, it is about. */
  details?: string[]
  /** The run of a plan that it belongs to. */
  plan?: string
  /** Of a move. */
  move?: string
  result?: string
}

/** Without what it gets when it is taken into the trail. */
export type AuditDraft = Omit<AuditRecord, 'id' | 'time'> & { atMs: number }

/** Where records are kept, newest first for whoever asks. */
export interface AuditTrail {
  append(draft: AuditDraft): void
  page(query: AuditQuery): Promise<AuditPage>
  /** What is older need not be kept. */
  keep(ms: number): void
  /** Writes what waits, unless that takes longer. */
  close(deadlineMs: number): Promise<void>
}

export interface AuditQuery {
  /** Absent: of all, and of the process. */
  cluster?: string
  /** At most so many. */
  last: number
  /** Only what is older than this id, or than the time that its beginning is. */
  before?: string
}

export interface AuditPage {
  records: AuditRecord[]
  /** What goes into `before` for the next page; absent: there is none. */
  next?: string
}

/** Ids that grow, whatever the clock does. */
export class RecordIds {
  #last = ''

  /** @param id that is taken. */
  seen(id: string): void {
    if (id > this.#last) this.#last = id
  }

  next(atMs: number): string {
    const fresh = `${stampOf(atMs)}-000000`
    this.#last = fresh > this.#last ? fresh : after(this.#last)
    return this.#last
  }
}

/** `20260131T123000123` */
export function stampOf(ms: number): string {
  return formatTime(ms).replaceAll(/[-:.Z]/g, '')
}

function after(id: string): string {
  const [stamp = '', turn = ''] = id.split('-')
  return `${stamp}-${String(Number(turn) + 1).padStart(6, '0')}`
}

export function recordOf({ atMs, ...rest }: AuditDraft, id: string): AuditRecord {
  return { id, time: formatTime(atMs), ...rest }
}
