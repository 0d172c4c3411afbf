/**
 * Acts on Pinot: looked at, done and judged. A table is brought to its target by a job of the controllers; what became of it is judged
 * from what is wanted and what is there, for the list of jobs loses entries and a job that is DONE may have left replicas behind.
 */
import type { BrokersMove, Move, TableMove } from '../../../cluster/move.ts'
import type { Clock } from '../../../lib/clock.ts'
import { messageOf } from '../../../lib/errors.ts'
import { sameSet } from '../../../lib/lists.ts'
import type { BrokersStep, JobStep, Outcome, Step, StepResult } from '../../port.ts'
import type { Job, PinotReading, Table } from '../reading.ts'
import { brokerDrift } from '../rules/brokers.ts'
import { type Change, changesBetween } from '../rules/changes.ts'
import { isGone } from '../rules/dead.ts'
import { convergence, replicaCounts, segmentIndex, serversAt } from '../rules/placements.ts'
import { policyOf, type RebalanceOptions } from '../rules/rebalance-policy.ts'
import type { Controllers, RebalanceAnswer } from '../wire/controller.ts'
import { no, stepResult } from './answers.ts'
import { ErrorResets } from './error-resets.ts'
import { chainOf, isGhost } from './jobs.ts'

const accepted: StepResult = { outcome: 'accepted' }

export interface ActsOptions {
  controllers: Pick<Controllers, 'rebalance' | 'cancel' | 'rebuildBrokers' | 'resetErrors'>
  /** Fresh from the cluster: all instances, jobs and brokers, and of the tables only these. */
  look: (tables: readonly string[], signal: AbortSignal) => Promise<PinotReading>
  /** Writes what a table's IdealState has anyway, if it is still of that version: Helix looks at the table again. */
  touch: (table: string, version: number, signal: AbortSignal) => Promise<void>
  /** What a target that was shown would move, by its fingerprint. */
  changesOf: (fingerprint: string) => readonly Change[] | undefined
  rebalance: RebalanceOptions
  clock: Clock
}

/** The last job that was asked for of a table. */
interface Sent {
  fingerprint: string
  parameters: Record<string, string>
  changes: readonly Change[]
  /** By our clock. */
  atMs: number
  /** Absent as long as no answer named it. */
  job?: string
}

/** What the controller computes may differ a little from what was planned, for segments come and go. */
const TOLERATED_RATIO = 1.1
const TOLERATED_ADDS = 10
/** Clocks of controllers and ours differ. */
const SKEW_MS = 60_000
/** A list of brokers is there at once, or never. */
const BROKERS_MS = 10_000
const POLL_MS = 500

/** Pure. The batch is the smaller of what the policy allows and what the budgets do. */
export function pinotSteps(move: Move): Step[] {
  if (move.kind === 'brokers') return [{ kind: 'brokers', topic: move.topic, after: move.after }]
  if (move.kind !== 'table') return []
  const { topic, parameters, batch, fingerprint } = move
  const batchSizePerServer = String(Math.max(1, batch.adds))
  return [{ kind: 'job', topic, parameters: { ...parameters, batchSizePerServer }, fingerprint }]
}

export class Acts {
  readonly #options: ActsOptions
  readonly #sent = new Map<string, Sent>()
  readonly #resets: ErrorResets

  constructor(options: ActsOptions) {
    this.#options = options
    this.#resets = new ErrorResets(options)
  }

  /** Tables whose segments in ERROR stayed so although they were reset as often as they may be. */
  get resetInVain(): ReadonlySet<string> {
    return this.#resets.inVain
  }

  /** What a job of ours moves; undefined for others' and after a restart. */
  changesOfJob({ id, table }: Job): readonly Change[] | undefined {
    const sent = this.#sent.get(table)
    return sent?.job !== undefined && chainOf(sent.job) === chainOf(id) ? sent.changes : undefined
  }

  /** One after the other: each start of a job holds the controller up. */
  async perform(steps: readonly Step[], signal: AbortSignal): Promise<StepResult[]> {
    const results: StepResult[] = []
    for (const step of steps) {
      try {
        if (step.kind === 'job') results.push(await this.#startJob(step, signal))
        else if (step.kind === 'brokers') results.push(await this.#rebuild(step, signal))
        else results.push(no('rejected', `a table is moved as a whole: nothing is done for ${step.kind}`))
      } catch (error) {
        // All that acts answers by itself; what throws is a look.
        results.push(no('not_sent', messageOf(error)))
      }
    }
    return results
  }

  async judge(moves: readonly Move[], signal: AbortSignal): Promise<Outcome[]> {
    const reading = await this.#options.look([...new Set(moves.map(({ topic }) => topic))], signal)
    const outcomes: Outcome[] = []
    for (const move of moves) {
      if (move.kind === 'table') outcomes.push(await this.#judgeTable(move, reading, signal))
      else if (move.kind === 'brokers') outcomes.push(judgeBrokers(move, reading))
      else outcomes.push({ outcome: 'unknown', text: `a move of kind ${move.kind} is not of Pinot` })
    }
    return outcomes
  }

  /** Nothing rolls back: what the job has done so far stays, and so do instance partitions that it wrote. */
  async cancel(moves: readonly Move[], signal: AbortSignal): Promise<StepResult[]> {
    const results: StepResult[] = []
    for (const move of moves) {
      if (move.kind !== 'table') results.push(no('rejected', 'a list of brokers is made at once, or not at all'))
      else results.push(await this.#cancel(move, signal).catch((error) => no('not_sent', messageOf(error))))
    }
    return results
  }

  async #startJob(step: JobStep, signal: AbortSignal): Promise<StepResult> {
    const { topic, fingerprint } = step
    const reading = await this.#options.look([topic], signal)
    const table = tableIn(reading, topic)
    if (table === undefined) return no('partition_gone', `${topic} does not exist`)
    const ours = this.#sent.get(topic)
    for (const job of running(reading, topic)) {
      const isOurs = ours?.job !== undefined && chainOf(ours.job) === chainOf(job.id)
      if (!isOurs) return no('already_moving', foreignText(job, reading.takenAtMs))
      if (!isGhost(job, reading.takenAtMs)) {
        if (ours.fingerprint === fingerprint) return { outcome: 'accepted', job: chainOf(job.id) }
        return no('already_moving', `job ${job.id} of ours is under way`)
      }
      // Nobody runs it, and it is ours to take away. A stranger's stays, however dead it looks.
      const cleared = await this.#delete(topic, signal)
      if (cleared.outcome !== 'accepted') return cleared
    }
    const changes = this.#options.changesOf(fingerprint)
    if (changes === undefined) return no('not_sent', 'what was planned is not known any more')
    const refused = this.#refusal(table, changes, reading)
    if (refused) return refused
    const broken = await this.#resets.mend(table, changes, policyOf(this.#options.rebalance, table), signal)
    if (broken !== undefined) return no('rejected', broken)
    return this.#post(step, table, changes, signal)
  }

  #refusal(table: Table, changes: readonly Change[], reading: PinotReading): StepResult | undefined {
    if (reading.maintenance || reading.paused) return no('rejected', 'the cluster is paused or in maintenance')
    if (!table.idealState.enabled) return no('rejected', `${table.name} is disabled`)
    const { placement } = table.idealState
    const moved = changes.find(({ segment, from }) => {
      const index = segmentIndex(placement, segment)
      return index >= 0 && !sameSet(serversAt(placement, index), from)
    })
    if (moved) {
      const now = serversAt(placement, segmentIndex(placement, moved.segment))
      const was = moved.from.join(', ')
      return no('replicas_changed', `${moved.segment} is on ${now.join(', ')}, not on ${was}`)
    }
    const byName = new Map(reading.instances.map((instance) => [instance.name, instance]))
    const targets = new Set(changes.flatMap(({ from, to }) => to.filter((server) => !from.includes(server))))
    const dead = [...targets].filter((server) => isGone(byName.get(server)))
    return dead.length > 0 ? no('target_not_alive', `${dead.join(', ')} is not alive`) : undefined
  }

  async #post(
    { topic, parameters, fingerprint }: JobStep,
    table: Table,
    changes: readonly Change[],
    signal: AbortSignal,
  ): Promise<StepResult> {
    const { controllers, clock } = this.#options
    const sent: Sent = { fingerprint, parameters, changes, atMs: clock.now() }
    this.#sent.set(topic, sent)
    const result = await controllers.rebalance(topic, parameters, signal)
    if (result.outcome !== 'answered') {
      if (result.outcome !== 'unknown') this.#sent.delete(topic)
      return stepResult(result)
    }
    const { answer } = result
    if (answer.status === 'IN_PROGRESS' && answer.jobId !== undefined) {
      sent.job = answer.jobId
      sent.changes = changesBetween(table.idealState.placement, answer.segments)
      return this.#accept(topic, sent, changes, signal)
    }
    // One write without waiting, of a job with downtime, or instance partitions alone: there is no job to follow.
    if (answer.status === 'DONE') return accepted
    this.#sent.delete(topic)
    if (answer.status === 'NO_OP')
      return no('replicas_changed', `the controller sees nothing to do: ${answer.description}`)
    return no('rejected', answerText(answer))
  }

  /** The job is what was asked for, unless the cluster changed at the last moment: then it is taken back before it has done much. */
  async #accept(topic: string, sent: Sent, planned: readonly Change[], signal: AbortSignal): Promise<StepResult> {
    const [adds, expected] = [addsOf(sent.changes), addsOf(planned)]
    if (adds <= expected * TOLERATED_RATIO + TOLERATED_ADDS) return { outcome: 'accepted', job: sent.job! }
    const { outcome } = await this.#delete(topic, signal)
    const end = outcome === 'accepted' ? 'and was taken back' : 'and could not be taken back'
    return no('replicas_changed', `job ${sent.job} was to make ${adds} replicas instead of ${expected} ${end}`)
  }

  async #judgeTable(move: TableMove, reading: PinotReading, signal: AbortSignal): Promise<Outcome> {
    const table = tableIn(reading, move.topic)
    if (table === undefined) return { outcome: 'superseded', text: `${move.topic} does not exist any more` }
    const sent = this.#sent.get(move.topic)
    const ours = sent?.fingerprint === move.fingerprint ? sent : undefined
    for (const job of running(reading, move.topic)) {
      if (isGhost(job, reading.takenAtMs)) continue
      if (isOf(job, move, ours)) {
        if (ours) ours.job ??= job.id
        return { outcome: 'running' }
      }
      return { outcome: 'superseded', text: foreignText(job, reading.takenAtMs) }
    }
    const changes = ours?.changes ?? this.#options.changesOf(move.fingerprint)
    const last = lastJob(reading, move, ours)
    const outcome = changes ? judgeChanges(table, changes, endText(last)) : judgeByJob(table, move.counts, last)
    const isOver = outcome.outcome === 'partial' || outcome.outcome === 'superseded'
    return isOver ? this.#mended(table, changes, outcome, signal) : outcome
  }

  /** A job ends when one of its segments cannot be loaded, and that stays in ERROR: nothing comes of waiting for it. */
  async #mended(
    table: Table,
    changes: readonly Change[] | undefined,
    outcome: Outcome,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const policy = policyOf(this.#options.rebalance, table)
    const broken = await this.#resets.mend(table, changes, policy, signal)
    if (broken === undefined || outcome.outcome === 'superseded') return outcome
    return { outcome: this.#resets.mayMend(table, policy) ? 'partial' : 'superseded', text: broken }
  }

  async #cancel(move: TableMove, signal: AbortSignal): Promise<StepResult> {
    const reading = await this.#options.look([move.topic], signal)
    const jobs = running(reading, move.topic)
    if (jobs.length === 0) return no('replicas_changed', 'no job of it is under way')
    const sent = this.#sent.get(move.topic)
    const ours = sent?.fingerprint === move.fingerprint ? sent : undefined
    // The controller ends all jobs of a table at once.
    const foreign = jobs.find((job) => !isOf(job, move, ours))
    return foreign ? no('already_moving', foreignText(foreign, reading.takenAtMs)) : this.#delete(move.topic, signal)
  }

  /** Controllers overwrite each other's entries, so that a cancel may be answered and yet be lost: it is looked at, and done twice. */
  async #delete(topic: string, signal: AbortSignal): Promise<StepResult> {
    for (let tries = 1; ; tries++) {
      const answer = await this.#options.controllers.cancel(topic, signal)
      if (answer.outcome !== 'answered') return stepResult(answer)
      const left = running(await this.#options.look([topic], signal), topic)
      if (left.length === 0) return accepted
      if (tries === 2) return { outcome: 'unknown', text: `job ${left[0]!.id} is still listed as running` }
    }
  }

  async #rebuild({ topic, after }: BrokersStep, signal: AbortSignal): Promise<StepResult> {
    const { look, controllers, clock } = this.#options
    const before = brokerDrift(await look([topic], signal)).find(({ table }) => table === topic)
    if (before === undefined) return accepted
    if (!sameSet(before.after, after)) {
      return no('replicas_changed', `the brokers of its tag are ${before.after.join(', ')} now`)
    }
    const answer = await controllers.rebuildBrokers(topic, signal)
    if (answer.outcome !== 'answered') return stepResult(answer)
    const untilMs = clock.now() + BROKERS_MS
    for (;;) {
      const still = brokerDrift(await look([topic], signal)).find(({ table }) => table === topic)
      if (still === undefined) return accepted
      if (signal.aborted || clock.now() >= untilMs) return { outcome: 'unknown', text: still.text }
      await clock.sleep(POLL_MS, signal)
    }
  }
}

function judgeChanges(table: Table, changes: readonly Change[], last: string): Outcome {
  const { placement } = table.idealState
  const left = changes.filter(({ segment }) => segmentIndex(placement, segment) >= 0)
  const isAt = (segment: string, servers: string[]) =>
    sameSet(serversAt(placement, segmentIndex(placement, segment)), servers)
  const there = left.filter(({ segment, to }) => isAt(segment, to))
  if (there.length < left.length) {
    if (left.every(({ segment, from }) => isAt(segment, from))) return { outcome: 'reverted' }
    return {
      outcome: 'superseded',
      text: `${there.length} of ${left.length} segments are where they were to go${last}`,
    }
  }
  return judgeConvergence(table, new Set(left.map(({ segment }) => segment)))
}

/** After a restart nothing is known but what the list of jobs has, so that this counts for once; but DONE must be true as well. */
function judgeByJob(table: Table, counts: TableMove['counts'], last: Job | undefined): Outcome {
  if (last === undefined) return judgeCounts(table, counts)
  if (last.status === 'DONE' || last.status === 'NO_OP') return judgeConvergence(table)
  return { outcome: 'superseded', text: `it did not come to its end${endText(last)}` }
}

/** By the numbers of replicas that the move was journaled with: the list of jobs forgets the oldest. */
function judgeCounts(table: Table, { before, after }: TableMove['counts']): Outcome {
  const now = replicaCounts(table.idealState.placement)
  const are = (nodes: TableMove['counts']['before']) =>
    nodes.every(({ node, replicas }) => (now.get(String(node)) ?? 0) === replicas)
  if (are(after)) return judgeConvergence(table)
  if (are(before)) return { outcome: 'reverted' }
  return { outcome: 'superseded', text: 'its servers hold neither what they held before nor what they were to hold' }
}

function judgeConvergence(table: Table, only?: ReadonlySet<string>): Outcome {
  const { missing, errors } = convergence(table.idealState.placement, table.externalView?.placement, only)
  if (missing === 0) return { outcome: 'landed' }
  const [first] = errors
  if (first === undefined) return { outcome: 'partial', text: `${missing} replicas are not up yet` }
  return {
    outcome: 'partial',
    text: `${errors.length} replicas are in ERROR, such as ${first.segment} on ${first.server}`,
  }
}

function judgeBrokers({ topic, before, after }: BrokersMove, { brokerResource }: PinotReading): Outcome {
  const now = brokerResource.brokers.get(topic) ?? []
  if (sameSet(now, after)) return { outcome: 'landed' }
  if (sameSet(now, before)) return { outcome: 'reverted' }
  return { outcome: 'superseded', text: `its brokers are ${now.join(', ')} now` }
}

/** By its id, or as a retry of it; where no id is known, by what was sent and when. The batch may have been set at the last moment. */
function isOf(job: Job, { job: id, parameters }: TableMove, sent: Sent | undefined): boolean {
  const known = sent?.job ?? id
  if (known !== undefined) return chainOf(known) === chainOf(job.id)
  if (sent !== undefined && job.startedAtMs < sent.atMs - SKEW_MS) return false
  // Other releases know other parameters; an entry that tells nothing at all is nobody's.
  if (job.config['maxAttempts'] === undefined) return false
  return Object.entries(parameters).every(
    ([name, value]) => name === 'batchSizePerServer' || shown(job.config[name] ?? value) === value,
  )
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The latest of the move's that is over. */
function lastJob({ jobs }: PinotReading, move: TableMove, sent: Sent | undefined): Job | undefined {
  const own = jobs.filter((job) => job.table === move.topic && job.status !== 'IN_PROGRESS' && isOf(job, move, sent))
  return own.sort((a, b) => b.startedAtMs - a.startedAtMs)[0]
}

function running(reading: PinotReading, topic: string): Job[] {
  return reading.jobs.filter(({ table, status }) => table === topic && status === 'IN_PROGRESS')
}

function tableIn(reading: PinotReading, topic: string): Table | undefined {
  return reading.tables.find(({ name }) => name === topic)
}

function addsOf(changes: readonly Change[]): number {
  return changes.reduce((sum, { from, to }) => sum + to.filter((server) => !from.includes(server)).length, 0)
}

function foreignText(job: Job, nowMs: number): string {
  if (!isGhost(job, nowMs)) return `job ${job.id} of somebody else is under way`
  const minutes = Math.round((nowMs - job.updatedAtMs) / 60_000)
  return `job ${job.id} of somebody else is listed as running and has been silent for ${minutes} min: cancel it if it is dead`
}

/** What the list of jobs says of the end, as an appendix. */
function endText(job: Job | undefined): string {
  return job === undefined ? '' : `; job ${job.id} is ${job.status}${job.message ? `: ${job.message}` : ''}`
}

function answerText({ status, description }: RebalanceAnswer): string {
  return `${status}: ${description}`
}
