/** Bytes of moves begun in one UTC day; kept in the journal, so that a restart gives no new day. */
import { type Move, totalBytes } from '../cluster/move.ts'
import type { Clock } from '../lib/clock.ts'
import { formatTime } from '../lib/iso-time.ts'
import { formatBytes } from '../lib/units.ts'
import type { Change, Journal } from './journal/journal.ts'

export class DayBudget {
  readonly #journal: Journal
  readonly #clock: Clock
  /** The day on which a move did not fit any more. */
  #full = ''

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal
    this.#clock = clock
  }

  /** @param chosen moves that begin before these; a day with nothing begun may take one move, however large. */
  allows(moves: Move[], chosen: Move[], most: number | undefined): boolean {
    if (most === undefined) return true
    const before = this.#used() + totalBytes(chosen)
    if (before === 0 || before + totalBytes(moves) <= most) return true
    this.#full = this.#today()
    return false
  }

  begun(moves: Move[]): Change[] {
    const bytes = totalBytes(moves)
    if (bytes === 0) return []
    return [{ kind: 'day', key: this.#today(), value: { bytes: this.#used() + bytes } }]
  }

  full(most: number | undefined): string | undefined {
    const used = this.#used()
    if (most === undefined || (used < most && this.#full !== this.#today())) return undefined
    return `${formatBytes(used)} were begun to be moved today, max_bytes_per_day is ${formatBytes(most)}`
  }

  outdated(): Change[] {
    const today = this.#today()
    return [...this.#journal.read('day').keys()].flatMap((key) =>
      key === today ? [] : [{ kind: 'day' as const, key, value: undefined }],
    )
  }

  #used(): number {
    return this.#journal.read('day').get(this.#today())?.bytes ?? 0
  }

  #today(): string {
    return formatTime(this.#clock.now()).slice(0, 10)
  }
}
