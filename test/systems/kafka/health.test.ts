import { describe, expect, test } from 'vitest'
import { healthOf } from '../../../src/systems/kafka/health.ts'
import type { MetadataTopic } from '../../../src/systems/kafka/wire/metadata.ts'

interface Row {
  leader?: number
  isr: number[]
  offline?: number[]
  adding?: number[]
}

/** Health of one partition on [1, 2, 3] and on what is being added, with min.insync.replicas = 2. */
function healthWith({ leader = 1, isr, offline = [], adding = [] }: Row, minIsr = 2) {
  const partition = {
    errorCode: 0,
    partition: 0,
    leader,
    leaderEpoch: 0,
    replicas: [1, 2, 3, ...adding],
    isr,
    offlineReplicas: offline,
  }
  const topic: MetadataTopic = { errorCode: 0, name: 't', topicId: null, isInternal: false, partitions: [partition] }
  return healthOf([topic], () => adding, new Map([['t', minIsr]]))
}

describe('under-replication', () => {
  test.each<[string, Row, string]>([
    ['nothing', { isr: [1, 2, 3] }, ''],
    ['a replica being added', { isr: [1, 2, 3], adding: [4] }, 'own_move'],
    ['a replica that is gone', { isr: [1, 2], offline: [3] }, 'node'],
    ['one that is gone while another is added', { isr: [1, 2], offline: [3], adding: [4] }, 'node'],
    ['a replica that lags', { isr: [1, 2] }, 'other'],
    ['one that is gone and one that lags', { isr: [1], offline: [3] }, 'other'],
  ])('by %s', (_, row, cause) => {
    const { underReplicated } = healthWith(row)
    expect(Object.entries(underReplicated).filter(([, count]) => count > 0)).toEqual(cause === '' ? [] : [[cause, 1]])
  })
})

describe('below min.insync.replicas', () => {
  test.each<[string, Row, number, number]>([
    ['not when two are in sync', { isr: [1, 2] }, 0, 0],
    ['explained by nodes or dirs that are gone', { isr: [1], offline: [2, 3] }, 1, 0],
    ['not explained when only one of the missing is gone', { isr: [1], offline: [3] }, 1, 1],
    ['not explained by nothing', { isr: [1] }, 1, 1],
    ['what is being added is not missing', { isr: [1], offline: [2, 3], adding: [4] }, 1, 0],
  ])('%s', (_, row, count, unexplained) => {
    const health = healthWith(row)
    expect([health.underMinIsr, health.unexplained.underMinIsr]).toEqual([count, unexplained])
  })

  test('a topic with fewer replicas than that misses none', () => {
    const health = healthWith({ isr: [1, 2, 3] }, 4)
    expect([health.underMinIsr, health.unexplained.underMinIsr]).toEqual([1, 0])
  })
})

describe('without a leader', () => {
  test.each<[string, Row, number]>([
    ['all are gone', { isr: [3], offline: [1, 2, 3] }, 0],
    ['the last leader is gone, one that had fallen behind is back', { isr: [3], offline: [3] }, 0],
    ['the same, with eligible leader replicas', { isr: [], offline: [3] }, 0],
    ['those in sync are there', { isr: [1, 2] }, 1],
    ['nobody is gone', { isr: [] }, 1],
  ])('%s', (_, row, unexplained) => {
    const health = healthWith({ ...row, leader: -1 })
    expect([health.offline, health.unexplained.offline]).toEqual([1, unexplained])
  })
})
