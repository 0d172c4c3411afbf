/**
 * `npm run bench:board`: what is looked at of a large cluster, 500 nodes with 100,000 partitions in a thousand topics, while nodes are
 * filled and while all is quiet: how long /metrics and the status page take, how large they are, when Chromium has painted the page, and
 * what a look costs it. The requests come one after the other over the loopback address; the cluster is simulated by the daemon itself.
 */
import type { Page } from 'playwright-core'
import { openBrowser } from '../test/support/browser.ts'
import { type Daemon, load, median, ms, run, statuses, stop, tidy, until } from './daemons.ts'

const NODES = 500
const TOPICS = 1000
const PARTITIONS = 100_000
const REQUESTS = 40
const LOADS = 9
const LOOKS = 5

/** @param empty so many nodes have joined lately and hold nothing. */
const cluster = (empty: number) => ({
  name: 'large',
  system: 'simulator',
  simulator: {
    seed: 1,
    copy_rate: '100MiB/s',
    nodes: Array.from({ length: NODES }, (_, i) => ({ id: i + 1, disk: '4TiB', rack: `r${i % 5}` })),
    topics: Array.from({ length: TOPICS }, (_, i) => ({
      name: `topic-${i}`,
      partitions: PARTITIONS / TOPICS,
      replication_factor: 3,
      size: '2GiB',
      nodes: Array.from({ length: NODES - empty }, (__, node) => node + 1),
    })),
  },
})

interface Figures {
  what: string
  median: string
  worst: string
  bytes?: number | string
  series?: number | string
}

async function measured(daemon: Daemon, page: Page): Promise<Figures[]> {
  const metrics = await answers(`${daemon.metrics}/metrics`)
  const series = metrics.text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
  const figures: Figures[] = [
    { what: 'GET /metrics', ...times(metrics.taken), bytes: Buffer.byteLength(metrics.text), series },
  ]
  for (const [shown, query] of [
    ['', ''],
    [' with all nodes', '?nodes=all'],
  ] as const) {
    const sections = await answers(`${daemon.control}/page${query}`)
    figures.push({ what: `GET /page${query}`, ...times(sections.taken), bytes: Buffer.byteLength(sections.text) })
    for (const [what, taken] of await painted(`${daemon.control}/${query}`, page))
      figures.push({ what: `${what}${shown}`, ...times(taken) })
  }
  return figures
}

async function answers(url: string): Promise<{ text: string; taken: number[] }> {
  const taken: number[] = []
  let text = ''
  for (let i = 0; i < REQUESTS; i += 1) {
    const begun = performance.now()
    const response = await fetch(url)
    text = await response.text()
    if (!response.ok) throw new Error(`${url} answered ${response.status}`)
    taken.push(performance.now() - begun)
  }
  return { text, taken }
}

/** From the start of the navigation: until anything stands there, and until the nodes do. And what the later looks cost its main thread. */
async function painted(url: string, page: Page): Promise<[what: string, taken: number[]][]> {
  const first: number[] = []
  const whole: number[] = []
  for (let i = 0; i < LOADS; i += 1) {
    await page.goto(url)
    await page.locator('#nodes').waitFor()
    const [paint, content] = await page.evaluate<
      [number, number]
    >(`new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => {
      const contentful = performance.getEntriesByName('first-contentful-paint')[0]
      resolve([contentful.startTime, performance.now()])
    })))`)
    first.push(paint)
    whole.push(content)
  }
  return [
    ['first contentful paint', first],
    ['nodes painted', whole],
    ['a later look, main thread', await looks(page)],
  ]
}

async function looks(page: Page): Promise<number[]> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable')
  const busy = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000
  }
  const taken: number[] = []
  const asked = () => page.waitForRequest((request) => request.url().includes('/page'))
  await asked()
  let before = await busy()
  for (let i = 0; i < LOOKS; i += 1) {
    await asked()
    const now = await busy()
    taken.push(now - before)
    before = now
  }
  await session.detach()
  return taken
}

const times = (taken: number[]) => ({ median: ms(median(taken)), worst: ms(Math.max(...taken)) })

async function board(when: string, empty: number, status: string): Promise<void> {
  const daemon = await run(`board${empty}`, [cluster(empty)], { mode: 'continuous', node_add_hold: '0s' })
  const browser = await openBrowser()
  try {
    await until(status, async () => (await statuses(daemon)).get('large') === status)
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    console.log(when)
    console.table(await measured(daemon, page))
  } finally {
    await browser.close()
    await stop(daemon)
  }
}

const before = load()
try {
  await board('while ten nodes are filled', 10, 'in_progress')
  await board('while all is quiet', 0, 'ready')
  console.log(`load of the machine: ${before} before, ${load()} after`)
} finally {
  tidy()
}
