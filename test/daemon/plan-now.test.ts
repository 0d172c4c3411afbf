/** A plan that is asked for between two ticks. */
import { afterEach, expect, it } from 'vitest'
import { EvenkeelError } from '../../src/lib/errors.ts'
import type { System } from '../../src/systems/port.ts'
import { fillable, type LoopCase, SECOND, startLoop } from './support.ts'

let loop: ReturnType<typeof startLoop> | undefined
afterEach(() => loop?.stop())

const never = new AbortController().signal

/** Everything that a loop tells and keeps, but for what goes on in time. */
const kept = ({ loop: { decisions }, events }: ReturnType<typeof startLoop>) => ({ decisions, events: events.length })

/** Counts who samples, and can hold samples back or have them fail. */
function watched(of: Partial<LoopCase> & { fail?: Error } = {}) {
  const seen = { samples: 0, most: 0, now: 0 }
  const gate: { hold?: Promise<void>; fail?: Error } = { ...(of.fail && { fail: of.fail }) }
  const started = startLoop({
    simulator: fillable,
    ...of,
    between: (simulator) => {
      const between: System = {
        ...bound(simulator),
        sample: async (signal, wishes) => {
          seen.samples += 1
          seen.now += 1
          seen.most = Math.max(seen.most, seen.now)
          try {
            await gate.hold
            if (gate.fail) throw gate.fail
            return await simulator.sample(signal, wishes)
          } finally {
            seen.now -= 1
          }
        },
      }
      return between
    },
  })
  loop = started
  return { ...started, seen, gate }
}

function bound(system: System): System {
  return {
    capabilities: () => system.capabilities(),
    sample: (signal, wishes) => system.sample(signal, wishes),
    pulse: (signal) => system.pulse(signal),
    steps: (move) => system.steps(move),
    perform: (steps, signal) => system.perform(steps, signal),
    judge: (moves, signal) => system.judge(moves, signal),
    cancel: (moves, signal) => system.cancel(moves, signal),
    close: () => system.close(),
    ...(system.settings && { settings: system.settings }),
  }
}

it('is what the next tick comes to, and changes nothing', async () => {
  const dry = watched({ balance: { nodeAddHoldMs: 40 * SECOND } })
  await dry.advance(10 * SECOND)
  const before = kept(dry)
  const report = await dry.loop.planNow(never)
  expect(report.plan.moves).toEqual([])
  expect(kept(dry)).toEqual(before)
  await dry.advance(35 * SECOND)
  const { samples } = dry.seen
  const planned = await dry.loop.planNow(never)
  expect(dry.seen.samples).toBe(samples + 1)
  expect(planned.takenAtMs).toBe(dry.clock.now())
  expect(planned.verdict.act).toBe(true)
  await dry.advance(20 * SECOND)
  const ticked = dry.of('tick').at(-1)!.report
  expect(ticked.plan.moves.map(({ id }) => id)).toEqual(planned.plan.moves.map(({ id }) => id))
})

it('begins nothing, however often it is asked for', async () => {
  const asked = watched({ balance: { nodeAddHoldMs: SECOND }, simulator: lopsided })
  const left = watched({ balance: { nodeAddHoldMs: SECOND }, simulator: lopsided })
  const firstMove = async (one: typeof asked, ask: boolean) => {
    for (let second = 0; second < 240 && one.of('move_started').length === 0; second += 1) {
      if (ask) await one.loop.planNow(never).catch(() => undefined)
      await one.advance(SECOND)
    }
    return one.of('move_started').map((event) => one.at(event))[0]
  }
  const first = await firstMove(left, false)
  expect(first).toBeGreaterThan(30 * SECOND)
  expect(await firstMove(asked, true)).toBe(first)
  await left.stop()
})

it('takes turns with the tick, and is shared by those who wait', async () => {
  const busy = watched()
  await busy.advance(29 * SECOND)
  let release = () => {}
  busy.gate.hold = new Promise((resolve) => {
    release = resolve
  })
  await busy.advance(10 * SECOND)
  const { samples } = busy.seen
  expect(busy.seen.now).toBe(1)
  const answers = [busy.loop.planNow(never), busy.loop.planNow(never), busy.loop.planNow(never)]
  await busy.advance(5 * SECOND)
  expect(busy.seen.samples).toBe(samples)
  release()
  const [one, other] = await Promise.all(answers)
  expect(one).toBe(other)
  expect([busy.seen.samples, busy.seen.most]).toEqual([samples + 1, 1])
})

it('is told why it cannot be made, and the loop goes on as before', async () => {
  const fail = new EvenkeelError('unreachable', 'no broker answers')
  const blind = watched({ fail })
  await expect(blind.loop.planNow(never)).rejects.toMatchObject({ code: 'sample_incomplete' })
  delete blind.gate.fail
  await blind.advance(40 * SECOND)
  const before = kept(blind)
  blind.gate.fail = fail
  await expect(blind.loop.planNow(never)).rejects.toMatchObject({ code: 'unreachable' })
  delete blind.gate.fail
  expect(kept(blind)).toEqual(before)
  expect(blind.loop.view().error).toBeUndefined()
  expect((await blind.loop.planNow(never)).partitions).toBe(40)
})

/** One node leads everything. */
const lopsided: LoopCase['simulator'] = {
  nodes: [1, 2, 3].map((id) => ({ id, disks: [100e9] })),
  topics: [
    {
      name: 't',
      partitions: 30,
      replicationFactor: 3,
      size: 1e6,
      assignment: Array.from({ length: 30 }, () => [1, 2, 3]),
    },
  ],
}
