/** Snapshots as files: NDJSON, gzipped when the name ends in .gz; streamed both ways. */
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { type Snapshot, SnapshotReader, snapshotLines } from '../cluster/snapshot.ts'
import { EvenkeelError, messageOf } from '../lib/errors.ts'

const MOST_SHOWN = 300

/** @throws EvenkeelError `bad_input` naming file and line. */
export async function readSnapshot(file: string): Promise<Snapshot> {
  const reader = new SnapshotReader()
  const raw = createReadStream(file)
  const input = file.endsWith('.gz') ? createGunzip() : undefined
  try {
    const piped = input ? pipeline(raw, input) : undefined
    // A broken stream also ends the lines; its error is the one to tell.
    piped?.catch(() => undefined)
    for await (const line of createInterface({ input: input ?? raw, crlfDelay: Number.POSITIVE_INFINITY }))
      reader.push(line)
    await piped
    return reader.end()
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const after = reader.lineCount === 0 ? '' : ` after line ${reader.lineCount}`
    const where = code.startsWith('Z_') ? `cannot be unpacked${after}: ` : ''
    throw new EvenkeelError('bad_input', `${file}: ${where}${shown(messageOf(error))}`)
  } finally {
    raw.destroy()
    input?.destroy()
  }
}

/** What stands in a file of somebody else's may be of any length, and must not do to a terminal what it would. */
function shown(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cs}]/gu, '?')
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}…` : line
}

/** @param file where to; undefined writes plain lines to `out`. */
export async function writeSnapshot(snapshot: Snapshot, file: string | undefined, out: Writable): Promise<void> {
  const lines = Readable.from(withLineEnds(snapshot))
  if (file === undefined) await pipeline(lines, out, { end: false })
  else if (file.endsWith('.gz')) await pipeline(lines, createGzip(), createWriteStream(file))
  else await pipeline(lines, createWriteStream(file))
}

function* withLineEnds(snapshot: Snapshot): Generator<string> {
  for (const line of snapshotLines(snapshot)) yield `${line}\n`
}
