/** `evenkeel decisions`: the last planning rounds that came to something else, and what followed from them. */
import { type Command, Option } from 'commander'
import type { DecisionAnswer, DecisionsAnswer } from '../http/answers.ts'
import { parseTime } from '../lib/iso-time.ts'
import { formatBytes, formatCount, formatDuration } from '../lib/units.ts'
import type { Io } from './io.ts'
import { table } from './table.ts'
import { addView, type ViewOptions } from './view-command.ts'

interface DecisionOptions extends ViewOptions {
  last: string
}

export function addDecisions(program: Command, io: Io): void {
  const command = program
    .command('decisions')
    .description('list what was decided lately and why, or tell one of them in full')
    .argument('[id]', 'of the decision')
  addView<DecisionsAnswer | DecisionAnswer, DecisionOptions>(command, io, {
    ask: (client, { cluster, last }, [id]) =>
      id === undefined
        ? client.get('decisions', { cluster, last })
        : client.get(`decisions/${encodeURIComponent(id)}`, { cluster }),
    text: (answer, wide) => ('decisions' in answer ? listText(answer, wide) : decisionText(answer)),
  }).addOption(new Option('--last <count>', 'so many of them at most').default('20'))
}

/** So much of a sentence, unless wide. */
const WHY = 100

function listText({ decisions }: DecisionsAnswer, wide: boolean): string {
  if (decisions.length === 0) return 'no decisions yet\n'
  const header = ['ID', 'HELD', 'ROUNDS', 'MODE', 'VERDICT', 'VIOLATIONS', 'PLANNED', 'BEGUN', 'DONE', 'WHY']
  const rows = decisions.map((decision) => {
    const { id, rounds, mode, dry_run: dryRun, verdict, violations, planned, begun } = decision
    const done = begun.first.filter(({ end }) => end?.result === 'done').length
    const why = wide || verdict.text.length <= WHY ? verdict.text : `${verdict.text.slice(0, WHY - 1)}…`
    const how = dryRun ? `${mode}, dry run` : mode
    return [id, heldText(decision), rounds, how, verdict.code, violations.count, planned.count, begun.count, done, why]
  })
  return table(header, rows, [1, 2, 5, 6, 7, 8])
}

function heldText({ from, until }: DecisionAnswer): string {
  return formatDuration(parseTime(until) - parseTime(from))
}

function decisionText(decision: DecisionAnswer): string {
  const {
    id,
    from,
    rounds,
    mode,
    dry_run: dryRun,
    status,
    verdict,
    violations,
    planned,
    begun,
    rejected,
    notes,
  } = decision
  const head = `${id}: ${verdict.act ? 'acting' : 'not acting'} (${verdict.code}): ${verdict.text}`
  const held = `decided ${from}, held for ${heldText(decision)} (${formatCount(rounds, 'round')}); mode ${mode}${dryRun ? ', dry run' : ''}, status ${status}`
  return [
    `${head}\n${held}\n`,
    section(
      formatCount(violations.count, 'violation'),
      violations.first.map(
        ({ kind, text, gate }) => `${kind}: ${text}${gate ? `; it waits (${gate.code}): ${gate.text}` : ''}`,
      ),
      violations.count,
    ),
    section(
      `${formatCount(planned.count, 'move')} planned, ${formatBytes(planned.bytes)}`,
      planned.first.map((move) => `${moveText(move)} for ${move.reason}`),
      planned.count,
    ),
    section(
      `${formatCount(begun.count, 'move')} begun`,
      begun.first.map((move) => `${moveText(move)} for ${move.reason}: ${endText(move)}`),
      begun.count,
    ),
    section(
      'rejected candidates',
      rejected.map(({ reason, count, examples }) => `${reason} ${count} (${examples.join('; ')})`),
      rejected.length,
    ),
    section('notes', notes, notes.length),
  ]
    .filter((part) => part !== '')
    .join('\n')
}

function section(title: string, lines: readonly string[], count: number): string {
  if (count === 0) return ''
  const more = count > lines.length ? [`and ${count - lines.length} more`] : []
  return `${title}\n${[...lines, ...more].map((line) => `  ${line}\n`).join('')}`
}

function moveText({ kind, topic, partition, from, to, bytes }: DecisionAnswer['planned']['first'][number]): string {
  const subject = partition === undefined ? topic : `${topic}-${partition}`
  const route = from === undefined ? '' : ` from ${from} to ${to}`
  return `${kind} ${subject}${route}${bytes > 0 ? ` (${formatBytes(bytes)})` : ''}`
}

function endText({ started_at: startedAt, end }: DecisionAnswer['begun']['first'][number]): string {
  if (!end) return `begun ${startedAt}`
  const text = end.text === undefined ? '' : ` (${end.text})`
  return `${end.result} after ${formatDuration(end.duration_seconds * 1000)}, ${formatBytes(end.bytes)} copied${text}`
}
