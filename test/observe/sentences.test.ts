import { expect, test } from 'vitest'
import type { LoopEvent } from '../../src/cluster/events.ts'
import { eventSentence } from '../../src/observe/sentences.ts'
import { event, GiB, leader, noon, progress, replica, report } from './support.ts'

const copy = replica(3, 1, 4, 1.2 * GiB)
const handover = leader(5, 2, 1)

test.each<[LoopEvent, string | undefined]>([
  [
    event({ type: 'move_started', progress: progress(copy) }),
    'moving orders-3 (1.20 GiB) from node 1 to node 4: node_underused',
  ],
  [
    event({ type: 'move_started', progress: progress(handover) }),
    'moving leadership of orders-5 from node 2 to node 1: leader_skew',
  ],
  [
    event({
      type: 'move_ended',
      progress: progress(copy, { bytesDone: 1.2 * GiB }),
      result: 'done',
      durationMs: 12_000,
    }),
    'orders-3 is now on node 4 (1.20 GiB in 12s)',
  ],
  [
    event({ type: 'move_ended', progress: progress(handover), result: 'done', durationMs: 700 }),
    'orders-5 is now led by node 1 (in 700ms)',
  ],
  [
    event({
      type: 'move_ended',
      progress: progress(copy, { bytesDone: 0.5 * GiB, text: 'node 4 is gone' }),
      result: 'cancelled',
      durationMs: 330_000,
    }),
    'moving orders-3 from node 1 to node 4 was cancelled after 5m30s, 512 MiB of 1.20 GiB copied: node 4 is gone',
  ],
  [
    event({
      type: 'move_ended',
      progress: progress(handover, { text: 'node 1 is not in sync' }),
      result: 'failed',
      durationMs: 50,
    }),
    'moving leadership of orders-5 from node 2 to node 1 failed after 50ms: node 1 is not in sync',
  ],
  [
    event({ type: 'move_ended', progress: progress(copy), result: 'superseded', durationMs: 3_000 }),
    'moving orders-3 from node 1 to node 4 was superseded by a change that is not ours after 3s, 0 B of 1.20 GiB copied',
  ],
  [
    event({
      type: 'order_refused',
      order: { kind: 'leader', topic: 'orders', partition: 5, to: 1, reason: 'a disk', atMs: noon },
      text: 'node 1 is unavailable',
    }),
    'leadership of orders-5 to 1 was asked for by a person and is given up: node 1 is unavailable',
  ],
  [event({ type: 'status_changed', from: 'ready', to: 'in_progress' }), 'status is now in_progress, was ready'],
  [event({ type: 'node_appeared', node: 4 }), 'node 4 appeared'],
  [event({ type: 'node_lost', node: 'server_1' }), 'node server_1 is gone'],
  [event({ type: 'node_returned', node: 4 }), 'node 4 is back'],
  [event({ type: 'connection_replaced' }), 'the new connection works and is taken'],
  [
    event({ type: 'connection_refused', code: 'auth', text: 'who are you?', final: false }),
    'the new connection is not taken, the old one stays in force until it works: who are you?',
  ],
  [
    event({ type: 'connection_refused', code: 'another_cluster', text: 'it leads elsewhere', final: true }),
    'the new connection is not taken, the old one stays in force: it leads elsewhere',
  ],
  [
    event({ type: 'sample_failed', code: 'timeout', text: 'no answer', durationMs: 10_000 }),
    'the cluster could not be sampled (timeout after 10s): no answer',
  ],
  [event({ type: 'tick_failed', text: 'boom' }), 'the tick failed: boom'],
  [event({ type: 'plan_rejected', text: 'node 4 twice' }), 'the plan was dropped: node 4 twice'],
  [
    event({ type: 'candidates_rejected', counts: { min_gain: 1, rack_constraint: 7, no_quorum: 0 } }),
    '8 candidate moves were rejected: rack_constraint 7, min_gain 1',
  ],
  [event({ type: 'candidates_rejected', counts: { min_gain: 1 } }), '1 candidate move was rejected: min_gain 1'],
  [event({ type: 'tick', report: report([]) }), undefined],
  [event({ type: 'progress', moves: [], pending: 0, pendingBytes: 0, movedBytes: 0 }), undefined],
])('%o in words', (event, sentence) => {
  expect(eventSentence(event)).toBe(sentence)
})
