import * as fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { departures } from '../../src/cluster/departures.ts'
import type { MoveResult } from '../../src/cluster/events.ts'
import type { PartitionLine, TopicLine } from '../../src/cluster/lines.ts'
import { type Move, moveId, type ReplicaMove } from '../../src/cluster/move.ts'
import type { ClusterState } from '../../src/cluster/state.ts'
import { ConflictWatch } from '../../src/daemon/conflict-watch.ts'
import { ForeignChanges } from '../../src/daemon/foreign-changes.ts'
import { forgetfulJournal } from '../../src/execute/journal/journal.ts'
import { build, node, runs, topic } from '../cluster/support.ts'
import { tableMove, target } from '../observe/tables.ts'
import { fillable, MINUTE, SECOND, startLoop } from './support.ts'

const HOUR = 60 * MINUTE

/** Samples one after the other, and what was counted so far. */
function watched() {
  const foreign = new ForeignChanges()
  let last: ClusterState | undefined
  let nowMs = 0
  return {
    foreign,
    /** Our move ended; at least a second after whatever was before. */
    ended: (move: Move, result: MoveResult) => foreign.ended(move, result, (nowMs += SECOND)),
    /** @param tookMs from its reading until it is judged. */
    sample: (lines: TopicLine[], inFlight: Move[] = [], afterMs = SECOND, tookMs = 0) => {
      nowMs += afterMs
      const state = build({ nodes: [1, 2, 3, 4, 5].map((id) => node(id)), topics: lines })
      const found = foreign.judge(last ? departures(last, state) : [], state, inFlight)
      foreign.count(found, nowMs - tookMs, nowMs)
      last = state
      return foreign.totals
    },
    notes: () => foreign.notes(nowMs),
  }
}

const at = (...replicas: number[]): TopicLine[] => [topic([{ replicas }])]
const middle = (line: Partial<PartitionLine>): TopicLine[] => [topic([line])]

function moved(from: number, to: number, replicas: number[], partition = 0): ReplicaMove {
  const id = moveId('replica', 't', partition, from, to)
  const rest = {
    topic: 't',
    partition,
    from,
    to,
    replicas,
    leader: replicas[0]!,
    bytes: 1,
    reason: 'disk_skew' as const,
  }
  return { kind: 'replica', id, ...rest }
}

const none = { changes: 0, undone: 0 }

describe('a change is somebody else’s', () => {
  it('where nothing of ours led there, once for each partition', () => {
    const { sample } = watched()
    expect(sample(at(1, 2))).toEqual(none)
    expect(sample(middle({ replicas: [1, 2, 3, 4], adding: [3, 4], removing: [1, 2] }))).toEqual({
      changes: 1,
      undone: 0,
    })
    expect(sample(at(3, 4))).toEqual({ changes: 1, undone: 0 })
    expect(sample(at(4, 3))).toEqual({ changes: 1, undone: 0 })
    expect(sample(at(4))).toEqual({ changes: 2, undone: 0 })
  })

  it('where it leads elsewhere than our move', () => {
    const { sample } = watched()
    sample(at(1, 2))
    expect(sample(at(4, 2), [moved(1, 3, [1, 2])])).toEqual({ changes: 1, undone: 0 })
  })

  it('and undoes our move when it goes back where that came from', () => {
    const { sample, ended, notes } = watched()
    sample(at(1, 2))
    sample(middle({ replicas: [1, 2, 3], adding: [3], removing: [1] }), [moved(1, 3, [1, 2])])
    ended(moved(1, 3, [1, 2]), 'done')
    expect(sample(at(3, 2))).toEqual(none)
    expect(notes()).toEqual([])
    expect(sample(at(1, 2), [], 23 * HOUR)).toEqual({ changes: 1, undone: 1 })
    expect(notes()).toEqual([
      'somebody else has undone a move of evenkeel since it was started, that of t-0 from 1 to 3',
    ])
    // Moved on by him, and back again: that undoes nothing of ours any more.
    sample(at(3, 2))
    expect(sample(at(1, 2))).toEqual({ changes: 3, undone: 1 })
    sample(at(1, 2), [], 25 * HOUR)
    expect(notes()).toEqual([])
  })

  it('even if both happened between two samples that show the middle and the end', () => {
    const { sample, ended } = watched()
    sample(middle({ replicas: [1, 2, 3], adding: [3], removing: [1] }), [moved(1, 3, [1, 2])])
    ended(moved(1, 3, [1, 2]), 'done')
    expect(sample(at(1, 2))).toEqual({ changes: 1, undone: 1 })
  })

  it('and undoes our move, also when one of ours moves the partition on before that is counted', () => {
    const foreign = new ForeignChanges()
    const [before, after] = [at(3, 2), at(1, 2)].map((topics) =>
      build({ nodes: [1, 2, 3].map((id) => node(id)), topics }),
    ) as [ClusterState, ClusterState]
    foreign.ended(moved(1, 3, [1, 2]), 'done', 0)
    foreign.count({ changed: [], undone: [] }, HOUR, HOUR)
    foreign.count({ changed: [], undone: [] }, 2 * HOUR, 2 * HOUR)
    const found = foreign.judge(departures(before, after), after, [])
    foreign.ended(moved(3, 1, [3, 2]), 'done', 3 * HOUR)
    foreign.count(found, 3 * HOUR, 3 * HOUR)
    expect(foreign.totals).toEqual({ changes: 1, undone: 1 })
  })

  it('but undoes nothing after a day, or when it goes elsewhere', () => {
    const { sample, ended } = watched()
    sample(at(1, 2))
    ended(moved(1, 3, [1, 2]), 'done')
    sample(at(3, 2))
    sample(at(3, 2), [], 24 * HOUR)
    expect(sample(at(1, 2))).toEqual({ changes: 1, undone: 0 })
    ended(moved(1, 3, [1, 2]), 'done')
    sample(at(3, 2))
    expect(sample(at(4, 2))).toEqual({ changes: 2, undone: 0 })
  })
})

describe('a change is ours', () => {
  it('as long as a job for the table runs, and when it has just ended', () => {
    const { sample, ended } = watched()
    const of = (...replicas: number[]) => [topic([{ replicas }], { name: 'a' })]
    sample(of(1, 2))
    expect(sample(of(3, 2), [tableMove(target('a'))])).toEqual(none)
    ended(tableMove(target('a')), 'failed')
    expect(sample(of(3, 4))).toEqual(none)
    expect(sample(of(3, 4))).toEqual(none)
    expect(sample(of(3, 5))).toEqual({ changes: 1, undone: 0 })
  })

  it('when we move on what we had moved, or back', () => {
    const { sample, ended } = watched()
    sample(at(1, 2))
    ended(moved(1, 3, [1, 2]), 'done')
    sample(at(3, 2))
    ended(moved(3, 1, [3, 2]), 'done')
    expect(sample(at(1, 2))).toEqual(none)
    ended(moved(1, 4, [1, 2]), 'done')
    ended(moved(4, 5, [4, 2]), 'done')
    expect(sample(at(5, 2))).toEqual(none)
  })

  it('also when the first sample after its end was read before that', () => {
    const { sample, ended } = watched()
    sample(at(1, 2))
    sample(at(1, 2), [moved(1, 3, [1, 2])])
    ended(moved(1, 3, [1, 2]), 'done')
    expect(sample(at(1, 2), [], SECOND, 5 * SECOND)).toEqual(none)
    expect(sample(at(3, 2))).toEqual(none)
  })

  it('is not asked of a topic that was made anew, grew or went', () => {
    const { sample } = watched()
    const made = (id: string, ...replicas: number[]) => [topic([{ replicas }], { topic_id: id })]
    sample(made('x', 1, 2))
    expect(sample(made('y', 3, 4))).toEqual(none)
    expect(sample([topic([{ replicas: [3, 4] }, { replicas: [1, 2] }], { topic_id: 'y' })])).toEqual(none)
    expect(sample([])).toEqual(none)
    expect(sample(made('z', 1, 5))).toEqual(none)
    expect(sample(made('z', 1, 4))).toEqual({ changes: 1, undone: 0 })
  })

  /** A node is lost: that alone moves nothing. */
  it('is not asked of a node that is down', () => {
    const { sample } = watched()
    sample(at(1, 2))
    expect(sample(middle({ replicas: [1, 2], isr: [1], offline: [2] }))).toEqual(none)
  })

  test('whatever our own moves come to, and whenever somebody looks', () => {
    const act = fc.record({
      partition: fc.nat(2),
      slot: fc.nat(1),
      to: fc.integer({ min: 1, max: 5 }),
      result: fc.constantFrom<MoveResult>('done', 'failed', 'cancelled', 'reverted'),
      looks: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
    })
    fc.assert(
      fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
        const { sample, ended } = watched()
        const lists = [
          [1, 2],
          [2, 3],
          [3, 4],
        ]
        const look = (inFlight: Move[] = [], shown?: { partition: number; line: Partial<PartitionLine> }) =>
          sample([topic(lists.map((replicas, p) => (shown?.partition === p ? shown.line : { replicas })))], inFlight)
        look()
        for (const { partition, slot, to, result, looks } of acts) {
          const replicas = lists[partition]!
          const from = replicas[slot]!
          if (replicas.includes(to)) continue
          const move = moved(from, to, replicas, partition)
          if (looks[0])
            look([move], { partition, line: { replicas: [...replicas, to], adding: [to], removing: [from] } })
          // It may land, or be taken back, before we know.
          if (result === 'done') lists[partition] = replicas.map((one) => (one === from ? to : one))
          if (looks[1]) look([move])
          ended(move, result)
          if (looks[2]) look()
        }
        look()
        expect(look()).toEqual(none)
      }),
      runs(300),
    )
  })
})

describe('of a loop at work', () => {
  const others = (loop: ReturnType<typeof startLoop>) => loop.of('tick').at(-1)!.report.others!

  it('nothing counts that it does itself: filling, repair, a drain, a cancelled move, a restart in the middle', async () => {
    const journal = forgetfulJournal()
    const loop = startLoop({
      simulator: fillable,
      balance: { mode: 'continuous', nodeAvailabilityTimeoutMs: MINUTE },
      journal,
    })
    while (loop.of('move_started').length < 3) await loop.advance(SECOND)
    const running = loop.loop.view().running[0]!.move
    await loop.loop.cancel([`t-${(running as ReplicaMove).partition}`], 'a test')
    await loop.advance(10 * SECOND)
    await loop.stop()
    const again = startLoop({
      simulator: fillable,
      balance: { mode: 'continuous', nodeAvailabilityTimeoutMs: MINUTE },
      journal,
      clock: loop.clock,
      between: () => loop.simulator,
    })
    await again.advance(15 * MINUTE)
    loop.world.happen({ stopNode: 2 })
    await again.advance(30 * MINUTE)
    await again.loop.wish(() => [{ kind: 'drain', key: '3', value: { node: 3, sinceMs: 0 } }])
    await again.advance(20 * MINUTE)
    loop.world.happen({ deleteTopic: 't' })
    loop.world.happen({ createTopic: { ...fillable.topics[0]!, nodes: [1, 4, 5] } })
    await again.advance(5 * MINUTE)
    await again.stop()
    expect(again.of('move_started').some(({ adopted }) => adopted)).toBe(true)
    expect(again.of('move_ended').filter(({ result }) => result === 'done').length).toBeGreaterThan(20)
    expect(others(again)).toEqual({ changes: 0, undone: 0, conflicts: [] })
  })

  it('what somebody else does counts, and that he undoes its work; when he does it again and again he is a balancer', async () => {
    const loop = startLoop({ simulator: fillable, balance: { mode: 'node_add' } })
    await loop.advance(20 * MINUTE)
    const ended = loop.of('move_ended').filter(({ result }) => result === 'done')
    expect(ended.length).toBeGreaterThan(4)
    expect(others(loop)).toMatchObject({ changes: 0, undone: 0 })
    for (const [index, { progress }] of ended.slice(0, 4).entries()) {
      const { topic: name, partition, replicas } = progress.move as ReplicaMove
      loop.world.happen({ reassign: { topic: name, partition, replicas } })
      await loop.advance(15 * MINUTE)
      expect(others(loop)).toMatchObject({ changes: index + 1, undone: index + 1 })
      expect(others(loop).conflicts.map((conflict) => conflict.with)).toEqual(index >= 2 ? ['unknown'] : [])
    }
    const { notes } = loop.of('tick').at(-1)!.report
    expect(notes.filter((note) => note.startsWith('somebody else has'))).toEqual([
      expect.stringMatching(
        /^somebody else has moved replicas 4 times and has undone 3 moves of evenkeel or more within 6h: /,
      ),
      expect.stringMatching(
        /^somebody else has undone 4 moves of evenkeel since it was started, the last one that of t-/,
      ),
    ])
    await loop.stop()
  })
})

describe('a balancer that nobody knows by name', () => {
  const known = { with: 'cruise_control', text: 'it writes' } as const

  it('is one who moves on four occasions within six hours', () => {
    const watch = new ConflictWatch()
    const seen = (hour: number, active = true) => {
      watch.see(active, hour * HOUR)
      return watch.conflicts([]).map((conflict) => conflict.with)
    }
    expect([seen(1), seen(2), seen(3), seen(4)]).toEqual([[], [], [], ['unknown']])
    expect(watch.conflicts([known])).toEqual([known])
    expect(seen(6.9, false)).toEqual(['unknown'])
    expect(seen(7, false)).toEqual([])
  })

  it('is one who undoes what evenkeel has done, also while he never rests', () => {
    const watch = new ConflictWatch()
    const undone = (hour: number, count: number) => {
      watch.see(true, hour * HOUR)
      watch.undone(count, hour * HOUR)
      return watch.conflicts([]).map(({ text }) => text.split(':')[0])
    }
    expect(undone(1, 2)).toEqual([])
    expect(undone(2, 1)).toEqual(['somebody else has undone 3 moves of evenkeel or more within 6h'])
    watch.see(false, 7 * HOUR)
    expect(watch.conflicts([])).toEqual([])
  })

  it('is nobody who moves very much once', () => {
    const watch = new ConflictWatch()
    for (let minute = 0; minute < 300; minute += 1) watch.see(minute % 8 < 4, minute * MINUTE)
    expect(watch.conflicts([])).toEqual([])
  })
})
