/** The cluster: what is done, what is not, and what keeps each class from acting. */
import { type Gate, gateFor, gateForAll } from '../../assess/gates.ts'
import type { Explanation, ExplanationLine, ExplanationSection } from '../../cluster/explanation.ts'
import { totalBytes } from '../../cluster/move.ts'
import { rejectText, type VerdictCode, type ViolationKind, verdictText, violationKinds } from '../../cluster/reasons.ts'
import type { BalanceSettings, Window } from '../../cluster/settings.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatBytes, formatCount, formatDuration, formatTimeOfDay } from '../../lib/units.ts'
import { line, type Picture, violationLine } from './picture.ts'
import { ago, since } from './words.ts'

const DECISIONS = 5
const VIOLATIONS = 20

export function explainCluster(picture: Picture): Pick<Explanation, 'summary' | 'sections'> {
  const { view, report } = picture
  const sections: ExplanationSection[] = [
    { code: 'state', title: 'What it does', lines: stateLines(picture) },
    { code: 'violations', title: 'What is wrong', lines: violationLines(picture) },
    { code: 'gates', title: 'What may be done now', lines: gateLines(picture) },
    { code: 'budgets', title: 'What limits it', lines: budgetLines(picture) },
    { code: 'rejected', title: 'What the planner rejected', lines: rejectedLines(picture) },
    { code: 'decisions', title: 'What was decided lately', lines: decisionLines(picture) },
  ]
  return { summary: `${view.name} is ${view.status} (${report.verdict.code}): ${report.verdict.text}`, sections }
}

function stateLines({ view, report, nowMs, question }: Picture): ExplanationLine[] {
  const { verdict, mode, dryRun } = report
  const lines = [
    line('status', `${view.status} ${since(view.statusSinceMs, nowMs)}, mode ${mode}${dryRun ? ', dry_run' : ''}`, {
      status: view.status,
      since: formatTime(view.statusSinceMs),
      mode,
      dry_run: dryRun,
    }),
    line(verdict.code, `${verdict.act ? 'acting' : `not acting (${verdict.code})`}: ${verdict.text}`, {
      act: verdict.act,
      means: verdictText[verdict.code],
    }),
  ]
  if (view.error !== undefined) lines.push(line('error', `the last reading failed: ${view.error}`))
  if (view.pause) {
    const { by, reason, sinceMs, untilMs } = view.pause
    const until = untilMs === undefined ? 'until resume' : `for ${formatDuration(Math.max(0, untilMs - nowMs))} more`
    lines.push(
      line('paused', `paused by ${by} ${ago(sinceMs, nowMs)}, ${until}: ${reason}`, {
        by,
        reason,
        since: formatTime(sinceMs),
        ...(untilMs !== undefined && { until: formatTime(untilMs) }),
      }),
    )
  }
  for (const { node, replicas, bytes } of view.drains) {
    lines.push(
      line('drain', `node ${node} is to be emptied, ${replicas} replicas of ${formatBytes(bytes)} left`, {
        node,
        replicas,
        bytes,
      }),
    )
  }
  for (const window of question.settings.windows)
    lines.push(line('window', windowText(window), { classes: window.classes }))
  return lines
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
function windowText({ days: on, fromMinute, toMinute, timezone, classes }: Window): string {
  return `${classes.join(', ')} only on ${on.map((day) => days[day]).join(', ')} from ${formatTimeOfDay(fromMinute)} to ${formatTimeOfDay(toMinute)} ${timezone}`
}

function violationLines({ report, nowMs, assessment }: Picture): ExplanationLine[] {
  const { violations } = report
  const lines = violations.slice(0, VIOLATIONS).map((violation) => violationLine(violation, nowMs))
  if (violations.length > VIOLATIONS) {
    lines.push(line('more', `and ${violations.length - VIOLATIONS} more`, { count: violations.length - VIOLATIONS }))
  }
  for (const text of assessment.holding.slice(0, VIOLATIONS)) lines.push(line('holding', text))
  return lines.length > 0 ? lines : [line('none', 'no violation is open')]
}

/** Asked of the gates themselves, for every class, whether anything of it is open or not. */
function gateLines({ question, assessment, nowMs }: Picture): ExplanationLine[] {
  const { settings, memory, sample } = question
  const now = { ...question.circumstances, health: sample.health }
  const forAll = assessment.gate ?? gateForAll(settings, now, undefined, nowMs)
  if (forAll)
    return [line(forAll.code, `nothing at all (${forAll.code}): ${forAll.text}`, { classes: [...violationKinds] })]
  const off = switchedOff(settings)
  const answers = violationKinds.flatMap((kind) =>
    off.has(kind)
      ? []
      : [
          {
            kind,
            gate: gateFor({ kind, subject: '' }, settings, now, memory.baseline, nowMs),
          },
        ],
  )
  const free = answers.filter(({ gate }) => gate === undefined).map(({ kind }) => kind)
  const held = new Map<string, { gate: Gate; kinds: string[] }>()
  for (const { kind, gate } of answers) {
    if (!gate) continue
    // What differs only in the class is told once.
    const key = gate.code
    const known = held.get(key) ?? { gate, kinds: [] }
    known.kinds.push(kind)
    held.set(key, known)
  }
  return [
    ...(free.length > 0 ? [line('acting', `free to act: ${free.join(', ')}`, { classes: free })] : []),
    ...[...held.values()].map(({ gate, kinds }) =>
      line(gate.code, `${kinds.join(', ')}: ${kinds.length === 1 ? gate.text : gateText(gate)}`, { classes: kinds }),
    ),
    ...offLines(off),
  ]
}

/** Classes that nothing is ever open of, by the config, and why. */
function switchedOff({ diskBalance, leadershipEnabled, rackAwareness }: BalanceSettings): Map<ViolationKind, string> {
  return new Map<ViolationKind, string>([
    ...(diskBalance === undefined ? [['disk_skew', 'disk_balance_percent is not set'] as const] : []),
    ...(leadershipEnabled ? [] : [['leader_skew', 'leadership.enabled is off'] as const]),
    ...(rackAwareness === 'ignore' ? [['rack_violation', 'rack_awareness is ignore'] as const] : []),
  ])
}

function offLines(off: ReadonlyMap<ViolationKind, string>): ExplanationLine[] {
  if (off.size === 0) return []
  const said = [...off].map(([kind, why]) => `${kind} (${why})`)
  return [line('off', `never looked for: ${said.join(', ')}`, { classes: [...off.keys()] })]
}

function gateText({ code, text }: Gate): string {
  const perClass: readonly VerdictCode[] = ['mode_node_add', 'window_closed']
  return perClass.includes(code) ? verdictText[code] : text
}

function budgetLines({ view, limits, movesPerNode, tooLow, question }: Picture): ExplanationLine[] {
  const { running, pending } = view
  const { dayFull, denied } = question.circumstances
  const lines = [
    line(
      'in_flight',
      `${formatCount(running.length, 'move')} under way, ${pending.length} waiting (${formatBytes(totalBytes(pending))})`,
      {
        running: running.length,
        pending: pending.length,
        pending_bytes: totalBytes(pending),
      },
    ),
    line(
      'concurrency',
      `at most ${limits.concurrentMoves} at once, ${movesPerNode} a node now (${limits.concurrentMovesPerNode} at best)`,
      {
        concurrent_moves: limits.concurrentMoves,
        concurrent_moves_per_node: limits.concurrentMovesPerNode,
        moves_per_node_now: movesPerNode,
      },
    ),
  ]
  if (running.length >= limits.concurrentMoves) lines.push(line('budget_full', 'no move may begin before one ends'))
  if (limits.throttle) {
    lines.push(
      line('throttle', `copies are limited to ${formatBytes(limits.throttle.rate)}/s a node`, {
        bytes_per_second: limits.throttle.rate,
      }),
    )
  }
  if (tooLow !== undefined) lines.push(line('rate_too_low', tooLow))
  if (dayFull !== undefined) lines.push(line('budget_full', dayFull))
  if (denied !== undefined) lines.push(line('permission_denied', denied))
  return lines
}

function rejectedLines({ report }: Picture): ExplanationLine[] {
  const { blocked } = report.plan
  if (blocked.length === 0) return [line('none', 'no candidate was rejected')]
  return blocked
    .toSorted((a, b) => b.count - a.count)
    .map(({ reason, count, examples }) =>
      line(
        reason,
        `${formatCount(count, 'candidate')} (${reason}): ${rejectText[reason]}${examples.length > 0 ? ` (${examples.join('; ')})` : ''}`,
        {
          count,
          examples,
        },
      ),
    )
}

function decisionLines({ decisions, nowMs }: Picture): ExplanationLine[] {
  if (decisions.length === 0) return [line('none', 'no decision is known')]
  return decisions.slice(0, DECISIONS).map(({ id, fromMs, rounds, verdict, begunCount }) => {
    const begun = begunCount > 0 ? `, ${formatCount(begunCount, 'move')} begun` : ''
    return line(
      verdict.code,
      `${id}, ${ago(fromMs, nowMs)}, for ${formatCount(rounds, 'round')}${begun}: ${verdict.text}`,
      {
        decision: id,
        from: formatTime(fromMs),
        rounds,
        begun: begunCount,
      },
    )
  })
}
