/** Worker threads that are asked one question at a time. */
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { EvenkeelError } from './errors.ts'

/**
 * Starts the script of that name beside the caller, in the form in which the caller runs. It keeps no process alive.
 * @param script without its ending, as in `./planner-worker`
 * @param from `import.meta.url` of the caller
 */
export function startWorker(script: string, from: string): Worker {
  const worker = new Worker(new URL(`${script}${extname(from)}`, from))
  worker.unref()
  return worker
}

/**
 * The next message of a worker that has been asked something.
 * @param who and what it does, for the error: `the planner`, `planning`
 * @throws EvenkeelError `internal` when it dies, `aborted`
 */
export function nextMessage<Answer>(
  worker: Worker,
  { who, what }: { who: string; what: string },
  aborted: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onMessage = (answer: Answer) => finish(() => resolve(answer))
    const onError = (cause: unknown) => finish(() => reject(new EvenkeelError('internal', `${who} died`, { cause })))
    const onExit = () => onError(new Error('it exited'))
    const onAbort = () => finish(() => reject(new EvenkeelError('aborted', `${what} was given up`)))
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
