/**
 * Where large answers are decoded: in a worker thread, so that the event loop is never held. Bytes travel there, flat arrays and one
 * text of names come back. Small ones are decoded on the spot: the way to and fro would take longer.
 */
import type { Worker } from 'node:worker_threads'
import { withDeadline } from '../../../lib/clock.ts'
import { type ErrorCode, EvenkeelError } from '../../../lib/errors.ts'
import { nextMessage, startWorker } from '../../../lib/worker-turn.ts'
import { type PackedPlacement, parsePlacement } from './placement-parser.ts'
import { type PackedSizes, parseSizes } from './size-parser.ts'

export interface DecoderMessage {
  kind: 'placement' | 'sizes'
  /** Where the bytes are from: a path, or a URL. */
  from: string
  bytes: Uint8Array<ArrayBuffer>
}

export type DecoderAnswer =
  | { placement: PackedPlacement }
  | { sizes: PackedSizes }
  | { error: { code: ErrorCode; message: string } }

/** Of packed records some 20 times as much comes out. */
const ON_THE_SPOT_BYTES = 16 * 1024
const DEADLINE_MS = 60_000

export class Decoder {
  #worker: Worker | undefined
  #queue: Promise<unknown> = Promise.resolve()

  /** @throws EvenkeelError `protocol` naming the path, `timeout`, `aborted`. */
  async placement(path: string, data: Uint8Array, signal: AbortSignal): Promise<PackedPlacement> {
    if (data.length <= ON_THE_SPOT_BYTES) return parsePlacement(path, data)
    const answer = await this.#ask({ kind: 'placement', from: path, bytes: owned(data) }, signal)
    if ('placement' in answer) return answer.placement
    throw new EvenkeelError('internal', 'the decoder answered another question')
  }

  /** @throws EvenkeelError `protocol` naming the URL, `timeout`, `aborted`. */
  async sizes(url: string, body: Uint8Array, signal: AbortSignal): Promise<PackedSizes> {
    if (body.length <= ON_THE_SPOT_BYTES) return parseSizes(url, body)
    const answer = await this.#ask({ kind: 'sizes', from: url, bytes: owned(body) }, signal)
    if ('sizes' in answer) return answer.sizes
    throw new EvenkeelError('internal', 'the decoder answered another question')
  }

  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  /** One by one: there is one thread. */
  #ask(message: DecoderMessage, signal: AbortSignal): Promise<DecoderAnswer> {
    const turn = this.#queue.then(() => this.#decode(message, signal))
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #decode(message: DecoderMessage, signal: AbortSignal): Promise<DecoderAnswer> {
    const what = `decoding ${message.from}`
    if (signal.aborted) throw new EvenkeelError('aborted', `${what} was given up`)
    const worker = (this.#worker ??= startWorker('./decoder-worker', import.meta.url))
    let answer: DecoderAnswer
    try {
      answer = await withDeadline(what, DEADLINE_MS, signal, (aborted) => {
        worker.postMessage(message, [message.bytes.buffer])
        return nextMessage<DecoderAnswer>(worker, { who: 'the decoder', what: 'decoding' }, aborted)
      })
    } catch (error) {
      // Its late answer would be taken for that to the next question.
      await this.close()
      throw error
    }
    if ('error' in answer) throw new EvenkeelError(answer.error.code, answer.error.message)
    return answer
  }
}

/** Bytes that may be given away: those of a larger buffer are copied. */
function owned(data: Uint8Array): Uint8Array<ArrayBuffer> {
  return data.byteLength === data.buffer.byteLength && data.buffer instanceof ArrayBuffer
    ? new Uint8Array(data.buffer)
    : new Uint8Array(data)
}
