/**
 * How Kafka's brokers are told to copy slowly: rates of a broker, and lists of a topic that name the copies bound by them.
 *
 * A list names a replica as `PARTITION:BROKER`, or all of them by `*`. A copy between dirs needs no list.
 */
import type { NodeId } from '../../cluster/state.ts'
import { groupBy } from '../../lib/group-by.ts'
import { type CopyLimits, type Observed, type Setting, type SettingRef, settingKey, type Throttle } from '../port.ts'

const rateNames = {
  in: 'follower.replication.throttled.rate',
  out: 'leader.replication.throttled.rate',
  dirs: 'replica.alter.log.dirs.io.max.bytes.per.second',
} as const
const directions = ['in', 'out', 'dirs'] as const

export const listNames = {
  sources: 'leader.replication.throttled.replicas',
  targets: 'follower.replication.throttled.replicas',
} as const

/** What a broker takes for no limit. */
const MAX_RATE = 2 ** 63

/** Rates first: a list without a rate binds nothing. */
export function kafkaSettingsOf({ rates, copies }: Throttle): Setting[] {
  const ofNodes = rates.flatMap((rate) =>
    directions.flatMap((direction): Setting[] => {
      const limit = rate[direction]
      if (limit === undefined) return []
      // A rate of 0 would stop the copies for good.
      return [{ ...rateRef(rate.node, direction), value: `${Math.max(1, Math.floor(limit))}` }]
    }),
  )
  const ofTopics = [...groupBy(copies, ({ topic }) => topic)].flatMap(([of, group]) =>
    (['sources', 'targets'] as const).flatMap((side): Setting[] => {
      const members = group.flatMap((copy) => copy[side].map((node) => `${copy.partition}:${node}`))
      return members.length === 0 ? [] : [{ scope: 'topic', of, name: listNames[side], members: [...new Set(members)] }]
    }),
  )
  return [...ofNodes, ...ofTopics]
}

export function kafkaMembersOf(value: string | null): { all: boolean; members: string[] } {
  const members = (value ?? '').split(',').flatMap((member) => member.trim() || [])
  return members.includes('*') ? { all: true, members: [] } : { all: false, members }
}

export function kafkaLimitRefs(node: NodeId): SettingRef[] {
  return directions.map((direction) => rateRef(node, direction))
}

export function kafkaLimitsOf(node: NodeId, observed: ReadonlyMap<string, Observed>): CopyLimits {
  const [ofIn, ofOut, ofDirs] = kafkaLimitRefs(node).map((ref) => limitIn(observed.get(settingKey(ref))))
  return { in: ofIn!, out: ofOut!, dirs: ofDirs! }
}

function rateRef(of: NodeId, direction: keyof typeof rateNames): SettingRef {
  return { scope: 'node', of, name: rateNames[direction] }
}

/** A rate that was never set anywhere is no limit; 0 is one. */
function limitIn(observed: Observed | undefined): number {
  if (observed === undefined || 'unknown' in observed) return Number.NaN
  if (observed.effective === null) return Number.POSITIVE_INFINITY
  if (!/^\d+$/.test(observed.effective)) return Number.NaN
  const rate = Number(observed.effective)
  return rate >= MAX_RATE ? Number.POSITIVE_INFINITY : rate
}
