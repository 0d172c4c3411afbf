/** The contract's cluster, simulated. */
import type { DirTarget } from '../../../src/cluster/move.ts'
import { VirtualClock } from '../../../src/lib/clock.ts'
import { createSimulator } from '../../../src/systems/simulator/simulator.ts'
import { type Driver, deleteDelayMs, dirMB, everyNode, frail, sessionTimeoutMs, slowBytesPerSecond } from './driver.ts'

const MB = 1e6
const FAST = 1_000 * MB

/** A new one for each row: nothing needs to be healed. */
export function simulatorDriver(): Driver {
  const clock = new VirtualClock()
  const nodes = everyNode.map((id) => ({
    id,
    disks: [dirMB * MB, dirMB * MB],
    metadataDisk: id === frail ? 0 : -1,
  }))
  const options = { copyRate: FAST, nodes, topics: [], events: [], sessionTimeoutMs, deleteDelayMs }
  const simulator = createSimulator(options, clock)
  const { world } = simulator
  const dir = (node: number, disk: number): DirTarget => ({ node, path: `/disk${disk}` })
  const fail = (refusal: string | undefined) => {
    if (refusal !== undefined) throw new Error(refusal)
  }
  const startMs = clock.now()
  return {
    system: simulator,
    node: (number) => number,
    topic: (name) => name,
    createTopic: async (name, { assignment, megabytes = 6, minIsr = 1 }) => {
      const sizes = assignment.map(() => megabytes * MB)
      const shape = { partitions: assignment.length, replicationFactor: assignment[0]!.length, size: megabytes * MB }
      fail(world.happen({ createTopic: { name, ...shape, assignment, sizes, minIsr } }))
    },
    deleteTopic: async (name) => fail(world.happen({ deleteTopic: name })),
    slow: async () => fail(world.happen({ setCopyRate: { rate: slowBytesPerSecond } })),
    fast: async () => fail(world.happen({ setCopyRate: { rate: FAST } })),
    unlimited: async () => fail(world.happen({ setCopyRate: { rate: FAST } })),
    kill: async (node) => world.stopNode(node),
    start: async (node) => world.startNode(node),
    killController: async () => fail(world.happen({ stopController: {} })),
    startController: async () => fail(world.happen({ startController: true })),
    dir,
    leaveRoom: async (node, disk, megabytes) =>
      fail(world.happen({ fillDir: { ...dir(node, disk), otherBytes: othersLeaving(node, disk, megabytes * MB) } })),
    replaceDisk: async (node, disk) => fail(world.happen({ replaceDir: dir(node, disk) })),
    cordon: async (node, disk) => fail(world.happen({ cordonDir: { ...dir(node, disk), cordoned: true } })),
    strangerReassigns: async (topic, replicas) => fail(world.reassign(topic, 0, replicas)),
    strangerRelocates: async (topic, target) => fail(world.relocate(topic, 0, target)),
    strangerSets: async (ref, value) => fail(world.happen({ setSetting: { ...ref, value } })),
    pass: (ms) => clock.advance(ms),
    settled: async (call) => {
      const waiting = new Set(['it'])
      const end = () => waiting.clear()
      call.then(end, end)
      while (waiting.size > 0) await clock.advance(1_000)
      return call
    },
    now: () => clock.now() - startMs,
    heal: async () => {},
  }

  function othersLeaving(node: number, disk: number, room: number): number {
    const lying = world.partitions.reduce((sum, { copies }) => {
      const copy = copies.get(node)
      return sum + (copy?.dir.path === dir(node, disk).path ? copy.bytes : 0)
    }, 0)
    return dirMB * MB - lying - room
  }
}
