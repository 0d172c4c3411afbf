/**
 * A journal as the file has it, line for line, but in memory: every process reads it anew. It can run out of paper for a while,
 * and the last line can be torn, as by a death in the middle of writing it.
 */
import { Contents } from '../../../src/execute/journal/contents.ts'
import type { Change, Journal } from '../../../src/execute/journal/journal.ts'
import { lineOf, newHeader, readJournal, recordOf } from '../../../src/execute/journal/lines.ts'
import type { RecordKind, Records } from '../../../src/execute/journal/records.ts'
import type { Clock } from '../../../src/lib/clock.ts'
import { EvenkeelError } from '../../../src/lib/errors.ts'

const CLUSTER = 'x'
const header = `${JSON.stringify(newHeader(CLUSTER))}\n`
const COMPACT_BYTES = 64 * 1024

export class Paper {
  /** Nothing can be written. */
  full = false
  text = header

  /** As a next process has it. */
  open(clock: Clock): PaperJournal {
    const { records, torn } = readJournal(this.text, CLUSTER, 'the journal')
    const contents = new Contents(records)
    if (torn) this.text = header + contents.linesWith([])
    return new PaperJournal(this, contents, clock)
  }
}

class PaperJournal implements Journal {
  readonly #paper: Paper
  readonly #contents: Contents
  readonly #clock: Clock
  #failed = false

  constructor(paper: Paper, contents: Contents, clock: Clock) {
    this.#paper = paper
    this.#contents = contents
    this.#clock = clock
  }

  read<Kind extends RecordKind>(kind: Kind): ReadonlyMap<string, Records[Kind]> {
    return this.#contents.read(kind)
  }

  /** It is tried again all the time: it has no problem any more once there is paper. */
  problem(): string | undefined {
    return this.#failed && this.#paper.full ? 'no paper is left' : undefined
  }

  async write(changes: readonly Change[]): Promise<void> {
    this.#failed = this.#paper.full
    if (this.#failed) throw new EvenkeelError('state_unavailable', 'no paper is left')
    const records = changes.map((change) => recordOf(change, this.#clock.now()))
    this.#contents.apply(records)
    this.#paper.text += records.length === 0 ? '' : lineOf(records)
    const { length } = this.#paper.text
    if (length > COMPACT_BYTES && length > 2 * this.#contents.bytes)
      this.#paper.text = header + this.#contents.linesWith([])
  }

  /** Writes only a part of the line, as somebody does who dies over it. */
  tear(changes: readonly Change[], part: number): void {
    const line = lineOf(changes.map((change) => recordOf(change, this.#clock.now())))
    // All but its end is a whole line to who reads it: he was not told, but it is there.
    this.#paper.text += line.slice(0, Math.floor(part * line.length))
  }

  bind = async (): Promise<void> => undefined
  boundTo = (): undefined => undefined
  close = async (): Promise<void> => undefined
}
