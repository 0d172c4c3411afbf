/** What keeps wishes from having an effect. */
import { pauseText } from '../cluster/wish-texts.ts'
import type { StatusAnswer } from '../http/answers.ts'
import type { Io } from './io.ts'

export type ClusterStatus = StatusAnswer['clusters'][number]

/** Whoever wishes something is told at once that it has no effect for now. */
export function warnOfStandstill({ clusters }: StatusAnswer, io: Pick<Io, 'err'>): void {
  const warning = standstillText(clusters[0]!)
  if (warning !== undefined) io.err.write(`warning: ${warning}\n`)
}

/** Why a wish to move something has no effect for now; undefined when nothing stands in the way. */
export function standstillText({ mode, dry_run: dryRun, pause }: ClusterStatus): string | undefined {
  if (mode === 'off') return 'the mode is off: nothing moves until it is another one'
  if (dryRun) return 'dry_run is set: nothing moves until it is not'
  return pause && `nothing moves while it is ${pauseText(pause)}`
}
