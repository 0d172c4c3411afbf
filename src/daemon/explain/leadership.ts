/** Why the leader of a partition stays, or would hand over: asked of the picture that the leadership pass works with. */
import type { ExplanationLine, Facts } from '../../cluster/explanation.ts'
import { partitionName } from '../../cluster/move.ts'
import { rejectText } from '../../cluster/reasons.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatBytes, formatCount, formatDuration } from '../../lib/units.ts'
import { immovableOf, replicasOf } from './candidates.ts'
import { line, type Picture, stateOf } from './picture.ts'
import { listed, waiting } from './words.ts'

export function leaderLines(picture: Picture, partition: number): ExplanationLine[] {
  const { state, options } = picture
  const leader = options.model.leader[partition]!
  if (leader < 0)
    return [line('no_quorum', 'it has no leader: nobody can be asked to lead it, and nothing can be copied')]
  const id = state.names.nodes[leader]!
  const preferred = state.names.nodes[state.replicaNode[state.partitionReplicaStart[partition]!]!]!
  const text =
    preferred === id ? `led by ${id}, its preferred leader` : `led by ${id}, its preferred leader is ${preferred}`
  return [line('leader', text, { leader: id, preferred }), ...whyLines(picture, partition, leader)]
}

function whyLines(picture: Picture, partition: number, leader: number): ExplanationLine[] {
  const { report, question, options } = picture
  const name = nameOf(picture, partition)
  const planned = report.plan.moves.find((move) => move.kind === 'leader' && partitionName(move) === name)
  if (planned?.kind === 'leader') {
    const text = `the plan has ${planned.to} lead it, for ${planned.reason}`
    return [line('planned', text, { to: planned.to, reason: planned.reason })]
  }
  if (!question.settings.leadershipEnabled)
    return [line('leadership_off', 'leadership.enabled is off: leaders are left alone')]
  const muted = question.memory.muted.find((ref) => partitionName(ref) === name)
  if (muted) {
    const left = formatDuration(Math.max(0, muted.untilMs - picture.nowMs))
    return [
      line('muted', `a transfer of it failed: its leader is left alone for ${left}`, {
        until: formatTime(muted.untilMs),
      }),
    ]
  }
  const placed = question.memory.placed.find((one) => one.what === 'leader' && partitionName(one) === name)
  if (placed && options.model.leaderPlaced(partition)) {
    const text = `${rejectText.moved_by_hand}; that ends in ${formatDuration(Math.max(0, placed.untilMs - picture.nowMs))}`
    return [line('moved_by_hand', text, { until: formatTime(placed.untilMs) })]
  }
  if (!options.model.leaderMovable(partition)) {
    const reason = immovableOf(picture, partition) || 'excluded'
    return [
      line(
        reason,
        reason === 'excluded' ? 'its topic is excluded: its leader stays' : `its leader stays: ${rejectText[reason]}`,
      ),
    ]
  }
  return [shareLine(picture, leader), ...otherLines(picture, partition, leader)]
}

const nameOf = ({ state }: Picture, partition: number) =>
  `${state.names.topics[state.partitionTopic[partition]!]}-${state.names.partitions[partition]}`

/** Only a node above its limit hands over. */
function shareLine(picture: Picture, leader: number): ExplanationLine {
  const leads = picture.leads()
  const id = picture.state.names.nodes[leader]!
  const violation = picture.report.violations.find(({ kind }) => kind === 'leader_skew')
  const { load, limit } = loadOf(picture, leader)
  const facts: Facts = { node: id, leads: load, limit, ...(violation?.gate && { gate: violation.gate.code }) }
  if (!leads.over(leader)) {
    return line(
      'balanced',
      `${id} leads ${amount(picture, load)}, within its limit of ${amount(picture, limit)}: it gives nothing away`,
      facts,
    )
  }
  if (!violation) {
    const text = `${id} leads ${amount(picture, load)}, more than the ${amount(picture, limit)} at which evening out ends, but not so much, or not for so long, that it begins`
    return line('holding', text, facts)
  }
  const text = `${id} leads ${amount(picture, load)}, its limit is ${amount(picture, limit)}${waiting(violation) || ', but the plan hands over others'}`
  return line('leader_skew', text, facts)
}

function loadOf(picture: Picture, node: number): { load: number; limit: number } {
  const leads = picture.leads()
  const scale = leads.uniform ? 1 : meanTraffic(picture)
  const limit = picture.options.model.shares.participates[node] === 1 ? leads.limit(node) : 0
  return { load: leads.load[node]! * scale, limit: limit * scale }
}

/** Weights are in units of the mean partition. */
function meanTraffic({ state }: Picture): number {
  let sum = 0
  let known = 0
  for (let partition = 0; partition < state.partitionCount; partition += 1) {
    const [bytesIn, bytesOut] = [state.partitionBytesIn[partition]!, state.partitionBytesOut[partition]!]
    if (Number.isNaN(bytesIn) && Number.isNaN(bytesOut)) continue
    sum += (bytesIn || 0) + (bytesOut || 0)
    known += 1
  }
  return known === 0 ? 1 : sum / known
}

function amount(picture: Picture, value: number): string {
  return picture.leads().uniform ? formatCount(Math.round(value), 'partition') : `${formatBytes(value)}/s`
}

/** Whether another of its replicas could lead it. */
function otherLines(picture: Picture, partition: number, leader: number): ExplanationLine[] {
  const { state } = picture
  const leads = picture.leads()
  const others = replicasOf(picture, partition).filter((replica) => state.replicaNode[replica] !== leader)
  const answers = others.map((replica) => {
    const node = state.replicaNode[replica]!
    const id = state.names.nodes[node]!
    if (!picture.options.model.inSync(replica)) return { code: 'under_replicated', id, text: 'not in sync' }
    if (leads.canTake[replica] === 0)
      return { code: 'excluded', id, text: stateOf(picture, node) === 'alive' ? 'excluded' : stateOf(picture, node) }
    if (!leads.fits(partition, node)) return { code: 'leader_preference', id, text: 'at its own limit' }
    return { code: 'allowed', id, text: 'could lead it' }
  })
  if (answers.length === 0) return [line('replication_one', 'it has one replica: nobody else can lead it')]
  const text = listed(answers.map(({ id, text }) => `${id} (${text})`))
  return [
    line('others', `of its other replicas: ${text}`, {
      nodes: answers.map(({ id }) => id),
      answers: answers.map(({ code }) => code),
    }),
  ]
}
