import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

const CHUNK_BYTES = 64 * 1024
/** A longer one is none of ours, and is passed over. */
const LONGEST_LINE_BYTES = 1024 * 1024

/** The lines of a file, the last one first, each with how much of the file was read by then. A part that no line end closes is no line. */
export async function* linesBackwards(path: string): AsyncGenerator<{ line: string; bytes: number }> {
  // A pipe would wait for somebody who writes into it, and hold a thread of the process until then: it has no lines.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    let at = (await handle.stat()).size
    const size = at
    let rest: Buffer = Buffer.alloc(0)
    let isTail = true
    while (at > 0) {
      const length = Math.min(CHUNK_BYTES, at)
      at -= length
      const chunk = Buffer.alloc(length)
      const { bytesRead } = await handle.read(chunk, 0, length, at)
      rest = Buffer.concat([chunk.subarray(0, bytesRead), rest])
      for (let end = rest.lastIndexOf(10); end !== -1; end = rest.lastIndexOf(10)) {
        if (!isTail) yield { line: rest.subarray(end + 1).toString(), bytes: size - at }
        isTail = false
        rest = rest.subarray(0, end)
      }
      if (rest.length > LONGEST_LINE_BYTES) {
        rest = Buffer.alloc(0)
        isTail = true
      }
    }
    if (!isTail && rest.length > 0) yield { line: rest.toString(), bytes: size }
  } finally {
    await handle.close()
  }
}
