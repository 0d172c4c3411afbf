/** The status page over clusters that are made up: what it shows of them, and what stays as it is when they change. */
import type { Page } from 'playwright-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Explanation } from '../../src/cluster/explanation.ts'
import type { ClusterView } from '../../src/daemon/view.ts'
import type { Server } from '../../src/http/server.ts'
import { serveDaemon } from '../cli/daemon-server.ts'
import { unasked, unexplained } from '../http/support.ts'
import { noon } from '../observe/support.ts'
import { accessibilityFaults } from '../support/browser.ts'
import { eventually, look, openPage, withBrowser } from './support.ts'
import { large, moving, paused, pinot, runningMoves } from './views.ts'

let views: ClusterView[]
let server: Server
let url: string
let page: Page

const explanation: Explanation = {
  cluster: 'clicks',
  subject: { kind: 'cluster' },
  takenAtMs: noon,
  summary: 'nothing moves because it is paused',
  sections: [
    {
      code: 'decisions',
      title: 'What was decided',
      lines: [{ code: 'paused', text: 'an operator paused it', facts: {} }],
    },
  ],
}
const explanations = { ...unexplained, explain: () => Promise.resolve(explanation) }

withBrowser()
const serve = (port?: number) =>
  serveDaemon({ view: () => views, control: unasked, explanations, ...(port !== undefined && { port }) })
beforeEach(async () => {
  ;({ server, url } = await serve())
})
afterEach(async () => {
  await page.close()
  await server.close()
})

async function open(...shown: ClusterView[]): Promise<void> {
  views = shown
  page = await openPage(url)
  await page.getByRole('heading', { level: 1, name: shown[0]!.name }).waitFor()
}

const region = (name: string) => page.getByRole('region', { name, exact: true })
const focused = () => page.locator(':focus')

describe('what a person wants to know', () => {
  it('why nothing moves: the sentence, what stands in the way of what is wrong, and the whole of it', async () => {
    await open(paused())
    expect(await region('What is going on').textContent()).toContain(
      'an operator has paused it: new disks are put into node 3',
    )
    expect(await region('What is wrong').textContent()).toContain(
      'nothing is done about it now: somebody else is moving 3 partitions',
    )
    await page.getByRole('button', { name: 'Explain' }).click()
    const dialog = page.getByRole('dialog', { name: 'clicks' })
    await dialog.getByRole('heading', { name: 'What was decided' }).waitFor()
    expect(await dialog.textContent()).toContain('nothing moves because it is paused')
    expect(await dialog.textContent()).toContain('an operator paused it')
    await page.keyboard.press('Escape')
    expect(await focused().textContent()).toBe('Explain')
  })

  it('who else is at work', async () => {
    await open(paused())
    const text = await region('Conflicts and notes').textContent()
    expect(text).toContain('Somebody else runs 3 moves')
    expect(text).toContain('another balancer')
    expect(await region('Asked for').textContent()).toContain('drain: node 3: 119 replicas, 14.0 GiB left')
  })

  it('of tables of Pinot how far a job is, and what was checked before', async () => {
    await open(pinot(5))
    const row = region('Tables').locator('tr', { hasText: 'orders_OFFLINE' })
    const job = row.getByRole('progressbar', { name: 'Job of orders_OFFLINE' })
    expect(await job.getAttribute('value')).toBe('0.250')
    expect(await row.textContent()).toContain('1 of 2 PASSWARN diskUtilization: within 5% of the threshold')
    views = [pinot(13)]
    await eventually(page, () => job.getAttribute('value')).toBe('0.650')
    expect(await row.textContent()).toContain('ours, 13 of 20 replicas')
  })

  it('of several clusters one after the other, without loading the page anew', async () => {
    await open(moving(), paused())
    await page.evaluate('globalThis.same = true')
    await page.getByRole('navigation', { name: 'Clusters' }).getByRole('link', { name: 'clicks' }).click()
    await page.getByRole('heading', { level: 1, name: 'clicks' }).waitFor()
    expect(await page.title()).toBe('clicks: paused – evenkeel')
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor()
    expect(await page.evaluate('globalThis.same')).toBe(true)
  })

  it('a cluster that is not there, in words', async () => {
    await open(moving())
    await page.goto(`${url}?cluster=nope`)
    const alert = page.locator('#stale')
    await expect
      .poll(() => alert.textContent())
      .toBe('This cannot be shown: no cluster has this name; there are: orders.')
  })

  it('what is asked for is asked of the cluster that was shown then, whatever is shown meanwhile', async () => {
    await open(moving(), paused())
    await page.getByRole('link', { name: /clicks/ }).click()
    await page.getByRole('heading', { level: 1, name: 'clicks' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { level: 1, name: 'orders' }).waitFor()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.goForward()
    await page.locator('h1', { hasText: 'clicks' }).waitFor()
    const asked = page.waitForRequest((request) => request.method() === 'POST')
    const dialog = page.locator('dialog[open]')
    await dialog.getByLabel('Why').fill('new disks')
    await dialog.getByRole('button', { name: 'Pause' }).click()
    expect((await asked).postDataJSON()).toEqual({ reason: 'new disks', cluster: 'orders' })
  })

  it('of 500 nodes those that stand out, and any other when it is asked for', async () => {
    await open(large())
    const nodes = page.getByRole('region', { name: 'Table of nodes' }).locator('tbody tr')
    expect(await nodes.count()).toBe(20)
    expect(await nodes.first().textContent()).toContain('unavailable')
    await page.getByRole('link', { name: 'az3' }).click()
    await page.getByRole('heading', { name: 'Nodes of rack az3, worst first' }).waitFor()
    expect(await nodes.count()).toBe(100)
    await page.getByRole('link', { name: 'all 500' }).click()
    await page.getByRole('heading', { name: 'All nodes by rack, worst first' }).waitFor()
    expect(await nodes.locator('svg').count()).toBe(500)
    await page.goBack()
    await page.getByRole('heading', { name: 'Nodes of rack az3, worst first' }).waitFor()
  })
})

describe('when something has changed', () => {
  it('what is the same stays: rows, focus, scrolling, and what is open', async () => {
    await open(moving())
    const cancel = page.getByRole('button', { name: 'Cancel orders-11' })
    const before = await cancel.elementHandle()
    await page.getByText('Candidates that the planner rejected').click()
    await cancel.focus()
    await page.setViewportSize({ width: 390, height: 600 })
    await page.evaluate(
      `document.querySelector('[aria-label="Table of running moves"]').scrollLeft = 90; window.scrollTo(0, 500)`,
    )
    const [, ...rest] = runningMoves
    views = [moving({ running: [{ ...rest[0]!, bytesDone: rest[0]!.bytesTotal * 0.75 }, ...rest.slice(1)] })]
    await look(page, () => page.getByText('75% of 1.00 GiB').waitFor())
    expect(await page.getByRole('button', { name: 'Cancel orders-7' }).count()).toBe(0)
    expect(await focused().getAttribute('aria-label')).toBe('Cancel orders-11')
    expect(
      await before?.evaluate((one) => (one as unknown as { matches(what: string): boolean }).matches(':focus')),
    ).toBe(true)
    expect(await page.evaluate(`document.querySelector('[aria-label="Table of running moves"]').scrollLeft`)).toBe(90)
    expect(await page.evaluate('window.scrollY')).toBe(500)
    expect(await page.getByText('rack_constraint').isVisible()).toBe(true)
  })

  it('whoever had the focus on what is gone is left where it was', async () => {
    await open(moving())
    await page.getByRole('button', { name: 'Cancel orders-7' }).focus()
    views = [moving({ running: runningMoves.slice(1) })]
    await look(page, () => page.getByRole('button', { name: 'Cancel orders-7' }).waitFor({ state: 'detached' }))
    expect(await focused().textContent()).toBe('Moves')
  })

  it('it is read out when it is something else that goes on, not with every figure', async () => {
    const saying = (
      text: string,
      status: ClusterView['status'] = 'in_progress',
      code: 'acting' | 'balanced' = 'acting',
    ) => {
      const before = moving()
      return moving({ status, report: { ...before.report!, verdict: { act: code === 'acting', code, text } } })
    }
    await open(saying('node 5 holds 10%'))
    const spoken = page.getByRole('status')
    await expect.poll(() => spoken.textContent()).toBe('node 5 holds 10%')
    views = [saying('node 5 holds 20%')]
    await look(page, () => page.locator('#why', { hasText: '20%' }).waitFor())
    expect(await spoken.textContent()).toBe('node 5 holds 10%')
    views = [saying('it is even', 'ready', 'balanced')]
    await look(page, () => page.locator('#why', { hasText: 'it is even' }).waitFor())
    expect(await spoken.textContent()).toContain('it is even')
  })

  it('says that it is old while nobody answers, and is new again once somebody does', async () => {
    await open(moving())
    const alert = page.locator('#stale')
    const port = server.control.port
    await server.close()
    await eventually(page, () => alert.textContent()).toContain('does not answer since')
    expect(await page.getByRole('heading', { level: 1, name: 'orders' }).isVisible()).toBe(true)
    views = [moving({ running: [] })]
    ;({ server, url } = await serve(port))
    await eventually(page, () => alert.isHidden()).toBe(true)
    expect(await page.getByText('0 moves running').isVisible()).toBe(true)
  })
})

describe('for everybody', () => {
  const clusters = { moving: [moving(), paused()], paused: [paused()], large: [large()], pinot: [pinot(13)] }
  const screens = [
    [390, 844, 'dark'],
    [1280, 800, 'light'],
    [1920, 1080, 'dark'],
  ] as const

  it.each(Object.entries(clusters))(
    'a cluster %s is without fault, wide and narrow, light and dark',
    async (_, shown) => {
      await open(...shown)
      for (const [width, height, colorScheme] of screens) {
        await page.setViewportSize({ width, height })
        await page.emulateMedia({ colorScheme })
        expect(await accessibilityFaults(page), `${width} ${colorScheme}`).toEqual([])
        const beyond = await page.evaluate(
          'document.documentElement.scrollWidth - document.documentElement.clientWidth',
        )
        expect(beyond, 'pixels that the page is wider than the screen').toBe(0)
      }
    },
  )

  it.each(['Pause', 'Explain', 'Cancel orders-7'])('so is the dialog of %s', async (name) => {
    await open(moving())
    await page.getByRole('button', { name }).click()
    await page.locator('dialog[open]').waitFor()
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      expect(await accessibilityFaults(page)).toEqual([])
    }
  })

  it('has landmarks and headings to go by', async () => {
    await open(moving(), paused())
    expect(await page.getByRole('main').count()).toBe(1)
    for (const name of [
      'What is going on',
      'What is wrong',
      'Conflicts and notes',
      'Nodes',
      'Moves',
      'Plan',
      'Decisions',
    ])
      expect(await region(name).count(), name).toBe(1)
    const levels = await page.getByRole('heading').evaluateAll((all) => all.map(({ tagName }) => tagName))
    expect(levels.filter((level) => level === 'H1')).toHaveLength(1)
    expect(levels.indexOf('H1')).toBe(0)
  })
})
