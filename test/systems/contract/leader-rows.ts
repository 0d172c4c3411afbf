/** Order and election. */
import { judge, leaderMove, listed, live, perform, placement, sampled } from './observe.ts'
import type { Row } from './run.ts'

const nothing = { adding: [], removing: [], offline: [] }

export const leaderRows: Row[] = [
  {
    name: 'a list is put in another order at once; nothing is listed, and the leader leads on',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2, 3]] })
      const move = leaderMove('t', [1, 2, 3], 1, 3)
      const [order] = cluster.system.steps(move)
      see.now(
        'answer',
        (await cluster.system.perform([order!], live)).map(({ outcome }) => outcome),
        ['accepted'],
      )
      see.now('running', listed((await cluster.system.pulse(live)).running), [])
      const after = { leader: 1, replicas: [3, 1, 2], isr: [1, 2, 3], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
      see.now('verdict', await judge(cluster.system, move), 'reverted')
    },
  },
  {
    name: 'leadership is handed over by order and election',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2, 3]] })
      const move = leaderMove('t', [1, 2, 3], 1, 2)
      see.now(
        'steps',
        cluster.system.steps(move).map(({ kind }) => kind),
        ['order', 'elect'],
      )
      for (const step of cluster.system.steps(move)) {
        see.now(
          step.kind,
          (await cluster.system.perform([step], live)).map(({ outcome }) => outcome),
          ['accepted'],
        )
      }
      await see.soon('verdict', () => judge(cluster.system, move), 'landed')
      const after = { leader: 2, replicas: [2, 1, 3], isr: [1, 2, 3], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
    },
  },
  {
    name: 'who is the first of the list already needs the election only',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.strangerReassigns('t', [2, 1])
      const before = { leader: 1, replicas: [2, 1], isr: [1, 2], ...nothing }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), before)
      const move = leaderMove('t', [2, 1], 1, 2)
      see.now(
        'steps',
        cluster.system.steps(move).map(({ kind }) => kind),
        ['elect'],
      )
      see.now('verdict before', await judge(cluster.system, move), 'reverted')
      see.now('answer', await perform(cluster.system, move), ['accepted'])
      await see.soon('verdict', () => judge(cluster.system, move), 'landed')
    },
  },
  {
    name: 'an election of who leads already is accepted',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      see.now('answer', await perform(cluster.system, leaderMove('t', [1, 2], 2, 1)), ['accepted'])
      see.now('verdict', await judge(cluster.system, leaderMove('t', [1, 2], 2, 1)), 'landed')
    },
  },
  {
    name: 'an election of a dead node is refused',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 2]] })
      await cluster.kill(1)
      const after = { leader: 2, replicas: [1, 2], isr: [2], ...nothing, offline: [1] }
      await see.soon('placement', async () => placement(await sampled(cluster), 't'), after)
      see.now('answer', await perform(cluster.system, leaderMove('t', [1, 2], 2, 1)), ['target_not_in_sync'])
    },
  },
  {
    name: 'a leader move of replicas that changed is refused and judged superseded',
    needs: ['leaderTransfer'],
    play: async (cluster, see) => {
      await cluster.createTopic('t', { assignment: [[1, 3]] })
      const move = leaderMove('t', [1, 2], 1, 2)
      see.now('answer', (await perform(cluster.system, move))[0], 'replicas_changed')
      see.now('verdict', await judge(cluster.system, move), 'superseded')
    },
  },
]
