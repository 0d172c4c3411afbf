/** What is worth knowing of limits on copying, one sentence each. */
import type { ThrottleReport } from '../cluster/events.ts'
import type { NodeId } from '../cluster/state.ts'
import { formatRate } from '../lib/units.ts'
import type { SettingRecord } from './journal/records.ts'

/** Nodes and topics that a sentence names. */
const NAMED = 5

export interface Limits {
  report: ThrottleReport
  records: Iterable<SettingRecord>
  /** As configured; undefined: copies are not throttled. */
  rate: number | undefined
  /** Nodes whose copies do not keep up even at the highest rate. */
  overrun: NodeId[]
}

export function throttleNotes({ report, records, rate = Number.POSITIVE_INFINITY, overrun }: Limits): string[] {
  const raised = [...records].flatMap(({ setting }) =>
    'value' in setting && Number(setting.value) > rate
      ? [`node ${setting.of} to ${formatRate(Number(setting.value))}`]
      : [],
  )
  const { nodes, topics } = report.foreign
  return [
    about(raised, (names) => `rates of copying raised because so much is written: ${names}`),
    about(
      overrun,
      (names) => `more is written through node ${names} than max_rate_per_node lets its copies keep up with`,
    ),
    about(
      nodes,
      (names) => `limits on copying that are not ours stand on node ${names}: they are kept and reckoned with`,
    ),
    about(topics, (names) => `lists of throttled replicas that are not ours stand on topic ${names}`),
  ].flat()
}

function about(what: readonly (NodeId | string)[], sentence: (names: string) => string): string[] {
  if (what.length === 0) return []
  return [sentence(`${what.slice(0, NAMED).join(', ')}${what.length > NAMED ? ', …' : ''}`)]
}
