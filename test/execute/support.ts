/** Moves, and a cluster whose every answer is scripted. */
import {
  isDirMove,
  type LeaderMove,
  moveId,
  type PartitionMove,
  partitionName,
  type ReplicaMove,
  type RunningMove,
  replicasAfter,
  subjectOf,
} from '../../src/cluster/move.ts'
import { Executor, type ExecutorEvent, type ExecutorOptions } from '../../src/execute/executor.ts'
import { forgetfulJournal, type Journal } from '../../src/execute/journal/journal.ts'
import { VirtualClock } from '../../src/lib/clock.ts'
import type { Outcome, PartitionStep, Settings, StepResult, System } from '../../src/systems/port.ts'

export function replica(partition = 0, more: Partial<ReplicaMove> = {}): ReplicaMove {
  const move = {
    topic: 't',
    partition,
    from: 1,
    to: 3,
    replicas: [1, 2],
    leader: 1,
    bytes: 100,
    reason: 'disk_skew' as const,
    ...more,
  }
  return { kind: 'replica', id: moveId('replica', move.topic, move.partition, move.from, move.to), ...move }
}

export function transfer(partition = 0, more: Partial<LeaderMove> = {}): LeaderMove {
  const move = {
    topic: 't',
    partition,
    from: 1,
    to: 2,
    replicas: [1, 2],
    leader: 1,
    reason: 'leader_skew' as const,
    ...more,
  }
  return { kind: 'leader', id: moveId('leader', move.topic, move.partition, move.from, move.to), ...move }
}

/** The replica on node 1 goes to another dir of it. */
export function relocation(partition = 0, more: Partial<ReplicaMove> = {}): ReplicaMove {
  return replica(partition, { to: 1, fromDir: '/d0', toDir: '/d1', ...more })
}

/** As the cluster lists a move of ours. */
export function listed(move: PartitionMove, more: Partial<RunningMove> = {}): RunningMove {
  const { topic, partition, from, to } = move
  if (isDirMove(move)) {
    const dir = { node: to, path: move.toDir }
    return { topic, partition, target: move.replicas, adding: [], removing: [], dir, ...more }
  }
  return { topic, partition, target: replicasAfter(move), adding: [to], removing: [from], ...more }
}

const stepsOf = (move: PartitionMove): PartitionStep[] => {
  const step = { topic: move.topic, partition: move.partition, expect: move.replicas, replicas: replicasAfter(move) }
  if (move.kind === 'replica') return [{ kind: 'set', ...step, adds: [move.to] }]
  return [
    { kind: 'order', ...step, adds: [] },
    { kind: 'elect', ...step, expect: step.replicas, adds: [] },
  ]
}

export const accepted: StepResult = { outcome: 'accepted' }
export const unknown: StepResult = { outcome: 'unknown', text: 'no answer' }
export const refused: StepResult = { outcome: 'refused', code: 'replicas_changed', text: 'it is elsewhere' }

interface Around {
  clock?: VirtualClock
  journal?: Journal
  settings?: Settings
}

export function scripted(
  options: Partial<ExecutorOptions> = {},
  { clock = new VirtualClock(0), journal = forgetfulJournal(), settings }: Around = {},
) {
  const asked: string[] = []
  const told: string[] = []
  /** What the cluster says; everything is accepted and then nowhere to be seen, unless told otherwise. */
  const cluster = {
    running: [] as RunningMove[],
    alive: [1, 2, 3],
    answer: (_step: PartitionStep): StepResult => accepted,
    outcome: (_move: PartitionMove): Outcome => ({ outcome: 'unknown', text: 'not seen' }),
    fail: undefined as Error | undefined,
    failCancel: undefined as Error | undefined,
    mayStart: true,
    cancel: (_move: PartitionMove): StepResult => accepted,
  }
  const never = () => Promise.reject(new Error('not part of executing'))
  const system: System = {
    ...(settings && { settings }),
    capabilities: () => ({ leaderTransfer: true, replicaMoves: true, dirMoves: true, tableJobs: false }),
    sample: never,
    pulse: never,
    steps: stepsOf,
    perform: async (steps: PartitionStep[]) => {
      asked.push(...steps.map((step) => `${step.kind} ${partitionName(step)}`))
      if (cluster.fail) throw cluster.fail
      return steps.map((step) => cluster.answer(step))
    },
    judge: async (moves: PartitionMove[]) => moves.map((move) => cluster.outcome(move)),
    cancel: async (moves: PartitionMove[]) => {
      asked.push(...moves.map((move) => `cancel ${partitionName(move)}`))
      if (cluster.failCancel) throw cluster.failCancel
      return moves.map((move) => cluster.cancel(move))
    },
    close: async () => undefined,
  }
  const limits = {
    concurrentMoves: 50,
    concurrentMovesPerNode: 5,
    maxTransfersPerTick: 50,
    unknownHoldMs: 90_000,
    targetGraceMs: 300_000,
    ...options,
  }
  const emit = (event: ExecutorEvent) => {
    if (event.type === 'settings_changed') {
      const { set, restored, left, failed } = event
      told.push(
        ...Object.entries({ set, restored, left }).flatMap(([what, keys]) => keys.map((key) => `${key} ${what}`)),
      )
      return void told.push(...failed.map(({ key, text }) => `${key} failed: ${text}`))
    }
    if (event.type === 'factor_changed') return void told.push(event.text)
    const { move, text } = event.progress
    const what = event.type === 'move_started' ? 'started' : event.result
    return void told.push(`${subjectOf(move)} ${what}${text === undefined ? '' : `: ${text}`}`)
  }
  const executor = new Executor({ system, journal, clock, emit }, limits)
  const { signal } = new AbortController()
  return {
    executor,
    cluster,
    system,
    asked,
    told,
    clock,
    journal,
    /** One pulse, `afterMs` later. */
    work: async (afterMs = 0) => {
      await clock.advance(afterMs)
      await executor.work(
        { takenAtMs: clock.now(), aliveNodes: cluster.alive, running: cluster.running },
        () => cluster.mayStart,
        signal,
      )
    },
  }
}
