/** What is wished of a cluster, as a journal has it. */
import type { Sample } from '../../cluster/sample.ts'
import type { NodeId } from '../../cluster/state.ts'
import type { Pause } from '../../cluster/wishes.ts'
import type { Change, Journal } from './journal.ts'

type Read = Pick<Journal, 'read'>

/** Nodes to be emptied and kept empty. */
export function drainsOf(journal: Read): NodeId[] {
  return [...journal.read('drain').values()].map(({ node }) => node)
}

/** As it was asked for: it may be over by itself. */
export function pauseOf(journal: Read): Pause | undefined {
  return journal.read('pause').get('cluster')
}

/** Topics whose target is to be computed and carried out. */
export function askedOf(journal: Read): string[] {
  return [...journal.read('asked').values()].map(({ topic }) => topic)
}

/** Fingerprints of targets that a person lets run. */
export function approvedOf(journal: Read): ReadonlySet<string> {
  return new Set(journal.read('approved').keys())
}

/**
 * Wishes that are over: a topic that was asked for and of which the system, asked since, sees nothing left to do; an approval of a target
 * that is no more.
 */
export function fulfilled(journal: Read, { targets = [], topics = [] }: Pick<Sample, 'targets' | 'topics'>): Change[] {
  const wanted = new Set(targets.map(({ topic }) => topic))
  const there = new Set(targets.map(({ fingerprint }) => fingerprint))
  const verdicts = new Map(topics.map(({ topic, verdict }) => [topic, verdict]))
  const asked = [...journal.read('asked')].flatMap(([key, { topic, atMs }]) => {
    const isAnswered = (verdicts.get(topic)?.atMs ?? Number.NEGATIVE_INFINITY) >= atMs || !verdicts.has(topic)
    return isAnswered && !wanted.has(topic) ? [{ kind: 'asked' as const, key, value: undefined }] : []
  })
  const approved = [...journal.read('approved').keys()].flatMap((key) =>
    there.has(key) ? [] : [{ kind: 'approved' as const, key, value: undefined }],
  )
  return [...asked, ...approved]
}
