/** Who is told what, how often, and how hard it is tried. */
import { beforeEach, describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/lib/clock.ts'
import { Secret } from '../../src/lib/secret.ts'
import { createLogger } from '../../src/observe/log.ts'
import type { Answer, Send } from '../../src/observe/notifications/delivery.ts'
import type { Message, Notification } from '../../src/observe/notifications/notification.ts'
import { notificationEvents } from '../../src/observe/notifications/notification.ts'
import { Notifications } from '../../src/observe/notifications/notifications.ts'
import type { ReceiverOptions } from '../../src/observe/notifications/receiver.ts'
import { bodyOf } from '../../src/observe/notifications/shapes.ts'
import { event, forecast, GiB, noon, progress, replica, report } from './support.ts'

const MINUTE = 60_000
const secretUrl = 'https://hooks.example.com/services/T000/very-secret-part'

let clock: VirtualClock
let sent: { atS: number; to: string; message: Message }[]
let lines: string[]
let counted: string[]
let answers: (Answer | Promise<Answer>)[]
let all: Notifications

const receiver = (more: Partial<ReceiverOptions> = {}): ReceiverOptions => ({
  name: 'ops',
  type: 'webhook',
  url: new Secret(secretUrl),
  events: notificationEvents,
  ...more,
})

const send: Send = async ({ url }, message, nowMs, signal) => {
  sent.push({ atS: (nowMs - noon) / 1000, to: new URL(url.reveal()).hostname, message })
  const answer = answers.shift() ?? { ok: true, text: 'it answered 200', status: 200 }
  if (!(answer instanceof Promise)) return answer
  const gone = new Promise<Answer>((resolve) => {
    signal.addEventListener('abort', () => resolve({ ok: false, text: 'it was given up' }), { once: true })
  })
  return Promise.race([answer, gone])
}

function start(...receivers: ReceiverOptions[]): void {
  const logger = createLogger({ level: 'debug', format: 'json', clock, out: { write: (line) => lines.push(line) } })
  const metrics = {
    registerReceiver: (name: string) => counted.push(`${name} is there`),
    keepReceivers: (names: ReadonlySet<string>) => counted.push(`left: ${[...names].join()}`),
    notified: (name: string, outcome: string, count = 1) => counted.push(`${name} ${outcome} ${count}`),
  }
  all = new Notifications(receivers, { clock, logger, metrics, send })
}

beforeEach(() => {
  clock = new VirtualClock(noon)
  sent = []
  lines = []
  counted = []
  answers = []
  start(receiver())
})

const emit = (body: Parameters<typeof event>[0], cluster?: string) => all.onEvent(event(body, clock.now(), cluster))
const nodes = [forecast(1, [5, 5]), forecast(3, [0, 5])]
const tick = (more: Parameters<typeof report>[1] = {}) => emit({ type: 'tick', report: report(nodes, more) })
const balanced = { act: false, code: 'balanced', text: 'no violation is open' } as const
const told = () => sent.map(({ atS, message: { event, cluster, times } }) => `${atS} ${cluster} ${event} ${times}`)
const now = async () => clock.advance(0)
const bad = (status?: number, more: Partial<Answer> = {}): Answer => ({
  ok: false,
  text: 'no',
  ...(status !== undefined && { status }),
  ...more,
})

describe('what is worth telling', () => {
  const move = replica(1, 1, 3, 2 * GiB)
  const plan = { ...report(nodes).plan, moves: [move], bytes: 2 * GiB }

  it('a plan is told once it is known how long it takes, and when it is over', async () => {
    tick({ plan })
    emit({ type: 'move_started', progress: progress(move) })
    await clock.advance(3000)
    const moving = progress(move, { bytesDone: GiB, bytesPerSecond: GiB / 8 })
    emit({ type: 'progress', moves: [moving], pending: 0, pendingBytes: 0, movedBytes: GiB })
    emit({ type: 'progress', moves: [moving], pending: 0, pendingBytes: 0, movedBytes: GiB })
    await clock.advance(9000)
    emit({ type: 'move_ended', progress: progress(move, { bytesDone: 2 * GiB }), result: 'done', durationMs: 12_000 })
    tick({ verdict: balanced })
    await now()
    expect(sent.map(({ message }) => message)).toMatchObject([
      {
        event: 'plan_started',
        what: 'a plan of 1 move (2.00 GiB) is carried out',
        why: 'node 3 has 4% of its fair share and is being filled',
        howMuch: { moves: 1, bytes: 2 * GiB },
        howLong: { estimatedMs: 8000 },
      },
      {
        event: 'plan_finished',
        what: 'the plan is over after 12s: 1 move (1 done), 2.00 GiB copied',
        why: 'no violation is open',
        howMuch: { moves: 1, bytes: 2 * GiB },
        howLong: { tookMs: 12_000 },
      },
    ])
  })

  it('ticks that plan the same anew tell nothing', async () => {
    tick({ plan })
    emit({ type: 'move_started', progress: progress(move) })
    for (let count = 0; count < 20; count += 1) {
      await clock.advance(30_000)
      tick({ plan })
      emit({ type: 'progress', moves: [progress(move)], pending: 3, pendingBytes: 5, movedBytes: 0 })
    }
    expect(told()).toEqual(['30 demo plan_started 1'])
  })

  it('what already was so when evenkeel started is no news', async () => {
    const pause = { by: 'operator', reason: 'disks', sinceMs: noon - 5000 } as const
    tick({ status: 'paused', pause, foreignMoves: 2 })
    await clock.advance(60_000)
    tick({ status: 'paused', pause, foreignMoves: 3 })
    await now()
    expect(told()).toEqual([])
    tick({ status: 'stalled', foreignMoves: 0, verdict: { act: false, code: 'no_capacity', text: 'all are full' } })
    tick({ status: 'stalled', foreignMoves: 4 })
    await now()
    expect(sent.map(({ message }) => [message.event, message.why])).toEqual([
      ['stalled', 'all are full'],
      ['resumed', 'all are full'],
      ['conflict', 'node 3 has 4% of its fair share and is being filled'],
    ])
  })

  it('another balancer is told when it is seen first', async () => {
    const others = { changes: 0, undone: 0, conflicts: [] }
    const conflicts = [{ with: 'cruise_control' as const, text: 'Cruise Control is at work on this cluster' }]
    tick({ others })
    tick({ others: { ...others, conflicts } })
    tick({ others: { ...others, conflicts } })
    await now()
    expect(sent.map(({ message: { event, subject, why } }) => [event, subject, why])).toEqual([
      ['conflict', 'cruise_control', 'Cruise Control is at work on this cluster'],
    ])
  })

  it('a cluster that cannot be read for a moment is none, for a minute it is', async () => {
    tick()
    const fail = () => emit({ type: 'sample_failed', code: 'timeout', text: 'no answer', durationMs: 1000 })
    fail()
    await clock.advance(30_000)
    tick()
    fail()
    await clock.advance(30_000)
    fail()
    await clock.advance(30_000)
    fail()
    await clock.advance(30_000)
    fail()
    await now()
    expect(sent.map(({ message }) => [message.event, message.why])).toEqual([['unreachable', 'timeout: no answer']])
    tick()
    await now()
    expect(sent.at(-1)!.message).toMatchObject({ event: 'reachable', howLong: { tookMs: 91_000 } })
  })

  it('a config that is refused is told to everybody, of a cluster only those who want it', async () => {
    start(receiver({ clusters: ['other'] }), receiver({ name: 'few', events: ['node_lost'] }))
    all.onProcessEvent({ type: 'config_refused', atMs: noon, problems: ['c.yaml:1:1: wrong'] })
    emit({ type: 'node_lost', node: 4 })
    await now()
    expect(sent.map(({ message }) => [message.event, message.why ?? message.subject])).toEqual([
      ['config_refused', 'c.yaml:1:1: wrong'],
      ['node_lost', 'node 4'],
    ])
  })
})

describe('a receiver is not flooded', () => {
  it('the same again within minutes is told later, once, with how often', async () => {
    const move = replica(1, 1, 3, GiB)
    for (let count = 0; count < 40; count += 1) {
      emit({
        type: 'move_ended',
        progress: progress(move, { text: `try ${count}` }),
        result: 'failed',
        durationMs: 1000,
      })
      await clock.advance(1000)
    }
    await clock.advance(10 * MINUTE)
    expect(told()).toEqual(['0 demo move_failed 1', '300 demo move_failed 39'])
    expect(sent[1]!.message.why).toBe('try 39')
  })

  it('a node that comes and goes is told as it came and went first, and as it is in the end', async () => {
    for (let count = 0; count < 5; count += 1) {
      emit({ type: 'node_lost', node: 4 })
      await clock.advance(5000)
      emit({ type: 'node_returned', node: 4 })
      await clock.advance(5000)
    }
    emit({ type: 'node_lost', node: 5 })
    await clock.advance(10 * MINUTE)
    expect(sent.map(({ atS, message: { event, subject, times } }) => `${atS} ${event} ${subject} ${times}`)).toEqual([
      '0 node_lost node 4 1',
      '5 node_returned node 4 1',
      '50 node_lost node 5 1',
      '305 node_returned node 4 4',
    ])
  })

  it('more than it can read waits, and what is too much for that is left out', async () => {
    for (let node = 0; node < 150; node += 1) emit({ type: 'node_lost', node })
    await now()
    expect(sent).toHaveLength(20)
    await clock.advance(10 * MINUTE - 1)
    expect(sent).toHaveLength(20)
    await clock.advance(1)
    expect(sent).toHaveLength(40)
    await clock.advance(60 * MINUTE)
    // The first were dropped: what is newer says more.
    expect(sent.at(-1)!.message.subject).toBe('node 149')
    expect(counted.filter((text) => text === 'ops failed 1')).toHaveLength(150 - sent.length)
    expect(sent.length).toBeGreaterThanOrEqual(100)
  })

  it('one that is slow holds up no other', async () => {
    start(receiver({ name: 'slow', url: new Secret('https://slow.example.com') }), receiver({ name: 'quick' }))
    answers = [new Promise(() => undefined)]
    emit({ type: 'node_lost', node: 1 })
    emit({ type: 'node_lost', node: 2 })
    await now()
    expect(sent.map(({ to, message }) => `${to} ${message.subject}`)).toEqual([
      'slow.example.com node 1',
      'hooks.example.com node 1',
      'hooks.example.com node 2',
    ])
  })
})

describe('what did not get there', () => {
  const starts = () => sent.map(({ atS }) => atS)

  it.each([[undefined], [500], [503], [408]])(
    'for %s is tried again, waiting longer each time, then given up',
    async (status) => {
      answers = Array.from({ length: 9 }, () => bad(status))
      emit({ type: 'node_lost', node: 1 })
      await clock.advance(10 * MINUTE)
      expect(sent).toHaveLength(6)
      const waits = starts().map((atS, index) => atS - (starts()[index - 1] ?? 0))
      for (const [index, least, most] of [
        [1, 0.5, 1],
        [2, 1, 2],
        [3, 2, 4],
        [4, 4, 8],
        [5, 8, 16],
      ] as const) {
        expect(waits[index]).toBeGreaterThanOrEqual(least)
        expect(waits[index]).toBeLessThanOrEqual(most)
      }
      // It is one message, however often it was tried.
      expect(new Set(sent.map(({ message }) => message.id)).size).toBe(1)
      expect(counted).toEqual(['ops is there', 'ops failed 1'])
      expect(lines.join('')).toMatch(/"notification_failed".*"tries":6/)
    },
  )

  it.each([[400], [401], [404], [410], [302]])('for %d is not tried again', async (status) => {
    answers = [bad(status)]
    emit({ type: 'node_lost', node: 1 })
    await clock.advance(10 * MINUTE)
    expect(sent).toHaveLength(1)
    expect(counted).toEqual(['ops is there', 'ops failed 1'])
  })

  it('waits as long as it is asked to, within reason', async () => {
    answers = [bad(429, { retryAfterMs: 45_000 }), bad(429, { retryAfterMs: 86_400_000 })]
    emit({ type: 'node_lost', node: 1 })
    await clock.advance(30 * MINUTE)
    expect(starts()).toEqual([0, 45, 645])
    expect(counted).toEqual(['ops is there', 'ops sent 1'])
  })

  it('meanwhile the newest of each kind waits', async () => {
    answers = [bad(500), bad(500)]
    emit({ type: 'node_lost', node: 1 })
    await now()
    for (let count = 0; count < 3; count += 1) emit({ type: 'node_lost', node: 2 })
    await clock.advance(MINUTE)
    expect(sent.map(({ message: { subject, times } }) => `${subject} ${times}`)).toEqual([
      'node 1 1',
      'node 1 1',
      'node 1 1',
      'node 2 3',
    ])
  })

  it('holds up no end of the process, and is counted', async () => {
    answers = [bad(500)]
    emit({ type: 'node_lost', node: 1 })
    emit({ type: 'node_lost', node: 2 })
    await now()
    expect(sent).toHaveLength(1)
    answers = [bad(500)]
    await all.close()
    // What was only waiting is tried once.
    expect(sent.map(({ message }) => message.subject)).toEqual(['node 1', 'node 2'])
    expect(counted.slice(1)).toEqual(['ops failed 1', 'ops failed 1'])
    emit({ type: 'node_lost', node: 3 })
    expect(sent).toHaveLength(2)
  })
})

it('other receivers hold from now on, what waits goes to where one is now', async () => {
  answers = [bad(500)]
  emit({ type: 'node_lost', node: 1 })
  emit({ type: 'node_lost', node: 2 })
  await now()
  all.apply([
    receiver({ url: new Secret('https://new.example.com/x') }),
    receiver({ name: 'more', events: ['paused'] }),
  ])
  await clock.advance(MINUTE)
  expect(sent.map(({ to, message }) => `${to} ${message.subject}`)).toEqual([
    'hooks.example.com node 1',
    'new.example.com node 1',
    'new.example.com node 2',
  ])
  expect(counted).toContain('more is there')
})

it('of a receiver that is named no more nothing is left, once its last message is counted', async () => {
  answers = [new Promise<Answer>(() => undefined)]
  emit({ type: 'node_lost', node: 1 })
  emit({ type: 'node_lost', node: 2 })
  await now()
  all.apply([receiver({ name: 'other' })])
  // Those that leave are waited for.
  await all.close()
  expect(counted).toEqual(['ops is there', 'other is there', 'ops failed 1', 'ops failed 1', 'left: other'])
})

it('says nowhere where its receivers are', async () => {
  answers = Array.from({ length: 6 }, () => bad(500))
  emit({ type: 'node_lost', node: 1 })
  await clock.advance(10 * MINUTE)
  expect(lines.join('') + JSON.stringify(all)).not.toMatch(/hooks\.example|very-secret/)
})

describe('the shapes', () => {
  const notification: Notification = {
    event: 'plan_finished',
    cluster: 'orders',
    atMs: noon,
    what: 'the plan of __t & <t> is over',
    why: 'because *it* [is](x) `so`',
    howMuch: { moves: 2, bytes: GiB },
    howLong: { tookMs: 61_000, estimatedMs: 2000.4 },
  }
  const message: Message = { ...notification, id: 'an-id', times: 3 }
  const shaped = (type: 'webhook' | 'slack' | 'teams', one: Message = message): unknown => JSON.parse(bodyOf(type, one))

  it('of a webhook', () => {
    expect(shaped('webhook')).toEqual({
      version: 1,
      id: 'an-id',
      event: 'plan_finished',
      time: '2026-01-01T12:00:00.000Z',
      cluster: 'orders',
      what: 'the plan of __t & <t> is over',
      why: 'because *it* [is](x) `so`',
      how_much: { moves: 2, bytes: GiB },
      how_long: { seconds: 61, estimated_seconds: 2 },
      times: 3,
    })
  })

  it('of Slack, which takes nothing in it for markup', () => {
    const plain = (text: string) => ({ type: 'plain_text', text, emoji: false })
    expect(shaped('slack')).toEqual({
      text: 'orders: the plan of __t &amp; &lt;t&gt; is over (3 times)',
      blocks: [
        { type: 'section', text: plain('orders: the plan of __t & <t> is over (3 times)') },
        {
          type: 'section',
          fields: [
            plain('Event: plan_finished'),
            plain('Why: because *it* [is](x) `so`'),
            plain('How much: 2 moves, 1.00 GiB'),
            plain('How long: 1m1s, about 2s more'),
            plain('When: 2026-01-01T12:00:00.000Z'),
          ],
        },
      ],
    })
  })

  it('of Teams, which takes nothing in it for markup', () => {
    expect(shaped('teams')).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          content: {
            type: 'AdaptiveCard',
            version: '1.4',
            body: [
              { type: 'TextBlock', text: 'orders: the plan of \\_\\_t & <t> is over (3 times)', wrap: true },
              {
                type: 'FactSet',
                facts: [
                  { title: 'Event', value: 'plan\\_finished' },
                  { title: 'Why', value: 'because \\*it\\* \\[is\\](x) \\`so\\`' },
                  { title: 'How much' },
                  { title: 'How long' },
                  { title: 'When' },
                ],
              },
            ],
          },
        },
      ],
    })
  })

  it('stay within what Slack takes', () => {
    const long = { ...message, what: '😀'.repeat(5000), why: 'w'.repeat(5000) }
    const { blocks } = shaped('slack', long) as { blocks: [{ text: { text: string } }, { fields: { text: string }[] }] }
    expect(blocks[0].text.text.length).toBeLessThanOrEqual(2000)
    for (const { text } of blocks[1].fields) expect(text.length).toBeLessThanOrEqual(2000)
  })
})
