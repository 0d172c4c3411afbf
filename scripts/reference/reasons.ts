/** docs/reasons.md: the closed lists of src/cluster/reasons.ts with what each word means. */
import {
  approvableHolds,
  driftCauses,
  driftText,
  rejectReasons,
  rejectText,
  targetHolds,
  targetHoldText,
  verdictCodes,
  verdictText,
  violationKinds,
  violationText,
} from '../../src/cluster/reasons.ts'
import { code, generated, markdownTable } from './markdown.ts'

export function reasonsPage(): string {
  return `${generated}# Reasons

Everything evenkeel does and everything it leaves undone has a word of these lists. The same words are in the terminal
view, in \`evenkeel plan\` and \`evenkeel status\`, in the log, and in the labels of the metrics.

## Violations

A measured breach, and the reason of every move. In the order in which they are planned and dispatched. Metric
\`evenkeel_violations{violation="…"}\`.

A move that [a person asked for](operations.md#move-by-hand) has the reason \`manual\` instead, and comes before all of them.

${rows('Violation', violationKinds, violationText)}
## Verdicts

What a tick came to: \`acting\`, or the one code that says why nothing is started. Metric \`evenkeel_blocked{reason="…"}\`,
for all but \`acting\`.

${rows('Code', verdictCodes, verdictText)}
## Rejected candidates

Why a move that would have helped was not planned. The plan counts them, with examples. Metric
\`evenkeel_rejected_candidates_total{reason="…"}\`.

${rows('Reason', rejectReasons, rejectText)}
## Drift of a table

Why a Pinot table is not where its own rules put it, the weightiest first. \`evenkeel tables\` shows them, and each move of a table names
them as its \`causes\`.

${rows('Cause', driftCauses, driftText)}
## Held targets

Why what [Pinot](pinot.md#holds) would do to a table is not run. The verdict is \`target_held\` when nothing else is to be done. \`evenkeel approve\`
lets a target run where the last column says so.

${holds().trimEnd()}
`
}

function holds(): string {
  return markdownTable(
    ['Code', 'Meaning', 'May be approved'],
    targetHolds.map((hold) => [code(hold), targetHoldText[hold], approvableHolds.includes(hold) ? 'yes' : 'no']),
  )
}

function rows<Word extends string>(title: string, words: readonly Word[], texts: Record<Word, string>): string {
  return markdownTable(
    [title, 'Meaning'],
    words.map((word) => [code(word), texts[word]]),
  )
}
