/**
 * Writes Kafka's big-endian primitives into one growing buffer. `flexible` chooses between the two encodings of strings and
 * arrays: classic (a fixed-size length, -1 for null) and compact (length + 1 as an unsigned varint, 0 for null, tagged fields
 * after every structure), so that one codec serves all versions of its API.
 */
export class Writer {
  readonly #flexible: boolean
  #buffer = Buffer.allocUnsafe(256)
  #offset = 0

  constructor(flexible: boolean) {
    this.#flexible = flexible
  }

  bool(value: boolean): void {
    this.int8(value ? 1 : 0)
  }

  int8(value: number): void {
    this.#offset = this.#room(1).writeInt8(value, this.#offset)
  }

  int16(value: number): void {
    this.#offset = this.#room(2).writeInt16BE(value, this.#offset)
  }

  int32(value: number): void {
    this.#offset = this.#room(4).writeInt32BE(value, this.#offset)
  }

  int64(value: number): void {
    this.#offset = this.#room(8).writeBigInt64BE(BigInt(value), this.#offset)
  }

  uvarint(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.#byte((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.#byte(rest)
  }

  /** All zeros stand for "no uuid". The text form is Kafka's own: 22 characters of url-safe base64. */
  uuid(value: string | null): void {
    const buffer = this.#room(16)
    buffer.fill(0, this.#offset, this.#offset + 16)
    if (value !== null) buffer.write(value, this.#offset, 16, 'base64url')
    this.#offset += 16
  }

  string(value: string): void {
    this.nullableString(value)
  }

  nullableString(value: string | null): void {
    const size = value === null ? -1 : Buffer.byteLength(value)
    if (this.#flexible) this.uvarint(size + 1)
    else this.int16(size)
    if (value !== null) this.#offset += this.#room(size).write(value, this.#offset)
  }

  array<T>(items: readonly T[], write: (item: T) => void): void {
    this.nullableArray(items, write)
  }

  nullableArray<T>(items: readonly T[] | null, write: (item: T) => void): void {
    const length = items === null ? -1 : items.length
    if (this.#flexible) this.uvarint(length + 1)
    else this.int32(length)
    for (const item of items ?? []) write(item)
  }

  int32s(values: readonly number[]): void {
    this.array(values, (value) => this.int32(value))
  }

  /** Ends a structure: we never have tagged fields to send, and classic versions do not know them. */
  tags(): void {
    if (this.#flexible) this.uvarint(0)
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#offset)
  }

  #byte(value: number): void {
    this.#offset = this.#room(1).writeUInt8(value, this.#offset)
  }

  #room(size: number): Buffer {
    if (this.#offset + size > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(2 * (this.#offset + size))
      this.#buffer.copy(larger, 0, 0, this.#offset)
      this.#buffer = larger
    }
    return this.#buffer
  }
}
