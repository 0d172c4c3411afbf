import { expect, test } from 'vitest'
import { fillable, MINUTE, startLoop } from './support.ts'

test('how even what is written is, is told once rates are known, by who leads', async () => {
  const told = async (growth?: number) => {
    const assignment = [
      [1, 2],
      [1, 3],
      [2, 3],
      [3, 1],
    ]
    const topic = { name: 't', partitions: 4, replicationFactor: 2, size: 1e6, spread: 0, assignment }
    const loop = startLoop({
      simulator: { nodes: fillable.nodes.slice(0, 3), topics: [{ ...topic, ...(growth && { growth }) }] },
      balance: { mode: 'off' },
    })
    await loop.advance(2 * MINUTE)
    await loop.stop()
    return loop.of('tick').at(-1)!.report.imbalance.ingress
  }
  // Of four equal parts node 1 leads two, where the mean is 4/3.
  expect(await told(4000)).toBeCloseTo(0.5)
  expect(await told()).toBe(0)
})
