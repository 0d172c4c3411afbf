import { EvenkeelError } from '../../../lib/errors.ts'
import { Reader } from './reader.ts'
import { Writer } from './writer.ts'

/** One admin API: the versions we speak and how a request becomes a body and a body an answer. */
export interface Api<Request, Response> {
  readonly key: number
  readonly name: string
  /** The versions we speak, both ends included. */
  readonly min: number
  readonly max: number
  /** The first version with compact strings and arrays, tagged fields and the newer headers. */
  readonly flexibleFrom: number
  /** Whether it only reads: such a request may be repeated at another broker when its answer was lost. */
  readonly readOnly: boolean
  encode(version: number, request: Request): Buffer
  /** @throws WireError for anything that is not exactly one answer of this version. */
  decode(version: number, body: Buffer): Response
}

/** What a file of this folder gives: the descriptor without its plumbing. `write` and `read` see only the body. */
export interface Codec<Request, Response> extends Omit<Api<Request, Response>, 'encode' | 'decode'> {
  readonly write: (writer: Writer, request: Request, version: number) => void
  readonly read: (reader: Reader, version: number) => Response
}

export function defineApi<Request, Response>(codec: Codec<Request, Response>): Api<Request, Response> {
  const { write, read, ...api } = codec
  const isFlexible = (version: number): boolean => {
    if (version >= api.min && version <= api.max) return version >= api.flexibleFrom
    throw new EvenkeelError('internal', `${api.name} v${version} is outside ${api.min}-${api.max}`)
  }
  return {
    ...api,
    encode(version, request) {
      const writer = new Writer(isFlexible(version))
      write(writer, request, version)
      return writer.bytes()
    },
    decode(version, body) {
      const reader = new Reader(body, api.name, version, isFlexible(version))
      const response = read(reader, version)
      reader.end()
      return response
    },
  }
}
