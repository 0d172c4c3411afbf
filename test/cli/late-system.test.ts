import { expect, test } from 'vitest'
import { lateSystem } from '../../src/cli/late-system.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import type { System } from '../../src/systems/port.ts'
import { createSimulator } from '../../src/systems/simulator/simulator.ts'
import { fillable } from '../daemon/support.ts'

const { signal } = new AbortController()

function simulated(closed: () => void = () => undefined): System {
  const simulator = createSimulator({ copyRate: 1e8, events: [], ...fillable }, new VirtualClock())
  return { ...simulator, close: async () => closed() }
}

test('it is tried again whenever something is asked of it, and once it is there it stays', async () => {
  let tries = 0
  const system = lateSystem(async () => {
    tries += 1
    if (tries < 2) throw new Error(`no ${tries}`)
    return simulated()
  }, new Error('no 0'))
  expect(() => system.capabilities()).toThrow('no 0')
  await expect(system.sample(signal)).rejects.toThrow('no 1')
  expect(() => system.capabilities()).toThrow('no 1')
  const [sample] = await Promise.all([system.sample(signal), system.pulse(signal), system.settings!.survey(signal)])
  expect(sample.state.nodeCount).toBeGreaterThan(0)
  expect(system.capabilities().replicaMoves).toBe(true)
  expect(tries).toBe(2)
})

test('what is made only after it was closed is closed, too', async () => {
  const closed: string[] = []
  let ready: (system: System) => void = () => undefined
  const system = lateSystem(() => new Promise((resolve) => (ready = resolve)), new Error('no'))
  const sampled = system.sample(signal)
  const closing = system.close()
  ready(simulated(() => closed.push('late')))
  await closing
  await expect(sampled).rejects.toThrow('the connection was closed')
  expect(closed).toContain('late')
})
