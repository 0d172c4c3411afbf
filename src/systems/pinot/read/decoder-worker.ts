/** The decoder's thread: one message in, one out. */
import { parentPort } from 'node:worker_threads'
import { codeOf, messageOf } from '../../../lib/errors.ts'
import type { DecoderAnswer, DecoderMessage } from './decoder.ts'
import { parsePlacement } from './placement-parser.ts'
import { parseSizes } from './size-parser.ts'

parentPort?.on('message', ({ kind, from, bytes }: DecoderMessage) => {
  const transfer: ArrayBuffer[] = []
  let answer: DecoderAnswer
  try {
    if (kind === 'sizes') {
      const sizes = parseSizes(from, bytes)
      transfer.push(sizes.bytes.buffer)
      answer = { sizes }
    } else {
      const placement = parsePlacement(from, bytes)
      transfer.push(placement.start.buffer, placement.server.buffer, placement.state.buffer)
      answer = { placement }
    }
  } catch (error) {
    answer = { error: { code: codeOf(error), message: messageOf(error) } }
  }
  parentPort?.postMessage(answer, transfer)
})
