/**
 * What stands between a daemon that may be killed and the world. From its death on nothing of it gets through, neither to the
 * cluster nor into the journal. It may die in the middle of an act, of which then a part happened, or of writing a line.
 */
import type { Change, Journal } from '../../../src/execute/journal/journal.ts'
import { EvenkeelError } from '../../../src/lib/errors.ts'
import type { Settings, StepResult, System } from '../../../src/systems/port.ts'

export type Fatal = 'perform' | 'cancel' | 'apply' | 'write'

/** It dies over such a call, of which that part comes to be: 0 nothing, 1 all of it without an answer. */
export interface Doom {
  over: Fatal
  part: number
  /** Torn: what came to be of a line is no line. */
  die: () => void
}

export class Mortal {
  dead = false
  doom: Doom | undefined

  system(inner: System): System {
    const { settings } = inner
    return {
      capabilities: () => inner.capabilities(),
      sample: (signal) => this.#live(() => inner.sample(signal)),
      pulse: (signal) => this.#live(() => inner.pulse(signal)),
      steps: (move) => inner.steps(move),
      perform: (steps, signal) => this.#act('perform', steps, (some) => inner.perform(some, signal)),
      judge: (moves, signal) => this.#live(() => inner.judge(moves, signal)),
      cancel: (moves, signal) => this.#act('cancel', moves, (some) => inner.cancel(some, signal)),
      close: async () => {},
      ...(settings && { settings: this.#settings(settings) }),
    }
  }

  #settings(inner: Settings): Settings {
    return {
      settingsOf: (throttle) => inner.settingsOf(throttle),
      membersOf: (value) => inner.membersOf(value),
      limitsOf: (node, observed) => inner.limitsOf(node, observed),
      limitRefs: (node) => inner.limitRefs(node),
      observe: (refs, signal) => this.#live(() => inner.observe(refs, signal)),
      apply: (changes, signal) => this.#act('apply', changes, (some) => inner.apply(some, signal)),
      survey: (signal) => this.#live(() => inner.survey(signal)),
    }
  }

  journal(inner: Journal & { tear: (changes: readonly Change[], part: number) => void }): Journal {
    return {
      read: (kind) => inner.read(kind),
      problem: () => inner.problem(),
      write: async (changes) => {
        this.#check()
        const doom = this.#doomOf('write')
        if (doom && changes.length > 0) {
          inner.tear(changes, doom.part)
          this.#die(doom)
        }
        await inner.write(changes)
      },
      bind: (clusterId) => inner.bind(clusterId),
      boundTo: () => inner.boundTo(),
      close: () => inner.close(),
    }
  }

  async #act<One>(
    over: Fatal,
    all: readonly One[],
    act: (some: One[]) => Promise<StepResult[]>,
  ): Promise<StepResult[]> {
    this.#check()
    const doom = this.#doomOf(over)
    if (!doom) return this.#live(() => act([...all]))
    const some = all.slice(0, Math.round(doom.part * all.length))
    if (some.length > 0) await act(some)
    return this.#die(doom)
  }

  /** What was on its way when it died may come to be; it hears nothing of it. */
  async #live<Result>(call: () => Promise<Result>): Promise<Result> {
    this.#check()
    const result = await call()
    this.#check()
    return result
  }

  #doomOf(over: Fatal): Doom | undefined {
    const { doom } = this
    if (doom?.over !== over) return undefined
    this.doom = undefined
    return doom
  }

  #die({ die }: Doom): never {
    die()
    this.#check()
    throw new Error('it should be dead')
  }

  #check(): void {
    if (this.dead) throw new EvenkeelError('aborted', 'the process is dead')
  }
}
