/** What an answer, or none, means for a step. */
import { messageOf } from '../../lib/errors.ts'
import type { Refusal, SettingChange, StepResult } from '../port.ts'
import { TransportError } from './transport-error.ts'
import { errorKind } from './wire/errors.ts'

const UNKNOWN_TOPIC_OR_PARTITION = 3
const REQUEST_TIMED_OUT = 7
const REPLICA_NOT_AVAILABLE = 9
const TOPIC_AUTHORIZATION_FAILED = 29
const CLUSTER_AUTHORIZATION_FAILED = 31
const INVALID_REPLICA_ASSIGNMENT = 39
const KAFKA_STORAGE_ERROR = 56
const LOG_DIR_NOT_FOUND = 57
const PREFERRED_LEADER_NOT_AVAILABLE = 80
const ELECTION_NOT_NEEDED = 84
const NO_REASSIGNMENT_IN_PROGRESS = 85

export const accepted: StepResult = { outcome: 'accepted' }

export function no(code: Refusal, text: string): StepResult {
  return { outcome: 'refused', code, text }
}

export function notAnswered(error: unknown): StepResult {
  const text = messageOf(error)
  if (error instanceof TransportError && !error.sent) return no('not_sent', text)
  return { outcome: 'unknown', text }
}

/** A partition's code in the answer to a reassignment or an election. */
export function resultOf(code: number): StepResult {
  if (code === ELECTION_NOT_NEEDED || code === NO_REASSIGNMENT_IN_PROGRESS) return accepted
  if (code === PREFERRED_LEADER_NOT_AVAILABLE) return no('target_not_in_sync', 'the new leader is not available')
  return commonResult(code)
}

/** A partition's code in the answer to a move between dirs, which the broker itself gives. */
export function dirResultOf(code: number): StepResult {
  switch (code) {
    case UNKNOWN_TOPIC_OR_PARTITION:
      return no('partition_gone', 'the broker does not know the partition')
    case REPLICA_NOT_AVAILABLE:
      return no('replicas_changed', 'the broker holds no replica of the partition')
    case INVALID_REPLICA_ASSIGNMENT:
      return no('dir_unusable', 'the dir is cordoned')
    case KAFKA_STORAGE_ERROR:
      return no('dir_unusable', 'the dir, or the one in which the replica lies, is offline')
    case LOG_DIR_NOT_FOUND:
      return no('dir_unusable', 'the broker has no such dir')
    default:
      return commonResult(code)
  }
}

/** The code of a broker's or topic's configs in the answer to a change of them. */
export function configResultOf(code: number, change: SettingChange): StepResult {
  switch (code) {
    case UNKNOWN_TOPIC_OR_PARTITION:
      // With the topic everything went that was set of it.
      if ('delete' in change || 'remove' in change) return accepted
      return no('partition_gone', `topic ${change.of} does not exist`)
    case TOPIC_AUTHORIZATION_FAILED:
      return no('not_permitted', 'the permission TOPIC ALTER_CONFIGS is missing')
    case CLUSTER_AUTHORIZATION_FAILED:
      return no('not_permitted', 'the permission CLUSTER ALTER_CONFIGS is missing')
    default:
      return commonResult(code)
  }
}

function commonResult(code: number): StepResult {
  if (code === 0) return accepted
  if (code === CLUSTER_AUTHORIZATION_FAILED) return no('not_permitted', 'the permission CLUSTER ALTER is missing')
  const { name, retriable } = errorKind(code)
  // What was not answered in time may still be done.
  if (code === REQUEST_TIMED_OUT || retriable) return { outcome: 'unknown', text: name }
  return no('rejected', name)
}

/** What was answered for many partitions, by `partitionName`. */
export function codesOf(topics: readonly CodedTopic[]): Map<string, number> {
  return new Map(
    topics.flatMap(({ name, partitions }) => partitions.map((one) => [`${name}-${one.partition}`, one.errorCode])),
  )
}

export interface CodedTopic {
  name: string
  partitions: { partition: number; errorCode: number }[]
}
