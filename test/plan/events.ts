/** What may befall a cluster between two looks at it. */
import * as fc from 'fast-check'
import type { PartitionLine } from '../../src/cluster/lines.ts'
import { formatTime } from '../../src/lib/iso-time.ts'
import { type Lines, node } from '../cluster/support.ts'

const whats = [
  'dies',
  'returns',
  'drained',
  'undrained',
  'filled',
  'emptied',
  'added',
  'cordoned',
  'uncordoned',
] as const

/** `which` picks a node, `much` is a ratio. */
export const anyEvent = fc.record({
  what: fc.constantFrom(...whats),
  which: fc.nat(99),
  much: fc.constantFrom(0.2, 0.5, 0.9),
})
export type Event = typeof anyEvent extends fc.Arbitrary<infer Each> ? Each : never

/** The cluster after the event; as it was where there is nothing it could happen to. */
export function befallen(lines: Lines, { what, which, much }: Event, nowMs: number): Lines {
  const { nodes, topics } = structuredClone(lines)
  const id = which % nodes.length
  const one = nodes[id]!
  const dir = one.dirs[which % one.dirs.length]!
  const held = topics.flatMap((line) => line.partitions).filter((line) => line.replicas.includes(id))
  const now = formatTime(nowMs)
  if (what === 'dies' && (one.state === 'alive' || one.state === 'draining')) {
    nodes[id] = { ...one, draining: one.state === 'draining', state: 'unavailable', unavailable_since: now }
    for (const line of held) lose(line, id)
  }
  if (what === 'returns' && one.state === 'unavailable') {
    const { draining = false, unavailable_since: _since, ...rest } = one
    nodes[id] = { ...rest, state: draining ? 'draining' : 'alive', alive_since: now }
    for (const line of held) regain(line, id, one.dirs)
  }
  if (what === 'drained' && one.state === 'alive') nodes[id] = { ...one, state: 'draining' }
  if (what === 'undrained' && one.state === 'draining') nodes[id] = { ...one, state: 'alive' }
  if (what === 'filled') dir.used_bytes = Math.max(dir.used_bytes, dir.capacity_bytes * (much + 0.07))
  if (what === 'emptied') dir.used_bytes = Math.max(bytesIn(lines, id, dir.path!), dir.used_bytes * (1 - much))
  if (what === 'cordoned') dir.cordoned = true
  if (what === 'uncordoned') dir.cordoned = false
  if (what === 'added' && nodes.length < 9) {
    const { rack, domain } = one
    const capacity = dir.capacity_bytes
    nodes.push(node(nodes.length, { capacity, ...(rack && { rack }), ...(domain && { domain }), alive_since: now }))
  }
  return { nodes, topics }
}

function lose(line: PartitionLine, id: number): void {
  line.isr = line.isr!.filter((other) => other !== id)
  line.offline = [...new Set([...(line.offline ?? []), id])]
  if (line.leader === id) line.leader = line.isr[0] ?? null
}

/** What lay in a dir that is offline stays so. */
function regain(line: PartitionLine, id: number, dirs: Lines['nodes'][number]['dirs']): void {
  const path = line.dirs?.[line.replicas.indexOf(id)]
  const dir = dirs.find((one) => one.path === path) ?? dirs[0]!
  if (dir.state === 'offline') return
  line.offline = line.offline?.filter((other) => other !== id) ?? []
  line.isr = [...line.isr!, id]
  line.leader ??= id
}

function bytesIn({ topics }: Lines, id: number, path: string): number {
  let sum = 0
  for (const { replicas, bytes, dirs } of topics.flatMap((line) => line.partitions)) {
    const slot = replicas.indexOf(id)
    if (slot === -1 || (dirs?.[slot] ?? path) !== path) continue
    sum += (typeof bytes === 'object' ? bytes[slot] : bytes) ?? 0
  }
  return sum
}
