/**
 * What failed lately is left alone for a while: three tries per partition a day, with waits that double; a node at which
 * copies stood still gets nothing new. Kept in the journal, so that a restart is no reason to try again.
 */
import type { Hold } from '../cluster/memory.ts'
import { isDirMove, isOfPartition, type Move, partitionName, subjectOf } from '../cluster/move.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Change, Journal } from './journal/journal.ts'
import type { TriesRecord } from './journal/records.ts'

type Readable = Pick<Journal, 'read'>

const TRIES = 3
const WITHIN_MS = 24 * 3_600_000
const FIRST_WAIT_MS = 60_000
/** What somebody else took back, or had us take back, is not begun again by us before this. */
const CANCELLED_MS = 3_600_000
const COOL_DOWN_MS = 10 * 60_000

export function afterFailure(journal: Readable, move: Move, why: string, nowMs: number): Change {
  const key = subjectOf(move)
  const before = journal.read('tries').get(key)?.failedAtMs ?? []
  const failedAtMs = [...before.filter((atMs) => nowMs - atMs < WITHIN_MS), nowMs].slice(-TRIES)
  const untilMs =
    failedAtMs.length >= TRIES ? failedAtMs[0]! + WITHIN_MS : nowMs + FIRST_WAIT_MS * 2 ** (failedAtMs.length - 1)
  return { kind: 'tries', key, value: { ...subject(move), failedAtMs, untilMs, why } }
}

/** Somebody took our move back, or had us do it: he will have had his reasons. */
export function afterCancel(journal: Readable, move: Move, why: string, nowMs: number): Change {
  const key = subjectOf(move)
  const failedAtMs = journal.read('tries').get(key)?.failedAtMs ?? []
  return { kind: 'tries', key, value: { ...subject(move), failedAtMs, untilMs: nowMs + CANCELLED_MS, why } }
}

/** @returns nothing where nothing was remembered. */
export function afterSuccess(journal: Readable, move: Move): Change[] {
  const key = subjectOf(move)
  return journal.read('tries').has(key) ? [{ kind: 'tries', key, value: undefined }] : []
}

/** Where it was is told together with its end: whoever dies over the next sample must not take it back there. */
export function leaving(move: Move, nowMs: number): Change[] {
  if (move.kind !== 'replica' || isDirMove(move)) return []
  const { topic, partition, from: node } = move
  return [{ kind: 'left', key: `${partitionName(move)}@${node}`, value: { topic, partition, node, atMs: nowMs } }]
}

/** Written with the end of the move: whoever dies over it still sees afterwards what has to be looked at by a person. */
export function factorChanged(journal: Readable, factor: string): Change {
  const { failures = [] } = journal.read('failures').get('cluster') ?? {}
  return { kind: 'failures', key: 'cluster', value: { failures, factor } }
}

export function coolDown(node: NodeId, why: string, nowMs: number): Change {
  return { kind: 'cool_down', key: JSON.stringify(node), value: { node, untilMs: nowMs + COOL_DOWN_MS, why } }
}

/** What is left alone now. */
export function holdsAt(journal: Readable, nowMs: number): Hold {
  const partitions = [...journal.read('tries').values()].filter(({ untilMs }) => untilMs > nowMs)
  const nodes = [...journal.read('cool_down').values()].filter(({ untilMs }) => untilMs > nowMs)
  return {
    partitions: partitions.flatMap(({ topic, partition, ...tries }) =>
      partition === undefined ? [] : [{ topic, partition, ...waitOf(tries) }],
    ),
    topics: partitions.flatMap(({ topic, partition, ...tries }) =>
      partition === undefined ? [{ topic, ...waitOf(tries), why: tries.why }] : [],
    ),
    nodes: nodes.map(({ node, untilMs }) => ({ node, untilMs })),
  }
}

function waitOf({ untilMs, failedAtMs }: Pick<TriesRecord, 'untilMs' | 'failedAtMs'>) {
  return { untilMs, exhausted: isExhausted({ failedAtMs }) }
}

/** It failed so often that it is left alone until a day after the first time. */
export function isExhausted({ failedAtMs }: Pick<TriesRecord, 'failedAtMs'>): boolean {
  return failedAtMs.length >= TRIES
}

function subject(move: Move): Pick<TriesRecord, 'topic' | 'partition'> {
  return isOfPartition(move) ? { topic: move.topic, partition: move.partition } : { topic: move.topic }
}

/** What need not be remembered any more. */
export function outdated(journal: Journal, nowMs: number): Change[] {
  const changes: Change[] = []
  for (const [key, { untilMs, failedAtMs }] of journal.read('tries')) {
    if (untilMs <= nowMs && failedAtMs.every((atMs) => nowMs - atMs >= WITHIN_MS))
      changes.push({ kind: 'tries', key, value: undefined })
  }
  for (const [key, { untilMs }] of journal.read('cool_down')) {
    if (untilMs <= nowMs) changes.push({ kind: 'cool_down', key, value: undefined })
  }
  return changes
}
