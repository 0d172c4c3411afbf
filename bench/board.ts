/**
 * `npm run bench:board`: what is looked at of a large cluster, 500 nodes with 100,000 partitions in ten topics, while nodes are filled and
 * once all is quiet: how long /metrics and the status page take, how large they are, and when Chromium has painted the page. The requests
 * come one after the other over the loopback address; the cluster is simulated by the daemon itself.
 */
import type { Page } from 'playwright-core'
import { openBrowser } from '../test/support/browser.ts'
import { type Daemon, load, median, ms, run, statuses, stop, tidy, until } from './daemons.ts'

const NODES = 500
const EMPTY = 10
const TOPICS = 10
const PARTITIONS = 100_000
const REQUESTS = 40
const LOADS = 9

/** Some joined lately and are empty. */
const cluster = {
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
      nodes: Array.from({ length: NODES - EMPTY }, (__, node) => node + 1),
    })),
  },
}

interface Figures {
  what: string
  median: string
  worst: string
  bytes?: number | string
  series?: number | string
}

async function measured(daemon: Daemon, when: string, page: Page): Promise<Figures[]> {
  const metrics = await answers(`${daemon.metrics}/metrics`)
  const series = metrics.text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length
  const sections = await answers(`${daemon.control}/page`)
  return [
    { what: `GET /metrics, ${when}`, ...times(metrics.taken), bytes: Buffer.byteLength(metrics.text), series },
    { what: `GET /page, ${when}`, ...times(sections.taken), bytes: Buffer.byteLength(sections.text) },
    ...(await painted(daemon, when, page)),
  ]
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

/** From the start of the navigation: until anything stands there, and until the content of the cluster does. */
async function painted({ control }: Daemon, when: string, page: Page): Promise<Figures[]> {
  const first: number[] = []
  const whole: number[] = []
  for (let i = 0; i < LOADS; i += 1) {
    await page.goto(control)
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
    { what: `first contentful paint, ${when}`, ...times(first) },
    { what: `nodes painted, ${when}`, ...times(whole) },
  ]
}

const times = (taken: number[]) => ({ median: ms(median(taken)), worst: ms(Math.max(...taken)) })

const before = load()
const browser = await openBrowser()
try {
  const daemon = await run('board', [cluster], { mode: 'continuous', node_add_hold: '0s' })
  try {
    const page = await browser.newPage()
    await until('moves', async () => (await statuses(daemon)).get('large') === 'in_progress')
    const figures = await measured(daemon, 'while nodes are filled', page)
    console.table(figures)
  } finally {
    await stop(daemon)
  }
  console.log(`load of the machine: ${before} before, ${load()} after`)
} finally {
  await browser.close()
  tidy()
}
