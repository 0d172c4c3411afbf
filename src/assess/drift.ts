/**
 * Topics that are not where the system itself puts them (Pinot tables). What a drain or a newcomer asks of a table is told by the
 * violation of that node; any other cause is a broken constraint of the table's own.
 */
import type { DriftCause, ViolationKind } from '../cluster/reasons.ts'
import type { NodeId } from '../cluster/state.ts'
import type { BrokersTarget, Target } from '../cluster/target.ts'
import { formatBytes, formatCount } from '../lib/units.ts'
import type { Gate } from './gates.ts'
import type { Judge } from './judge.ts'

/** What the system would make of its topics. */
export interface Targets {
  targets: readonly Target[]
  brokers: readonly BrokersTarget[]
}

export const noTargets: Targets = { targets: [], brokers: [] }

export interface Drift {
  driftedTopics: string[]
  staleBrokers: string[]
  /** By the subject of the violation: why the target is not run. */
  held: Map<string, Gate>
}

/** The class of what a target mends. */
function reasonOf({ causes }: Pick<Target, 'causes'>): ViolationKind {
  const names = causes.map(({ cause }) => cause)
  if (names.includes('drained')) return 'node_draining'
  return names.every((cause) => cause === 'server_added') ? 'node_underused' : 'target_drift'
}

/** Causes that lie in a server which should not hold the topic. */
const leaving: readonly DriftCause[] = ['drained', 'server_removed', 'retagged']

/** @param draining nodes that are to be emptied: what targets do for them alone is told by their own violation. */
export function driftOf({ targets, brokers }: Targets, draining: ReadonlySet<NodeId>, judge: Judge): Drift {
  const isToldByNodes = ({ causes, shares }: Target) =>
    causes.every(({ cause }) => leaving.includes(cause) || cause === 'server_added') &&
    shares.every(({ node, adds, removes }) => removes <= adds || draining.has(node))
  const drifted = targets.filter((target) => reasonOf(target) === 'target_drift' && !isToldByNodes(target))
  const held = new Map<string, Gate>()
  for (const { topic, causes, adds, bytes, held: hold } of drifted) {
    const subject = `table ${topic}`
    const why = causes.map(({ text }) => text).join('; ')
    judge.open({
      kind: 'target_drift',
      subject,
      size: bytes,
      unit: 'bytes',
      text: `${topic}: ${formatCount(adds, 'replica')} of ${formatBytes(bytes)} to be made: ${why}`,
      closing: false,
    })
    if (hold) held.set(subject, { code: 'target_held', text: `${topic}: ${hold.text}` })
  }
  for (const { topic, text } of brokers) {
    judge.open({
      kind: 'target_drift',
      subject: `brokers of ${topic}`,
      size: 1,
      unit: 'lists',
      text: `brokers of ${topic}: ${text}`,
      closing: false,
    })
  }
  return { driftedTopics: drifted.map(({ topic }) => topic), staleBrokers: brokers.map(({ topic }) => topic), held }
}
