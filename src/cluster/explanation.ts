/**
 * Why something is where it is, moved, or does not move. Sentences for people, and beside each of them the code and the
 * figures that it was made from, for programs: these never have to read a sentence.
 */
import { formatTime } from '../lib/iso-time.ts'
import type { NodeId, PartitionId } from './state.ts'

/** What is asked about. A partition is named as in `t-3`: where the topic ends only the cluster knows. */
export type ExplainSubject =
  | { kind: 'partition'; partition: string }
  | { kind: 'table'; table: string }
  | { kind: 'node'; node: NodeId }
  | { kind: 'cluster' }

export type ExplainedSubject =
  | { kind: 'partition'; topic: string; partition: PartitionId }
  | { kind: 'table'; table: string }
  | { kind: 'node'; node: NodeId }
  | { kind: 'cluster' }

/** Names are those of JSON, times are ISO 8601; what is not known, or does not apply, is left out. */
export type Facts = Record<string, Fact | undefined>
type Fact = string | number | boolean | (string | number)[]

export interface ExplanationLine {
  /** What kind of line it is, and for a candidate or a gate the reason from the closed lists. */
  code: string
  text: string
  facts: Facts
}

/** In the order in which they are told. */
export const explanationSections = [
  'state',
  'violations',
  'gates',
  'placement',
  'moves',
  'plan',
  'candidates',
  'leadership',
  'source',
  'target',
  'holds',
  'budgets',
  'rejected',
  'decisions',
] as const

export interface ExplanationSection {
  code: (typeof explanationSections)[number]
  title: string
  lines: ExplanationLine[]
}

export interface Explanation {
  cluster: string
  subject: ExplainedSubject
  /** Of the reading that it is about. */
  takenAtMs: number
  /** One sentence: the answer. */
  summary: string
  sections: ExplanationSection[]
}

export function explanationJson({ cluster, subject, takenAtMs, summary, sections }: Explanation) {
  return {
    cluster,
    subject,
    taken_at: formatTime(takenAtMs),
    summary,
    sections: sections.map(({ code, title, lines }) => ({
      code,
      title,
      lines: lines.map(({ code: what, text, facts }) => ({ code: what, text, facts: factsJson(facts) })),
    })),
  }
}

/** What is no number in JSON is not known. */
function factsJson(facts: Facts): Record<string, Fact> {
  return Object.fromEntries(
    Object.entries(facts).filter(
      (entry): entry is [string, Fact] =>
        entry[1] !== undefined && (typeof entry[1] !== 'number' || Number.isFinite(entry[1])),
    ),
  )
}
