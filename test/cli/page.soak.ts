/** The status page of a real daemon in a real browser: what a person does there. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { accessibilityFaults, openBrowser } from '../support/browser.ts'
import { file, freePort, inDirectory, type Running, start } from './support.ts'

let browser: Browser
let daemon: Running
let url: string
let page: Page
let trouble: string[]

beforeAll(async () => {
  browser = await openBrowser()
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
  page = await browser.newPage()
  page.on('pageerror', (error) => trouble.push(error.message))
  page.on('console', (message) => {
    // A refused request is what some of this is about.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) trouble.push(message.text())
  })
})
afterAll(async () => {
  await browser?.close()
  daemon?.child.kill('SIGKILL')
  await daemon?.ended
})
beforeEach(() => {
  trouble = []
})

test('asks for a token, and takes it', async () => {
  await page.goto(url)
  const dialog = page.getByRole('dialog', { name: 'Token' })
  await dialog.getByLabel(/A token/).fill('wrong')
  await dialog.getByRole('button', { name: 'Token' }).click()
  await expect.poll(() => dialog.isVisible()).toBe(true)
  await dialog.getByLabel(/A token/).fill('board-token-for-the-wall')
  await dialog.getByRole('button', { name: 'Token' }).click()
  await page.getByRole('heading', { name: 'demo' }).waitFor()
  expect(trouble).toEqual([])
})

test('shows a node fill and a move on its way to its end', { timeout: 40_000 }, async () => {
  const used = () => page.locator('#nodes tr', { hasText: /^5/ }).locator('rect.now').getAttribute('width')
  const before = Number(await used())
  await expect.poll(async () => Number(await used()), { timeout: 15_000 }).toBeGreaterThan(before)
  const first = await page.getByRole('progressbar').first().getAttribute('aria-label')
  const ended = page.getByRole('region', { name: 'Table of moves that ended lately' })
  await expect.poll(() => ended.textContent(), { timeout: 20_000 }).toContain(first)
  expect(await page.title()).toBe('demo: in_progress – evenkeel')
  expect(trouble).toEqual([])
})

test('refuses a viewer what is for operators, in words', async () => {
  await page.getByRole('button', { name: 'Pause' }).first().click()
  const dialog = page.getByRole('dialog', { name: 'Pause' })
  await dialog.getByLabel('Why').fill('looking')
  await dialog.getByRole('button', { name: 'Pause' }).click()
  await expect.poll(() => dialog.getByRole('alert').textContent()).toMatch(/operator/)
  await page.keyboard.press('Escape')
  expect(await dialog.isVisible()).toBe(false)
})

test('pauses with a reason and resumes by keyboard alone; what nothing is done for is said', async () => {
  await page.evaluate(`sessionStorage.setItem('evenkeel-token', 'ops-token-of-somebody')`)
  await page.locator('#now button').focus()
  await page.keyboard.press('Enter')
  await page.keyboard.type('new disks')
  await page.keyboard.press('Tab')
  await page.keyboard.type('2h')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('#now').textContent(), { timeout: 10_000 }).toMatch(/Paused by .*: new disks/)
  await expect.poll(() => page.locator('#why').textContent(), { timeout: 10_000 }).toContain('new disks')
  const focused = page.locator('button:focus')
  await expect.poll(() => focused.textContent()).toBe('Resume')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await expect.poll(() => page.locator('#now').textContent(), { timeout: 10_000 }).not.toContain('Paused')
  expect(trouble).toEqual([])
})

test('takes a move back', async () => {
  const cancel = page.getByRole('button', { name: /^Cancel orders-/ }).first()
  await cancel.waitFor()
  const subject = (await cancel.getAttribute('data-subject'))!
  await cancel.click()
  const dialog = page.getByRole('dialog', { name: 'Cancel' })
  await dialog.getByLabel('Why').fill('not now')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  const row = page.getByRole('region', { name: /ended lately/ }).locator('tr', { hasText: subject })
  await expect.poll(() => row.first().textContent(), { timeout: 15_000 }).toMatch(/cancelled|done/)
  expect(trouble).toEqual([])
})

test.each([
  ['wide', 1400, 'light'],
  ['wide', 1400, 'dark'],
  ['tablet', 820, 'light'],
  ['phone', 390, 'dark'],
] as const)('is readable for everybody: %s, %i px, %s', async (_, width, colorScheme) => {
  await page.setViewportSize({ width, height: 900 })
  await page.emulateMedia({ colorScheme })
  expect(await accessibilityFaults(page)).toEqual([])
  const beyond = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  expect(beyond, 'pixels that the page is wider than the screen').toBe(0)
})

test('says that it is old once the daemon is gone', async () => {
  daemon.child.kill('SIGKILL')
  await daemon.ended
  await expect.poll(() => page.locator('#stale').textContent(), { timeout: 15_000 }).toContain('does not answer since')
  expect(await page.getByRole('heading', { name: 'demo' }).isVisible()).toBe(true)
})
