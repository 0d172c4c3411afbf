/** Settings of an imagined cluster: plain texts by key, with a default below each and nodes that may be out of reach. */
import type { NodeId } from '../../src/cluster/state.ts'
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
} from '../../src/systems/port.ts'

export class FakeSettings implements Settings {
  /** What stands, by `SCOPE/OF/NAME`. */
  readonly own = new Map<string, string>()
  readonly defaults = new Map<string, string>()
  readonly unreachable = new Set<NodeId>()
  /** Answers of `apply` to come; accepted when there is none. */
  answers: StepResult[] = []
  /** Every change that was carried out, in order. */
  readonly log: string[] = []
  /** Changes that got no answer. */
  #unanswered: SettingChange[] = []
  /** Told before each change; may throw, as a process that dies does. */
  before: (key: string) => void = () => undefined

  settingsOf({ rates, copies }: Throttle): Setting[] {
    const lists = new Map<string, Set<string>>()
    const member = (topic: string, name: string, text: string) => {
      const key = `${topic} ${name}`
      lists.set(key, (lists.get(key) ?? new Set()).add(text))
    }
    for (const { topic, partition, sources, targets } of copies) {
      for (const node of sources) member(topic, 'leaders', `${partition}:${node}`)
      for (const node of targets) member(topic, 'followers', `${partition}:${node}`)
    }
    return [
      ...rates.flatMap(({ node, ...values }) =>
        (['in', 'out', 'dirs'] as const).flatMap((name) =>
          values[name] === undefined ? [] : [{ scope: 'node' as const, of: node, name, value: `${values[name]}` }],
        ),
      ),
      ...[...lists].map(([key, members]) => {
        const [of, name] = key.split(' ') as [string, string]
        return { scope: 'topic' as const, of, name, members: [...members] }
      }),
    ]
  }

  membersOf(value: string | null): { all: boolean; members: string[] } {
    return { all: value === '*', members: value === null || value === '' || value === '*' ? [] : value.split(',') }
  }

  limitRefs(node: NodeId): SettingRef[] {
    return ['in', 'out', 'dirs'].map((name) => ({ scope: 'node', of: node, name }))
  }

  limitsOf(node: NodeId, observed: ReadonlyMap<string, Observed>): CopyLimits {
    const rate = (name: string) => {
      const seen = observed.get(`node/${node}/${name}`)
      if (!seen || 'unknown' in seen) return Number.NaN
      return seen.effective === null ? Number.POSITIVE_INFINITY : Number(seen.effective)
    }
    return { in: rate('in'), out: rate('out'), dirs: rate('dirs') }
  }

  async observe(refs: readonly SettingRef[]): Promise<Observed[]> {
    return refs.map((ref) => {
      if (ref.scope === 'node' && this.unreachable.has(ref.of)) return { unknown: 'no answer', unreachable: true }
      const own = this.own.get(settingKey(ref)) ?? null
      return { own, effective: own ?? this.defaults.get(settingKey(ref)) ?? null }
    })
  }

  async apply(changes: readonly SettingChange[]): Promise<StepResult[]> {
    return changes.map((change) => {
      const key = settingKey(change)
      this.before(key)
      const answer = this.answers.shift() ?? { outcome: 'accepted' }
      if (answer.outcome === 'unknown') this.#unanswered.push(change)
      if (answer.outcome === 'accepted') this.#carryOut(key, change)
      return answer
    })
  }

  happensLate(): void {
    for (const change of this.#unanswered.splice(0)) this.#carryOut(settingKey(change), change)
  }

  #carryOut(key: string, change: SettingChange): void {
    const members = this.membersOf(this.own.get(key) ?? null).members
    if ('set' in change) this.own.set(key, change.set)
    else if ('delete' in change) this.own.delete(key)
    else if ('add' in change) this.own.set(key, [...new Set([...members, ...change.add])].join(','))
    else {
      const left = members.filter((one) => !change.remove.includes(one))
      if (left.length === 0) this.own.delete(key)
      else this.own.set(key, left.join(','))
    }
    this.log.push(key)
  }

  async survey(): Promise<(SettingRef & { value: string })[]> {
    return [...this.own].map(([key, value]) => {
      const [scope, of, name] = key.split('/') as ['node' | 'topic', string, string]
      return { scope, of: scope === 'node' ? Number(of) : of, name, value }
    })
  }
}
