/**
 * The files that a config names, and what was in them when it was read: a password or a certificate is renewed in its own file, and the
 * text of the config stays as it was.
 */
import { createHash } from 'node:crypto'
import { type ReadText, readText, reasonOf } from './secret-files.ts'

export class NamedFiles {
  /** By absolute path: a fingerprint of the content, or why there was none. */
  readonly #seen = new Map<string, string>()

  readonly read: ReadText = (path) => {
    try {
      const text = readText(path)
      this.#seen.set(path, createHash('sha256').update(text).digest('hex'))
      return text
    } catch (error) {
      this.#seen.set(path, reasonOf(error))
      throw error
    }
  }

  /** Whether any of them holds something else now. */
  haveChanged(): boolean {
    const now = new NamedFiles()
    return [...this.#seen].some(([path, seen]) => {
      try {
        now.read(path)
      } catch {
        // What there is to say of it is noted.
      }
      return now.#seen.get(path) !== seen
    })
  }
}
