/** Nodes that die and return, with and without moves under way. */
import { aliveNodes, cancel, judge, listed, live, perform, placement, replicaMove, sampled, states } from './observe.ts'
import type { Row } from './run.ts'

const nothing = { adding: [], removing: [], offline: [] }
const healthy = {
  underReplicated: { own_move: 0, node: 0, other: 0 },
  offline: 0,
  underMinIsr: 0,
  unexplained: { offline: 0, underMinIsr: 0 },
}
const alive = { 1: 'alive', 2: 'alive', 3: 'alive', 4: 'alive' }

export const nodeRows: Row[] = [
  {
    name: 'a killed node: unreachable until its session ends, then everything changes in one step',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2, 3]] })
      await see.soon('before', async () => states(await sampled(cluster)), alive)
      await cluster.kill(1)
      const unnoticed = await sampled(cluster)
      see.now('unnoticed', states(unnoticed), { ...alive, 1: 'unreachable' })
      see.now('missing', unnoticed.missingNodes, [1])
      see.now('placement unnoticed', placement(unnoticed, 't'), {
        leader: 1,
        replicas: [1, 2, 3],
        isr: [1, 2, 3],
        ...nothing,
      })
      await see.soon('noticed', async () => states(await sampled(cluster)), { ...alive, 1: 'unavailable' })
      const sample = await sampled(cluster)
      see.now('missing then', sample.missingNodes, [])
      see.now('placement', placement(sample, 't'), {
        leader: 2,
        replicas: [1, 2, 3],
        isr: [2, 3],
        ...nothing,
        offline: [1],
      })
      see.now('health', sample.health, { ...healthy, underReplicated: { own_move: 0, node: 1, other: 0 } })
      see.now('pulse', await aliveNodes(cluster.system), [2, 3, 4])
    },
  },
  {
    name: 'a node returns: alive, in sync, and it does not lead by itself',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.kill(1)
      await see.soon('noticed', async () => placement(await sampled(cluster), 't')?.leader, 2)
      await cluster.start(1)
      const after = { leader: 2, replicas: [1, 2], isr: [1, 2], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
      await see.soon('states', async () => states(await sampled(cluster)), alive)
      see.now('health', (await sampled(cluster)).health, healthy)
    },
  },
  {
    name: 'a node that is started again at once is held for dead all the same',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.kill(1)
      await cluster.start(1)
      const after = { leader: 2, replicas: [1, 2], isr: [1, 2], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
      await see.soon('states', async () => states(await sampled(cluster)), alive)
    },
  },
  {
    name: 'the only replica dies: nobody leads, which is explained, and no move is begun',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1]] })
      await cluster.kill(1)
      const dead = { leader: null, replicas: [1], isr: [], ...nothing, offline: [1] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), dead)
      const bad = { ...healthy, underReplicated: { own_move: 0, node: 1, other: 0 }, offline: 1, underMinIsr: 1 }
      await see.soon('health', async () => (await sampled(cluster)).health, bad)
      see.now('answer', await perform(cluster.system, replicaMove('t', [1], 1, 2)), ['no_leader'])
      await cluster.start(1)
      const back = { leader: 1, replicas: [1], isr: [1], ...nothing }
      await see.soon('placement after', async () => placement(await sampled(cluster), 't'), back)
    },
  },
  {
    name: 'all replicas die: nobody leads until the last leader is back',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.kill(1)
      await see.soon('one dead', async () => placement(await sampled(cluster), 't')?.leader, 2)
      await cluster.kill(2)
      await see.soon('both dead', async () => placement(await sampled(cluster), 't')?.leader, null)
      await cluster.start(1)
      await see.soon('states', async () => states(await sampled(cluster)), { ...alive, 2: 'unavailable' })
      const waiting = { leader: null, replicas: [1, 2], isr: [], ...nothing, offline: [2] }
      await see.stays('placement', 2_000, async () => placement(await sampled(cluster), 't'), waiting)
      await cluster.start(2)
      const back = { leader: 2, replicas: [1, 2], isr: [1, 2], ...nothing }
      await see.soon('placement after', async () => placement(await sampled(cluster), 't'), back)
    },
  },
  {
    name: 'below min.insync.replicas for a dead node: counted, and explained',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]], minIsr: 2 })
      await cluster.kill(2)
      const bad = { ...healthy, underReplicated: { own_move: 0, node: 1, other: 0 }, underMinIsr: 1 }
      await see.soon('health', async () => (await sampled(cluster)).health, bad)
      const { state } = await sampled(cluster)
      see.now('min.insync.replicas', [...state.topicMinIsr], [2])
    },
  },
  {
    name: 'the destination dies: the move stays listed, and goes on when it returns',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const move = replicaMove('t', [1, 2], 2, 3)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      await cluster.kill(3)
      const middle = { leader: 1, replicas: [1, 3, 2], isr: [1, 2], adding: [3], removing: [2], offline: [3] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), middle)
      const running = [{ topic: 't', partition: 0, target: [1, 3], adding: [3], removing: [2] }]
      await see.stays('running', 2_000, async () => listed((await cluster.system.pulse(live)).running), running)
      const { health } = await sampled(cluster)
      see.now('health', health, { ...healthy, underReplicated: { own_move: 1, node: 0, other: 0 } })
      see.now('verdict then', await judge(cluster.system, move), 'running')
      await cluster.start(3)
      await cluster.fast()
      await see.soon('verdict at the end', () => judge(cluster.system, move), 'landed')
    },
  },
  {
    name: 'a move to a node that died is taken back',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const move = replicaMove('t', [1, 2], 2, 3)
      await perform(cluster.system, move)
      await cluster.kill(3)
      await see.soon('noticed', async () => placement(await sampled(cluster), 't')?.offline, [3])
      see.now('answer', await cancel(cluster.system, move), 'accepted')
      await see.soon('verdict', () => judge(cluster.system, move), 'reverted')
      await see.soon('running', async () => (await cluster.system.pulse(live)).running, [])
    },
  },
  {
    name: 'the leader of a move dies: another leads and the copy goes on from it',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const move = replicaMove('t', [1, 2], 2, 3)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      await cluster.kill(1)
      await see.soon('leader', async () => placement(await sampled(cluster), 't')?.leader, 2)
      await cluster.fast()
      await see.soon('verdict at the end', () => judge(cluster.system, move), 'landed')
      const end = { leader: 3, replicas: [1, 3], isr: [3], ...nothing, offline: [1] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), end)
    },
  },
  {
    name: 'the only source of a move dies: it waits, cannot be taken back, and lands after the return',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1]] })
      await cluster.slow()
      const move = replicaMove('t', [1], 1, 2)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      await cluster.kill(1)
      const middle = { leader: null, replicas: [2, 1], isr: [], adding: [2], removing: [1], offline: [1] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), middle)
      see.now('verdict then', await judge(cluster.system, move), 'running')
      see.now('answer', await cancel(cluster.system, move), 'rejected')
      await cluster.start(1)
      await cluster.fast()
      await see.soon('verdict at the end', () => judge(cluster.system, move), 'landed')
    },
  },
  {
    name: 'without a controller nothing can be read or sent, and it is as before when there is one again',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const move = replicaMove('t', [1, 2], 2, 3)
      await cluster.killController()
      const failed = (call: Promise<unknown>) =>
        call.then(
          () => 'answered',
          () => 'failed',
        )
      // At once: each waits for as long as there might still be an answer.
      const calls = [
        failed(cluster.system.pulse(live)),
        failed(cluster.system.sample(live)),
        perform(cluster.system, move),
      ] as const
      const [pulse, sample, answer] = await cluster.settled(Promise.all(calls))
      see.now('pulse', pulse, 'failed')
      see.now('sample', sample, 'failed')
      see.now('answer', answer, ['not_sent'])
      await cluster.startController()
      await see.soon('verdict', () => judge(cluster.system, move), 'reverted')
      await see.soon('states', async () => states(await sampled(cluster)), alive)
    },
  },
]
