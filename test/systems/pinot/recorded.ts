/** Dry runs that a released controller (1.5.1) answered: what was there, and what it would make of it. */
import { readFileSync } from 'node:fs'
import type { PinotReading } from '../../../src/systems/pinot/reading.ts'
import { placementOf } from '../../../src/systems/pinot/rules/placements.ts'
import type { RebalanceAnswer } from '../../../src/systems/pinot/wire/controller.ts'
import { reading, server, table } from './readings.ts'

interface Line {
  case: string
  table: string
  config: Record<string, unknown>
  servers: string[]
  /** Index, tags, pools. */
  instances: [number, string, Record<string, string>][]
  partitions: Record<string, Record<string, number[]>> | null
  /** `segment:0 1c,…`: indices of servers; c for CONSUMING, o for OFFLINE. */
  before: string
  status: string
  description: string | null
  after?: string
  lists: Record<string, Record<string, number[]>>
  moves: { add: number; del: number } | null
}

export interface Recorded {
  name: string
  reading: PinotReading
  answer: RebalanceAnswer
  moves: { add: number; del: number } | null
}

export function recorded(): Recorded[] {
  const lines = readFileSync(new URL('recorded.ndjson', import.meta.url), 'utf8')
    .trim()
    .split('\n')
  return lines.map((text) => {
    const line = JSON.parse(text) as Line
    const named = (lists: Record<string, number[]>) =>
      Object.fromEntries(Object.entries(lists).map(([key, list]) => [key, list.map((index) => line.servers[index]!)]))
    const of = table({ name: line.table, ideal: {}, config: line.config })
    const before = placementOf(segments(line.before, line.servers))
    of.idealState.placement = before
    of.externalView = { version: 1, placement: before }
    of.instancePartitions = Object.entries(line.partitions ?? {}).map(([name, lists]) => ({
      name,
      version: 0,
      lists: named(lists),
    }))
    const instances = line.instances.map(([index, tags, pools]) =>
      server(line.servers[index]!, { tags: tags.split(' '), pools }),
    )
    return {
      name: line.case,
      reading: reading([of], instances),
      answer: {
        status: line.status,
        description: line.description ?? '',
        checks: [],
        segments: segments(line.after ?? '', line.servers),
        lists: Object.fromEntries(Object.entries(line.lists).map(([name, lists]) => [name, named(lists)])),
      },
      moves: line.moves,
    }
  })
}

function segments(text: string, servers: string[]): Record<string, Record<string, string>> {
  const states = { c: 'CONSUMING', o: 'OFFLINE' } as Record<string, string>
  return Object.fromEntries(
    text
      .split(',')
      .filter((entry) => entry !== '')
      .map((entry) => {
        const [segment, replicas] = entry.split(':')
        const each = replicas!.split(' ').map((replica) => {
          const [, index, state = ''] = /^(\d+)(.?)$/.exec(replica)!
          return [servers[Number(index)]!, states[state] ?? 'ONLINE'] as const
        })
        return [segment!, Object.fromEntries(each)]
      }),
  )
}
