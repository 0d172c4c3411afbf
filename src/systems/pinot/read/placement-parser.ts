/**
 * IdealStates and ExternalViews straight from their bytes into flat arrays: those of large tables have many MB, of which
 * almost all are the same few names of servers again and again. What is not exactly a record with a placement is refused.
 */
import type { EvenkeelError } from '../../../lib/errors.ts'
import { type SegmentState, segmentStates } from '../reading.ts'
import { broken, isTable, unpacked } from '../wire/znrecord.ts'

/** A record with a placement, easy to hand from thread to thread. */
export interface PackedPlacement {
  simpleFields: Record<string, string>
  /** Names of the segments, in order, with line ends between them. */
  names: string
  segmentCount: number
  /** In order. */
  servers: string[]
  /** As of `Placement`. */
  start: Int32Array<ArrayBuffer>
  server: Int32Array<ArrayBuffer>
  state: Uint8Array<ArrayBuffer>
}

/** @throws EvenkeelError `protocol` naming the path, and the byte where it cannot go on. */
export function parsePlacement(path: string, data: Uint8Array): PackedPlacement {
  return new Parser(path, unpacked(path, data)).parse()
}

const [QUOTE, BACKSLASH, COMMA, COLON, OPEN, CLOSE] = [0x22, 0x5c, 0x2c, 0x3a, 0x7b, 0x7d]
const LINE_END = 0x0a
const SPACE = 0x20

const stateBytes = segmentStates.map((state) => Buffer.from(state))

class Parser {
  readonly #path: string
  readonly #bytes: Uint8Array
  readonly #buffer: Buffer
  readonly #servers = new Servers()
  readonly #names: Bytes
  #at = 0
  #simpleFields: Record<string, string> | undefined
  #segments = 0
  #replicas = 0
  #start = new Int32Array(1025)
  #server = new Int32Array(4096)
  #state = new Uint8Array(4096)
  /** Of the text that was read last: where its bytes begin and end, and whether it has escapes. */
  #from = 0
  #to = 0
  #escaped = false
  #hash = 0
  #sawMap = false

  constructor(path: string, bytes: Uint8Array) {
    this.#path = path
    this.#bytes = bytes
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#names = new Bytes(Math.max(64, bytes.length >> 2))
  }

  parse(): PackedPlacement {
    this.#object((key) => {
      if (key === 'mapFields') this.#placement()
      else if (key === 'simpleFields') this.#simpleFields = this.#texts()
      else this.#value()
    })
    this.#space()
    if (this.#at !== this.#bytes.length) throw this.#unexpected()
    if (!this.#sawMap) throw broken(this.#path, 'it has no mapFields')
    const packed = {
      simpleFields: this.#simpleFields ?? {},
      names: this.#names.text(),
      segmentCount: this.#segments,
      servers: this.#servers.names,
      start: this.#start.slice(0, this.#segments + 1),
      server: this.#server.slice(0, this.#replicas),
      state: this.#state.slice(0, this.#replicas),
    }
    return inOrder(this.#path, packed)
  }

  /** Calls back for each member, standing at its value. */
  #object(member: (key: string) => void): void {
    this.#expect(OPEN)
    if (this.#next() === CLOSE) {
      this.#at += 1
      return
    }
    for (;;) {
      this.#text()
      const key = this.#string()
      this.#expect(COLON)
      this.#space()
      member(key)
      const byte = this.#next()
      this.#at += 1
      if (byte === CLOSE) return
      if (byte !== COMMA) throw this.#unexpected(this.#at - 1)
    }
  }

  /** The hot loop: no text is made of what it passes. */
  #placement(): void {
    if (this.#sawMap) throw broken(this.#path, 'it has mapFields twice')
    this.#sawMap = true
    this.#expect(OPEN)
    if (this.#next() === CLOSE) {
      this.#at += 1
      return
    }
    for (;;) {
      this.#text()
      this.#addName()
      this.#expect(COLON)
      this.#replicasOfSegment()
      this.#endSegment()
      const byte = this.#next()
      this.#at += 1
      if (byte === CLOSE) return
      if (byte !== COMMA) throw this.#unexpected(this.#at - 1)
    }
  }

  #replicasOfSegment(): void {
    this.#expect(OPEN)
    if (this.#next() === CLOSE) {
      this.#at += 1
      return
    }
    for (;;) {
      this.#text()
      const server = this.#escaped
        ? this.#servers.named(this.#string())
        : this.#servers.at(this.#bytes, this.#from, this.#to, this.#hash)
      this.#expect(COLON)
      this.#text()
      this.#addReplica(server, this.#stateHere())
      const byte = this.#next()
      this.#at += 1
      if (byte === CLOSE) return
      if (byte !== COMMA) throw this.#unexpected(this.#at - 1)
    }
  }

  #addName(): void {
    if (this.#segments > 0) this.#names.push(LINE_END)
    if (!this.#escaped) {
      this.#names.append(this.#bytes, this.#from, this.#to)
      return
    }
    const name = this.#string()
    if (name.includes('\n')) throw broken(this.#path, 'the name of a segment has a line end')
    const bytes = Buffer.from(name)
    this.#names.append(bytes, 0, bytes.length)
  }

  #addReplica(server: number, state: number): void {
    if (this.#replicas === this.#server.length) {
      this.#server = grown(this.#server, Int32Array)
      this.#state = grown(this.#state, Uint8Array)
    }
    this.#server[this.#replicas] = server
    this.#state[this.#replicas] = state
    this.#replicas += 1
  }

  #endSegment(): void {
    this.#segments += 1
    if (this.#segments === this.#start.length) this.#start = grown(this.#start, Int32Array)
    this.#start[this.#segments] = this.#replicas
  }

  /** Of the text that was read last. */
  #stateHere(): number {
    const length = this.#to - this.#from
    for (let state = 0; state < stateBytes.length; state += 1) {
      const wanted = stateBytes[state]!
      if (wanted.length === length && sameBytes(wanted, 0, this.#bytes, this.#from, length)) return state
    }
    const known = segmentStates.indexOf(this.#string() as SegmentState)
    if (known !== -1) return known
    throw broken(this.#path, `a segment has the state ${this.#string()}, which is not known`)
  }

  #texts(): Record<string, string> {
    const value = this.#value()
    if (!isTable(value)) throw broken(this.#path, 'simpleFields are no texts')
    return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === 'string')) as Record<
      string,
      string
    >
  }

  /** Anything: found by its brackets and quotes, and then left to JSON. */
  #value(): unknown {
    const from = this.#at
    let depth = 0
    do {
      const byte = this.#bytes[this.#at]
      if (byte === undefined) throw this.#unexpected()
      if (byte === QUOTE) this.#text()
      else {
        if (byte === OPEN || byte === 0x5b) depth += 1
        else if (byte === CLOSE || byte === 0x5d) {
          if (depth === 0) break
          depth -= 1
        } else if (byte === COMMA && depth === 0) break
        this.#at += 1
      }
    } while (depth > 0 || (this.#bytes[this.#at] !== COMMA && this.#bytes[this.#at] !== CLOSE))
    try {
      return JSON.parse(this.#buffer.toString('utf8', from, this.#at))
    } catch {
      throw this.#unexpected(from)
    }
  }

  /** Passes a text, noting where it is. */
  #text(): void {
    if (this.#next() !== QUOTE) throw this.#unexpected()
    const bytes = this.#bytes
    const { length } = bytes
    let at = this.#at + 1
    let hash = 0
    this.#from = at
    this.#escaped = false
    for (; at < length; at += 1) {
      const byte = bytes[at]!
      if (byte === QUOTE) {
        this.#to = at
        this.#hash = hash
        this.#at = at + 1
        return
      }
      if (byte === BACKSLASH) {
        this.#escaped = true
        at += 1
      } else if (byte < SPACE) break
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    throw this.#unexpected(Math.min(at, length))
  }

  /** The text that was read last. */
  #string(): string {
    if (!this.#escaped) return this.#buffer.toString('utf8', this.#from, this.#to)
    try {
      return JSON.parse(this.#buffer.toString('utf8', this.#from - 1, this.#to + 1)) as string
    } catch {
      throw this.#unexpected(this.#from)
    }
  }

  #expect(byte: number): void {
    if (this.#next() !== byte) throw this.#unexpected()
    this.#at += 1
  }

  /** The next byte that is no space, without passing it. */
  #next(): number | undefined {
    this.#space()
    return this.#bytes[this.#at]
  }

  #space(): void {
    const bytes = this.#bytes
    for (;;) {
      const byte = bytes[this.#at]
      if (byte !== SPACE && byte !== LINE_END && byte !== 0x0d && byte !== 0x09) return
      this.#at += 1
    }
  }

  #unexpected(at = this.#at): EvenkeelError {
    const { length } = this.#bytes
    return broken(this.#path, at >= length ? `it ends after ${length} bytes` : `byte ${at} of ${length} is unexpected`)
  }
}

/** Servers by their bytes, in the order in which they first came. */
class Servers {
  readonly names: string[] = []
  readonly #bytes: Uint8Array[] = []
  readonly #byHash = new Map<number, number[]>()

  at(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const length = to - from
    for (const index of this.#byHash.get(hash) ?? []) {
      const known = this.#bytes[index]!
      if (known.length === length && sameBytes(known, 0, bytes, from, length)) return index
    }
    return this.#add(bytes.slice(from, to), hash)
  }

  named(name: string): number {
    const known = this.names.indexOf(name)
    if (known !== -1) return known
    const bytes = Buffer.from(name)
    let hash = 0
    for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) | 0
    return this.#add(Uint8Array.from(bytes), hash)
  }

  #add(bytes: Uint8Array, hash: number): number {
    const index = this.names.push(Buffer.from(bytes).toString()) - 1
    this.#bytes.push(bytes)
    const same = this.#byHash.get(hash)
    if (same) same.push(index)
    else this.#byHash.set(hash, [index])
    return index
  }
}

/** A text that grows. */
class Bytes {
  #bytes: Uint8Array
  #length = 0

  constructor(length: number) {
    this.#bytes = new Uint8Array(length)
  }

  push(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length] = byte
    this.#length += 1
  }

  append(from: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start)
    // For texts of this length quicker than making a view of them.
    for (let at = start; at < end; at += 1) this.#bytes[this.#length++] = from[at]!
  }

  text(): string {
    return Buffer.from(this.#bytes.buffer, 0, this.#length).toString()
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + more))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}

function sameBytes(a: Uint8Array, aFrom: number, b: Uint8Array, bFrom: number, length: number): boolean {
  for (let at = 0; at < length; at += 1) if (a[aFrom + at] !== b[bFrom + at]) return false
  return true
}

function grown<A extends Int32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>>(
  array: A,
  type: new (length: number) => A,
): A {
  const larger = new type(array.length * 2)
  larger.set(array)
  return larger
}

/** Helix writes all names in order; who else wrote it may not have. */
function inOrder(path: string, packed: PackedPlacement): PackedPlacement {
  const ranked = packed.servers.map((name, index) => ({ name, index })).sort((a, b) => (a.name < b.name ? -1 : 1))
  const rank = new Int32Array(ranked.length)
  ranked.forEach(({ index }, at) => {
    rank[index] = at
  })
  const { start, server, state } = packed
  for (let at = 0; at < server.length; at += 1) server[at] = rank[server[at]!]!
  for (let segment = 0; segment < packed.segmentCount; segment += 1) {
    sortReplicas(path, server, state, start[segment]!, start[segment + 1]!)
  }
  const sorted = { ...packed, servers: ranked.map(({ name }) => name) }
  return segmentsInOrder(path, sorted)
}

/** By insertion: they are few, and mostly in order. */
function sortReplicas(path: string, server: Int32Array, state: Uint8Array, from: number, end: number): void {
  for (let next = from + 1; next < end; next += 1) {
    const [server0, state0] = [server[next]!, state[next]!]
    let at = next
    for (; at > from && server[at - 1]! > server0; at -= 1) {
      server[at] = server[at - 1]!
      state[at] = state[at - 1]!
    }
    if (at > from && server[at - 1] === server0) throw broken(path, 'a segment names a server twice')
    server[at] = server0
    state[at] = state0
  }
}

function segmentsInOrder(path: string, packed: PackedPlacement): PackedPlacement {
  const names = segmentNames(packed)
  if (names.every((name, index) => index === 0 || names[index - 1]! < name)) return packed
  const order = names.map((_, index) => index).sort((a, b) => (names[a]! < names[b]! ? -1 : 1))
  const start = new Int32Array(packed.start.length)
  const server = new Int32Array(packed.server.length)
  const state = new Uint8Array(packed.state.length)
  order.forEach((segment, at) => {
    if (at > 0 && names[order[at - 1]!] === names[segment])
      throw broken(path, `segment ${names[segment]} is there twice`)
    const [from, end] = packed.start.subarray(segment, segment + 2)
    server.set(packed.server.subarray(from, end), start[at])
    state.set(packed.state.subarray(from, end), start[at])
    start[at + 1] = start[at]! + end! - from!
  })
  return { ...packed, names: order.map((segment) => names[segment]).join('\n'), start, server, state }
}

export function segmentNames({ names, segmentCount }: Pick<PackedPlacement, 'names' | 'segmentCount'>): string[] {
  return segmentCount === 0 ? [] : names.split('\n')
}
