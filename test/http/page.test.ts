/** The text of the status page, without a browser. */
import { describe, expect, it } from 'vitest'
import type { ClusterView } from '../../src/daemon/view.ts'
import { html, trusted } from '../../src/http/page/html.ts'
import { content, frame } from '../../src/http/page/page.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import { forecast, GiB, leader, noon, progress, replica, report } from '../observe/support.ts'
import { tablesReport } from '../observe/tables.ts'
import { unasked, unaudited, unconfigured, unexplained } from './support.ts'

const evil = `<script>alert("x")</script>'&`

function view(more: Partial<ClusterView> = {}): ClusterView {
  const nodes = [forecast(1, [17, 12]), { ...forecast(2, [2, 7], [10, 12]), state: 'unavailable' }]
  return {
    name: 'orders',
    drains: [],
    status: 'in_progress',
    statusSinceMs: noon - 61_500,
    report: report(nodes, { plan: { moves: [], bytes: 0, lowerBoundBytes: 0, nodes, blocked: [], planningMs: 1 } }),
    running: [],
    pending: [],
    ended: [],
    ...more,
  }
}

function page(views: ClusterView[], query: object = {}, configRefused?: string): string {
  return content(query, {
    view: { clusters: () => views },
    control: unasked,
    explanations: unexplained,
    clock: new VirtualClock(noon),
    audit: unaudited,
    onAction: () => undefined,
    config: { ...unconfigured, refusal: () => configRefused },
  })
}

describe('html', () => {
  it('takes what is put in for text, and templates, lists and nothing for what they are', () => {
    expect(html`<a title="${evil}">${[html`<b>${1}</b>`, undefined, false, trusted('<i>')]}</a>`.text).toBe(
      '<a title="&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62;&#39;&#38;"><b>1</b><i></a>',
    )
  })
})

describe('the page', () => {
  it('says what is going on and why, and for how long', () => {
    const text = page([view()])
    expect(text).toContain('<h1 tabindex="-1">orders</h1>')
    expect(text).toContain('node 3 has 4% of its fair share and is being filled')
    expect(text).toContain('for 1m1s')
    expect(text).toContain('data-dialog="pause"')
  })

  it('shows a disk now, at the peak and in the end against the limit, in words as well, and which are over it', () => {
    const text = page([view()])
    expect(text).toContain('<title>85.0% used, 85.0% at the peak of the plan, 60.0% at its end, limit 80%</title>')
    expect(text.match(/class="bar over"/g)).toHaveLength(1)
    expect(text).toContain('<td class="unavailable">unavailable</td>')
    expect(text).toContain('10 → 12')
  })

  it('shows who paused it and offers to resume', () => {
    const pause = { by: 'operator', reason: 'new disks', sinceMs: noon } as const
    const text = page([view({ pause })])
    expect(text).toContain('Paused by an operator since 2026-01-01T12:00:00.000Z, until it is resumed: new disks')
    expect(text).toContain('data-dialog="resume"')
    expect(text).not.toContain('data-dialog="pause"')
  })

  it('has a row, a bar and a button for each move that runs', () => {
    const running = [progress(replica(7, 1, 2, 400), { bytesDone: 100, bytesPerSecond: 50, remainingMs: 6000 })]
    const text = page([view({ running })])
    expect(text).toContain('<progress max="400" value="100" aria-label="orders-7">')
    expect(text).toContain('25%')
    expect(text).toContain('data-subject="orders-7"')
  })

  it('cuts long lists and says so', () => {
    const pending = Array.from({ length: 60 }, (_, n) => replica(n, 1, 2, 1))
    const text = page([view({ pending })])
    expect(text).toContain('And 50 more:')
  })

  it('tells for which reasons something is planned, and what was rejected', () => {
    const moves = [replica(1, 1, 2, GiB), replica(2, 1, 2, GiB), leader(3, 1, 2)]
    const blocked = [{ reason: 'rack_constraint' as const, count: 3, examples: ['orders-9 from 1 to 2'] }]
    const plan = { ...report([]).plan, moves, bytes: 2 * GiB, lowerBoundBytes: GiB, blocked }
    const text = page([view({ report: report([], { plan }) })])
    expect(text).toContain('3 moves, 2.00 GiB to copy, 2.00 × the least possible')
    expect(text).toMatch(/node_underused<\/code><\/th><td class="number">2<\/td><td class="number">2.00 GiB</)
    expect(text).toMatch(/leader_skew<\/code><\/th><td class="number">1<\/td><td class="number">0 B</)
    expect(text).toContain('<code>rack_constraint</code> 3 candidates, such as orders-9 from 1 to 2')
  })

  it('names who else is at work, and what people asked for', () => {
    const foreign = { nodes: [1, 2], topics: ['orders'] }
    const throttle = { self: { nodes: [], topics: [] }, foreign, cleanupFailures: 0 }
    const busy = report([], { foreignMoves: 3, throttle, missingNodes: [4], notes: ['it looks like Cruise Control'] })
    const drains = [{ node: 2, replicas: 4, bytes: GiB, safeToStop: false }]
    const text = page([view({ report: busy, drains, asked: ['clicks_OFFLINE'] })])
    for (const line of [
      'Somebody else runs 3 moves',
      'Somebody else limits replication of 2 nodes and 1 topic',
      'No figures came from 4',
      'it looks like Cruise Control',
      'drain: node 2: 4 replicas, 1.00 GiB left',
      'clicks_OFFLINE is to be rebalanced',
    ])
      expect(text).toContain(line)
    expect(page([view()])).toContain('Nobody else moves or limits anything here')
  })

  describe('of a large cluster', () => {
    const many = Array.from({ length: 90 }, (_, n) => forecast(n + 1, [10, 10]))
    many[6] = { ...forecast(7, [10, 10]), state: 'unavailable' }
    many[40] = forecast(41, [17, 12])
    many[77] = forecast(78, [1, 10])
    const nodesOf = (query: object) =>
      [...page([view({ report: report(many) })], query).matchAll(/data-why="node" data-subject="(\d+)"/g)].map(
        ([, id]) => id,
      )

    it('shows its racks and the nodes that stand out, worst first', () => {
      const text = page([view({ report: report(many) })])
      expect(text).toContain('href="?cluster=orders&#38;rack=r1">r1</a>')
      expect(nodesOf({})).toHaveLength(20)
      expect(nodesOf({}).slice(0, 3)).toEqual(['7', '41', '78'])
    })

    it('shows those of a rack, or all, when they are asked for', () => {
      expect(nodesOf({ rack: 'r0' })).toHaveLength(45)
      expect(nodesOf({ rack: 'r0' })[0]).toBe('78')
      expect(nodesOf({ nodes: 'all' })).toHaveLength(90)
      expect(nodesOf({ rack: 'gone' })).toHaveLength(20)
    })
  })

  it('tells of tables of Pinot their drift, what holds it, and their jobs', () => {
    const text = page([view({ report: tablesReport() })])
    expect(text).toContain('1 of 2 PASS<br><b>WARN</b> diskUtilization: within 5% of the threshold')
    expect(text).toContain('orders_OFFLINE')
    expect(text).toContain('it would move 4 times the share of the newcomer')
    expect(text).toContain('of somebody else, 2 of 8 replicas')
    expect(page([view()])).not.toContain('id="tables"')
  })

  it('links to the other clusters and shows the one that is asked for', () => {
    const views = [view(), view({ name: 'clicks', status: 'stalled' })]
    const text = page(views, { cluster: 'clicks' })
    expect(text).toContain('<a href="?cluster=clicks" aria-current="page">')
    expect(text).toContain('<h1 tabindex="-1">clicks</h1>')
    expect(() => page(views, { cluster: 'nope' })).toThrow(/no cluster has this name/)
    expect(() => page(views, { colour: 'red' })).toThrow(/unknown parameter/)
  })

  it('shows one that could not be read yet', () => {
    const { report: _, ...young } = view({ error: 'no connection to kafka-0:9092' })
    const text = page([young])
    expect(text).toContain('orders could not be read yet.')
    expect(text).toContain('no connection to kafka-0:9092')
    expect(text).not.toContain('What is wrong')
  })

  it('takes nothing that a cluster is called for more than a name', () => {
    const texts = { act: true, code: 'acting' as const, text: evil }
    const running = [progress({ ...replica(1, 1, 2, 10), topic: evil }, { text: evil })]
    const all = view({ name: evil, running, error: evil, report: report([], { verdict: texts, notes: [evil] }) })
    const text = page([all, view()], {}, evil)
    expect(text).not.toContain('<script')
    expect(text).toContain('%3Cscript%3E')
  })

  it('is made so that a browser runs nothing in it but its own script', () => {
    const policy = frame.headers['content-security-policy']
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toContain('unsafe')
    expect(frame.text).not.toMatch(/ (style|on\w+)="/)
    expect(page([view()])).not.toMatch(/ (style|on\w+)="/)
    expect(frame.text).not.toMatch(/(src|href)="(https?:)?\/\//)
  })
})
