/** What is in flight now and how far it is: asked of just the brokers concerned, for just the partitions that move. */
import type { RunningMove } from '../../cluster/move.ts'
import { groupBy } from '../../lib/group-by.ts'
import type { DirMoves, KnownDirMove } from './dir-moves.ts'
import type { Readings, Reassignment, Wanted } from './readings.ts'
import { runningDirMove, runningMove } from './running.ts'
import { type BrokerSizes, brokerSizes, liveCopies, Sizes } from './sizes.ts'

/** @param alive brokers that can be asked. */
export async function runningNow(
  reassignments: Reassignment[],
  dirMoves: DirMoves,
  alive: readonly number[],
  readings: Readings,
  signal: AbortSignal,
): Promise<RunningMove[]> {
  const found = new Map<number, BrokerSizes>()
  await Promise.all(
    alive.map(async (broker) => {
      const wanted = wantedOf([
        ...reassignments.filter((move) => move.replicas.includes(broker)),
        ...dirMoves.of(broker),
      ])
      if (wanted.length === 0) return
      const stamp = dirMoves.stamp()
      try {
        const sizes = brokerSizes(await readings.logDirs(broker, wanted, signal))
        found.set(broker, sizes)
        dirMoves.see(broker, liveCopies(sizes), stamp)
      } catch {
        // Progress is a service: without one broker's figures the rest is still shown, and the sample says who is silent.
      }
    }),
  )
  const sizes = new Sizes(found)
  return [
    ...reassignments.map((move) => runningMove(move, sizes)),
    ...alive.flatMap((broker) => dirMovesOf(broker, dirMoves.of(broker), found.has(broker), sizes)),
  ]
}

/** What a broker that does not answer was seen copying it copies still, as far as anybody knows. */
function dirMovesOf(broker: number, known: KnownDirMove[], answered: boolean, sizes: Sizes): RunningMove[] {
  if (!answered) {
    return known
      .filter(({ sure }) => sure)
      .map(({ topic, partition, dir, replicas }) => ({
        topic,
        partition,
        target: [...replicas],
        adding: [],
        removing: [],
        dir: { node: broker, path: dir },
      }))
  }
  const copies = sizes.copies(broker)
  return known.flatMap((move) => {
    const copy = copies.find((c) => c.topic === move.topic && c.partition === move.partition)
    return copy ? [runningDirMove(broker, copy, move.replicas, sizes)] : []
  })
}

function wantedOf(moves: { topic: string; partition: number }[]): NonNullable<Wanted> {
  return [...groupBy(moves, (move) => move.topic)].map(([name, group]) => ({
    name,
    partitions: [...new Set(group.map((move) => move.partition))],
  }))
}
