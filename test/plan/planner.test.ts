import { Worker } from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import { generate } from '../../bench/generate.ts'
import { columnsOf } from '../../src/cluster/state.ts'
import { inlinePlanner, WorkerPlanner } from '../../src/plan/planner.ts'
import { request } from './support.ts'

const shape = { name: 'x', nodes: 12, added: 2, racks: 3, topics: 10, partitions: 400, bytes: 1e12 }
const asked = request({ fillNodes: [10, 11], skewedDomains: [0], balanceLeaders: true })
const { signal } = new AbortController()

const planners: WorkerPlanner[] = []
const newPlanner = () => {
  const planner = new WorkerPlanner()
  planners.push(planner)
  return planner
}
afterEach(async () => {
  vi.restoreAllMocks()
  await Promise.all(planners.splice(0).map((planner) => planner.close()))
})

test('the worker plans what planning on the spot gives, and hands the columns back as they were', async () => {
  const state = generate(shape)
  const planning = newPlanner().plan(state, asked, signal)
  await Promise.resolve()
  // Sent, not copied: while they are away they hold nothing here.
  expect(state.replicaNode.length).toBe(0)
  const result = await planning
  expect(result).toEqual(await inlinePlanner.plan(generate(shape), asked, signal))
  expect(result.moves.length).toBeGreaterThan(0)
  expect(columnsOf(state)).toEqual(columnsOf(generate(shape)))
})

test('requests made at once are served one after the other, each with its own answer', async () => {
  const planner = newPlanner()
  const [one, two] = await Promise.all([
    planner.plan(generate(shape, 1), asked, signal),
    planner.plan(generate(shape, 2), asked, signal),
  ])
  expect(one).toEqual(await inlinePlanner.plan(generate(shape, 1), asked, signal))
  expect(two).toEqual(await inlinePlanner.plan(generate(shape, 2), asked, signal))
})

test('what the planner throws is one error, and the next request is served', async () => {
  const planner = newPlanner()
  const broken = { ...asked, fillNodes: undefined } as never
  await expect(planner.plan(generate(shape), broken, signal)).rejects.toMatchObject({
    code: 'internal',
    message: expect.stringContaining('planning failed: '),
  })
  await expect(planner.plan(generate(shape), asked, signal)).resolves.toMatchObject({ problems: [] })
})

test('a worker that dies is one error, and the next request is served by a new one', async () => {
  const planner = newPlanner()
  const send = vi.spyOn(Worker.prototype, 'postMessage').mockImplementationOnce(function (this: Worker) {
    void this.terminate()
  })
  await expect(planner.plan(generate(shape), asked, signal)).rejects.toMatchObject({
    code: 'internal',
    message: 'the planner died',
  })
  await expect(planner.plan(generate(shape), asked, signal)).resolves.toMatchObject({ problems: [] })
  expect(send).toHaveBeenCalledTimes(2)
})

test('a request that is given up ends at once, and the next is served', async () => {
  const planner = newPlanner()
  const controller = new AbortController()
  const planning = planner.plan(generate(shape), asked, controller.signal)
  controller.abort()
  await expect(planning).rejects.toMatchObject({ code: 'aborted' })
  await expect(planner.plan(generate(shape), asked, signal)).resolves.toMatchObject({ problems: [] })
})
