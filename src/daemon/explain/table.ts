/** A topic, or a table, as a whole. */
import type { Explanation, ExplanationLine, ExplanationSection } from '../../cluster/explanation.ts'
import { rejectText, targetHoldText } from '../../cluster/reasons.ts'
import type { NodeId } from '../../cluster/state.ts'
import { groupBy } from '../../lib/group-by.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatBytes, formatCount, formatDuration } from '../../lib/units.ts'
import { replicasOf } from './candidates.ts'
import { pastLines } from './history.ts'
import { line, type Picture, purposeOf } from './picture.ts'
import { plansLines, underWay } from './under-way.ts'
import { listed, percentOf, range, someOf } from './words.ts'

/** Pairs of a replica and a node that are looked at: of a larger topic the first partitions stand for all. */
const PAIRS = 60_000
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

function partitionsOf({ state }: Picture, topic: number): number[] {
  const first = state.topicPartitionStart[topic]!
  return Array.from({ length: state.topicPartitionStart[topic + 1]! - first }, (_, index) => first + index)
}

function placementLines(picture: Picture, topic: number): ExplanationLine[] {
  const { state, options } = picture
  const nodes = new Map<number, { replicas: number; bytes: number; leads: number }>()
  let bytes = 0
  const partitions = partitionsOf(picture, topic)
  for (const partition of partitions) {
    for (const replica of replicasOf(picture, partition)) {
      const node = state.replicaNode[replica]!
      const held = nodes.get(node) ?? { replicas: 0, bytes: 0, leads: 0 }
      nodes.set(node, held)
      held.replicas += 1
      held.bytes += options.model.bytes[replica]! || 0
      if (state.partitionLeader[partition] === node) held.leads += 1
      bytes += options.model.bytes[replica]! || 0
    }
  }
  const all = [...nodes].toSorted((a, b) => b[1].bytes - a[1].bytes)
  const replicas = all.reduce((sum, [, held]) => sum + held.replicas, 0)
  const whole = `${formatCount(partitions.length, 'partition')}, ${formatCount(replicas, 'replica')} of ${formatBytes(bytes)} on ${formatCount(all.length, 'node')}`
  const lines = [line('table', whole, { partitions: partitions.length, replicas, bytes, nodes: all.length })]
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

/** What its partitions are kept by, counted over all pairs of replica and node that are looked at. */
function candidateLines(picture: Picture, topic: number): ExplanationLine[] {
  const { state, options } = picture
  const partitions = partitionsOf(picture, topic)
  const found: { code: string; example: string; what: 'stays' | 'option' }[] = []
  let pairs = 0
  let looked = 0
  for (const partition of partitions) {
    if (pairs > PAIRS) break
    looked += 1
    for (const replica of replicasOf(picture, partition)) {
      const { kind } = purposeOf(picture, replica, partition)
      const of = options.of(replica, partition, kind)
      pairs += of.options.length
      const id = `${state.names.topics[topic]}-${state.names.partitions[partition]}`
      if (of.stays !== '') found.push({ code: of.stays, example: id, what: 'stays' })
      else {
        for (const { to, answer, worth } of of.options) {
          const code = answer === 'allowed' ? `allowed/${worth}` : answer
          found.push({
            code,
            example: `${id} from ${nameOf(picture, of.from)} to ${nameOf(picture, to)}`,
            what: 'option',
          })
        }
      }
    }
  }
  const groups = [...groupBy(found, ({ code, what }) => `${what}/${code}`).values()].toSorted(
    (a, b) => b.length - a.length,
  )
  const lines = groups.map((group) => {
    const { code, what } = group[0]!
    const examples = [...new Set(group.map(({ example }) => example))].slice(0, EXAMPLES)
    const [answer, worth] = code.split('/')
    const means = answer === 'allowed' ? worthText[worth!]! : rejectText[answer as keyof typeof rejectText]
    const of = what === 'stays' ? formatCount(group.length, 'replica') : formatCount(group.length, 'candidate')
    return line(answer!, `${of}: ${means} (${examples.join('; ')})`, {
      count: group.length,
      examples,
      whole_partition: what === 'stays',
      ...(worth !== undefined && { worth }),
    })
  })
  if (looked < partitions.length) {
    const text = `the first ${looked} of ${partitions.length} partitions were looked at; evenkeel explain --partition tells of one`
    lines.push(line('more', text, { looked_at: looked, partitions: partitions.length }))
  }
  return lines.length > 0 ? lines : [line('too_few_nodes', 'every node holds a replica of every partition')]
}

const worthText: Record<string, string> = {
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
