/** Explains a partition, a table, a node or the cluster. Pure: all that it knows is in the picture. */
import type { ExplainedSubject, ExplainSubject, Explanation } from '../../cluster/explanation.ts'
import { type ClusterState, partitionFinder } from '../../cluster/state.ts'
import { tableNames } from '../../cluster/table-json.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { explainCluster } from './cluster.ts'
import { explainNode } from './node.ts'
import { explainPartition } from './partition.ts'
import type { Picture } from './picture.ts'
import { explainTable } from './table.ts'

/** @throws EvenkeelError `usage` for what the cluster does not have. */
export function explain(picture: Picture, subject: ExplainSubject): Explanation {
  const { subject: of, ...parts } = explained(picture, subject)
  const { report, view } = picture
  // What follows is only as true as the reading that it is about.
  const old = view.error === undefined ? '' : ` (as of the last reading: ${view.error})`
  return { cluster: view.name, subject: of, takenAtMs: report.takenAtMs, ...parts, summary: `${parts.summary}${old}` }
}

function explained(
  picture: Picture,
  subject: ExplainSubject,
): Pick<Explanation, 'summary' | 'sections'> & { subject: ExplainedSubject } {
  const { state } = picture
  switch (subject.kind) {
    case 'partition': {
      const found = findPartition(state, subject.partition)
      if (!found)
        throw new EvenkeelError(
          'usage',
          `the cluster has no partition ${subject.partition}${topicHint(state, subject.partition)}`,
        )
      const { index, ...of } = found
      return { subject: { kind: 'partition', ...of }, ...explainPartition(picture, index) }
    }
    case 'table': {
      // Of a Pinot table both names will do, with its type and without.
      const topic = state.names.topics.findIndex((name) => tableNames(subject.table).includes(name))
      if (topic === -1) throw new EvenkeelError('usage', `the cluster has no table or topic ${subject.table}`)
      return { subject: { kind: 'table', table: state.names.topics[topic]! }, ...explainTable(picture, topic) }
    }
    case 'node': {
      // On a command line a number and the text of it are the same.
      const node = state.names.nodes.findIndex((id) => String(id) === String(subject.node))
      const known = state.names.nodes.slice(0, 20).join(', ')
      if (node === -1) throw new EvenkeelError('usage', `the cluster has no node ${subject.node}; it has ${known}`)
      return { subject: { kind: 'node', node: state.names.nodes[node]! }, ...explainNode(picture, node) }
    }
    case 'cluster':
      return { subject, ...explainCluster(picture) }
    default:
      return subject satisfies never
  }
}

/** Both the name of a topic and the id of a partition may have hyphens in it: every one of them may be the one between. */
function findPartition(state: ClusterState, name: string) {
  const find = partitionFinder(state)
  for (let at = name.lastIndexOf('-'); at > 0; at = name.lastIndexOf('-', at - 1)) {
    const [topic, id] = [name.slice(0, at), name.slice(at + 1)]
    for (const partition of /^\d+$/.test(id) ? [Number(id), id] : [id]) {
      const index = find(topic, partition)
      if (index !== -1) return { index, topic, partition }
    }
  }
  return undefined
}

/** Who names a topic where a partition is asked for. */
function topicHint({ names }: ClusterState, name: string): string {
  return names.topics.includes(name) ? `: ${name} is a topic, its partitions are named as in ${name}-0` : ''
}
