/**
 * Where planning happens: in a worker thread, so that the event loop is never held. The columns of the state travel there
 * and back; while they are away the state must not be read.
 */
import type { Worker } from 'node:worker_threads'
import { buffersOf, type ClusterState, type Columns, columnsOf } from '../cluster/state.ts'
import { withDeadline } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
import { nextMessage, startWorker } from '../lib/worker-turn.ts'
import { makePlan } from './plan.ts'
import type { PlanRequest, PlanResult } from './request.ts'

export interface Planner {
  /** @throws EvenkeelError `timeout`, `aborted`, or `internal` when the planner failed: the state is lost with it. */
  plan(state: ClusterState, request: PlanRequest, signal: AbortSignal): Promise<PlanResult>
  close(): Promise<void>
}

export interface PlannerMessage {
  columns: Columns
  request: PlanRequest
}
export type PlannerAnswer = { columns: Columns; result: PlanResult } | { error: string }

/** Plans on the spot: for the simulator's virtual time and for small commands. */
export const inlinePlanner: Planner = {
  plan: async (state, request) => makePlan(state, request),
  close: async () => undefined,
}

const PLANNING_DEADLINE_MS = 60_000

/** One worker per process, started at first use and again after a failure; requests are served one by one. */
export class WorkerPlanner implements Planner {
  #worker: Worker | undefined
  #queue: Promise<unknown> = Promise.resolve()

  plan(state: ClusterState, request: PlanRequest, signal: AbortSignal): Promise<PlanResult> {
    const turn = this.#queue.then(() => this.#plan(state, request, signal))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  async #plan(state: ClusterState, request: PlanRequest, signal: AbortSignal): Promise<PlanResult> {
    const worker = (this.#worker ??= startWorker('./planner-worker', import.meta.url))
    try {
      return await withDeadline('the planner', PLANNING_DEADLINE_MS, signal, async (aborted) => {
        const columns = columnsOf(state)
        const message: PlannerMessage = { columns, request }
        worker.postMessage(message, buffersOf(columns))
        const answer = await nextMessage<PlannerAnswer>(worker, { who: 'the planner', what: 'planning' }, aborted)
        if ('error' in answer) throw new EvenkeelError('internal', `planning failed: ${answer.error}`)
        Object.assign(state, answer.columns)
        return answer.result
      })
    } catch (error) {
      // Whatever it still computes belongs to nobody; the next request gets a fresh one.
      await this.close()
      throw error
    }
  }
}
