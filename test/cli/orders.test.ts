/** `move` and `transfer-leadership`, against a loop at work on a simulated cluster whose time passes while the command waits. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Order } from '../../src/cluster/orders.ts'
import type { DaemonControl } from '../../src/daemon/view.ts'
import type { Server } from '../../src/http/server.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { type LoopCase, MINUTE, SECOND, startLoop } from '../daemon/support.ts'
import { unasked } from '../http/support.ts'
import { serveDaemon } from './daemon-server.ts'
import { cliWith } from './support.ts'

const GB = 1e9
const signal = new AbortController().signal
let loop: ReturnType<typeof startLoop>
let server: Server | undefined
let url: string
/** What happens at each sleep of the command, in order. */
let happenings: (() => unknown)[]

async function begin(more: Partial<LoopCase> = {}): Promise<void> {
  await server?.close()
  await loop?.stop()
  loop = startLoop({
    simulator: {
      nodes: [1, 2, 3].map((id) => ({ id, disks: [100 * GB] })),
      // One gigabyte in ten seconds.
      topics: [
        {
          name: 'a-b',
          partitions: 2,
          replicationFactor: 2,
          size: GB,
          spread: 0,
          assignment: [
            [1, 2],
            [2, 1],
          ],
        },
      ],
    },
    balance: { leadershipEnabled: false },
    ...more,
  })
  await loop.advance(35 * SECOND)
  const control: DaemonControl = {
    ...unasked,
    cancel: (_, subjects, reason) => loop.loop.cancel(subjects, reason),
    order: (_, order: Order) => loop.loop.order({ ...order, atMs: loop.clock.now() }, signal),
    weigh: (_, order) => loop.loop.weigh(order, signal),
  }
  ;({ server, url } = await serveDaemon({ view: () => loop.loop.view(), control }))
}

beforeEach(async () => {
  happenings = []
  await begin()
})
afterEach(async () => {
  await server?.close()
  await loop.stop()
})

const clock: Clock = {
  now: () => loop.clock.now(),
  sleep: async (ms) => {
    await happenings.shift()?.()
    await loop.advance(ms)
  },
}
const run = (...args: string[]) => cliWith({ clock }, ...args, '--url', url)
const move = (...more: string[]) => run('move', 'a-b-0', '--from', '1', '--to', '3', '--reason', 'a disk', ...more)
const transfer = (...more: string[]) => run('transfer-leadership', 'a-b-0', '--to', '2', '--reason', 'a disk', ...more)
const place = () => loop.world.partition('a-b', 0)!

describe('move', () => {
  it('asks for it, and status says so', async () => {
    expect(await move()).toEqual({ code: 0, out: 'a-b-0 from 1 to 3: asked for\n', err: '' })
    await loop.advance(4 * SECOND)
    const { out } = await run('status')
    expect(out).toContain('a-b-0 from 1 to 3 was asked for (a disk) and is under way')
    expect(out).toContain('as a person asked (a-b-0 from 1 to 3)')
    expect((await run('moves')).out).toMatch(/^replica +a-b-0 .* manual$/m)
  })

  it('--wait says how far it is, and ends when it is done', async () => {
    const { code, out, err } = await move('--wait')
    expect([code, out]).toEqual([0, 'a-b-0 from 1 to 3: done\n'])
    expect(err).toMatch(/^a-b-0 from 1 to 3: waits\n/)
    expect(err).toMatch(/^a-b-0 from 1 to 3: \d.* of 954 MiB copied, about \ds to go$/m)
    expect(place().replicas).toEqual([3, 2])
    expect((await run('status')).out).toMatch(/^x: stays where a person put it: a-b-0 on 3 until \d{4}-.*Z$/m)
  })

  it('--wait ends with 3 when it is taken back, or given up', async () => {
    happenings = [() => undefined, () => undefined, () => loop.loop.cancel(['a-b-0'], 'no')]
    expect(await move('--wait')).toMatchObject({ code: 3, out: 'a-b-0 from 1 to 3: cancelled by an operator: no\n' })
    await begin()
    loop.world.faults.order(10, undefined, { refused: 'rejected' })
    const { code, out, err } = await move('--wait')
    expect([code, out]).toEqual([3, expect.stringContaining('three moves of the partition failed within a day')])
    expect(err).toMatch(/^a-b-0 from 1 to 3: waits, after it failed: rejected: /m)
  })

  it('--wait ends with 3 when it is held by what does not end by itself', async () => {
    const pause = { by: 'operator', reason: 'an upgrade', sinceMs: 0 } as const
    happenings = [() => loop.loop.wish(() => [{ kind: 'pause', key: 'cluster', value: pause }])]
    loop.world.faults.order(1, undefined, { refused: 'rejected' })
    const { code, out } = await move('--wait')
    expect([code, out]).toEqual([
      3,
      expect.stringMatching(/^a-b-0 from 1 to 3: not waiting any longer: nothing moves while/),
    ])
  })

  it('--dry-run says what would come of it and asks for nothing', async () => {
    expect(await move('--dry-run')).toEqual({
      code: 0,
      out: '954 MiB of a-b-0 would be copied from node 1 to node 3, which is 0% full now and 1.1% at the most\n',
      err: '',
    })
    expect(JSON.parse((await move('--dry-run', '-o', 'json')).out)).toMatchObject({
      move: { to: 3 },
      nodes: [{ id: 1 }, { id: 3 }],
    })
    expect(await run('move', 'a-b-0', '--from', '1', '--to', '2', '--reason', 'x', '--dry-run')).toEqual({
      code: 2,
      out: '',
      err: 'evenkeel: node 2 holds a replica of a-b-0 already\n',
    })
    expect(loop.loop.view().orders).toBeUndefined()
  })

  it('in mode off is refused, and carried out with --override, also with --wait', async () => {
    await begin({ balance: { mode: 'off' } })
    expect(await move()).toMatchObject({
      code: 2,
      err: expect.stringContaining('with override this one move is carried out'),
    })
    expect((await move('--dry-run')).err).toBe('warning: the mode is off: nothing moves until it is another one\n')
    expect(await move('--override', '--wait')).toMatchObject({ code: 0, out: 'a-b-0 from 1 to 3: done\n' })
  })

  it('to another dir of the node', async () => {
    const nodes = [1, 2, 3].map((id) => ({ id, disks: [100 * GB, 100 * GB] }))
    await begin({
      simulator: {
        nodes,
        topics: [{ name: 'a-b', partitions: 1, replicationFactor: 2, size: GB, assignment: [[1, 2]] }],
      },
    })
    const dir = () => place().copies.get(1)!.dir.path
    const to = dir() === '/disk0' ? '/disk1' : '/disk0'
    const args = ['move', 'a-b-0', '--from', '1', '--to', '1', '--to-dir', to, '--reason', 'x', '--wait']
    expect(await run(...args)).toMatchObject({ code: 0, out: `a-b-0 to ${to} of 1: done\n` })
    expect(dir()).toBe(to)
  })

  it('needs to know from where, to where and why', async () => {
    for (const [missing, ...args] of [
      ['--from', 'move', 't-3', '--to', '1', '--reason', 'x'],
      ['--to', 'move', 't-3', '--from', '1', '--reason', 'x'],
      ['--reason', 'move', 't-3', '--from', '1', '--to', '2'],
      ['--reason', 'transfer-leadership', 't-3', '--to', '2'],
    ] as const) {
      expect(await run(...args)).toMatchObject({ code: 2, err: expect.stringContaining(missing) })
    }
  })
})

describe('transfer-leadership', () => {
  it('--wait ends when the other leads', async () => {
    expect(await transfer('--wait')).toMatchObject({ code: 0, out: 'leadership of a-b-0 to 2: done\n' })
    expect(place().leader).toBe(2)
    expect((await run('status', '-o', 'json')).out).toContain('"kind": "leader"')
  })

  it('--dry-run, and what is not possible', async () => {
    expect((await transfer('--dry-run')).out).toBe('a-b-0 would be led by node 2, now it is node 1\n')
    const to3 = await run('transfer-leadership', 'a-b-0', '--to', '3', '--reason', 'x')
    expect(to3).toMatchObject({ code: 2, err: 'evenkeel: node 3 holds no replica of a-b-0 that could lead; 1, 2 do\n' })
    const unknown = await run('transfer-leadership', 'a-b-9', '--to', '2', '--reason', 'x')
    expect(unknown).toMatchObject({ code: 2, err: 'evenkeel: the cluster has no partition a-b-9\n' })
  })
})

it('cancel takes an order back', async () => {
  await move()
  expect((await run('cancel', 'a-b-0', '--reason', 'no')).code).toBe(0)
  await loop.advance(MINUTE)
  const { orders, placed, running } = loop.loop.view()
  expect([orders, placed, running, place().replicas.includes(3)]).toEqual([undefined, undefined, [], false])
})
