/** The planner's thread: one message in, one out, the columns handed back with the answer. */
import { parentPort } from 'node:worker_threads'
import { buffersOf } from '../cluster/state.ts'
import { messageOf } from '../lib/errors.ts'
import { makePlan } from './plan.ts'
import type { PlannerAnswer, PlannerMessage } from './planner.ts'

parentPort?.on('message', ({ columns, request }: PlannerMessage) => {
  let answer: PlannerAnswer
  try {
    answer = { columns, result: makePlan(columns, request) }
  } catch (error) {
    answer = { error: messageOf(error) }
  }
  parentPort?.postMessage(answer, 'error' in answer ? [] : buffersOf(columns))
})
