/** The status page of a real daemon: what a person does there. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { file, freePort, inDirectory, type Running, start } from '../cli/support.ts'
import { eventually, openPage, withBrowser } from './support.ts'

let daemon: Running
let url: string
let page: Page

withBrowser()
beforeAll(async () => {
  const [metrics, control] = [await freePort(), await freePort()]
  const tokens = file('tokens', 'viewer board-token-for-the-wall board\noperator ops-token-of-somebody ops\n')
  const text = `version: 1
clusters:
  - name: demo
    system: simulator
    simulator:
      seed: 3
      copy_rate: 8MiB/s
      nodes: [{ id: 1, disk: 10GiB }, { id: 2, disk: 10GiB }, { id: 3, disk: 10GiB }, { id: 4, disk: 10GiB }, { id: 5, disk: 10GiB }]
      topics: [{ name: orders, partitions: 200, replication_factor: 2, size: 8MiB, spread: 0, nodes: [1, 2, 3, 4] }]
balancing: { mode: continuous, node_add_hold: 0s, tick_interval: 1s, pulse_interval: 200ms }
server: { metrics_listen: "127.0.0.1:${metrics}", control_listen: "127.0.0.1:${control}", auth: { bearer_token_file: "${tokens}" } }
state: { directory: "${inDirectory('page-state')}" }
`
  daemon = start('run', '--config', file('page.yaml', text))
  url = `http://127.0.0.1:${control}/`
  await daemon.said(/moving orders-/)
  page = await openPage(url)
})
afterAll(async () => {
  daemon?.child.kill('SIGKILL')
  await daemon?.ended
})

const dialog = (name: string) => page.getByRole('dialog', { name })
const now = () => page.locator('#now').textContent()

/** In bytes what has been copied of a move, or how it ended: read at one moment, since rows come and go. */
function partOf(subject: string): Promise<number | string> {
  return page.evaluate(`(() => {
    const bar = document.querySelector('progress[aria-label="${subject}"]')
    const ended = [...document.querySelectorAll('[aria-label*="ended lately"] tbody tr')].find((row) => row.cells[0].innerText === '${subject}')
    return bar === null ? ended?.cells[1].textContent : bar.value
  })()`)
}

test('asks for a token until it is given one that is known', async () => {
  const asked = dialog('Token')
  await asked.getByLabel(/A token/).fill('wrong')
  const refused = page.waitForResponse((answer) => answer.status() === 401)
  await asked.getByRole('button', { name: 'Token' }).click()
  await refused
  await asked.waitFor()
  expect(await page.locator('main').textContent()).toBe('')
  await asked.getByLabel(/A token/).fill('board-token-for-the-wall')
  await asked.getByRole('button', { name: 'Token' }).click()
  await page.getByRole('heading', { name: 'demo' }).waitFor()
})

test('shows a node fill, and a move on its way to its end', async () => {
  const used = async () =>
    Number(await page.locator('#nodes tr', { hasText: /^5/ }).locator('rect.now').getAttribute('width'))
  const before = await used()
  await eventually(page, used).toBeGreaterThan(before)
  const subject = (await page.getByRole('progressbar').first().getAttribute('aria-label'))!
  const first = await partOf(subject)
  await eventually(page, async () => {
    const part = await partOf(subject)
    return part === 'done' || Number(part) > Number(first)
  }).toBe(true)
  await eventually(page, async () => partOf(subject)).toBe('done')
  expect(await page.title()).toBe('demo: in_progress – evenkeel')
})

test('tells why a node is as it is, in the words of explain', async () => {
  await page.getByRole('button', { name: '5', exact: true }).click()
  const why = dialog('node 5')
  await why.getByRole('heading', { level: 3 }).first().waitFor()
  expect(await why.textContent()).toMatch(/node 5/i)
  await why.getByRole('button', { name: 'Back' }).click()
})

test('refuses a viewer what is for operators, in words', async () => {
  await page.getByRole('button', { name: 'Pause' }).click()
  await dialog('Pause').getByLabel('Why').fill('looking')
  await dialog('Pause').getByRole('button', { name: 'Pause' }).click()
  await expect.poll(() => dialog('Pause').getByRole('alert').textContent()).toMatch(/operator/)
  await page.keyboard.press('Escape')
  expect(await page.locator('dialog[open]').count()).toBe(0)
})

test('takes a move back', async () => {
  await page.evaluate(`sessionStorage.setItem('evenkeel-token', 'ops-token-of-somebody')`)
  await page
    .getByRole('button', { name: /^Cancel orders-/ })
    .last()
    .click()
  const subject = (await dialog('Cancel').locator('.subject').textContent())!
  await dialog('Cancel').getByLabel('Why').fill('not now')
  await dialog('Cancel').getByRole('button', { name: 'Cancel' }).click()
  const ended = page.getByRole('region', { name: /ended lately/ }).locator('tr', { hasText: subject })
  await eventually(page, async () => ended.first().textContent()).toMatch(/cancelled|done/)
})

test('pauses with a reason and resumes by keyboard alone; what nothing is done for is said', async () => {
  await page.reload()
  await page.getByRole('heading', { name: 'demo' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').textContent()).toBe('Pause')
  await page.keyboard.press('Enter')
  await page.keyboard.type('new disks')
  await page.keyboard.press('Tab')
  await page.keyboard.type('2h')
  await page.keyboard.press('Enter')
  await eventually(page, now).toMatch(/Paused by an operator since .*, until .*: new disks/)
  await eventually(page, () => page.locator('#why').textContent()).toContain('new disks')
  expect(await page.locator(':focus').textContent()).toBe('Resume')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await eventually(page, now).not.toContain('Paused')
})

test('shows what it last saw, and says so, once the daemon is gone', async () => {
  daemon.child.kill('SIGKILL')
  await daemon.ended
  await eventually(page, () => page.getByRole('alert').textContent()).toContain('does not answer since')
  expect(await page.getByRole('heading', { name: 'demo' }).isVisible()).toBe(true)
})
