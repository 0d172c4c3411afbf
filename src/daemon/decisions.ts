/**
 * The last decisions of a cluster. A round that comes to the same as the one before it only makes that one last longer: a quiet
 * cluster adds nothing. Which is the same: mode, verdict, which violations are open and what holds them, what began or ended
 * since, and the plan. Sizes grow all the time and are no difference. Nor is a plan that is only shown: it is made anew from
 * every reading, and where nothing is started nobody depends on which of many like moves it names.
 *
 * Decisions are held in memory and follow to a store where there is one. It is never waited for: what it could not
 * write is counted, told, and written with the next round.
 */
import type { BegunMove, DecidedMove, Decision } from '../cluster/decision.ts'
import type { MoveProgress, MoveResult, TickReport } from '../cluster/events.ts'
import { bytesOf, isOfPartition, type Move } from '../cluster/move.ts'
import type { DecisionStore } from '../execute/journal/decision-file.ts'
import { messageOf } from '../lib/errors.ts'
import { formatTime } from '../lib/iso-time.ts'
import { formatCount } from '../lib/units.ts'

export interface DecisionLimits {
  decisions: number
  /** Of what all of them take as JSON; the newest is kept in any case. */
  bytes: number
}

const usualLimits: DecisionLimits = { decisions: 500, bytes: 2 * 1024 * 1024 }

/** Of each decision. */
const VIOLATIONS = 20
const PLANNED = 20
const BEGUN = 200
const NOTES = 20
const EXAMPLES = 3
const TEXT = 600

export class Decisions {
  readonly #store: DecisionStore | undefined
  readonly #limits: DecisionLimits
  /** Why the store may not be written now: somebody else has the state, or nobody can. */
  readonly #barred: () => boolean
  /** Oldest first. */
  #all: Decision[] = []
  readonly #sizes = new Map<Decision, number>()
  #sum = 0
  /** What the last round came to; a move that begins or ends makes the next one another. */
  #last: string | undefined
  #loaded = false
  /** Of an earlier process. */
  #brought: Decision[] = []
  #clusterId: string | undefined
  #bound: string | undefined
  readonly #changed = new Set<Decision>()
  /** Measured once a round, not at every move that begins. */
  readonly #unmeasured = new Set<Decision>()
  #writing: Promise<void> | undefined
  #failures = 0
  #problem: string | undefined
  /** What of the file could not be read. */
  #damage: string | undefined

  constructor(store?: DecisionStore, barred: () => boolean = () => false, limits = usualLimits) {
    this.#store = store
    this.#barred = barred
    this.#limits = limits
  }

  /** Newest first. */
  list(): Decision[] {
    return this.#all.toReversed()
  }

  /** What is wrong with keeping them, one sentence each. */
  get notes(): string[] {
    const failed = `decisions are kept in memory only, ${formatCount(this.#failures, 'write')} failed: ${this.#problem}`
    return [...(this.#problem === undefined ? [] : [failed]), ...(this.#damage === undefined ? [] : [this.#damage])]
  }

  /** A round has been judged. */
  round(report: TickReport, nowMs: number): void {
    const outcome = outcomeOf(report)
    const current = this.#all.at(-1)
    if (current && outcome === this.#last) {
      current.untilMs = nowMs
      current.rounds += 1
      // What could not be written waits for no other decision.
      if (this.#changed.size > 0) this.#follow()
      return
    }
    this.#last = outcome
    // How long it lasted is written when it is over.
    if (current) this.#touch(current)
    const decision = decisionOf(report, this.#idAt(nowMs), nowMs)
    this.#all.push(decision)
    this.#touch(decision)
    this.#forget()
    this.#follow()
  }

  /** @param adopted an earlier process began it: where it is known already it only goes on. */
  began({ move, startedAtMs }: MoveProgress, adopted: boolean): void {
    this.#last = undefined
    const decision = this.#all.at(-1)
    if (!decision || (adopted && this.#openMove(move.id))) return
    decision.begunCount += 1
    if (decision.begun.length < BEGUN) decision.begun.push({ ...decided(move), startedAtMs })
    this.#touch(decision)
    this.#follow()
  }

  ended(
    { move, bytesDone, bytesTotal, text }: MoveProgress,
    result: MoveResult,
    durationMs: number,
    nowMs: number,
  ): void {
    this.#last = undefined
    const open = this.#openMove(move.id)
    if (!open) return
    open.move.end = {
      atMs: nowMs,
      result,
      bytes: known(result === 'done' ? bytesTotal : bytesDone),
      durationMs: Math.max(0, durationMs),
      ...(text !== undefined && { text: cut(text) }),
    }
    this.#touch(open.decision)
    this.#follow()
  }

  /** Takes up what an earlier process left. */
  load(): void {
    this.#follow()
  }

  /** The cluster's own id: what belongs to another one is not about this. Cheap when nothing changes. */
  bind(clusterId: string): void {
    if (clusterId === this.#clusterId) return
    this.#clusterId = clusterId
    this.#follow()
  }

  /** When everything that could be written is. */
  async settled(): Promise<void> {
    while (this.#writing) await this.#writing
  }

  async close(): Promise<void> {
    const current = this.#all.at(-1)
    if (current) this.#touch(current)
    this.#follow()
    await this.settled()
  }

  #openMove(id: string): { decision: Decision; move: BegunMove } | undefined {
    for (const decision of this.list()) {
      const move = decision.begun.find((one) => one.id === id && !one.end)
      if (move) return { decision, move }
    }
    return undefined
  }

  /** Two rounds within a second are told apart by a number. */
  #idAt(nowMs: number): string {
    const time = formatTime(nowMs).slice(0, 19).replaceAll(/[-:]/g, '')
    const taken = new Set(this.#all.slice(-20).map(({ id }) => id))
    for (let turn = 1; ; turn += 1) {
      const id = turn === 1 ? time : `${time}-${turn}`
      if (!taken.has(id)) return id
    }
  }

  #touch(decision: Decision): void {
    this.#unmeasured.add(decision)
    this.#changed.add(decision)
  }

  #measure(): void {
    for (const decision of this.#unmeasured) {
      const size = JSON.stringify(decision).length
      this.#sum += size - (this.#sizes.get(decision) ?? 0)
      this.#sizes.set(decision, size)
    }
    this.#unmeasured.clear()
  }

  #forget(): void {
    this.#measure()
    const { decisions, bytes } = this.#limits
    while (this.#all.length > decisions || (this.#sum > bytes && this.#all.length > 1)) this.#drop(this.#all.shift()!)
  }

  #drop(decision: Decision): void {
    this.#sum -= this.#sizes.get(decision) ?? 0
    this.#sizes.delete(decision)
    this.#unmeasured.delete(decision)
    this.#changed.delete(decision)
  }

  #follow(): void {
    if (!this.#store || this.#writing || this.#barred()) return
    this.#writing = this.#write(this.#store).finally(() => {
      this.#writing = undefined
    })
  }

  async #write(store: DecisionStore): Promise<void> {
    // What happens in one go is written in one go.
    await Promise.resolve()
    let changed: Decision[] = []
    try {
      if (!this.#loaded) this.#takeUp(await store.load())
      const clusterId = this.#clusterId
      if (clusterId !== undefined && clusterId !== this.#bound) {
        if (await store.bind(clusterId)) this.#disown()
        this.#bound = clusterId
        this.#brought = []
      }
      while (this.#changed.size > 0) {
        changed = [...this.#changed]
        this.#changed.clear()
        await store.write(changed, this.#all)
      }
      this.#problem = undefined
    } catch (error) {
      for (const decision of changed) if (this.#all.includes(decision)) this.#changed.add(decision)
      this.#failures += 1
      this.#problem = messageOf(error)
    }
  }

  #takeUp({ decisions, problem }: Awaited<ReturnType<DecisionStore['load']>>): void {
    this.#loaded = true
    this.#damage = problem
    const known = new Set(this.#all.map(({ id }) => id))
    this.#brought = decisions.filter(({ id }) => !known.has(id))
    this.#all = [...this.#brought, ...this.#all]
    for (const decision of this.#brought) this.#unmeasured.add(decision)
    this.#forget()
  }

  /** What was brought is about another cluster. */
  #disown(): void {
    const own = this.#all.filter((decision) => !this.#brought.includes(decision))
    for (const decision of this.#brought) this.#drop(decision)
    this.#brought = []
    this.#all = own
    for (const decision of own) this.#touch(decision)
  }
}

function outcomeOf({ mode, dryRun, verdict, violations, plan }: TickReport): string {
  const open = violations.map(({ kind, subject, gate }) => `${kind}/${subject}/${gate?.code ?? ''}`)
  const moves = verdict.act ? plan.moves.map(({ id }) => id).toSorted() : []
  return JSON.stringify([mode, dryRun, verdict.act, verdict.code, open.toSorted(), moves])
}

function decisionOf(report: TickReport, id: string, nowMs: number): Decision {
  const { mode, dryRun, status, verdict, violations, plan, notes } = report
  return {
    id,
    fromMs: nowMs,
    untilMs: nowMs,
    rounds: 1,
    mode,
    dryRun,
    status,
    verdict: { ...verdict, text: cut(verdict.text) },
    violations: violations.slice(0, VIOLATIONS).map(({ kind, subject, sinceMs, size, unit, text, gate }) => ({
      kind,
      subject,
      sinceMs,
      size: known(size),
      unit,
      text: cut(text),
      ...(gate && { gate: { code: gate.code, text: cut(gate.text) } }),
    })),
    violationCount: violations.length,
    planned: plan.moves.slice(0, PLANNED).map(decided),
    plannedCount: plan.moves.length,
    plannedBytes: known(plan.bytes),
    begun: [],
    begunCount: 0,
    rejected: plan.blocked.map(({ reason, count, examples }) => ({
      reason,
      count,
      examples: examples.slice(0, EXAMPLES).map(cut),
    })),
    notes: notes.slice(0, NOTES).map(cut),
  }
}

function decided(move: Move): DecidedMove {
  const { id, kind, topic, reason } = move
  const ends = isOfPartition(move) ? { partition: move.partition, from: move.from, to: move.to } : {}
  return { id, kind, topic, ...ends, bytes: known(bytesOf(move)), reason }
}

/** What is not known is not told as a number. */
function known(amount: number): number {
  return Number.isFinite(amount) ? Math.max(0, amount) : 0
}

function cut(text: string): string {
  return text.length > TEXT ? `${text.slice(0, TEXT - 1)}…` : text
}
