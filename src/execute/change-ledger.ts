/**
 * The change ledger: which settings of the cluster are ours for a while, and how they are given back.
 *
 * A setting is written down before it is changed. It is put back only while what stands is still ours: who changed it
 * meanwhile wins. What cannot be reached stays written down as pending and holds up nothing else; what somebody swept away is
 * set again while it is needed. Nothing of it is kept but in the journal, so that the next start gives back what this one could not.
 *
 * A change without an answer may still happen. Until it cannot any more nothing is crossed out: what comes late is found and given
 * back. So it is with what an earlier process wrote down last: whether it got an answer nobody knows.
 */
import type { SettingChanges, ThrottleReport } from '../cluster/events.ts'
import type { NodeId } from '../cluster/state.ts'
import type { Clock } from '../lib/clock.ts'
import {
  type CopyLimits,
  type Observed,
  type Setting,
  type SettingChange,
  type SettingRef,
  type Settings,
  type StepResult,
  settingKey,
  type Throttle,
} from '../systems/port.ts'
import type { Change, Journal } from './journal/journal.ts'
import type { SettingRecord } from './journal/records.ts'
import { type Decision, decide, isCovered } from './setting-decision.ts'

export type LedgerEvent = { type: 'settings_changed' } & SettingChanges

/** A setting that could not be made ours although it is needed. */
export interface Unset {
  ref: SettingRef
  text: string
  denied: boolean
}

const unlimited: CopyLimits = {
  in: Number.POSITIVE_INFINITY,
  out: Number.POSITIVE_INFINITY,
  dirs: Number.POSITIVE_INFINITY,
}
const nothing: Throttle = { rates: [], copies: [] }
/** How long a change without an answer may still happen. */
const UNANSWERED_MS = 90_000

export interface Look {
  /** Also at what should be as it is. */
  whole: boolean
  /** Rates of nodes that nothing is copied from or to now stay, since more is to come: they bind nothing but what is listed. */
  keepRates: boolean
  /** What is wanted beside the throttle. */
  besides?: readonly Setting[]
}

export class ChangeLedger {
  readonly #settings: Settings
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #emit: (event: LedgerEvent) => void
  readonly #foreign = new Set<string>()
  /** Nodes that did not answer, and what was said: they are asked again only with everything else. */
  readonly #silent = new Map<NodeId, string>()
  /** Could not be given back: that is tried again only with everything else. */
  readonly #stuck = new Set<string>()
  /** Written down by this process → until when a change without an answer may still happen. */
  readonly #openUntil = new Map<string, number>()
  #limits = new Map<NodeId, CopyLimits>()
  #cleanupFailures = 0
  /** What others had set at the last survey. */
  #others: SettingRef[] = []

  constructor(settings: Settings, journal: Journal, clock: Clock, emit: (event: LedgerEvent) => void) {
    this.#settings = settings
    this.#journal = journal
    this.#clock = clock
    this.#emit = emit
  }

  get records(): ReadonlyMap<string, SettingRecord> {
    return this.#journal.read('setting')
  }

  /** Keys of needed settings at which somebody else's value was found. */
  get foreign(): ReadonlySet<string> {
    return this.#foreign
  }

  /** As of the last look; without limits where nobody looked. */
  limits(node: NodeId): CopyLimits {
    return this.#limits.get(node) ?? unlimited
  }

  /** Looks through everything that is set, whoever set it. */
  async survey(signal: AbortSignal): Promise<void> {
    const found = await this.#settings.survey(signal)
    this.#others = found.filter((setting) => !this.#isOurs(setting))
  }

  #isOurs({ value, ...ref }: SettingRef & { value: string }): boolean {
    const record = this.records.get(settingKey(ref))
    if (!record) return false
    if ('value' in record.setting) return value === record.setting.value || value === record.previous
    const { all, members } = this.#settings.membersOf(value)
    const ours = record.setting.members
    return !all && members.every((member) => ours.includes(member))
  }

  report(): ThrottleReport {
    const ours = [...this.records.values()].map(({ setting }) => setting).filter(isLimit)
    const rates = ours.flatMap((setting) => ('value' in setting ? [Number(setting.value)] : []))
    return {
      ...(rates.length > 0 && { bytesPerSecond: Math.max(...rates) }),
      self: byScope(ours),
      foreign: byScope(this.#others),
      cleanupFailures: this.#cleanupFailures,
    }
  }

  /** Puts everything back. */
  release(signal: AbortSignal): Promise<Unset[]> {
    // Whoever asks for it has ended the process that was at work, and wants to see the end of it.
    for (const key of this.records.keys()) this.#openUntil.set(key, Number.NEGATIVE_INFINITY)
    return this.align(nothing, { whole: true, keepRates: false }, signal)
  }

  /**
   * Makes the settings what the throttle needs, as far as they are nobody else's, and gives back what it does not need.
   * @returns what is needed and could not be had.
   * @throws what the journal throws: then nothing was changed.
   */
  async align(throttle: Throttle, look: Look, signal: AbortSignal): Promise<Unset[]> {
    const { whole, keepRates, besides = [] } = look
    const all = [...this.#settings.settingsOf(throttle), ...besides]
    const wanted = new Map(all.map((setting) => [settingKey(setting), setting]))
    const { records } = this
    if (keepRates) {
      for (const [key, { setting }] of records) {
        if (setting.scope === 'node' && isLimit(setting) && !wanted.has(key)) wanted.set(key, setting)
      }
    }
    const keys = [...new Set([...wanted.keys(), ...records.keys()])]
    const open = keys.filter((key) => whole || !isCovered(wanted.get(key), records.get(key)))
    // Somebody else's setting is looked at again only with everything else, and so is a node that keeps silent.
    if (whole) {
      this.#silent.clear()
      this.#stuck.clear()
    }
    const refOf = (key: string): SettingRef => wanted.get(key) ?? records.get(key)!.setting
    const isSilent = ({ scope, of }: SettingRef) => scope === 'node' && this.#silent.has(of)
    const isStuck = (key: string) => this.#stuck.has(key) && !wanted.has(key)
    const due = whole ? open : open.filter((key) => !this.#foreign.has(key) && !isStuck(key) && !isSilent(refOf(key)))
    for (const key of this.#foreign) if (!wanted.has(key)) this.#foreign.delete(key)
    const silent = open.flatMap((key): Unset[] => {
      const ref = wanted.get(key)
      return ref && isSilent(ref) ? [{ ref, text: this.#silent.get(ref.of)!, denied: false }] : []
    })
    if (due.length === 0) return silent
    const refs = new Map<string, SettingRef>(due.map((key) => [key, refOf(key)]))
    const nodes = throttle.rates.map(({ node }) => node).filter((node) => !this.#silent.has(node))
    for (const node of nodes) for (const ref of this.#settings.limitRefs(node)) refs.set(settingKey(ref), ref)
    const seen = await this.#observe(refs, signal)
    const unset = await this.#carryOut(due, wanted, seen, signal)
    this.#seeLimits(nodes, seen, whole)
    return [...silent, ...unset]
  }

  async #observe(refs: ReadonlyMap<string, SettingRef>, signal: AbortSignal): Promise<Map<string, Observed>> {
    const answers = await this.#settings.observe([...refs.values()], signal)
    const seen = new Map<string, Observed>()
    for (const [index, [key, { scope, of }]] of [...refs].entries()) {
      const answer = answers[index]!
      seen.set(key, answer)
      if (scope === 'node' && 'unknown' in answer && answer.unreachable) this.#silent.set(of, answer.unknown)
    }
    return seen
  }

  async #carryOut(
    due: string[],
    wanted: ReadonlyMap<string, Setting>,
    seen: ReadonlyMap<string, Observed>,
    signal: AbortSignal,
  ): Promise<Unset[]> {
    const unset: Unset[] = []
    const told: SettingChanges = { set: [], restored: [], left: [], failed: [] }
    const decisions: { key: string; decision: Decision; had: SettingRecord | undefined }[] = []
    for (const key of due) {
      const observed = seen.get(key)!
      const had = this.records.get(key)
      const isOpen = had !== undefined && this.#isOpen(key, had)
      const now = isOpen ? withoutThird(wanted.get(key), had) : wanted.get(key)
      const decided = decide(now, had, observed, this.#settings, this.#clock.now())
      const decision = isOpen ? keepingAll(decided, had) : decided
      if (decision.note === 'foreign') this.#foreign.add(key)
      else this.#foreign.delete(key)
      if (decision.note === 'taken') told.left.push(key)
      const setting = wanted.get(key)
      if (decision.note === 'unknown' && setting && 'unknown' in observed)
        unset.push({ ref: setting, text: observed.unknown, denied: false })
      decisions.push({ key, decision, had })
    }
    await this.#write(decisions.flatMap(({ key, decision }) => recordChange(key, decision.record)))
    const acting = decisions.filter(({ decision }) => decision.change)
    if (acting.length === 0) {
      this.#tell(told)
      return unset
    }
    const results = await this.#settings.apply(
      acting.map(({ decision }) => decision.change!),
      signal,
    )
    const after = acting.flatMap(({ key, decision, had }, index): Change[] => {
      const result = results[index]!
      const failed = this.#applied(key, decision, result, wanted.get(key), told)
      if (!failed) return recordChange(key, decision.after)
      unset.push(failed)
      if (result.outcome === 'unknown') return this.#unanswered(key)
      // A change that was refused has not been made; what may still happen of an earlier one is no less a debt.
      return decision.record === undefined || (had && this.#isOpen(key, had)) ? [] : recordChange(key, had ?? null)
    })
    this.#tell(told)
    await this.#write(after)
    return unset
  }

  async #write(changes: Change[]): Promise<void> {
    if (changes.length === 0) return
    await this.#journal.write(changes)
    for (const { key, value } of changes) {
      if (value === undefined) this.#openUntil.delete(key)
      else if (!this.#openUntil.has(key)) this.#openUntil.set(key, Number.NEGATIVE_INFINITY)
    }
  }

  /** The time of its record is that of the last change that may still happen. */
  #unanswered(key: string): Change[] {
    const record = this.records.get(key)
    if (!record) return []
    const atMs = this.#clock.now()
    this.#openUntil.set(key, atMs + UNANSWERED_MS)
    return recordChange(key, { ...record, atMs })
  }

  #isOpen(key: string, { atMs }: SettingRecord): boolean {
    return this.#clock.now() < (this.#openUntil.get(key) ?? atMs + UNANSWERED_MS)
  }

  #tell(told: SettingChanges): void {
    if (Object.values(told).some((list) => list.length > 0)) this.#emit({ type: 'settings_changed', ...told })
  }

  #applied(
    key: string,
    { change }: Decision,
    result: StepResult,
    wanted: Setting | undefined,
    told: SettingChanges,
  ): Unset | undefined {
    const setsOurs = 'set' in change! ? wanted !== undefined : 'add' in change!
    if (result.outcome === 'accepted') {
      told[setsOurs ? 'set' : 'restored'].push(key)
      return undefined
    }
    const denied = result.outcome === 'refused' && result.code === 'not_permitted'
    if (!setsOurs) {
      this.#stuck.add(key)
      this.#cleanupFailures += 1
      told.failed.push({ key, text: result.text })
    }
    return { ref: refIn(change!), text: result.text, denied }
  }

  /** Rates just set may not be seen yet: what is ours is in force as soon as it was accepted. */
  #seeLimits(nodes: NodeId[], seen: Map<string, Observed>, whole: boolean): void {
    const limits = whole ? new Map<NodeId, CopyLimits>() : this.#limits
    for (const [key, { setting }] of this.records) {
      if ('value' in setting) seen.set(key, { own: setting.value, effective: setting.value })
    }
    for (const node of nodes) limits.set(node, this.#settings.limitsOf(node, seen))
    this.#limits = limits
  }
}

/** A limit on copying; what takes a node out of use is none. */
function isLimit(setting: Setting): boolean {
  return !('replaces' in setting)
}

function byScope(refs: readonly SettingRef[]): { nodes: NodeId[]; topics: string[] } {
  const of = (scope: SettingRef['scope']) => [
    // What is set for all nodes at once has no node of its own.
    ...new Set(refs.filter((ref) => ref.scope === scope).map((ref) => (ref.of === '' ? '*' : ref.of))),
  ]
  return { nodes: of('node'), topics: of('topic').map(String) }
}

/** Two values are known for ours, whichever comes late: a third has to wait. */
function withoutThird(wanted: Setting | undefined, { setting, previous }: SettingRecord): Setting | undefined {
  if (wanted === undefined || !('value' in wanted) || !('value' in setting) || previous === undefined) return wanted
  return [setting.value, previous].includes(wanted.value) ? wanted : setting
}

/** Crosses nothing out, unless somebody else has put something in its place. */
function keepingAll(decision: Decision, { setting }: SettingRecord): Decision {
  const { record, change, note } = decision
  if (note === 'taken') return decision
  const shrinks =
    record === null ||
    (record !== undefined &&
      'members' in setting &&
      'members' in record.setting &&
      record.setting.members.length < setting.members.length)
  return {
    ...(record !== undefined && !shrinks && { record }),
    ...(change !== undefined && { change }),
    ...(note !== undefined && { note }),
  }
}

function recordChange(key: string, value: SettingRecord | null | undefined): Change[] {
  return value === undefined ? [] : [{ kind: 'setting', key, value: value ?? undefined }]
}

function refIn({ scope, of, name }: SettingChange): SettingRef {
  return { scope, of, name }
}
