/**
 * Stands for a system that could not be made: whenever something is asked of it, it is tried again, and once that works it is that
 * system. Until then its cluster is one that cannot be reached, for the reason that was given last.
 */
import { EvenkeelError } from '../lib/errors.ts'
import type { Settings, System } from '../systems/port.ts'

/** @param why it could not be made when it was tried first. */
export function lateSystem(make: () => Promise<System>, why: unknown): System {
  let reason = why
  let made: System | undefined
  let making: Promise<System> | undefined
  let isClosed = false

  async function attempt(): Promise<System> {
    try {
      made = await make()
    } catch (error) {
      reason = error
      throw error
    } finally {
      making = undefined
    }
    if (!isClosed) return made
    await made.close()
    throw new EvenkeelError('aborted', 'the connection was closed')
  }
  const system = async () => {
    if (made) return made
    making ??= attempt()
    return making
  }
  /** For what is asked only of a cluster that was seen. */
  const now = () => {
    if (made) return made
    throw reason
  }
  const settings: Settings = {
    settingsOf: (throttle) => now().settings!.settingsOf(throttle),
    membersOf: (value) => now().settings!.membersOf(value),
    limitsOf: (node, observed) => now().settings!.limitsOf(node, observed),
    limitRefs: (node) => now().settings!.limitRefs(node),
    observe: async (refs, signal) => (await system()).settings!.observe(refs, signal),
    apply: async (changes, signal) => (await system()).settings!.apply(changes, signal),
    survey: async (signal) => (await system()).settings!.survey(signal),
    ofDrain: (node) => made?.settings!.ofDrain?.(node),
    ofLoss: (node) => made?.settings!.ofLoss?.(node),
  }
  return {
    settings,
    capabilities: () => now().capabilities(),
    sample: async (signal, wishes) => (await system()).sample(signal, wishes),
    pulse: async (signal) => (await system()).pulse(signal),
    steps: (move) => now().steps(move),
    perform: async (steps, signal) => (await system()).perform(steps, signal),
    judge: async (moves, signal) => (await system()).judge(moves, signal),
    cancel: async (moves, signal) => (await system()).cancel(moves, signal),
    close: async () => {
      isClosed = true
      await making?.catch(() => undefined)
      await made?.close()
    },
  }
}
