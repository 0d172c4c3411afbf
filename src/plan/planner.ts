/**
 * Where planning happens: in a worker thread, so that the event loop is never held. The columns of the state travel there
 * and back; while they are away the state must not be read.
 */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { buffersOf, type ClusterState, type Columns, columnsOf } from '../cluster/state.ts'
import { withDeadline } from '../lib/clock.ts'
import { EvenkeelError } from '../lib/errors.ts'
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
    const worker = (this.#worker ??= startWorker())
    try {
      return await withDeadline('the planner', PLANNING_DEADLINE_MS, signal, async (aborted) => {
        const columns = columnsOf(state)
        const message: PlannerMessage = { columns, request }
        worker.postMessage(message, buffersOf(columns))
        const answer = await nextMessage(worker, aborted)
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

function startWorker(): Worker {
  const worker = new Worker(new URL(`./planner-worker${extname(import.meta.url)}`, import.meta.url))
  worker.unref()
  return worker
}

function nextMessage(worker: Worker, aborted: AbortSignal): Promise<PlannerAnswer> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: PlannerAnswer) => finish(() => resolve(answer))
    const onError = (cause: unknown) =>
      finish(() => reject(new EvenkeelError('internal', 'the planner died', { cause })))
    const onExit = () => onError(new Error('it exited'))
    const onAbort = () => finish(() => reject(new EvenkeelError('aborted', 'planning was given up')))
    const finish = (settle: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      aborted.removeEventListener('abort', onAbort)
      worker.unref()
      settle()
    }
    // Only while an answer is due may the worker keep the process alive.
    worker.ref()
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
    aborted.addEventListener('abort', onAbort, { once: true })
  })
}
