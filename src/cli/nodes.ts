/** `evenkeel nodes`: the nodes of a cluster as the running daemon sees them. */
import type { Command } from 'commander'
import type { NodesAnswer } from '../http/answers.ts'
import { formatBytes, formatPercent } from '../lib/units.ts'
import type { Paint } from '../observe/ansi.ts'
import type { Io } from './io.ts'
import { stateCell, table } from './table.ts'
import { addView } from './view-command.ts'

type Node = NodesAnswer['nodes'][number]

export function addNodes(program: Command, io: Io): void {
  const command = program.command('nodes').description('list the nodes of a cluster with their disks and replicas')
  addView<NodesAnswer>(command, io, {
    ask: (client, { cluster }) => client.get('nodes', { cluster }),
    text: nodesText,
  })
}

function nodesText({ nodes }: NodesAnswer, wide: boolean, paint: Paint): string {
  const header = ['NODE', 'RACK', 'STATE', 'DISK', 'CAPACITY', '%', 'REPLICAS', 'LEADERS']
  const right = [3, 4, 5, 6, 7]
  if (!wide) return table(header, nodes.map(cells), right, paint)
  const rows = nodes.map((node) => [...cells(node), node.moves.in, node.moves.out, dirsText(node)])
  return table([...header, 'IN', 'OUT', 'DIRS'], rows, [...right, 8, 9], paint)
}

function cells(node: Node) {
  const { id, rack = '-', disk_bytes: disk, capacity_bytes: capacity, replicas, leaders } = node
  const percent = capacity > 0 ? formatPercent(disk.now / capacity) : '-'
  return [
    id,
    rack,
    stateCell(stateText(node)),
    formatBytes(disk.now),
    formatBytes(capacity),
    percent,
    replicas.now,
    leaders.now,
  ]
}

/** A node that is to be emptied is that also while it is down. */
function stateText({ state, draining }: Node): string {
  return draining && state !== 'draining' ? `${state}, draining` : state
}

function dirsText({ dirs }: Node): string {
  return dirs
    .map(({ path, used_bytes: used, capacity_bytes: capacity }) => {
      const percent = capacity > 0 ? ` (${formatPercent(used / capacity)})` : ''
      return `${path} ${formatBytes(used)} of ${formatBytes(capacity)}${percent}`
    })
    .join('; ')
}
