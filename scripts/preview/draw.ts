/** A browser draws the board: one picture for each row, and one of them all. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

/** What the page of grafana/preview/ needs to draw a board. */
export interface Board {
  dashboard: unknown
  /** What Prometheus says to each query, by `panel/refId`. */
  results: Readonly<Record<string, unknown>>
  /** Milliseconds; `times` are the moments at which every query was asked. */
  range: { from: number; to: number; times: readonly number[] }
  /** What is chosen at the top, as label and value. */
  values: readonly (readonly [string, string])[]
  width: number
}

/** Returns the files written. @throws Error where there is no browser, or the page fails */
export async function draw(board: Board, code: { script: string; style: string }, out: string): Promise<string[]> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  })
  try {
    const files: string[] = []
    for (const mode of ['light', 'dark'] as const) files.push(...(await drawn(browser, board, mode, code, out)))
    return files
  } finally {
    await browser.close()
  }
}

async function drawn(
  browser: Browser,
  board: Board,
  mode: 'light' | 'dark',
  { script, style }: { script: string; style: string },
  out: string,
): Promise<string[]> {
  const page = await browser.newPage({ viewport: { width: board.width, height: 1080 } })
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  // A place of its own: about:blank has no storage, which the components look into.
  const body = await readFile('grafana/preview/page.html', 'utf8')
  await page.route('http://preview.invalid/', (route) => route.fulfill({ body, contentType: 'text/html' }))
  await page.goto('http://preview.invalid/')
  await page.addStyleTag({ content: style })
  await page.addScriptTag({ content: script })
  if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`)
  type Drawing = { draw(board: unknown): Promise<void> }
  await page.evaluate((given) => (globalThis as unknown as Drawing).draw(given), { ...board, mode })
  await page.waitForFunction('document.querySelector(".board canvas") && document.fonts.status === "loaded"')
  if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`)
  const rows = await rowPictures(page, board.width)
  const files: string[] = []
  for (const [index, { name, picture }] of rows.entries()) {
    const file = join(out, `${index + 1}-${name.toLowerCase().replace(/\W+/g, '-')}-${mode}.png`)
    await writeFile(file, picture)
    files.push(file)
  }
  await page.setContent(
    rows.map(({ picture }) => `<img src="data:image/png;base64,${picture.toString('base64')}">`).join(''),
  )
  await page.addStyleTag({ content: 'body { margin: 0 } img { display: block }' })
  const whole = join(out, `board-${mode}.png`)
  await page.screenshot({ path: whole, fullPage: true })
  await page.close()
  return [whole, ...files]
}

/** The head of the board is with the first row. What is out of the window is not always painted: so one row by one. */
async function rowPictures(page: Page, width: number): Promise<{ name: string; picture: Buffer }[]> {
  const { height, headings } = await page.evaluate<{ height: number; headings: { name: string; top: number }[] }>(`({
    height: document.querySelector('.board').getBoundingClientRect().height,
    headings: [...document.querySelectorAll('h2[data-row]')].map((heading) => ({
      name: heading.dataset.row, top: heading.getBoundingClientRect().y,
    })),
  })`)
  const pictures: { name: string; picture: Buffer }[] = []
  for (const [index, { name, top: own }] of headings.entries()) {
    const top = index === 0 ? 0 : own
    const bottom = headings[index + 1]?.top ?? height
    await page.setViewportSize({ width, height: Math.round(bottom - top) })
    await page.evaluate(
      `scrollTo(0, ${top}); new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`,
    )
    pictures.push({ name, picture: await page.screenshot() })
  }
  return pictures
}
