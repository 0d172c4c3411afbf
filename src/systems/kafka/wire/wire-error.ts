import { EvenkeelError } from '../../../lib/errors.ts'

/** Bytes that are not what the named API and version may look like: the one error that decoding raises. */
export class WireError extends EvenkeelError {
  readonly api: string
  readonly version: number
  /** Bytes from the start of the answer's body to the field that could not be read. */
  readonly offset: number

  constructor(api: string, version: number, offset: number, problem: string) {
    super('protocol', `${api} v${version}: ${problem} at byte ${offset}`)
    this.name = 'WireError'
    this.api = api
    this.version = version
    this.offset = offset
  }
}
