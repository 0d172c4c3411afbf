/** A sample that lags behind what is known to be done. */
import { afterEach, expect, it } from 'vitest'
import type { Move } from '../../src/cluster/move.ts'
import type { Sample } from '../../src/cluster/sample.ts'
import { NotShownYet } from '../../src/daemon/not-shown-yet.ts'
import type { System } from '../../src/systems/port.ts'
import { build, node, topic } from '../cluster/support.ts'
import { replicaMove } from '../systems/contract/observe.ts'
import { fillable, MINUTE, SECOND, startLoop } from './support.ts'

let loop: ReturnType<typeof startLoop> | undefined
afterEach(() => loop?.stop())

/** @param lags whether a sample is the one before it, by the milliseconds since the last move was done. */
function filling(lags: (sinceDoneMs: number) => boolean) {
  let before: Sample | undefined
  let lagged = 0
  const started = startLoop({
    simulator: fillable,
    balance: { nodeAddHoldMs: 0 },
    between: (system): System => ({
      ...system,
      sample: async (signal) => {
        const sample = await system.sample(signal)
        const done = started.of('move_ended').at(-1)
        const shown = before && done && lags(started.clock.now() - done.atMs) ? before : sample
        if (shown === before) lagged += 1
        before = structuredClone(sample)
        return structuredClone(shown)
      },
    }),
  })
  loop = started
  return { ...started, lagged: () => lagged }
}

const copies = ({ of }: ReturnType<typeof filling>) =>
  of('move_ended')
    .filter(({ progress }) => progress.move.kind === 'replica')
    .map(({ progress, result }) => `${progress.move.id} ${result}`)

it('what it shows as before is planned with as done: nothing else is moved in its place, and nothing twice', async () => {
  const prompt = filling(() => false)
  await prompt.advance(60 * MINUTE)
  const wanted = copies(prompt)
  await prompt.stop()
  expect(wanted.length).toBeGreaterThan(5)

  const late = filling((sinceDoneMs) => sinceDoneMs < 10 * SECOND)
  await late.advance(60 * MINUTE)
  expect(late.lagged()).toBeGreaterThan(0)
  expect(copies(late).toSorted()).toEqual(wanted.toSorted())
})

it('only what is shown as before, and not for long: after that somebody moved it back', () => {
  const notShownYet = new NotShownYet()
  const move = replicaMove('t', [1, 2], 1, 3)
  notShownYet.done(move, 0)
  const shown = (replicas: number[], nowMs: number, known: Move[] = []) =>
    notShownYet.in(build({ nodes: [1, 2, 3].map((id) => node(id)), topics: [topic([{ replicas }])] }), known, nowMs)
  expect(shown([1, 2], 9_999)).toEqual([move])
  expect(shown([1, 2], 9_999, [move])).toEqual([])
  expect(shown([3, 2], 9_999)).toEqual([])
  expect(shown([1, 2, 3], 9_999)).toEqual([])
  expect(shown([1, 2], 10_000)).toEqual([])
})
