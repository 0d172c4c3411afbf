/**
 * The connection to one cluster, as the loop and its executor know it for as long as they live: what is behind it may be exchanged. A
 * call that is under way ends on the system that it began on, which is closed after its last one.
 */
import type { Move } from '../cluster/move.ts'
import type { Pulse, Sample } from '../cluster/sample.ts'
import type { Capabilities, Outcome, Settings, Step, StepResult, System, TargetWishes } from '../systems/port.ts'

interface Line {
  system: System
  calls: number
  closing?: Promise<void>
}

export class Connection implements System {
  readonly settings?: Settings
  #line: Line
  readonly #retired = new Set<Line>()
  #clusterId: string | undefined

  constructor(system: System) {
    this.#line = { system, calls: 0 }
    if (system.settings) this.settings = this.#settingsLike(system.settings)
  }

  /** Of the cluster as it was sampled last; undefined before that, or where it has none. */
  get clusterId(): string | undefined {
    return this.#clusterId
  }

  /** From now on everything is asked of `next`, a system of the same kind. */
  exchange(next: System): void {
    const old = this.#line
    this.#line = { system: next, calls: 0 }
    this.#retired.add(old)
    this.#closeWhenIdle(old)
  }

  capabilities(): Capabilities {
    return this.#line.system.capabilities()
  }

  async sample(signal: AbortSignal, wishes?: TargetWishes): Promise<Sample> {
    const sample = await this.#call((system) => system.sample(signal, wishes))
    this.#clusterId = sample.state.cluster.clusterId
    return sample
  }

  pulse(signal: AbortSignal): Promise<Pulse> {
    return this.#call((system) => system.pulse(signal))
  }

  steps(move: Move): Step[] {
    return this.#line.system.steps(move)
  }

  perform(steps: Step[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#call((system) => system.perform(steps, signal))
  }

  judge(moves: Move[], signal: AbortSignal): Promise<Outcome[]> {
    return this.#call((system) => system.judge(moves, signal))
  }

  cancel(moves: Move[], signal: AbortSignal): Promise<StepResult[]> {
    return this.#call((system) => system.cancel(moves, signal))
  }

  async close(): Promise<void> {
    await Promise.all([this.#line, ...this.#retired].map((line) => close(line)))
  }

  /** The settings of whatever is behind it, in the shape of the first: all of one kind have the same parts. */
  #settingsLike(first: Settings): Settings {
    const now = () => this.#line.system.settings!
    const call = <Answer>(ask: (settings: Settings) => Promise<Answer>) => this.#call((system) => ask(system.settings!))
    return {
      settingsOf: (throttle) => now().settingsOf(throttle),
      membersOf: (value) => now().membersOf(value),
      limitsOf: (node, observed) => now().limitsOf(node, observed),
      limitRefs: (node) => now().limitRefs(node),
      observe: (refs, signal) => call((settings) => settings.observe(refs, signal)),
      apply: (changes, signal) => call((settings) => settings.apply(changes, signal)),
      survey: (signal) => call((settings) => settings.survey(signal)),
      ...(first.ofDrain && { ofDrain: (node) => now().ofDrain?.(node) }),
      ...(first.ofLoss && { ofLoss: (node) => now().ofLoss?.(node) }),
    }
  }

  async #call<Answer>(ask: (system: System) => Promise<Answer>): Promise<Answer> {
    const line = this.#line
    line.calls += 1
    try {
      return await ask(line.system)
    } finally {
      line.calls -= 1
      this.#closeWhenIdle(line)
    }
  }

  #closeWhenIdle(line: Line): void {
    if (!this.#retired.has(line) || line.calls > 0) return
    // Nobody waits for it: what it still has to say is no news.
    void close(line)
      .catch(() => undefined)
      .then(() => this.#retired.delete(line))
  }
}

function close(line: Line): Promise<void> {
  line.closing ??= line.system.close()
  return line.closing
}
