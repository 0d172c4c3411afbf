/** Parts of the cluster die or freeze while tables are rebalanced beside the daemon: nothing is lost, nothing is done twice, and the goal is reached. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { guardLeaks } from '../leaks.ts'
import { Filling, mostMissing, sessionMs, toldMs } from './filling.ts'

guardLeaks()

let filling: Filling
beforeAll(async () => {
  filling = await Filling.start()
})
afterAll(() => filling?.close())

const shows = (name: string, what: string) => new RegExp(`${what}.*${name.replaceAll('.', '\\.')}`)

test('the controller is killed in the middle of jobs', async () => {
  const { cluster } = filling
  const { seen } = await filling.turn(async () => {
    const killed = performance.now()
    await cluster.kill('controller')
    await filling.told(/no controller is alive/, killed, sessionMs + toldMs)
    await cluster.start('controller')
    await cluster.waitReady()
  })
  // One replica of a segment is on its way, and no more.
  expect(mostMissing(seen)).toBe(1)
})

test('a server that others are emptied onto is killed and comes back', async () => {
  const { cluster } = filling
  const first = filling.names[0]!
  const { seen } = await filling.turn(async () => {
    const killed = performance.now()
    await cluster.kill(first)
    await filling.told(shows(first, 'servers that are gone'), killed, sessionMs + toldMs)
    await filling.daemon.passTicks(5)
    await cluster.start(first)
    await cluster.waitReady()
  })
  // One is on its way and one has died: of three replicas that leaves one, of two perhaps none, and no write is to blame for that.
  expect(mostMissing(new Map([['visits_OFFLINE', seen.get('visits_OFFLINE')!]]))).toBeLessThanOrEqual(2)
})

test('a server that is filled freezes for longer than its session, and thaws', async () => {
  const { cluster, daemon, fourth } = filling
  const samples = async (): Promise<[number, number]> => [
    await daemon.metric('evenkeel_sample_duration_seconds_count'),
    await daemon.metric('evenkeel_sample_duration_seconds_sum'),
  ]
  const { seen } = await filling.turn(async () => {
    const frozen = performance.now()
    cluster.freeze(fourth)
    try {
      await filling.told(shows(fourth, 'servers that are gone'), frozen, sessionMs + toldMs)
      const [count, seconds] = await samples()
      await daemon.passTicks(5)
      const [after, total] = await samples()
      const each = (total - seconds) / (after - count)
      console.log(`a sample took ${each.toFixed(2)} s beside a frozen server`)
      expect(each).toBeLessThan(5)
    } finally {
      cluster.thaw(fourth)
    }
    await cluster.waitReady()
  })
  expect(mostMissing(seen)).toBe(1)
})
