import { expect, test } from 'vitest'
import type { DirLine } from '../../../src/cluster/lines.ts'
import { SharedVolumes } from '../../../src/systems/kafka/shared-volumes.ts'

/** Brokers 1, 2, … on one host, each with one dir: used bytes and bytes of its replicas. */
function look(volumes: SharedVolumes, dirs: [used: number, held: number][], hosts = dirs.map(() => 'host')) {
  const lines = new Map<number, DirLine[]>(
    dirs.map(([used], i) => [i + 1, [{ path: '/d', capacity_bytes: 10_000, used_bytes: used }]]),
  )
  const notes = volumes.apply(lines, new Map(hosts.map((host, i) => [i + 1, host])), (broker) => dirs[broker - 1]![1])
  return { notes, dirs: [...lines.values()].map(([line]) => [line!.capacity_bytes, line!.used_bytes]) }
}

test('dirs of one volume count as equal parts of it, with what they hold', () => {
  const { notes, dirs } = look(new SharedVolumes(), [
    [6000, 300],
    [6005, 100],
  ])
  expect(dirs).toEqual([
    [5000, 300],
    [5000, 100],
  ])
  expect(notes).toEqual(['brokers 1, 2 share one volume of host: each dir counts as an equal part of it'])
})

test.each<[string, [number, number][], string[] | undefined]>([
  [
    'fuller one than the other',
    [
      [6000, 300],
      [6100, 100],
    ],
    undefined,
  ],
  [
    'hold more together than either shows',
    [
      [300, 290],
      [300, 290],
    ],
    undefined,
  ],
  [
    'are on hosts of their own',
    [
      [6000, 300],
      [6000, 100],
    ],
    ['a', 'b'],
  ],
  [
    'hold nothing',
    [
      [0, 0],
      [0, 0],
    ],
    undefined,
  ],
])('volumes are not shared when they are %s', (_, dirs, hosts) => {
  const seen = look(new SharedVolumes(), dirs, hosts)
  expect(seen).toEqual({ notes: [], dirs: dirs.map(([used]) => [10_000, used]) })
})

test('once seen apart, alike by chance is not shared', () => {
  const volumes = new SharedVolumes()
  look(volumes, [
    [300, 290],
    [10, 0],
  ])
  const { notes } = look(volumes, [
    [300, 100],
    [300, 100],
  ])
  expect(notes).toEqual([])
})
