/** Dirs: moves between those of a node, disks that fail and that are full. */
import type { DirTarget } from '../../../src/cluster/move.ts'
import { type Driver, everyNode, frail } from './driver.ts'
import {
  bytesOn,
  cancel,
  dirMove,
  dirShown,
  judge,
  listed,
  live,
  perform,
  placement,
  replicaMove,
  replicaOn,
  sampled,
  states,
  whereabouts,
} from './observe.ts'
import type { Row } from './run.ts'

const nothing = { adding: [], removing: [], offline: [] }
const healthy = {
  underReplicated: { own_move: 0, node: 0, other: 0 },
  offline: 0,
  underMinIsr: 0,
  unexplained: { offline: 0, underMinIsr: 0 },
}
const alive = { 1: 'alive', 2: 'alive', 3: 'alive', 4: 'alive' }
const full = 0

export const dirRows: Row[] = [
  {
    name: 'a dir tells whether it holds the metadata, and whether it is cordoned',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      const look = async () => {
        const sample = await sampled(cluster)
        return everyNode.flatMap((node) =>
          [0, 1].map((disk) => {
            const { online, metadata, cordoned } = dirShown(sample, cluster.dir(node, disk))!
            return [online && 'online', metadata && 'metadata', cordoned && 'cordoned'].filter(Boolean).join(' ')
          }),
        )
      }
      const plain = Array.from({ length: 6 }, () => 'online')
      await see.soon('dirs', look, [...plain, 'online metadata', 'online'])
      await cluster.cordon(1, 1)
      await see.soon('dirs then', look, ['online', 'online cordoned', ...plain.slice(2), 'online metadata', 'online'])
    },
  },
  {
    name: 'a replica goes to another dir of its node: listed, shown, landed',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const { here, there } = await whereabouts(cluster, 't', 1)
      const move = dirMove('t', [1, 2], here, there)
      see.now(
        'steps',
        cluster.system.steps(move).map(({ kind }) => kind),
        ['relocate'],
      )
      see.now('answer', await perform(cluster.system, move), ['accepted'])
      const running = [{ topic: 't', partition: 0, target: [1, 2], adding: [], removing: [], dir: there }]
      await see.soon('pulse', async () => listed((await cluster.system.pulse(live)).running), running)
      const sample = await sampled(cluster)
      see.now('running in the sample', listed(sample.running), running)
      see.now('replica', replicaOn(sample, 't', 1), { dir: here.path, to: there.path, sized: true })
      see.now('placement', placement(sample, 't'), { leader: 1, replicas: [1, 2], isr: [1, 2], ...nothing })
      see.now('health', sample.health, healthy)
      see.now('verdict', await judge(cluster.system, move), 'running')
      await cluster.fast()
      await see.soon('verdict at the end', () => judge(cluster.system, move), 'landed')
      const end = { dir: there.path, to: null, sized: true }
      await see.soon('replica at the end', async () => replicaOn(await sampled(cluster), 't', 1), end)
      see.now('running at the end', (await cluster.system.pulse(live)).running, [])
    },
  },
  {
    name: 'a move to another dir is taken back: the replica stays where it is',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const { here, there } = await whereabouts(cluster, 't', 1)
      const move = dirMove('t', [1, 2], here, there)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      see.now('answer', await cancel(cluster.system, move), 'accepted')
      await see.soon('verdict after', () => judge(cluster.system, move), 'reverted')
      await see.soon('running', async () => (await cluster.system.pulse(live)).running, [])
      see.now('replica', replicaOn(await sampled(cluster), 't', 1), { dir: here.path, to: null, sized: true })
      see.now('answer to another', await cancel(cluster.system, move), 'replicas_changed')
    },
  },
  {
    name: 'a move to an unknown or cordoned dir is refused, one to where it is changes nothing',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const { here } = await whereabouts(cluster, 't', 1)
      const unknown = { node: 1, path: '/nowhere' }
      see.now('answer', await perform(cluster.system, dirMove('t', [1, 2], here, unknown)), ['dir_unusable'])
      const idle = dirMove('t', [1, 2], here, here)
      see.now('answer to the other', await perform(cluster.system, idle), ['accepted'])
      see.now('verdict', await judge(cluster.system, idle), 'landed')
      const { there } = await whereabouts(cluster, 't', 1)
      await cluster.cordon(1, diskOf(cluster, there))
      await see.soon('cordoned', async () => dirShown(await sampled(cluster), there)?.cordoned, true)
      see.now('answer then', await perform(cluster.system, dirMove('t', [1, 2], here, there)), ['dir_unusable'])
    },
  },
  {
    name: 'a move between dirs of a dead node, or of one without a replica, is refused',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const [from, to] = [cluster.dir(3, 0), cluster.dir(3, 1)]
      see.now('no replica', await perform(cluster.system, dirMove('t', [1, 2], from, to)), ['replicas_changed'])
      const { here, there } = await whereabouts(cluster, 't', 2)
      await cluster.kill(2)
      await see.soon('noticed', async () => placement(await sampled(cluster), 't')?.offline, [2])
      see.now('dead node', await perform(cluster.system, dirMove('t', [1, 2], here, there)), ['target_not_alive'])
    },
  },
  {
    name: 'what moves between nodes is not moved between dirs; the other way round it may be',
    needs: ['replicaMoves', 'dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.createTopic('u', { assignment: [[1, 2]] })
      await cluster.slow()
      const t = await whereabouts(cluster, 't', 1)
      const u = await whereabouts(cluster, 'u', 1)
      await cluster.strangerRelocates('t', t.there)
      await cluster.strangerReassigns('u', [1, 3])
      const running = [
        { topic: 't', partition: 0, target: [1, 2], adding: [], removing: [], dir: t.there },
        { topic: 'u', partition: 0, target: [1, 3], adding: [3], removing: [2] },
      ]
      // A stranger's copy between dirs is known to pulses only once a sample has shown it.
      await see.soon('running in the sample', async () => listed((await sampled(cluster)).running), running)
      see.now('pulse', listed((await cluster.system.pulse(live)).running), running)
      see.now('relocate', await perform(cluster.system, dirMove('u', [1, 2], u.here, u.there)), ['already_moving'])
      see.now('set', await perform(cluster.system, replicaMove('t', [1, 2], 2, 3)), ['accepted'])
    },
  },
  {
    name: 'the node dies under a move between its dirs: no longer listed, and it goes on after the return',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const { here, there } = await whereabouts(cluster, 't', 1)
      const move = dirMove('t', [1, 2], here, there)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      await cluster.kill(1)
      await see.soon('noticed', async () => placement(await sampled(cluster), 't')?.offline, [1])
      see.now('verdict then', await judge(cluster.system, move), 'partial')
      see.now('pulse', (await cluster.system.pulse(live)).running, [])
      await cluster.start(1)
      await cluster.fast()
      await see.soon('verdict at the end', () => judge(cluster.system, move), 'landed')
    },
  },
  {
    name: 'a disk fails: its dir and its replicas are offline, another leads, the rest works on',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const { here, there } = await whereabouts(cluster, 't', 1)
      await cluster.leaveRoom(1, diskOf(cluster, here), full)
      const off = { online: false, capacity: 0, used: 0, freeing: 0, cordoned: false, metadata: false }
      await see.soon('dir', async () => dirShown(await sampled(cluster), here), off)
      const after = { leader: 2, replicas: [1, 2], isr: [2], ...nothing, offline: [1] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
      const sample = await sampled(cluster)
      see.now('replica', replicaOn(sample, 't', 1), { dir: null, to: null, sized: false })
      see.now('states', states(sample), alive)
      see.now('missing', sample.missingNodes, [])
      see.now('other dir', dirShown(sample, there)?.online, true)
      see.now('health', sample.health, { ...healthy, underReplicated: { own_move: 0, node: 1, other: 0 } })
      see.now('move to it', await perform(cluster.system, dirMove('t', [1, 2], there, here)), ['dir_unusable'])
    },
  },
  {
    name: 'the disk of the only replica fails: nobody leads, which is explained, and no move is begun',
    needs: ['replicaMoves', 'dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1]] })
      const { here } = await whereabouts(cluster, 't', 1)
      await cluster.leaveRoom(1, diskOf(cluster, here), full)
      const dead = { leader: null, replicas: [1], isr: [], ...nothing, offline: [1] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), dead)
      const bad = { ...healthy, underReplicated: { own_move: 0, node: 1, other: 0 }, offline: 1, underMinIsr: 1 }
      see.now('health', (await sampled(cluster)).health, bad)
      see.now('answer', await perform(cluster.system, replicaMove('t', [1], 1, 2)), ['no_leader'])
    },
  },
  {
    name: 'a good disk in its place heals at the next start, and what was there is copied again',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const { here } = await whereabouts(cluster, 't', 1)
      await cluster.leaveRoom(1, diskOf(cluster, here), full)
      await see.soon('dir', async () => dirShown(await sampled(cluster), here)?.online, false)
      await cluster.kill(1)
      await cluster.replaceDisk(1, diskOf(cluster, here))
      await cluster.start(1)
      const after = { leader: 2, replicas: [1, 2], isr: [1, 2], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
      await see.soon('dir then', async () => dirShown(await sampled(cluster), here)?.online, true)
      const sized = async () => replicaOn(await sampled(cluster), 't', 1)?.sized
      await see.soon('replica', sized, true)
    },
  },
  {
    name: 'the only replica lay on a disk that was replaced: an empty one leads, when the next node starts at the latest',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1]] })
      const { here } = await whereabouts(cluster, 't', 1)
      await cluster.leaveRoom(1, diskOf(cluster, here), full)
      await see.soon('dir', async () => dirShown(await sampled(cluster), here)?.online, false)
      await cluster.kill(1)
      await cluster.replaceDisk(1, diskOf(cluster, here))
      await cluster.start(1)
      // Whether it leads by now is chance on Kafka. The broker asks to be let in, and 100 ms after it has made the log anew it tells
      // in which dir: two connections. The controller looks for leaders when it lets a broker in, and takes none whose dir it does
      // not know. If it hears of the dir first, as it does from a broker that is back before its session has ended, the replica
      // leads. If it hears of it later it takes note, and looks again only when it lets in a broker, whichever that is.
      const back = async () => {
        const sample = await sampled(cluster)
        return { offline: placement(sample, 't')?.offline, bytes: bytesOn(sample, 't', 1) }
      }
      await see.soon('replica', back, { offline: [], bytes: 0 })
      await cluster.kill(2)
      await cluster.start(2)
      const after = { leader: 1, replicas: [1], isr: [1], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
      see.now('bytes', bytesOn(await sampled(cluster), 't', 1), 0)
    },
  },
  {
    name: 'the dir to which a replica is on its way fails: it stays where it is',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const { here, there } = await whereabouts(cluster, 't', 1)
      const move = dirMove('t', [1, 2], here, there)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      await cluster.leaveRoom(1, diskOf(cluster, there), full)
      await see.soon('dir', async () => dirShown(await sampled(cluster), there)?.online, false)
      await see.soon('verdict then', () => judge(cluster.system, move), 'reverted')
      const sample = await sampled(cluster)
      see.now('replica', replicaOn(sample, 't', 1)?.dir, here.path)
      see.now('placement', placement(sample, 't'), { leader: 1, replicas: [1, 2], isr: [1, 2], ...nothing })
      see.now('running', sample.running, [])
    },
  },
  {
    name: 'the dir from which a replica is on its way fails: the move is over, the replica offline',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const { here, there } = await whereabouts(cluster, 't', 1)
      const move = dirMove('t', [1, 2], here, there)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      await cluster.leaveRoom(1, diskOf(cluster, here), full)
      const after = { leader: 2, replicas: [1, 2], isr: [2], ...nothing, offline: [1] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
      await see.soon('verdict then', () => judge(cluster.system, move), 'superseded')
      await see.soon('running', async () => (await sampled(cluster)).running, [])
      see.now('answer', await cancel(cluster.system, move), 'replicas_changed')
    },
  },
  {
    name: 'a copy that does not fit takes the dir offline, stays listed, and can be taken back',
    needs: ['replicaMoves', 'dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]], megabytes: 30 })
      await sampled(cluster)
      await cluster.leaveRoom(3, 0, 10)
      await cluster.leaveRoom(3, 1, 10)
      // The other dir takes no new replicas, so that it is known which of them the copy goes to.
      await cluster.cordon(3, 1)
      const move = replicaMove('t', [1, 2], 2, 3)
      see.now('answer', await perform(cluster.system, move), ['accepted'])
      const dirs = async () => {
        const sample = await sampled(cluster)
        return [0, 1].map((disk) => dirShown(sample, cluster.dir(3, disk))?.online)
      }
      await see.soon('dirs', dirs, [false, true])
      const middle = { leader: 1, replicas: [1, 3, 2], isr: [1, 2], adding: [3], removing: [2], offline: [] }
      await see.stays('placement', 5_000, async () => placement(await sampled(cluster), 't'), middle)
      see.now('verdict', await judge(cluster.system, move), 'running')
      const running = {
        topic: 't',
        partition: 0,
        target: [1, 3],
        adding: [3],
        removing: [2],
        broken: 'a dir of node 3 is offline and the copy is in none of the others',
      }
      see.now('pulse', listed((await cluster.system.pulse(live)).running), [running])
      see.now('running in the sample', listed((await sampled(cluster)).running), [running])
      const { health, state } = await sampled(cluster)
      see.now('health', health, { ...healthy, underReplicated: { own_move: 1, node: 0, other: 0 } })
      see.now('nodes', state.names.nodes, everyNode)
      see.now('cancel', await cancel(cluster.system, move), 'accepted')
      await see.soon('verdict after', () => judge(cluster.system, move), 'reverted')
      see.now('once more', await perform(cluster.system, move), ['accepted'])
      await see.stays('verdict then', 5_000, () => judge(cluster.system, move), 'running')
      see.now('pulse then', listed((await cluster.system.pulse(live)).running), [running])
    },
  },
  {
    name: 'the disk with the metadata is full: its node dies',
    needs: ['dirMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[frail, 1]] })
      await see.soon('before', async () => placement(await sampled(cluster), 't')?.leader, frail)
      await cluster.leaveRoom(frail, 0, full)
      await cluster.createTopic('u', { assignment: [[2, 1]] })
      await see.soon('states', async () => states(await sampled(cluster)), { ...alive, [frail]: 'unavailable' })
      const after = { leader: 1, replicas: [frail, 1], isr: [1], ...nothing, offline: [frail] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
    },
  },
]

const diskOf = (cluster: Driver, dir: DirTarget): number =>
  cluster.dir(dir.node as number, 0).path === dir.path ? 0 : 1
