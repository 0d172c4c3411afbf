import { expect, it } from 'vitest'
import { chainOf, isGhost, JobWatch } from '../../../src/systems/pinot/act/jobs.ts'
import type { Job } from '../../../src/systems/pinot/reading.ts'
import type { Change } from '../../../src/systems/pinot/rules/changes.ts'
import { job, reading, server, table, takenAtMs } from './readings.ts'

const ideal = { s0: 'b c', s1: 'a b', s2: 'b c' }
const view = { s0: 'b c', s1: 'a b', s2: 'b' }
const changes: Change[] = ['s0', 's1'].map((segment) => ({
  segment,
  from: ['a', 'b'],
  to: ['b', 'c'],
  consuming: false,
}))
const bytesOf = (_: string, segment: string) => ({ s0: 10, s1: 30, s2: 500 })[segment]
const abc = ['a', 'b', 'c'].map((name) => server(name))
const at = (jobs: Job[], seen: Record<string, string> = view, nowMs = takenAtMs) =>
  reading([table({ ideal, view: seen })], abc, { jobs, takenAtMs: nowMs })

it('knows the attempts of one job', () => {
  expect(['a', 'a_2', 'a_13'].map(chainOf)).toEqual(['a', 'a', 'a'])
})

it('counts what has arrived of what a job moves', () => {
  const of = job('orders_OFFLINE', { adds: { total: 99, left: 98 }, config: { batchSizePerServer: 5 } })
  expect(new JobWatch().of(at([of]), bytesOf, () => changes)).toEqual([
    {
      id: 'j1',
      topic: 'orders_OFFLINE',
      startedAtMs: of.startedAtMs,
      parameters: { batchSizePerServer: '5' },
      adds: { total: 2, done: 1 },
      bytesDone: 10,
      bytesTotal: 40,
      arriving: [{ node: 'c', adds: 1, bytes: 30 }],
    },
  ])
})

it('sees the present step of others’ jobs, and takes their word for the rest', () => {
  const [running] = new JobWatch().of(at([job('orders_OFFLINE', { adds: { total: 9, left: 7 } })]), bytesOf)
  expect(running).toMatchObject({ adds: { total: 9, done: 2 }, arriving: [{ node: 'c', adds: 1, bytes: 500 }] })
  expect(running).not.toHaveProperty('bytesTotal')
})

it('lists what runs, and names a retry', () => {
  const jobs = [
    job('orders_OFFLINE', { status: 'DONE' }),
    job('orders_OFFLINE', { id: 'j2_2', originalId: 'j2', attempt: 2 }),
  ]
  expect(new JobWatch().of(at(jobs), bytesOf).map(({ id, text }) => [id, text])).toEqual([
    ['j2_2', 'attempt 2 of j2, begun by the controllers'],
  ])
})

it('says what keeps a job from going on', () => {
  const broken = (of: Job, seen?: Record<string, string>, moved?: Change[]) =>
    new JobWatch().of(at([of], seen), bytesOf, () => moved)[0]!.broken
  expect(broken(job('orders_OFFLINE'))).toBeUndefined()
  const ghost = job('orders_OFFLINE', { updatedAtMs: takenAtMs - 600_001 })
  expect(isGhost(ghost, takenAtMs)).toBe(true)
  expect(isGhost({ ...ghost, status: 'DONE' }, takenAtMs)).toBe(false)
  expect(broken(ghost)).toMatch(/^its controller has not been heard of for 10 min/)
  const failed = { ...view, s0: 'b c:ERROR', s1: 'a:ERROR b' }
  expect(broken(job('orders_OFFLINE'), failed, changes)).toBe('s0 on c and 1 more replicas is in ERROR')
  expect(broken(job('orders_OFFLINE', { config: { bestEfforts: true } }), failed, changes)).toBeUndefined()
  expect(broken(job('orders_OFFLINE'), { ...view, s2: 'b:ERROR' }, changes)).toBeUndefined()
  expect(broken(job('gone_OFFLINE'))).toBe('its table is gone')
})

it('notices that nothing comes any more', () => {
  const watch = new JobWatch()
  const look = (minutes: number, seen?: Record<string, string>) => {
    const nowMs = takenAtMs + minutes * 60_000
    return watch.of(at([job('orders_OFFLINE', { updatedAtMs: nowMs })], seen, nowMs), bytesOf, () => changes)[0]!.broken
  }
  expect([look(0), look(9)]).toEqual([undefined, undefined])
  expect(look(10)).toBe('no replica has come for 10 min')
  expect(look(11, { ...view, s1: 'a b c' })).toBeUndefined()
  expect(look(20, { ...view, s1: 'a b c' })).toBeUndefined()
  expect(look(21, { ...view, s1: 'a b c' })).toBe('no replica has come for 10 min')
})

it('notices that all is done and the job is listed all the same', () => {
  const watch = new JobWatch()
  const seen = { s0: 'b c', s1: 'b c', s2: 'b c' }
  const look = (seconds: number, wanted: Record<string, string>, isOurs = true) => {
    const nowMs = takenAtMs + seconds * 1_000
    const jobs = [job('orders_OFFLINE', { updatedAtMs: nowMs })]
    const of = reading([table({ ideal: wanted, view: seen })], abc, { jobs, takenAtMs: nowMs })
    return watch.of(of, bytesOf, () => (isOurs ? changes : undefined))[0]!.broken
  }
  expect([look(0, seen), look(29, seen)]).toEqual([undefined, undefined])
  expect(look(30, seen)).toBe('all of it is done, and its end was not recorded')
  // Of what is wanted something is still as it was before: there is another step to come.
  expect(look(60, { ...seen, s1: 'a b c' })).toBeUndefined()
  expect(look(120, { ...seen, s1: 'a b c' })).toBeUndefined()
  // Others' targets are not known.
  expect([look(130, seen, false), look(180, seen, false)]).toEqual([undefined, undefined])
})
