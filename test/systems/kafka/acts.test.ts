import { describe, expect, test } from 'vitest'
import type { LeaderMove, ReplicaMove } from '../../../src/cluster/move.ts'
import { kafkaSteps } from '../../../src/systems/kafka/acts.ts'
import { TransportError } from '../../../src/systems/kafka/transport-error.ts'
import type { Outcome, StepResult } from '../../../src/systems/port.ts'
import { fakeCluster } from './fake-cluster.ts'

const common = { topic: 't', partition: 0, replicas: [1, 2], leader: 1 }
const copy: ReplicaMove = { kind: 'replica', id: 'c', ...common, from: 1, to: 3, bytes: 10, reason: 'disk_skew' }
const transfer: LeaderMove = { kind: 'leader', id: 'l', ...common, from: 1, to: 2, reason: 'leader_skew' }
const signal = new AbortController().signal
const listed = { topic: 't', partition: 0, replicas: [3, 2, 1], adding: [3], removing: [1] }

const withPartition = (partition: { leader?: number; replicas: number[]; isr?: number[] }) => {
  const fake = fakeCluster()
  fake.cluster.topics = { t: [partition] }
  return fake
}

describe('steps', () => {
  test('a copy is one reassignment, the new replica in the place of the old', () => {
    expect(kafkaSteps(copy)).toEqual([
      { kind: 'set', topic: 't', partition: 0, expect: [1, 2], replicas: [3, 2], adds: [3] },
    ])
  })
  test('leadership is order and election', () => {
    const order = { topic: 't', partition: 0, replicas: [2, 1], adds: [] }
    expect(kafkaSteps(transfer)).toEqual([
      { kind: 'order', ...order, expect: [1, 2] },
      { kind: 'elect', ...order, expect: [2, 1] },
    ])
  })
  test('what is preferred already is only elected', () => {
    expect(kafkaSteps({ ...transfer, replicas: [2, 1] }).map((step) => step.kind)).toEqual(['elect'])
  })
})

describe('before a step', () => {
  const rows: [string, Partial<ReturnType<typeof fakeCluster>['cluster']>, StepResult][] = [
    ['all is as planned', {}, { outcome: 'accepted' }],
    ['it is gone', { topics: {} }, refused('partition_gone')],
    ['somebody moves it', { moving: [listed] }, refused('already_moving')],
    ['it is elsewhere', { topics: { t: [{ replicas: [2, 1] }] } }, refused('replicas_changed')],
    ['it has no leader', { topics: { t: [{ leader: -1, replicas: [1, 2], isr: [] }] } }, refused('no_leader')],
    ['its leader is not in sync', { topics: { t: [{ replicas: [1, 2], isr: [2] }] } }, refused('leader_not_in_sync')],
    ['the target is dead', { brokers: [1, 2] }, refused('target_not_alive')],
  ]
  test.each(rows)('%s', async (_, state, result) => {
    const { cluster, acts } = withPartition({ replicas: [1, 2] })
    Object.assign(cluster, state)
    expect(await acts.perform(kafkaSteps(copy), signal)).toEqual([result])
    const sent = cluster.asked.some(({ name }) => name === 'AlterPartitionReassignments')
    expect(sent).toBe(result.outcome === 'accepted')
  })

  test('an election does not wait for a broker that has not heard of the new order', async () => {
    const { acts } = withPartition({ replicas: [1, 2] })
    expect(await acts.perform([kafkaSteps(transfer)[1]!], signal)).toEqual([{ outcome: 'accepted' }])
  })

  test('nobody is elected who is not in sync', async () => {
    const { acts } = withPartition({ replicas: [2, 1], leader: 1, isr: [1] })
    expect(await acts.perform([kafkaSteps(transfer)[1]!], signal)).toEqual([refused('target_not_in_sync')])
  })

  test('a look that fails is no act', async () => {
    const { cluster, acts } = withPartition({ replicas: [1, 2] })
    cluster.fail['ListPartitionReassignments'] = new TransportError('timeout', 'no answer', { sent: true })
    expect(await acts.perform(kafkaSteps(copy), signal)).toEqual([refused('not_sent')])
  })
})

describe('what the controller answers', () => {
  test.each<[number, StepResult]>([
    [0, { outcome: 'accepted' }],
    [7, { outcome: 'unknown', text: 'REQUEST_TIMED_OUT' }],
    [31, refused('not_permitted')],
    [39, refused('rejected')],
    [41, { outcome: 'unknown', text: 'NOT_CONTROLLER' }],
  ])('code %i', async (code, result) => {
    const { cluster, acts } = withPartition({ replicas: [1, 2] })
    cluster.act = () => code
    expect(await acts.perform(kafkaSteps(copy), signal)).toEqual([result])
  })

  test('an election that was not needed is one', async () => {
    const { cluster, acts } = withPartition({ replicas: [2, 1] })
    cluster.act = () => 84
    expect(await acts.perform([kafkaSteps(transfer)[1]!], signal)).toEqual([{ outcome: 'accepted' }])
  })

  test.each([
    [true, 'unknown'],
    [false, 'refused'],
  ])('no answer, sent %s', async (sent, outcome) => {
    const { cluster, acts } = withPartition({ replicas: [1, 2] })
    cluster.fail['AlterPartitionReassignments'] = new TransportError('connect', 'it broke', { sent })
    expect(await acts.perform(kafkaSteps(copy), signal)).toMatchObject([{ outcome }])
  })

  test('one bad partition does not keep back the others', async () => {
    const { cluster, acts } = fakeCluster()
    cluster.topics = { t: [{ replicas: [1, 2] }, { replicas: [1, 2] }] }
    cluster.act = (_, partition) => (partition === 0 ? 39 : 0)
    const steps = [copy, { ...copy, partition: 1 }].flatMap(kafkaSteps)
    expect((await acts.perform(steps, signal)).map(({ outcome }) => outcome)).toEqual(['refused', 'accepted'])
  })
})

describe('what became of a copy', () => {
  test.each<[string, { replicas: number[]; isr?: number[] } | undefined, object[], Outcome['outcome']]>([
    ['is listed as ours', { replicas: [3, 2, 1], isr: [1, 2] }, [listed], 'running'],
    ['has landed', { replicas: [3, 2] }, [], 'landed'],
    ['has landed in another order', { replicas: [2, 3] }, [], 'landed'],
    ['is not in sync yet', { replicas: [3, 2], isr: [2] }, [], 'partial'],
    ['is over, but metadata still shows the middle of it', { replicas: [3, 2, 1], isr: [1, 2] }, [], 'partial'],
    ['is as before', { replicas: [1, 2] }, [], 'reverted'],
    ['went elsewhere', { replicas: [4, 2] }, [], 'superseded'],
    ['is being sent elsewhere', { replicas: [4, 2, 1] }, [{ ...listed, adding: [4] }], 'superseded'],
    ['has no partition any more', undefined, [], 'superseded'],
  ])('%s', async (_, partition, moving, outcome) => {
    const { cluster, acts } = fakeCluster()
    if (partition) cluster.topics = { t: [partition] }
    cluster.moving = moving as typeof cluster.moving
    expect(await acts.judge([copy], signal)).toMatchObject([{ outcome }])
  })

  test.each<[string, { leader: number; replicas: number[] }, Outcome['outcome']]>([
    ['leads', { leader: 2, replicas: [2, 1] }, 'landed'],
    ['does not lead yet', { leader: 1, replicas: [2, 1] }, 'reverted'],
    ['holds it no more', { leader: 3, replicas: [3, 1] }, 'superseded'],
  ])('the new leader %s', async (_, partition, outcome) => {
    const { acts } = withPartition(partition)
    expect(await acts.judge([transfer], signal)).toMatchObject([{ outcome }])
  })
})

describe('a cancel', () => {
  test('takes back what is exactly ours, by null', async () => {
    const { cluster, acts } = withPartition({ replicas: [3, 2, 1], isr: [1, 2] })
    cluster.moving = [listed]
    expect(await acts.cancel([copy], signal)).toEqual([{ outcome: 'accepted' }])
    expect(cluster.asked.at(-1)?.request).toMatchObject({
      topics: [{ name: 't', partitions: [{ partition: 0, replicas: null }] }],
    })
  })

  test('leaves alone what a stranger superseded: taking that back would raise the replication factor', async () => {
    const { cluster, acts } = withPartition({ replicas: [4, 2, 3, 1], isr: [1, 2] })
    cluster.moving = [{ ...listed, replicas: [4, 2, 3, 1], adding: [4], removing: [3, 1] }]
    expect(await acts.cancel([copy], signal)).toMatchObject([{ outcome: 'refused', code: 'replicas_changed' }])
    expect(cluster.asked.map(({ name }) => name)).not.toContain('AlterPartitionReassignments')
  })
})

function refused(code: string): StepResult {
  return { outcome: 'refused', code, text: expect.any(String) } as StepResult
}
