/** A state directory of its own for each test, and journals that are closed with it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { NodeId } from '../../../src/cluster/state.ts'
import type { Change, Journal } from '../../../src/execute/journal/journal.ts'
import { openJournal } from '../../../src/execute/journal/journal-file.ts'
import { nodeKey } from '../../../src/execute/journal/records.ts'
import { drainsOf } from '../../../src/execute/journal/wishes.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'

export function stateDirectory() {
  const journals: Journal[] = []
  const at = {
    root: '',
    directory: '',
    file: '',
    clock: new VirtualClock(),
    /** What the file holds before anybody opens it. */
    given: (content: string, name = 'orders.journal.jsonl') => {
      mkdirSync(at.directory, { recursive: true })
      writeFileSync(join(at.directory, name), content)
    },
    content: () => readFileSync(at.file, 'utf8'),
    open: async (cluster = 'orders') => {
      const journal = await openJournal({ directory: at.directory, cluster, clock: at.clock })
      journals.push(journal)
      return journal
    },
    /** What a next process finds. */
    drainsLater: async () => {
      for (const journal of journals.splice(0)) await journal.close()
      return drainsOf(await at.open())
    },
    /** Time passes until it has tried again and nothing is wrong any more; real input and output takes turns of its own. */
    heal: async (journal: Journal) => {
      while (journal.problem() !== undefined) await at.clock.advance(30_000)
    },
  }
  beforeEach(() => {
    at.root = mkdtempSync(join(tmpdir(), 'evenkeel-journal-'))
    at.directory = join(at.root, 'lib', 'evenkeel')
    at.file = join(at.directory, 'orders.journal.jsonl')
    at.clock = new VirtualClock()
  })
  afterEach(async () => {
    for (const journal of journals.splice(0)) await journal.close()
    rmSync(at.root, { recursive: true, force: true })
  })
  return at
}

export const drain = (node: NodeId): Change => ({ kind: 'drain', key: nodeKey(node), value: { node, sinceMs: noon } })
export const undrain = (node: NodeId): Change => ({ kind: 'drain', key: nodeKey(node), value: undefined })

export const noon = Date.UTC(2026, 0, 1, 12)
export const header = (more: object = {}) => JSON.stringify({ type: 'journal', version: 2, cluster: 'orders', ...more })
/** As it stands in a file. */
export const drained = (node: NodeId, more: object = {}) =>
  JSON.stringify({
    kind: 'drain',
    key: nodeKey(node),
    at: '2026-01-01T12:00:00.000Z',
    value: { node, since: '2026-01-01T12:00:00.000Z' },
    ...more,
  })
export const lines = (...all: string[]) => all.map((line) => `${line}\n`).join('')

/** The parent of the state directory is not one: nobody, not even root, can make it. */
export const block = (directory: string) => writeFileSync(dirname(directory), '')
