/** Replica moves: what is asked, what is shown meanwhile, how they end. */
import type { Step } from '../../../src/systems/port.ts'
import {
  aliveNodes,
  answers,
  cancel,
  dirShown,
  judge,
  listed,
  live,
  perform,
  placement,
  replicaMove,
  sampled,
} from './observe.ts'
import type { Row } from './run.ts'

const nothing = { adding: [], removing: [], offline: [] }
const healthy = {
  underReplicated: { own_move: 0, node: 0, other: 0 },
  offline: 0,
  underMinIsr: 0,
  unexplained: { offline: 0, underMinIsr: 0 },
}

export const moveRows: Row[] = [
  {
    name: 'a replica move is accepted, lands, and leaves nothing listed',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const move = replicaMove('t', [1, 2], 2, 3)
      see.now('answer', await perform(cluster.system, move), ['accepted'])
      await see.soon('verdict', () => judge(cluster.system, move), 'landed')
      const end = { leader: 1, replicas: [1, 3], isr: [1, 3], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), end)
      see.now('running', (await cluster.system.pulse(live)).running, [])
    },
  },
  {
    name: 'a move under way: what sample, pulse, health and verdict say',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2, 3]] })
      await cluster.slow()
      const move = replicaMove('t', [1, 2, 3], 2, 4)
      see.now('answer', await perform(cluster.system, move), ['accepted'])
      const running = [{ topic: 't', partition: 0, target: [1, 4, 3], adding: [4], removing: [2] }]
      await see.soon('pulse', async () => listed((await cluster.system.pulse(live)).running), running)
      const shown = { leader: 1, replicas: [1, 4, 3, 2], isr: [1, 2, 3], adding: [4], removing: [2], offline: [] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), shown)
      const sample = await sampled(cluster)
      see.now('running in the sample', listed(sample.running), running)
      see.now('health', sample.health, { ...healthy, underReplicated: { own_move: 1, node: 0, other: 0 } })
      see.now('verdict', await judge(cluster.system, move), 'running')
      await cluster.fast()
      await see.soon('verdict at the end', () => judge(cluster.system, move), 'landed')
    },
  },
  {
    name: 'the bytes of a move grow towards those of the leader',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      await perform(cluster.system, replicaMove('t', [1, 2], 2, 3))
      const progress = async () => {
        const [move] = (await cluster.system.pulse(live)).running
        const { bytesDone = 0, bytesTotal = 0 } = move ?? {}
        return [bytesTotal > 5.9e6, bytesDone > 0, bytesDone < bytesTotal]
      }
      await see.soon('total, and something done', progress, [true, true, true])
    },
  },
  {
    name: 'a dead target is refused',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.kill(3)
      await see.soon('alive', () => aliveNodes(cluster.system), [1, 2, 4])
      see.now('answer', await perform(cluster.system, replicaMove('t', [1, 2], 2, 3)), ['target_not_alive'])
    },
  },
  {
    name: 'an unknown target is refused',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      see.now('answer', await perform(cluster.system, replicaMove('t', [1, 2], 2, 99)), ['target_not_alive'])
    },
  },
  {
    name: 'an unknown topic, changed replicas and a good move in one call: each its own answer',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.createTopic('u', { assignment: [[2, 1]] })
      const moves = [
        replicaMove('absent', [1, 2], 2, 3),
        replicaMove('t', [2, 1], 2, 3),
        replicaMove('u', [2, 1], 1, 3),
      ]
      const results = await perform(cluster.system, ...moves)
      see.now('answers', results, ['partition_gone', 'replicas_changed', 'accepted'])
      await see.soon('verdict', () => judge(cluster.system, moves[2]!), 'landed')
    },
  },
  {
    name: 'what is being moved already is refused, whoever began it',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.createTopic('u', { assignment: [[1, 2]] })
      await cluster.slow()
      const ours = replicaMove('t', [1, 2], 2, 3)
      see.now('first answer', await perform(cluster.system, ours), ['accepted'])
      await cluster.strangerReassigns('u', [1, 4])
      const both = [
        { topic: 't', partition: 0, target: [1, 3], adding: [3], removing: [2] },
        { topic: 'u', partition: 0, target: [1, 4], adding: [4], removing: [2] },
      ]
      await see.soon('running', async () => listed((await cluster.system.pulse(live)).running), both)
      const again = await perform(cluster.system, ours, replicaMove('u', [1, 2], 2, 3))
      see.now('answers', again, ['already_moving', 'already_moving'])
    },
  },
  {
    name: 'a step never changes the replication factor',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const [step] = cluster.system.steps(replicaMove('t', [1, 2], 2, 3)) as [Step]
      const more = { ...step, replicas: [1, 2, 3] }
      const fewer = { ...step, replicas: [1], adds: [] }
      see.now('more', answers(await cluster.system.perform([more], live)), ['rejected'])
      see.now('fewer', answers(await cluster.system.perform([fewer], live)), ['rejected'])
      const same = { leader: 1, replicas: [1, 2], isr: [1, 2], ...nothing }
      await see.stays('placement', 1_000, async () => placement(await sampled(cluster), 't'), same)
    },
  },
  {
    name: 'a move is taken back: the old set, the old leader, and that is what it is judged as',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const move = replicaMove('t', [1, 2], 2, 3)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      see.now('answer', await cancel(cluster.system, move), 'accepted')
      await see.soon('verdict after', () => judge(cluster.system, move), 'reverted')
      const before = { leader: 1, replicas: [1, 2], isr: [1, 2], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), before)
      see.now('running', (await cluster.system.pulse(live)).running, [])
      see.now('answer to another', await cancel(cluster.system, move), 'replicas_changed')
    },
  },
  {
    name: 'the leader moved away and taken back leaves its list in another order',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const move = replicaMove('t', [1, 2], 1, 3)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      see.now('answer', await cancel(cluster.system, move), 'accepted')
      const after = { leader: 1, replicas: [2, 1], isr: [1, 2], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
      see.now('verdict after', await judge(cluster.system, move), 'reverted')
    },
  },
  {
    name: 'what has landed is not taken back',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const move = replicaMove('t', [1, 2], 2, 3)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'landed')
      see.now('answer', await cancel(cluster.system, move), 'replicas_changed')
    },
  },
  {
    name: 'a stranger supersedes our move: shown, judged so, and not taken back',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const move = replicaMove('t', [1, 2], 2, 3)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      await cluster.strangerReassigns('t', [1, 4])
      const running = [{ topic: 't', partition: 0, target: [1, 4], adding: [4], removing: [2, 3] }]
      await see.soon('running', async () => listed((await cluster.system.pulse(live)).running), running)
      see.now('verdict after', await judge(cluster.system, move), 'superseded')
      see.now('answer', await cancel(cluster.system, move), 'replicas_changed')
      await cluster.fast()
      const end = { leader: 1, replicas: [1, 4], isr: [1, 4], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), end)
      see.now('verdict at the end', await judge(cluster.system, move), 'superseded')
    },
  },
  {
    name: 'the topic is deleted under the move',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.slow()
      const move = replicaMove('t', [1, 2], 2, 3)
      await perform(cluster.system, move)
      await see.soon('verdict', () => judge(cluster.system, move), 'running')
      await cluster.deleteTopic('t')
      await see.soon('running', async () => (await cluster.system.pulse(live)).running, [])
      await see.soon('verdict after', () => judge(cluster.system, move), 'superseded')
      see.now('answer', await cancel(cluster.system, move), 'replicas_changed')
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), undefined)
    },
  },
  {
    name: 'the leader itself is moved away: the first of the new list leads at the end',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[2, 1]] })
      await cluster.slow()
      await perform(cluster.system, replicaMove('t', [2, 1], 2, 3))
      const middle = { leader: 2, replicas: [3, 1, 2], isr: [1, 2], adding: [3], removing: [2], offline: [] }
      await see.soon('placement meanwhile', async () => placement(await sampled(cluster), 't'), middle)
      await cluster.fast()
      const end = { leader: 3, replicas: [3, 1], isr: [1, 3], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), end)
    },
  },
  {
    name: 'a leader that stays leads on, although it is not the first of the list',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.strangerReassigns('t', [2, 1])
      const before = { leader: 1, replicas: [2, 1], isr: [1, 2], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), before)
      await perform(cluster.system, replicaMove('t', [2, 1], 2, 3))
      const end = { leader: 1, replicas: [3, 1], isr: [1, 3], ...nothing }
      await see.soon('placement at the end', async () => placement(await sampled(cluster), 't'), end)
    },
  },
  {
    name: 'the space of the source is used for a while and known to be on its way out',
    needs: ['replicaMoves'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      const source = [cluster.dir(2, 0), cluster.dir(2, 1)]
      const look = async () => {
        const sample = await sampled(cluster)
        const dirs = source.map((dir) => dirShown(sample, dir)!)
        return { used: dirs.some(({ used }) => used > 5e6), freeing: dirs.some(({ freeing }) => freeing > 5e6) }
      }
      await see.soon('before', look, { used: true, freeing: false })
      await perform(cluster.system, replicaMove('t', [1, 2], 2, 3))
      await see.soon('after the move', look, { used: true, freeing: true })
      await see.soon('in the end', look, { used: false, freeing: false })
    },
  },
]
