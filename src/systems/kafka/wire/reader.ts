import { WireError } from './wire-error.ts'

const TWO_TO_32 = 2 ** 32
const none: readonly number[] = Object.freeze([])

/**
 * Reads what Writer writes, from bytes nobody vouches for: every read is checked against the end, and an array that claims
 * more elements than bytes are left is refused before anything is allocated. All failures are WireError.
 */
export class Reader {
  readonly #buffer: Buffer
  readonly #api: string
  readonly #version: number
  readonly #flexible: boolean
  #offset = 0

  constructor(buffer: Buffer, api: string, version: number, flexible: boolean) {
    this.#buffer = buffer
    this.#api = api
    this.#version = version
    this.#flexible = flexible
  }

  bool(): boolean {
    return this.int8() !== 0
  }

  int8(): number {
    return this.#buffer.readInt8(this.#take(1))
  }

  int16(): number {
    return this.#buffer.readInt16BE(this.#take(2))
  }

  int32(): number {
    return this.#buffer.readInt32BE(this.#take(4))
  }

  /** An int64 that must be exact as a number; one beyond ±2^53 is an error. */
  int64(): number {
    const value = this.#int64()
    if (!Number.isSafeInteger(value)) throw this.#error('int64 beyond 2^53', this.#offset - 8)
    return value
  }

  /** An int64 of bytes, at most 2^53 - 1: file systems without a limit of their own report the largest int64. */
  byteCount(): number {
    return Math.min(this.#int64(), Number.MAX_SAFE_INTEGER)
  }

  uvarint(): number {
    const start = this.#offset
    let value = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#buffer.readUInt8(this.#take(1))
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) {
        if (value >= TWO_TO_32) break
        return value
      }
    }
    throw this.#error('varint beyond 32 bits', start)
  }

  /** Kafka's own text form, 22 characters of url-safe base64; null when all zeros, which stands for "no uuid". */
  uuid(): string | null {
    const start = this.#take(16)
    const text = this.#buffer.toString('base64url', start, start + 16)
    return text === 'AAAAAAAAAAAAAAAAAAAAAA' ? null : text
  }

  string(): string {
    const start = this.#offset
    const value = this.nullableString()
    if (value === null) throw this.#error('null where a string must be', start)
    return value
  }

  nullableString(): string | null {
    const start = this.#offset
    const size = this.#flexible ? this.uvarint() - 1 : this.int16()
    if (size === -1) return null
    if (size < 0) throw this.#error(`string of ${size} bytes`, start)
    const from = this.#take(size)
    return this.#buffer.toString('utf8', from, from + size)
  }

  array<T>(read: () => T): T[] {
    const start = this.#offset
    const items = this.nullableArray(read)
    if (items === null) throw this.#error('null where an array must be', start)
    return items
  }

  nullableArray<T>(read: () => T): T[] | null {
    const length = this.#length(1)
    if (length === -1) return null
    const items: T[] = []
    for (let i = 0; i < length; i++) items.push(read())
    return items
  }

  /** Numbers as one plain array; all empty ones are the same frozen array, as large clusters have a hundred thousand. */
  int32s(): readonly number[] {
    const start = this.#offset
    const length = this.#length(4)
    if (length === -1) throw this.#error('null where an array must be', start)
    if (length === 0) return none
    const values: number[] = []
    for (let i = 0; i < length; i++) values.push(this.int32())
    return values
  }

  /** Skips the tagged fields that end a structure of a flexible version; newer brokers may add some at any time. */
  tags(): void {
    if (!this.#flexible) return
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint()
      this.#take(this.uvarint())
    }
  }

  /** Everything from here to the end. */
  rest(): Buffer {
    return this.#buffer.subarray(this.#take(this.#left()))
  }

  /** @throws WireError when bytes are left over: the layout was not what we took it for. */
  end(): void {
    if (this.#left() > 0) throw this.#error(`${this.#left()} bytes left over`, this.#offset)
  }

  /** The length of an array whose elements take at least `least` bytes each; -1 for null. */
  #length(least: number): number {
    const start = this.#offset
    const length = this.#flexible ? this.uvarint() - 1 : this.int32()
    if (length < -1 || length * least > this.#left()) {
      throw this.#error(`array of ${length} elements in ${this.#left()} bytes`, start)
    }
    return length
  }

  #int64(): number {
    const from = this.#take(8)
    return this.#buffer.readInt32BE(from) * TWO_TO_32 + this.#buffer.readUInt32BE(from + 4)
  }

  #left(): number {
    return this.#buffer.length - this.#offset
  }

  /** Moves past `size` bytes and tells where they begin. */
  #take(size: number): number {
    const from = this.#offset
    if (size > this.#buffer.length - from) throw this.#error(`${size} bytes wanted, ${this.#left()} left`, from)
    this.#offset = from + size
    return from
  }

  #error(problem: string, offset: number): WireError {
    return new WireError(this.#api, this.#version, offset, problem)
  }
}
