/** What takes a node out of use: set when it may be, kept while the wish stands, given back after it. */
import { expect, test } from 'vitest'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import type { Setting } from '../../src/systems/port.ts'
import { FakeSettings } from './fake-settings.ts'
import { scripted } from './support.ts'

class Tags extends FakeSettings {
  unsafe = new Set<number>()

  ofDrain(node: number): { setting: Setting } | { unsafe: string } | undefined {
    if (this.unsafe.has(node)) return { unsafe: 'it is needed' }
    // Once it is out of use the system asks for nothing more.
    if (this.own.get(`node/${node}/tags`) === 'none') return undefined
    return { setting: { scope: 'node', of: node, name: 'tags', value: 'none', replaces: true } }
  }
}

function drained() {
  const settings = new Tags()
  for (const node of [1, 2]) settings.own.set(`node/${node}/tags`, 'tenant')
  const journal = forgetfulJournal()
  const all = scripted({}, { settings, journal })
  const { executor, work } = all
  const tags = () => [1, 2].map((node) => settings.own.get(`node/${node}/tags`))
  executor.unwanted = [1]
  return { ...all, settings, journal, tags, executor, work }
}

test('what another set is put aside and given back', async () => {
  const { executor, work, tags } = drained()
  await work()
  expect(tags()).toEqual(['tenant', 'tenant'])
  executor.outOfUse.mayEmpty = true
  await work()
  expect(tags()).toEqual(['none', 'tenant'])
  // It stays so while nothing may begin any more, and over ticks.
  executor.outOfUse.mayEmpty = false
  executor.tick(() => Number.NaN)
  await work()
  expect(tags()).toEqual(['none', 'tenant'])
  executor.unwanted = []
  await work()
  expect(tags()).toEqual(['tenant', 'tenant'])
})

test('the next process gives back what this one put aside', async () => {
  const { executor, work, settings, journal, tags } = drained()
  executor.outOfUse.mayEmpty = true
  await work()
  const next = scripted({}, { settings, journal })
  next.executor.unwanted = [1]
  await next.work()
  expect(tags()).toEqual(['none', 'tenant'])
  next.executor.unwanted = []
  await next.clock.advance(120_000)
  next.executor.tick(() => Number.NaN)
  await next.work()
  expect(tags()).toEqual(['tenant', 'tenant'])
})

test('who changed it meanwhile wins', async () => {
  const { executor, work, settings, tags } = drained()
  executor.outOfUse.mayEmpty = true
  await work()
  settings.own.set('node/1/tags', 'other')
  executor.unwanted = []
  executor.tick(() => Number.NaN)
  await work()
  expect(tags()).toEqual(['other', 'tenant'])
})

test('a node that is needed is left in use, and why is told', async () => {
  const { executor, work, settings, tags } = drained()
  executor.outOfUse.mayEmpty = true
  settings.unsafe.add(1)
  await work()
  expect(tags()).toEqual(['tenant', 'tenant'])
  expect([...executor.outOfUse.unsafe]).toEqual([[1, 'it is needed']])
})

test('what is refused is told, and tried again', async () => {
  const { executor, work, settings, tags } = drained()
  executor.outOfUse.mayEmpty = true
  settings.answers = [{ outcome: 'refused', code: 'not_permitted', text: 'not for us' }]
  await work()
  expect(tags()).toEqual(['tenant', 'tenant'])
  expect([...executor.outOfUse.unsafe]).toEqual([[1, 'not for us']])
  await work()
  expect(tags()).toEqual(['none', 'tenant'])
  expect([...executor.outOfUse.unsafe]).toEqual([])
})

test('it is no throttle', async () => {
  const { executor, work } = drained()
  executor.outOfUse.mayEmpty = true
  await work()
  expect(executor.throttle?.self).toEqual({ nodes: [], topics: [] })
})
