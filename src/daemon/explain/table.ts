/** A topic, or a table, as a whole. */
import type { Explanation, ExplanationLine, ExplanationSection } from '../../cluster/explanation.ts'
import { type RejectReason, rejectText, targetHoldText } from '../../cluster/reasons.ts'
import type { NodeId } from '../../cluster/state.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatBytes, formatCount, formatDuration } from '../../lib/units.ts'
import type { FilterAnswer } from '../../plan/filters.ts'
import type { OptionWorth } from '../../plan/options.ts'
import { replicasOf } from './candidates.ts'
import { pastLines } from './history.ts'
import { line, type Picture, purposeOf } from './picture.ts'
import { plansLines, underWay } from './under-way.ts'
import { listed, percentOf, range, someOf } from './words.ts'

/** Pairs of a replica and a node that are looked at: of a larger topic every so many-th partition stands for all. */
const PAIRS = 5000
const EXAMPLES = 3

export function explainTable(picture: Picture, topic: number): Pick<Explanation, 'summary' | 'sections'> {
  const name = picture.state.names.topics[topic]!
  const concerns = (move: { topic: string }) => move.topic === name
  const target = targetLines(picture, name)
  const plan = plansLines(picture, concerns)
  const candidates = picture.question.capabilities.replicaMoves ? candidateLines(picture, topic) : target
  const sections: ExplanationSection[] = [
    { code: 'placement', title: 'Where it is', lines: placementLines(picture, topic) },
    { code: 'moves', title: 'Why it moved', lines: pastLines(picture, concerns) },
    { code: 'plan', title: 'What is planned', lines: plan },
    { code: 'candidates', title: 'Why it stays where it is', lines: candidates },
    { code: 'holds', title: 'What holds it', lines: holdLines(picture, topic, name) },
  ]
  const { running, planned } = underWay(picture, concerns)
  const moving = `${formatCount(running.length, 'move')} of it under way, ${planned.length} planned`
  const stays = picture.question.capabilities.replicaMoves
    ? 'it stays where it is: no move of it is planned'
    : target[0]!.text
  const summary = running.length + planned.length > 0 ? moving : stays
  return { summary: `${name}: ${summary}`, sections }
}

function placementLines(picture: Picture, topic: number): ExplanationLine[] {
  const { state, options } = picture
  const nodes = Array.from({ length: state.nodeCount }, () => ({ replicas: 0, bytes: 0, leads: 0 }))
  const [first, end] = [state.topicPartitionStart[topic]!, state.topicPartitionStart[topic + 1]!]
  // A topic may be all of a large cluster: nothing is made for each of its partitions.
  for (let partition = first; partition < end; partition += 1) {
    const leader = state.partitionLeader[partition]!
    if (leader >= 0) nodes[leader]!.leads += 1
    const last = state.partitionReplicaStart[partition + 1]!
    for (let replica = state.partitionReplicaStart[partition]!; replica < last; replica += 1) {
      const held = nodes[state.replicaNode[replica]!]!
      held.replicas += 1
      held.bytes += options.model.bytes[replica]! || 0
    }
  }
  const all = [...nodes.entries()].filter(([, held]) => held.replicas > 0).toSorted((a, b) => b[1].bytes - a[1].bytes)
  const replicas = all.reduce((sum, [, held]) => sum + held.replicas, 0)
  const bytes = all.reduce((sum, [, held]) => sum + held.bytes, 0)
  const whole = `${formatCount(end - first, 'partition')}, ${formatCount(replicas, 'replica')} of ${formatBytes(bytes)} on ${formatCount(all.length, 'node')}`
  const lines = [line('table', whole, { partitions: end - first, replicas, bytes, nodes: all.length })]
  if (all.length > 12) {
    const text = `${range(
      all.map(([, held]) => held.replicas),
      String,
    )} replicas and ${range(
      all.map(([, held]) => held.bytes),
      formatBytes,
    )} a node`
    return [...lines, line('nodes', text, { nodes: someOf(all.map(([node]) => nameOf(picture, node))) })]
  }
  return [
    ...lines,
    ...all.map(([node, held]) => {
      const id = nameOf(picture, node)
      const text = `${id}: ${formatCount(held.replicas, 'replica')}, ${formatBytes(held.bytes)} (${percentOf(held.bytes, bytes)}), leads ${held.leads}`
      return line('node', text, { node: id, replicas: held.replicas, bytes: held.bytes, leaders: held.leads })
    }),
  ]
}

const nameOf = ({ state }: Picture, node: number): NodeId => state.names.nodes[node]!

interface Kept {
  /** Of a whole partition, or of one replica and one node. */
  whole: boolean
  answer: FilterAnswer
  worth?: OptionWorth
  count: number
  examples: string[]
}

/** What its partitions are kept by, counted over all pairs of replica and node that are looked at. */
function candidateLines(picture: Picture, topic: number): ExplanationLine[] {
  const { state, options } = picture
  const [first, end] = [state.topicPartitionStart[topic]!, state.topicPartitionStart[topic + 1]!]
  const kept = new Map<string, Kept>()
  const count = (one: Omit<Kept, 'count' | 'examples'>, example: () => string) => {
    const key = `${one.whole}/${one.answer}/${one.worth}`
    const known = kept.get(key) ?? { ...one, count: 0, examples: [] }
    kept.set(key, known)
    known.count += 1
    if (known.examples.length >= EXAMPLES) return
    const text = example()
    if (!known.examples.includes(text)) known.examples.push(text)
  }
  const replicas = state.partitionReplicaStart[end]! - state.partitionReplicaStart[first]!
  const step = Math.max(1, Math.ceil((replicas * state.nodeCount) / PAIRS))
  let looked = 0
  for (let partition = first; partition < end; partition += step) {
    looked += 1
    const id = `${state.names.topics[topic]}-${state.names.partitions[partition]}`
    for (const replica of replicasOf(picture, partition)) {
      const { from, stays, options: all } = options.of(replica, partition, purposeOf(picture, replica, partition).kind)
      if (stays !== '') {
        count({ whole: true, answer: stays }, () => id)
        continue
      }
      for (const { to, answer, worth } of all) {
        count(
          { whole: false, answer, ...(worth && { worth }) },
          () => `${id} from ${nameOf(picture, from)} to ${nameOf(picture, to)}`,
        )
      }
    }
  }
  const lines = [...kept.values()].toSorted((a, b) => b.count - a.count).map(keptLine)
  if (looked < end - first) {
    const text = `${looked} of ${end - first} partitions were looked at; evenkeel explain --partition tells of one`
    lines.push(line('more', text, { looked_at: looked, partitions: end - first }))
  }
  return lines.length > 0 ? lines : [line('too_few_nodes', 'every node holds a replica of every partition')]
}

function keptLine({ whole, answer, worth, count, examples }: Kept): ExplanationLine {
  const means = worth === undefined ? rejectText[answer as RejectReason] : worthText[worth]
  const of = formatCount(count, whole ? 'replica' : 'candidate')
  return line(answer, `${of}: ${means} (${examples.join('; ')})`, {
    count,
    examples,
    whole_partition: whole,
    ...(worth && { worth }),
  })
}

const worthText: Record<OptionWorth, string> = {
  helps: 'allowed, and it would help',
  no_fix: 'allowed, but it would improve nothing that is open',
  no_task: 'allowed, but it would improve nothing that is open',
  overtakes: 'allowed, but the target would be fuller than the source afterwards',
  min_gain: 'allowed, but the gain is too small to be worth a move',
  must_go: 'allowed: the replica must leave its node',
  better_rack: 'allowed: the racks would be better',
  relieves: 'allowed: it would relieve the disk',
}

/** Of a table that the system itself places. */
function targetLines({ report }: Picture, name: string): ExplanationLine[] {
  const target = report.targets?.find(({ topic }) => topic === name)
  const known = report.topics?.find(({ topic }) => topic === name)
  if (!target) {
    const said = known?.verdict ? `: ${known.verdict.text}` : ''
    return [line('as_assigned', `it is where the system itself places it${said}`)]
  }
  const { causes, adds, bytes, held } = target
  const why = causes.map(({ text }) => text).join('; ')
  const size = `${formatCount(adds, 'replica')} of ${formatBytes(bytes)}`
  const facts = { replicas: adds, bytes, causes: causes.map(({ cause }) => cause) }
  const lines = [line('target_drift', `the system would make ${size}: ${why}`, facts)]
  if (held) {
    const text = `it is held (${held.code}): ${held.text}; ${targetHoldText[held.code]}`
    lines.push(line('target_held', text, { hold: held.code }))
  }
  return lines
}

function holdLines(picture: Picture, topic: number, name: string): ExplanationLine[] {
  const { state, view, nowMs, tries } = picture
  const lines: ExplanationLine[] = []
  if (state.topicExcluded[topic] === 1)
    lines.push(line('excluded', 'it is excluded by the config: only repair and drains move it'))
  if (view.asked?.includes(name)) lines.push(line('asked', 'somebody asked for it to be placed anew'))
  for (const record of tries.values()) {
    if (record.topic !== name || record.untilMs <= nowMs) continue
    const what = record.partition === undefined ? 'it' : `${name}-${record.partition}`
    const text = `${what} is left alone for ${formatDuration(record.untilMs - nowMs)} after ${formatCount(record.failedAtMs.length, 'failure')}: ${record.why}`
    lines.push(
      line('retry_wait', text, { partition: record.partition, until: formatTime(record.untilMs), why: record.why }),
    )
    if (lines.length > 10) break
  }
  const muted = picture.question.memory.muted.filter((ref) => ref.topic === name)
  if (muted.length > 0) {
    const ids = muted.map(({ partition }) => partition)
    lines.push(
      line('muted', `the leaders of ${listed(ids)} are left alone: transfers failed`, { partitions: someOf(ids) }),
    )
  }
  return lines.length > 0 ? lines : [line('none', 'nothing')]
}
