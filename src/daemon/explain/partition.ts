/** One partition: where it is, why it moved, what is planned, why it does not move, who leads it. */
import type { Explanation, ExplanationLine, ExplanationSection } from '../../cluster/explanation.ts'
import { ADDING, IN_SYNC, OFFLINE, REMOVING } from '../../cluster/state.ts'
import { formatBytes, formatRate } from '../../lib/units.ts'
import { candidateLines, immovableOf, replicasOf, staysLine } from './candidates.ts'
import { pastLines, pastMoves } from './history.ts'
import { leaderLines } from './leadership.ts'
import { line, type Picture, rackOf, stateOf } from './picture.ts'
import { planLines } from './under-way.ts'
import { ago } from './words.ts'

export function explainPartition(picture: Picture, partition: number): Pick<Explanation, 'summary' | 'sections'> {
  const { state } = picture
  const topic = state.names.topics[state.partitionTopic[partition]!]!
  const id = state.names.partitions[partition]!
  const concerns = (move: { topic: string; partition?: number | string }) =>
    move.topic === topic && (move.partition === undefined || move.partition === id)
  const plan = planLines(picture, concerns)
  const sections: ExplanationSection[] = [
    { code: 'placement', title: 'Where it is', lines: placementLines(picture, partition) },
    { code: 'moves', title: 'Why it moved', lines: pastLines(picture, concerns) },
    { code: 'plan', title: 'What is planned', lines: plan },
    { code: 'candidates', title: 'Why its replicas stay where they are', lines: candidateLines(picture, partition) },
    { code: 'leadership', title: 'Why its leader stays', lines: leaderLines(picture, partition) },
  ]
  return { summary: `${topic}-${id}: ${summaryOf(picture, partition, plan, concerns)}`, sections }
}

function summaryOf(
  picture: Picture,
  partition: number,
  plan: readonly ExplanationLine[],
  concerns: (move: { topic: string; partition?: number | string }) => boolean,
): string {
  const first = plan[0]!
  if (first.code !== 'none') return first.text
  const stays = immovableOf(picture, partition)
  if (stays !== '') return `it stays: ${staysLine(picture, partition, stays).text}`
  const last = pastMoves(picture, concerns)[0]?.move
  const moved = last ? `; it moved last ${ago(last.startedAtMs, picture.nowMs)}, for ${last.reason}` : ''
  return `it stays where it is: no move of it is planned${moved}`
}

function placementLines(picture: Picture, partition: number): ExplanationLine[] {
  const { state, options } = picture
  const rate = state.partitionBytesIn[partition]!
  const written = Number.isNaN(rate)
    ? []
    : [line('written', `${formatRate(rate)} are written to it`, { bytes_per_second: rate })]
  const lines = replicasOf(picture, partition).map((replica, slot) => {
    const node = state.replicaNode[replica]!
    const id = state.names.nodes[node]!
    const dir = state.replicaDir[replica]!
    const path = dir === -1 ? undefined : state.names.dirs[dir]!
    const bytes = options.model.bytes[replica]!
    const flags = state.replicaFlags[replica]!
    const rack = rackOf(picture, node)
    const leads = state.partitionLeader[partition] === node
    const is = [
      ...(leads ? ['leader'] : []),
      ...(slot === 0 ? ['preferred'] : []),
      ...((flags & IN_SYNC) === 0 ? ['not in sync'] : []),
      ...((flags & OFFLINE) === 0 ? [] : ['offline']),
      ...((flags & ADDING) === 0 ? [] : ['being added']),
      ...((flags & REMOVING) === 0 ? [] : ['being removed']),
      ...(stateOf(picture, node) === 'alive' ? [] : [`node ${stateOf(picture, node)}`]),
    ]
    const size = Number.isNaN(bytes) ? 'size not known' : formatBytes(bytes)
    const place = [rack === undefined ? '' : `rack ${rack}`, path ?? 'dir not known', size].filter(
      (part) => part !== '',
    )
    return line('replica', `on ${id} (${place.join(', ')})${is.length > 0 ? `: ${is.join(', ')}` : ''}`, {
      node: id,
      rack,
      dir: path,
      bytes,
      leader: leads,
      preferred: slot === 0,
      in_sync: (flags & IN_SYNC) !== 0,
      offline: (flags & OFFLINE) !== 0,
      adding: (flags & ADDING) !== 0,
      removing: (flags & REMOVING) !== 0,
    })
  })
  return [...lines, ...written]
}
