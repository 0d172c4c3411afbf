/**
 * Draws the dashboard of grafana/evenkeel.json with Grafana's own components, fed by a real Prometheus:
 * `npm run preview -- --prometheus http://127.0.0.1:9090 --out pictures`. What it draws is not Grafana, and says so.
 */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { chromium, type Page } from 'playwright-core'
import { allPanels, type ClassicDashboard, substitute } from './grafana/queries.ts'
import { bundle } from './preview/bundle.ts'
import { ask, firstValue, type Range, rangeOf } from './preview/prometheus.ts'

const usage = `usage: npm run preview -- --prometheus URL [--out DIR] [--since 1h] [--end UNIX_SECONDS]
         [--cluster NAME] [--scrape-interval 15s] [--width 1920]`

const { values: flags } = parseArgs({
  options: {
    prometheus: { type: 'string' },
    out: { type: 'string', default: '.cache/preview/pictures' },
    since: { type: 'string', default: '1h' },
    end: { type: 'string' },
    cluster: { type: 'string' },
    'scrape-interval': { type: 'string', default: '15s' },
    width: { type: 'string', default: '1920' },
  },
})
if (flags.prometheus === undefined) {
  console.error(usage)
  process.exit(2)
}

const prometheus = new URL(flags.prometheus)
const dashboard = JSON.parse(await readFile('grafana/evenkeel.json', 'utf8')) as ClassicDashboard
const range = rangeOf(flags.since, flags['scrape-interval'], flags.end)
const cluster = flags.cluster ?? (await firstValue(prometheus, 'evenkeel_status', 'managed_cluster', range))
const results = await answers()
const { script, style } = await bundle()
await mkdir(flags.out, { recursive: true })
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
})
try {
  for (const mode of ['light', 'dark'] as const) await draw(mode)
} finally {
  await browser.close()
}

/** What Prometheus says to each query, by `panel/refId`. */
async function answers(): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const [, panel] of allPanels(dashboard)) {
    const { id, targets = [] } = panel as unknown as { id: number; targets?: Target[] }
    for (const { refId, expr, instant } of targets) {
      const filled = substitute(expr, {
        job: '.+',
        node_id: '.+',
        managed_cluster: cluster,
        __rate_interval: `${range.rateInterval}s`,
        __interval: `${range.step}s`,
        __range: `${range.to - range.from}s`,
      })
      all[`${id}/${refId}`] = await ask(prometheus, filled, range, instant === true)
    }
  }
  return all
}

interface Target {
  refId: string
  expr: string
  instant?: boolean
}

async function draw(mode: 'light' | 'dark'): Promise<void> {
  const width = Number(flags.width)
  const page = await browser.newPage({ viewport: { width, height: 1080 } })
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.message))
  // A place of its own: about:blank has no storage, which the components look into.
  const body = await readFile('grafana/preview/page.html', 'utf8')
  await page.route('http://preview.invalid/', (route) => route.fulfill({ body, contentType: 'text/html' }))
  await page.goto('http://preview.invalid/')
  await page.addStyleTag({ content: style })
  await page.addScriptTag({ content: script })
  if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`)
  const values = [
    ['Data source', prometheus.host],
    ['Job', 'All'],
    ['Cluster', cluster],
    ['Node', 'All'],
  ]
  const board = { dashboard, results, range: inPage(range), values, mode, width }
  await page.evaluate((given) => (globalThis as unknown as { draw(board: unknown): Promise<void> }).draw(given), board)
  await page.waitForSelector('.board')
  await page.waitForFunction('document.querySelectorAll("canvas").length > 0 && document.fonts.status === "loaded"')
  if (faults.length > 0) throw new Error(`the page failed: ${faults.join('; ')}`)
  const pictures = await rows(page, width, mode)
  await page.setContent(pictures.map((picture) => `<img src="data:image/png;base64,${picture}">`).join(''))
  await page.addStyleTag({ content: 'body { margin: 0 } img { display: block }' })
  await page.screenshot({ path: join(flags.out, `board-${mode}.png`), fullPage: true })
  await page.close()
  console.log(`${flags.out}/board-${mode}.png and one for each row`)
}

/** One picture for each row, the head of the board with the first. What is out of the window is not always painted: so one by one. */
async function rows(page: Page, width: number, mode: string): Promise<string[]> {
  const { height, headings } = await page.evaluate<{ height: number; headings: { name: string; top: number }[] }>(`({
    height: document.querySelector('.board').getBoundingClientRect().height,
    headings: [...document.querySelectorAll('h2[data-row]')].map((heading) => ({
      name: heading.dataset.row, top: heading.getBoundingClientRect().y,
    })),
  })`)
  const pictures: string[] = []
  for (const [index, { name }] of headings.entries()) {
    const top = index === 0 ? 0 : headings[index]!.top
    const bottom = headings[index + 1]?.top ?? height
    await page.setViewportSize({ width, height: Math.round(bottom - top) })
    await page.evaluate(
      `scrollTo(0, ${top}); new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`,
    )
    const path = join(flags.out, `${index + 1}-${name.toLowerCase().replace(/\W+/g, '-')}-${mode}.png`)
    pictures.push((await page.screenshot({ path })).toString('base64'))
  }
  return pictures
}

/** In milliseconds, with the moments at which every query was asked. */
function inPage({ from, to, step }: Range) {
  const times = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => (from + index * step) * 1000)
  return { from: from * 1000, to: to * 1000, times }
}
