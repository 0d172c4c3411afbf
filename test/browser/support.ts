/** A page of its own for each test, and its looks at the daemon when the test says so. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { openBrowser } from '../support/browser.ts'

let browser: Browser | undefined
let trouble: string[] = []

/** Is called once in a test file, at its top; whatever the browser complains of fails the test. */
export function withBrowser(): void {
  beforeAll(async () => {
    browser = await openBrowser()
  })
  afterAll(() => browser?.close())
  beforeEach(() => {
    trouble = []
  })
  afterEach(() => expect(trouble, 'what the browser complains of').toEqual([]))
}

/** Its timers stand still but for `look`. */
export async function openPage(url: string): Promise<Page> {
  const page = await browser!.newPage({ viewport: { width: 1280, height: 800 } })
  page.on('pageerror', (error) => trouble.push(error.message))
  page.on('console', (message) => {
    // A request that is refused, or not answered, is what some tests are about.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource')) trouble.push(message.text())
  })
  await page.clock.install()
  await page.goto(url)
  return page
}

/** Has the page look anew, and waits until it shows what it saw. */
export async function look(page: Page, shown: () => Promise<unknown>): Promise<void> {
  await page.clock.runFor(3000)
  await shown()
}

/** Has the page look again and again until what it shows is so. */
export function eventually<Value>(page: Page, value: () => Promise<Value>) {
  const lookThen = async () => {
    await page.clock.runFor(3000)
    return value()
  }
  return expect.poll(lookThen, { timeout: 20_000, interval: 100 })
}
