/** Explanations of clusters that are given as lines: thought through by the real parts, without a loop. */

import { noStrangers } from '../../../src/assess/gates.ts'
import { statusOf, verdictOf } from '../../../src/assess/verdict.ts'
import type { ExplainSubject, Explanation, ExplanationLine } from '../../../src/cluster/explanation.ts'
import { emptyMemory, type Memory } from '../../../src/cluster/memory.ts'
import type { BalanceSettings } from '../../../src/cluster/settings.ts'
import { explain } from '../../../src/daemon/explain/explain.ts'
import { type Picture, pictureOf, type Surroundings, Workings } from '../../../src/daemon/explain/picture.ts'
import { reportTick } from '../../../src/daemon/report.ts'
import { type Question, think } from '../../../src/daemon/think.ts'
import { inlinePlanner } from '../../../src/plan/planner.ts'
import { settings } from '../../assess/support.ts'
import { allWell, build, type Lines, takenAtMs } from '../../cluster/support.ts'

export interface Situation {
  settings?: Partial<BalanceSettings>
  memory?: Partial<Memory>
  question?: Partial<Question>
  circumstances?: Partial<Question['circumstances']>
  around?: Partial<Surroundings>
}

const signal = new AbortController().signal

export function questionOf(lines: Lines, situation: Situation = {}): Question {
  return {
    sample: { ...allWell, running: [], state: build(lines) },
    inFlight: [],
    memory: { ...emptyMemory, ...situation.memory },
    drains: [],
    settings: settings({ leadershipEnabled: false, ...situation.settings }),
    circumstances: { agreed: true, strangers: noStrangers, ...situation.circumstances },
    capabilities: { replicaMoves: true, dirMoves: true },
    batch: { adds: 5, bytes: Number.POSITIVE_INFINITY },
    nowMs: takenAtMs,
    ...situation.question,
  }
}

export async function picture(lines: Lines, situation: Situation = {}): Promise<Picture> {
  const question = questionOf(lines, situation)
  const { assessment, plan, problems } = await think(question, inlinePlanner, signal)
  const found = {
    settings: question.settings,
    assessment,
    plan,
    running: 0,
    runningByHand: [],
    participants: plan.nodes.length,
    problems,
    tableJobs: false,
    foreignJobs: [],
  }
  const verdict = verdictOf(found)
  const status = statusOf(found, verdict)
  const report = reportTick(question.sample, assessment, plan, verdict, {
    sampleMs: 1,
    tickMs: 1,
    status,
    settings: question.settings,
    foreignMoves: 0,
    foreignJobs: [],
    pause: question.circumstances.pause,
    windowOpen: true,
    notes: [],
  })
  const around: Surroundings = {
    view: {
      name: 'orders',
      drains: [],
      status,
      statusSinceMs: takenAtMs,
      report,
      running: [],
      pending: verdict.act ? plan.moves : [],
      ended: [],
    },
    decisions: [],
    tries: new Map(),
    coolDowns: new Map(),
    limits: {
      concurrentMoves: 50,
      concurrentMovesPerNode: 5,
      maxTransfersPerTick: 50,
      unknownHoldMs: 90_000,
      targetGraceMs: 300_000,
    },
    movesPerNode: 5,
    nowMs: takenAtMs,
    ...situation.around,
  }
  return pictureOf(await Workings.of({ question, assessment, report }), around)
}

export async function explained(lines: Lines, subject: ExplainSubject, situation?: Situation): Promise<Explanation> {
  return explain(await picture(lines, situation), subject)
}

/** Sentences of a section. */
export function said({ sections }: Explanation, code: Explanation['sections'][number]['code']): string[] {
  return linesOf({ sections }, code).map(({ text }) => text)
}

export function linesOf(
  { sections }: Pick<Explanation, 'sections'>,
  code: Explanation['sections'][number]['code'],
): ExplanationLine[] {
  return sections.find((section) => section.code === code)?.lines ?? []
}
