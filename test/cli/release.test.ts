/** What is put back without a daemon, and what is left of a node that does not come back. */
import { expect, test } from 'vitest'
import { release } from '../../src/cli/release.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { type Setting, settingKey } from '../../src/systems/port.ts'
import { createSimulator } from '../../src/systems/simulator/simulator.ts'
import { captured } from './support.ts'

/** Ours stands on nodes 1 and 2, and node 2 is gone. */
async function half() {
  const clock = new VirtualClock()
  const nodes = [1, 2, 3].map((id) => ({ id, disks: [1e9] }))
  const system = createSimulator({ nodes, copyRate: 1e6, topics: [], events: [] }, clock)
  const journal = forgetfulJournal()
  const settings = [1, 2].map((of): Setting => {
    return { scope: 'node', of, name: system.settings.limitRefs(of)[0]!.name, value: '100' }
  })
  const { signal } = new AbortController()
  await system.settings.apply(
    settings.map(({ scope, of, name }) => ({ scope, of, name, set: '100' })),
    signal,
  )
  await journal.write(
    settings.map((setting) => {
      return { kind: 'setting', key: settingKey(setting), value: { setting, before: null, atMs: clock.now() } }
    }),
  )
  system.world.happen({ stopNode: 2 })
  const [one, two] = settings.map(settingKey) as [string, string]
  const { io, texts } = captured()
  const run = async (forget?: number) => ({ done: await release(system, journal, io, forget), ...texts })
  return { run, kept: () => [...journal.read('setting').keys()], one, two, texts }
}

test('what cannot be reached stays to be put back', async () => {
  const { run, kept, one, two } = await half()
  const { done, out, err } = await run()
  expect([done, out, kept()]).toEqual([false, `put back: ${one}\n`, [two]])
  expect(err).toBe(`1 setting still to be put back: ${two}; the next start of evenkeel, or of this command, goes on\n`)
})

test('what is left of a node that is gone for good is named and dropped', async () => {
  const { run, kept, one, two } = await half()
  const { done, out, err } = await run(2)
  const dropped = `not kept any more, and not put back should the node return: ${two}`
  expect([done, out, err, kept()]).toEqual([true, `put back: ${one}\n${dropped}\n`, '', []])
})

test('of another node it drops nothing', async () => {
  const { run, kept, two } = await half()
  expect([(await run(7)).done, kept()]).toEqual([false, [two]])
})

test('of a node that lives nothing is dropped, nor is anything done', async () => {
  const { run, kept, one, two, texts } = await half()
  await expect(run(1)).rejects.toThrow('node 1 is alive')
  expect([texts.out, kept()]).toEqual(['', [one, two]])
})
