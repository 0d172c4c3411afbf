import { type Assessment, assess } from '../../src/assess/assess.ts'
import type { Circumstances } from '../../src/assess/gates.ts'
import { noStrangers } from '../../src/assess/gates.ts'
import { foldInFlight } from '../../src/cluster/influence.ts'
import { emptyMemory, type Memory } from '../../src/cluster/memory.ts'
import type { BalanceSettings } from '../../src/cluster/settings.ts'
import { allWell, build, type Lines, takenAtMs } from '../cluster/support.ts'

export const settings = (more: Partial<BalanceSettings> = {}): BalanceSettings => ({
  mode: 'continuous',
  dryRun: false,
  nodeAvailabilityTimeoutMs: 900_000,
  nodeAddHoldMs: 300_000,
  nodeAddBelow: 0.5,
  maxDiskUsage: 0.8,
  hardDiskUsage: 0.9,
  topicAware: true,
  rackAwareness: 'prefer',
  leadershipEnabled: true,
  leadershipStrategy: 'random_hill_climbing',
  leadershipBy: 'count',
  leadershipIdleMs: 0,
  leadershipMuteMs: 300_000,
  windows: [],
  excludeTopics: [],
  excludeNodes: [],
  excludeHard: false,
  ...more,
})

export interface Situation {
  settings?: Partial<BalanceSettings>
  memory?: Partial<Memory>
  now?: Partial<Circumstances>
  /** After the sample was taken. */
  afterMs?: number
}

/** The judgement on what the lines say, leadership let alone unless it is asked for. */
export function judged(lines: Lines, { settings: more, memory, now, afterMs = 0 }: Situation = {}): Assessment {
  const state = build(lines)
  foldInFlight(state, [])
  return assess(
    state,
    settings({ leadershipEnabled: false, ...more }),
    { ...emptyMemory, ...memory },
    { agreed: true, strangers: noStrangers, health: allWell.health, ...now },
    takenAtMs + afterMs,
  )
}

/** `KIND SUBJECT`, and whether it is only closing. */
export const kindsOf = ({ violations }: Assessment): string[] =>
  violations.map(({ kind, subject, closing }) => `${kind} ${subject}${closing ? ' closing' : ''}`)

/** So long before the sample was taken. */
export const ago = (ms: number): string => new Date(takenAtMs - ms).toISOString()
