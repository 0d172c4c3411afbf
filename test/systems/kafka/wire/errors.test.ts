import { describe, expect, it } from 'vitest'
import { errorKind, KafkaError } from '../../../../src/systems/kafka/wire/errors.ts'

describe('errorKind', () => {
  it.each([
    [-1, 'UNKNOWN_SERVER_ERROR', false],
    [0, 'NONE', false],
    [3, 'UNKNOWN_TOPIC_OR_PARTITION', true],
    [39, 'INVALID_REPLICA_ASSIGNMENT', false],
    [56, 'KAFKA_STORAGE_ERROR', true],
    [80, 'PREFERRED_LEADER_NOT_AVAILABLE', true],
    [85, 'NO_REASSIGNMENT_IN_PROGRESS', false],
    [133, 'SHARE_SESSION_LIMIT_REACHED', true],
  ])('knows %i', (code, name, retriable) => {
    expect(errorKind(code)).toEqual({ name, retriable })
  })

  it('has a name for every code up to 133, no two alike', () => {
    const names = Array.from({ length: 135 }, (_, index) => errorKind(index - 1).name)
    expect(new Set(names).size).toBe(135)
    expect(names.filter((name) => name.startsWith('ERROR_'))).toEqual([])
  })

  it('names a code it does not know by its number', () => {
    expect(errorKind(999)).toEqual({ name: 'ERROR_999', retriable: false })
  })
})

describe('KafkaError', () => {
  it("keeps the broker's text out of its message", () => {
    const dump = 'Request Request(processor=0, session=Session@2b186443) needs DESCRIBE permission.'
    const error = new KafkaError('DescribeLogDirs of broker 1', 31, dump)
    expect(error.message).toBe('DescribeLogDirs of broker 1: CLUSTER_AUTHORIZATION_FAILED (31)')
    expect(error).toMatchObject({ code: 'not_permitted', kafkaCode: 31, retriable: false, brokerMessage: dump })
  })

  it('is a plain rejection unless the code says more', () => {
    expect(new KafkaError('x', 39).code).toBe('rejected')
    expect(new KafkaError('x', 7)).toMatchObject({ code: 'timeout', retriable: true })
    expect(new KafkaError('x', 58).code).toBe('auth')
  })
})
