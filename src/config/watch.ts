/**
 * Follows a config file, and the files that it names, while it is in use. What counts is what they hold, not their time: a touch is
 * no change.
 *
 * The folder is watched, not the file: an editor puts a new file in the old one's place, and Kubernetes swaps the link
 * `..data` beside it; a watch on the file would stay with what is gone. A poll catches what no event tells (file systems
 * without events, a link to elsewhere, watches used up, a named file in another folder) and takes up the watch again when the folder
 * was replaced.
 *
 * A text that cannot be used, or cannot be read, is told once and then left alone until it changes, or until what is wrong
 * with it does: a file that it names may come later than itself.
 */
import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import type { CompiledConfig } from './compile.ts'
import { type LoadOptions, parseConfig, readConfig } from './load.ts'
import { NamedFiles } from './named-files.ts'

export interface WatchOptions extends Omit<LoadOptions, 'read'> {
  clock: Clock
  /** The text is good and was not the last time, or was another one. */
  onConfig: (config: CompiledConfig) => void
  /** The text is not good; what was in force before stays so. Also told what `onConfig` threw. */
  onRefused: (error: unknown) => void
  /** Events come in bursts: this long nothing must have happened before a look is worth it. */
  debounceMs?: number
  pollMs?: number
  /** Stands in for the events of the file system. */
  watchFolder?: typeof openWatch
}

const DEBOUNCE_MS = 200
/** Where something happens all the time nobody waits for silence longer than this. */
const PATIENCE_MS = 2000
const POLL_MS = 10_000

/** Something happened in the folder; to the folder itself; or to the watch, which then tells nothing more. */
type OnStir = (what: 'changed' | 'replaced' | 'lost') => void

export class ConfigWatch {
  readonly #file: string
  readonly #folder: string
  readonly #options: WatchOptions
  readonly #closing = new AbortController()
  /** What was seen last: a text, or why there was none. */
  #seen: string
  #named: NamedFiles
  /** What was wrong with it; undefined when nothing was. */
  #wrong: string | undefined
  #watcher: { close(): void; identity: string } | undefined
  #settling: Promise<void> | undefined
  #stirred = false
  readonly #polling: Promise<void>

  /**
   * @param text what is in force: a change since it was read is told at once.
   * @param named what it was read with.
   */
  constructor(file: string, text: string, named: NamedFiles, options: WatchOptions) {
    this.#file = file
    this.#folder = dirname(file)
    this.#options = options
    this.#seen = text
    this.#named = named
    this.#polling = this.#poll()
  }

  /** Looks now and tells, whether or not the text has changed: the files that it names may have. */
  reload(): void {
    this.#look(true)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#unwatch()
    await Promise.all([this.#polling, this.#settling])
  }

  async #poll(): Promise<void> {
    const { clock, pollMs = POLL_MS } = this.#options
    const { signal } = this.#closing
    for (;;) {
      this.#look(false)
      await clock.sleep(pollMs, signal)
      if (signal.aborted) return
    }
  }

  #look(asked: boolean): void {
    // First the watch, then the text: what changes in between is an event.
    this.#rewatch()
    const { onConfig, onRefused } = this.#options
    let seen = ''
    try {
      seen = readConfig(this.#file)
      if (!asked && seen === this.#seen && this.#wrong === undefined && !this.#named.haveChanged()) return
      this.#named = new NamedFiles()
      onConfig(parseConfig(seen, this.#file, { ...this.#options, read: this.#named.read }))
      this.#wrong = undefined
    } catch (error) {
      const wrong = messageOf(error)
      if (asked || seen !== this.#seen || wrong !== this.#wrong) onRefused(error)
      this.#wrong = wrong
    }
    this.#seen = seen
  }

  #rewatch(): void {
    const identity = identityOf(this.#folder)
    if (this.#watcher && this.#watcher.identity === identity) return
    this.#unwatch()
    if (identity === undefined) return
    const { watchFolder = openWatch } = this.#options
    const onStir: OnStir = (what) => {
      if (what !== 'changed') this.#unwatch()
      if (what !== 'lost') this.#stir()
    }
    try {
      this.#watcher = { close: watchFolder(this.#folder, onStir), identity }
    } catch {
      // Gone again, or the system's watches are used up: the poll does without.
    }
  }

  #unwatch(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }

  #stir(): void {
    this.#stirred = true
    this.#settling ??= this.#settle().finally(() => {
      this.#settling = undefined
    })
  }

  async #settle(): Promise<void> {
    const { clock, debounceMs = DEBOUNCE_MS } = this.#options
    const { signal } = this.#closing
    const untilMs = clock.now() + PATIENCE_MS
    while (this.#stirred && clock.now() < untilMs && !signal.aborted) {
      this.#stirred = false
      await clock.sleep(debounceMs, signal)
    }
    if (!signal.aborted) this.#look(false)
  }
}

/** Returns what ends the watch. @throws what fs throws when the folder cannot be watched */
function openWatch(folder: string, onStir: OnStir): () => void {
  const name = basename(folder)
  const watcher: FSWatcher = watch(folder, { persistent: false })
  // What happens to the folder itself bears its name.
  watcher.on('change', (type, changed) =>
    onStir(type === 'rename' && String(changed) === name ? 'replaced' : 'changed'),
  )
  watcher.on('error', () => onStir('lost'))
  return () => watcher.close()
}

/** Tells a folder from another one of the same name; undefined when there is none. */
function identityOf(folder: string): string | undefined {
  try {
    const { dev, ino, birthtimeMs } = statSync(folder)
    return `${dev}/${ino}/${birthtimeMs}`
  } catch {
    return undefined
  }
}
