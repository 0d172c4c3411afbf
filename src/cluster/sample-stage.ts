/** Of a sample that fails: what was being read. */
import type { SampleStage } from './events.ts'

/** A failure goes through many hands, which may put it into others as their cause; it keeps what it is. */
const stages = new WeakMap<Error, SampleStage>()

/** @throws what the work throws, whose stage is told by `stageOf` from then on. */
export async function atStage<Value>(stage: SampleStage, work: () => Value | Promise<Value>): Promise<Value> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof Error && stageOf(error) === undefined) stages.set(error, stage)
    throw error
  }
}

/** Undefined where nobody said it. */
export function stageOf(error: unknown): SampleStage | undefined {
  if (!(error instanceof Error)) return undefined
  return stages.get(error) ?? stageOf(error.cause)
}
