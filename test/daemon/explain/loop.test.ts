/** Explanations and decisions of a loop at work. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { isOfPartition, partitionName } from '../../../src/cluster/move.ts'
import { buffersOf, columnsOf } from '../../../src/cluster/state.ts'
import { DecisionFile } from '../../../src/execute/journal/decision-file.ts'
import { openJournal } from '../../../src/execute/journal/journal-file.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { inlinePlanner, type Planner } from '../../../src/plan/planner.ts'
import { fillable, type LoopCase, MINUTE, SECOND, startLoop } from '../support.ts'
import { said } from './support.ts'

const running: ReturnType<typeof startLoop>[] = []
const start = (options: Partial<LoopCase> = {}) => {
  const loop = startLoop({ simulator: fillable, balance: { nodeAddHoldMs: 0 }, ...options })
  running.push(loop)
  return loop
}
const directories: string[] = []
afterEach(async () => {
  for (const loop of running.splice(0)) await loop.stop()
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true })
})

/** The first replica move that was begun. */
const firstMoved = (loop: Pick<ReturnType<typeof startLoop>, 'of'>) => {
  const [move] = loop.of('move_started').map(({ progress }) => progress.move)
  if (!move || !isOfPartition(move)) throw new Error('nothing moved')
  return move
}

it('says why a partition moves while it does, and why it moved afterwards', async () => {
  const loop = start({ execution: { concurrentMoves: 2 } })
  await loop.advance(10 * SECOND)
  const move = firstMoved(loop)
  const partition = partitionName(move)
  const ask = () => loop.loop.explain({ kind: 'partition', partition })
  const during = await ask()
  expect(during.summary).toMatch(
    new RegExp(`^${partition}: running: ${partition} from ${move.from} to 5 for node_underused, .* copied`),
  )
  expect(said(during, 'moves')).toEqual([
    expect.stringMatching(/under way; node_underused: node 5 holds 0 B of its fair share of /),
  ])
  await loop.advance(10 * MINUTE)
  const after = await ask()
  expect(said(after, 'moves')).toEqual([
    expect.stringMatching(
      new RegExp(
        `${partition} from ${move.from} to 5, done after \\d+s, .* copied; node_underused: node 5 holds 0 B of its fair share of `,
      ),
    ),
  ])
  expect(said(after, 'candidates')).toContainEqual(
    expect.stringMatching(new RegExp(`^5 → .*${move.from}.*is not moved back within the hour$`)),
  )
  expect(after.summary).toContain(`${partition}: it stays where it is: no move of it is planned; it moved last `)
})

it('a quiet cluster decides once, a busy one at every turn', async () => {
  const loop = start()
  await loop.advance(10 * MINUTE)
  const busy = loop.loop.decisions
  expect(busy.map(({ verdict }) => verdict.code).toReversed()).toEqual([
    'sample_incomplete',
    ...busy.slice(1, -1).map(() => 'acting'),
    'balanced',
  ])
  const begun = busy.flatMap((decision) => decision.begun)
  expect(begun.map(({ id }) => id).toSorted()).toEqual(
    loop
      .of('move_started')
      .map(({ progress }) => progress.move.id)
      .toSorted(),
  )
  expect(begun.every(({ end }) => end?.result === 'done')).toBe(true)
  await loop.advance(60 * MINUTE)
  expect(loop.loop.decisions.map(({ id }) => id)).toEqual(busy.map(({ id }) => id))
  expect(loop.loop.decisions[0]!.rounds).toBeGreaterThan(100)
})

it('nothing is explained before the first round, and of what is not there nothing ever', async () => {
  const loop = start()
  await expect(loop.loop.explain({ kind: 'cluster' })).rejects.toMatchObject({ code: 'sample_incomplete' })
  await loop.advance(MINUTE)
  await expect(loop.loop.explain({ kind: 'partition', partition: 'u-1' })).rejects.toMatchObject({ code: 'usage' })
})

it('while the planner has the columns the round before it is explained', async () => {
  const gate = { holds: false, open: () => undefined as void }
  const planner: Planner = {
    ...inlinePlanner,
    plan: async (state, request, signal) => {
      const columns = columnsOf(state)
      const sent = structuredClone(columns, { transfer: buffersOf(columns) })
      const opened = new Promise<void>((resolve) => {
        gate.open = resolve
      })
      if (gate.holds) await opened
      return inlinePlanner.plan(Object.assign(state, sent), request, signal)
    },
  }
  const loop = start({ planner })
  await loop.advance(MINUTE)
  const before = await loop.loop.explain({ kind: 'node', node: 5 })
  gate.holds = true
  await loop.advance(30 * SECOND)
  const during = await loop.loop.explain({ kind: 'node', node: 5 })
  expect(during.takenAtMs).toBe(before.takenAtMs)
  gate.holds = false
  gate.open()
  await loop.advance(30 * SECOND)
  expect((await loop.loop.explain({ kind: 'node', node: 5 })).takenAtMs).toBeGreaterThan(before.takenAtMs)
})

it('what is explained of a cluster that cannot be read is called old', async () => {
  let broken = false
  const loop = start({
    between: (system) => ({
      ...system,
      sample: async (...args) => (broken ? Promise.reject(new Error('no answer')) : system.sample(...args)),
    }),
  })
  await loop.advance(MINUTE)
  broken = true
  await loop.advance(2 * MINUTE)
  expect((await loop.loop.explain({ kind: 'node', node: 1 })).summary).toMatch(
    / \(as of the last reading: no answer\)$/,
  )
})

/** A state directory, and loops that come one after the other. */
async function kept() {
  const directory = mkdtempSync(join(tmpdir(), 'evenkeel-explain-'))
  directories.push(directory)
  const clock = new VirtualClock()
  const path = join(directory, 'x.decisions.jsonl')
  const open = async (more: Partial<LoopCase> = {}) => {
    const journal = await openJournal({ directory, cluster: 'x', clock })
    const loop = start({ clock, journal, decisions: new DecisionFile(directory, 'x'), ...more })
    const stop = async () => {
      running.splice(running.indexOf(loop), 1)
      await loop.stop()
      await journal.close()
    }
    /** Real input and output takes turns of its own. */
    const advance = async (ms: number) => {
      for (let passed = 0; passed < ms; passed += SECOND) {
        await loop.advance(SECOND)
        await new Promise((resolve) => setTimeout(resolve, 2))
      }
    }
    return { ...loop, stop, advance }
  }
  return { path, open }
}

it('a restart keeps the decisions, and the reasons of what moved before it', async () => {
  const { open, path } = await kept()
  const first = await open()
  await first.advance(4 * MINUTE)
  const move = firstMoved(first)
  const decisions = first.loop.decisions
  await first.stop()
  const second = await open({ simulator: { ...fillable, nodes: fillable.nodes.slice(0, 4) } })
  await second.advance(40 * SECOND)
  const now = second.loop.decisions
  expect(now.slice(-decisions.length)).toEqual(decisions)
  expect(now.length).toBeGreaterThan(decisions.length)
  const explanation = await second.loop.explain({ kind: 'partition', partition: partitionName(move) })
  expect(said(explanation, 'moves')[0]).toMatch(
    new RegExp(`${partitionName(move)} from ${move.from} to 5, .*; node_underused: node 5 holds `),
  )
  await second.stop()
  expect(readFileSync(path, 'utf8').split('\n')[0]).toBe('{"type":"decisions","version":1,"cluster":"x"}')
})

it('what was decided before a restart is told although the cluster cannot be read', async () => {
  const { open } = await kept()
  const first = await open()
  await first.advance(MINUTE)
  await first.stop()
  const second = await open({
    between: (system) => ({ ...system, sample: async () => Promise.reject(new Error('no answer')) }),
  })
  await second.advance(5 * SECOND)
  expect(second.loop.view().status).toBe('unreachable')
  expect(second.loop.decisions).toEqual(first.loop.decisions)
  await second.stop()
})

it('a damaged file stops nothing and is told', async () => {
  const { open, path } = await kept()
  const first = await open()
  await first.advance(MINUTE)
  await first.stop()
  writeFileSync(path, 'rubbish\n')
  const second = await open({ simulator: { ...fillable, nodes: fillable.nodes.slice(0, 4) } })
  await second.advance(40 * SECOND)
  expect(second.loop.view().report!.notes).toContainEqual(
    expect.stringContaining('is not the decisions of x; the file is now '),
  )
  expect(second.loop.view().status).toMatch(/^(in_progress|ready)$/)
  expect(second.loop.decisions.length).toBeGreaterThan(0)
  await second.stop()
})
