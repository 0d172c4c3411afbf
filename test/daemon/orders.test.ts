/** What people ask to be moved by hand, on a loop at work. */
import { expect, test } from 'vitest'
import { type PartitionMove, partitionName } from '../../src/cluster/move.ts'
import type { LeaderOrder, ReplicaOrder } from '../../src/cluster/orders.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { type LoopCase, MINUTE, SECOND, startLoop } from './support.ts'

const GB = 1e9
const HOUR = 60 * MINUTE
const signal = new AbortController().signal
const byId = (a: number | string, b: number | string) => Number(a) - Number(b)

/** Four even nodes in two racks: `t-P` is on P % 4 + 1 and the one after it. */
const even: LoopCase = {
  simulator: {
    nodes: [1, 2, 3, 4].map((id) => ({ id, rack: id % 2 === 0 ? 'b' : 'a', disks: [100 * GB] })),
    topics: [
      {
        name: 't',
        partitions: 16,
        replicationFactor: 2,
        size: GB,
        spread: 0,
        assignment: Array.from({ length: 16 }, (_, p) => [(p % 4) + 1, ((p + 1) % 4) + 1]),
      },
    ],
  },
  balance: { leadershipEnabled: false },
}

const start = async (more: Partial<LoopCase> = {}) => {
  const loop = startLoop({ ...even, ...more })
  await loop.advance(35 * SECOND)
  const atMs = () => loop.clock.now()
  return {
    ...loop,
    /** t-0 is on 1 and 2. */
    move: (more: Partial<ReplicaOrder> = {}) =>
      loop.loop.order(
        { kind: 'replica', topic: 't', partition: 0, from: 1, to: 3, reason: 'x', atMs: atMs(), ...more },
        signal,
      ),
    transfer: (more: Partial<LeaderOrder> = {}) =>
      loop.loop.order({ kind: 'leader', topic: 't', partition: 0, to: 2, reason: 'x', atMs: atMs(), ...more }, signal),
    started: () =>
      loop.of('move_started').map(({ progress: { move } }) => {
        const { from, to, reason } = move as PartitionMove
        return `${partitionName(move as PartitionMove)} ${from}>${to} ${reason}`
      }),
    replicas: (partition = 0) => loop.world.partition('t', partition)!.replicas,
    leader: (partition = 0) => loop.world.partition('t', partition)!.leader,
  }
}

test('a replica goes where a person wants it, and stays there although balance would have it elsewhere', async () => {
  const { move, advance, started, replicas, loop, stop } = await start({
    balance: { diskBalance: 0.05, leadershipEnabled: false },
  })
  for (const partition of [0, 4, 8, 12]) await move({ partition })
  expect(loop.view().orders).toHaveLength(4)
  await advance(4 * SECOND)
  const { verdict } = loop.view().report!
  expect([verdict.act, verdict.text]).toEqual([true, expect.stringMatching(/as a person asked \(t-0 from 1 to 3, t-4/)])
  await advance(5 * MINUTE)
  expect(started().slice(0, 4).toSorted()).toEqual([0, 12, 4, 8].map((p) => `t-${p} 1>3 manual`))
  expect(loop.view().orders).toBeUndefined()
  // Node 3 has 12 of 32 replicas now, its fair share is 8: others go.
  await advance(HOUR)
  const moved = started().slice(4)
  expect(moved.length).toBeGreaterThan(0)
  expect(moved.filter((text) => /^t-(0|4|8|12) 3>/.test(text))).toEqual([])
  for (const partition of [0, 4, 8, 12]) expect(replicas(partition)).toContain(3)
  expect(loop.view().placed).toHaveLength(4)
  await stop()
})

test('what was placed is moved by a drain, and by a new order at once', async () => {
  const { move, advance, started, replicas, loop, stop } = await start()
  await move()
  await advance(3 * MINUTE)
  await move({ from: 3, to: 1 })
  await advance(3 * MINUTE)
  expect(started()).toEqual(['t-0 1>3 manual', 't-0 3>1 manual'])
  expect(loop.view().placed?.map(({ node }) => node)).toEqual([1])
  await loop.wish(() => [{ kind: 'drain', key: '1', value: { node: 1, sinceMs: 0 } }])
  await advance(10 * MINUTE)
  expect(replicas()).not.toContain(1)
  expect(loop.view().placed).toBeUndefined()
  await stop()
})

test('the day over, what was placed is like any other', async () => {
  const journal = forgetfulJournal()
  const { move, advance, loop, clock, stop } = await start({ journal })
  await move()
  await advance(3 * MINUTE)
  const placed = journal.read('placed').get('t-0@3')!
  expect(placed.untilMs - clock.now()).toBeGreaterThan(24 * HOUR - 3 * MINUTE)
  await journal.write([{ kind: 'placed', key: 't-0@3', value: { ...placed, untilMs: clock.now() + MINUTE } }])
  expect(loop.view().placed).toHaveLength(1)
  await advance(2 * MINUTE)
  expect([loop.view().placed, journal.read('placed').size]).toEqual([undefined, 0])
  await stop()
})

test('leadership goes where a person wants it, and stays there', async () => {
  const { transfer, advance, started, leader, loop, stop } = await start({ balance: {} })
  for (const partition of [0, 4, 8, 12]) await transfer({ partition })
  await advance(20 * MINUTE)
  expect(
    started()
      .slice(0, 4)
      .every((text) => text.endsWith(' 1>2 manual')),
  ).toBe(true)
  // Node 2 leads twice its share now: others hand over.
  const others = started().slice(4)
  expect(others.length).toBeGreaterThan(0)
  for (const partition of [0, 4, 8, 12]) expect(leader(partition)).toBe(2)
  expect(loop.view().report!.plan.blocked.map(({ reason }) => reason)).not.toContain('leader_preference')
  await stop()
})

test('an order survives the process, and so does what it placed', async () => {
  const journal = forgetfulJournal()
  const first = await start({ journal })
  // Written down, and the process is gone before anything is done.
  const order = first.move()
  await order
  await first.stop()
  expect(first.started()).toEqual([])
  const again = await start({ journal, clock: first.clock, between: () => first.simulator })
  await again.advance(3 * MINUTE)
  expect(again.started()).toEqual(['t-0 1>3 manual'])
  await again.stop()
  const third = await start({ journal, clock: first.clock, between: () => first.simulator })
  expect(third.loop.view()).toMatchObject({ placed: [{ partition: 0, node: 3, what: 'replica' }] })
  await third.stop()
})

test('an order whose copy runs when the process dies is taken up, not begun once more', async () => {
  const journal = forgetfulJournal()
  const slow = { ...even.simulator, copyRate: 10e6 }
  const first = await start({ journal, simulator: slow })
  await first.move()
  await first.advance(10 * SECOND)
  await first.stop()
  const again = await start({ journal, clock: first.clock, between: () => first.simulator })
  expect(again.loop.view().orders).toMatchObject([{ state: 'running' }])
  expect(again.loop.view().report!.verdict.text).toContain('1 move running as a person asked (t-0 from 1 to 3)')
  await again.advance(5 * MINUTE)
  expect(again.of('move_started').map(({ adopted }) => adopted)).toEqual([true])
  expect(first.world.partition('t', 0)!.replicas).toEqual([3, 2])
  expect(again.loop.view().placed).toHaveLength(1)
  await again.stop()
})

const refusals: [string, Partial<ReplicaOrder>, string][] = [
  ['a partition that there is not', { partition: 99 }, 'the cluster has no partition t-99'],
  ['a node that there is not', { to: 9 }, 'the cluster has no node 9; it has 1, 2, 3, 4'],
  ['a source that holds nothing of it', { from: 4 }, 'node 4 holds no replica of t-0; 1, 2 do'],
  ['a target that holds it', { to: 2 }, 'node 2 holds a replica of t-0 already'],
  ['a target in the other rack', { to: 4 }, 'on node 4 the replicas of t-0 would share a rack more than they do now'],
  ['a dir that there is not', { to: 1, toDir: '/nope' }, 'node 1 has no such dir; it has /disk0'],
]
test.each(refusals)('refused at once: %s', async (_, more, text) => {
  const { move, loop, stop } = await start()
  await expect(move(more)).rejects.toThrow(text)
  expect(loop.view().orders).toBeUndefined()
  await stop()
})

test('refused at once: a target that is full, to be emptied or dead, and what is under-replicated', async () => {
  const { move, transfer, world, advance, loop, stop } = await start({
    simulator: {
      ...even.simulator,
      nodes: even.simulator.nodes.map((node) => (node.id === 3 ? { ...node, disks: [9.2 * GB] } : node)),
    },
  })
  await expect(move()).rejects.toThrow(
    /^t-0 does not fit on node 3 below hard_disk_usage_percent: it could be 98.* full on the way, at most 88% is allowed$/,
  )
  await expect(transfer({ to: 3 })).rejects.toThrow('node 3 holds no replica of t-0 that could lead; 1, 2 do')
  await expect(transfer({ to: 1 })).rejects.toThrow('t-0 is led by node 1 already')
  await loop.wish(() => [{ kind: 'drain', key: '3', value: { node: 3, sinceMs: 0 } }])
  await advance(40 * SECOND)
  await expect(move()).rejects.toThrow('node 3 is to be emptied: it gets nothing until `evenkeel undrain 3`')
  world.happen({ stopNode: 2 })
  await advance(40 * SECOND)
  await expect(transfer()).rejects.toThrow(/^node 2 is unavailable$/)
  await expect(move({ to: 4 })).rejects.toThrow(
    't-0 is under-replicated: it is moved once all of its replicas are in sync',
  )
  await stop()
})

test('what has become impossible by the next tick is given up and told', async () => {
  const { move, world, advance, loop, of, stop } = await start()
  await loop.wish(() => [{ kind: 'pause', key: 'cluster', value: { by: 'operator', reason: 'x', sinceMs: 0 } }])
  await move()
  world.happen({ stopNode: 3 })
  await advance(2 * MINUTE)
  expect(loop.view().orders).toMatchObject([{ state: 'waits' }])
  await loop.resume()
  await advance(2 * MINUTE)
  const text = 'node 3 is unavailable'
  expect(of('order_refused').map((event) => event.text)).toEqual([text])
  expect(loop.view()).toMatchObject({ ended: [{ state: 'failed', text, move: { reason: 'manual' } }] })
  expect(loop.view().orders).toBeUndefined()
  expect(loop.view().report!.notes).toContainEqual(`t-0 from 1 to 3 was asked for and is given up: ${text}`)
  await stop()
})

test('in mode off only what was overridden is carried out', async () => {
  const { move, advance, started, loop, stop } = await start({ balance: { mode: 'off' } })
  await move()
  await advance(MINUTE)
  expect(started()).toEqual([])
  expect(loop.view().report!.verdict).toMatchObject({ act: false, code: 'mode_off' })
  await move({ partition: 4, override: true })
  await advance(MINUTE)
  expect(started()).toEqual(['t-4 1>3 manual'])
  expect(loop.view()).toMatchObject({ status: 'off', placed: [{ partition: 4 }], orders: [{ state: 'waits' }] })
  await stop()
})

test('what was asked for waits for the end of a pause', async () => {
  const { move, advance, started, loop, stop } = await start()
  await loop.wish(() => [{ kind: 'pause', key: 'cluster', value: { by: 'operator', reason: 'x', sinceMs: 0 } }])
  await move()
  await advance(MINUTE)
  expect([started(), loop.view().report!.verdict.text]).toEqual([
    [],
    expect.stringContaining('would make 1 replica move'),
  ])
  await loop.resume()
  await advance(MINUTE)
  expect(started()).toEqual(['t-0 1>3 manual'])
  await stop()
})

test('it is tried again when it fails, and given up after three times', async () => {
  const { move, world, advance, started, loop, of, stop } = await start()
  world.faults.order(10, undefined, { refused: 'rejected' })
  await move()
  await advance(30 * SECOND)
  expect(loop.view().orders).toMatchObject([{ state: 'waits' }])
  await advance(20 * MINUTE)
  expect(started()).toEqual(['t-0 1>3 manual', 't-0 1>3 manual', 't-0 1>3 manual'])
  expect(of('order_refused')).toHaveLength(1)
  expect(loop.view().orders).toBeUndefined()
  await expect(move()).rejects.toThrow('three moves of the partition failed within a day')
  await stop()
})

test('a transfer that fails is tried again, and given up after three times', async () => {
  const { transfer, world, advance, started, of, loop, stop } = await start()
  world.faults.order(10, undefined, { refused: 'rejected' })
  await transfer()
  await advance(20 * MINUTE)
  expect(started()).toEqual(['t-0 1>2 manual', 't-0 1>2 manual', 't-0 1>2 manual'])
  expect(of('order_refused')).toHaveLength(1)
  expect(loop.view().orders).toBeUndefined()
  await stop()
})

test('cancel takes it back, before it begins and while it runs', async () => {
  const { move, advance, started, replicas, loop, stop } = await start({
    simulator: { ...even.simulator, copyRate: 10e6 },
  })
  await move()
  await loop.cancel(['t-0'], 'no')
  await advance(2 * MINUTE)
  expect([started(), loop.view().orders]).toEqual([[], undefined])
  await move({ partition: 4 })
  await advance(10 * SECOND)
  await expect(move({ partition: 4 })).rejects.toThrow(
    't-4 is being moved by evenkeel as a person asked; `evenkeel cancel t-4` takes that back',
  )
  await loop.cancel(['t-4'], 'no')
  await advance(10 * MINUTE)
  expect([started(), replicas(4).toSorted(byId), loop.view().orders, loop.view().placed]).toEqual([
    ['t-4 1>3 manual'],
    [1, 2],
    undefined,
    undefined,
  ])
  // Who asks anew need not wait for the hour that follows.
  await move({ partition: 4 })
  await advance(5 * MINUTE)
  expect(replicas(4).toSorted(byId)).toEqual([2, 3])
  await stop()
})

test('a replica goes to another dir of its node', async () => {
  const nodes = even.simulator.nodes.map((node) => ({ ...node, disks: [100 * GB, 100 * GB] }))
  const { move, advance, world, loop, stop } = await start({ simulator: { ...even.simulator, nodes } })
  const dirOf = () => world.partition('t', 0)!.copies.get(1)!.dir.path
  const [was, other] = dirOf() === '/disk0' ? ['/disk0', '/disk1'] : ['/disk1', '/disk0']
  await expect(move({ to: 1, fromDir: other, toDir: was })).rejects.toThrow('is on node 1 already')
  await move({ to: 1, fromDir: was, toDir: other })
  await advance(5 * MINUTE)
  expect([dirOf(), loop.view().placed]).toEqual([other, [expect.objectContaining({ node: 1 })]])
  await stop()
})

test('one after the other: whoever waits for the end of one may ask for the next at once', async () => {
  const { move, transfer, advance, loop, leader, replicas, stop } = await start()
  await move({ from: 2, to: 4 })
  while (loop.view().orders) await advance(SECOND)
  await transfer({ to: 4 })
  await advance(2 * MINUTE)
  expect([replicas().toSorted(byId), leader()]).toEqual([[1, 4], 4])
  await stop()
})
