/** A strict Kafka broker of a few lines: it serves what it is told to, over TCP, and notes every byte it did not expect. */
import { createServer, type Server, type Socket } from 'node:net'
import type { Api } from '../../src/systems/kafka/wire/api.ts'
import { Reader } from '../../src/systems/kafka/wire/reader.ts'
import { Writer } from '../../src/systems/kafka/wire/writer.ts'

/** One API as the fake serves it. */
export interface Service {
  key: number
  name: string
  min: number
  max: number
  flexibleFrom: number
  /** Reads the whole request body and writes the answer's; `nothing` leaves the client waiting, `drop` ends the connection. */
  answer(request: Reader, response: Writer, version: number): 'nothing' | 'drop' | undefined
}

export interface FakeRequest {
  name: string
  version: number
  clientId: string | null
}

export interface FakeBrokerOptions {
  services: Service[]
  /** SASL PLAIN is asked for when given. */
  sasl?: { username: string; password: string }
}

const SASL_HANDSHAKE = 17
const API_VERSIONS = 18
const SASL_AUTHENTICATE = 36

export class FakeBroker {
  /** Requests other than those of the handshake. */
  readonly requests: FakeRequest[] = []
  /** What the client did wrong: bytes left over, versions out of range, requests before authentication. */
  readonly complaints: string[] = []
  /** Connections accepted so far. */
  connections = 0
  /** Reads and answers nothing, as a frozen broker. */
  mute = false
  /** Answers every request with these very bytes instead. */
  nonsense: Buffer | undefined
  readonly #options: FakeBrokerOptions
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  #port = 0

  constructor(options: FakeBrokerOptions) {
    this.#options = options
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async start(options: FakeBrokerOptions): Promise<FakeBroker> {
    const broker = new FakeBroker(options)
    await broker.listen()
    return broker
  }

  get address(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.#port }
  }

  /** Listens (again), on the port it had before if any. */
  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.#port, '127.0.0.1', () => {
        const address = this.#server.address()
        if (address !== null && typeof address === 'object') this.#port = address.port
        resolve()
      })
    })
  }

  /** Breaks every connection; new ones are welcome. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** Leaves the present connections open without ever reading them again; new ones work. */
  abandonConnections(): void {
    for (const socket of this.#sockets) socket.pause().removeAllListeners('data')
  }

  get openConnections(): number {
    return this.#sockets.size
  }

  /** From now on connections are refused. */
  close(): Promise<void> {
    this.dropConnections()
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #accept(socket: Socket): void {
    this.connections++
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined)
    const session = { authenticated: this.#options.sasl === undefined }
    let buffered = Buffer.alloc(0)
    socket.on('data', (data) => {
      buffered = Buffer.concat([buffered, data])
      while (buffered.length >= 4 && buffered.length >= 4 + buffered.readInt32BE(0)) {
        const frame = buffered.subarray(4, 4 + buffered.readInt32BE(0))
        buffered = buffered.subarray(4 + frame.length)
        if (!this.mute) this.#serve(socket, session, frame)
      }
    })
  }

  #serve(socket: Socket, session: { authenticated: boolean }, frame: Buffer): void {
    if (this.nonsense) {
      socket.write(this.nonsense)
      return
    }
    const header = new Reader(frame, 'request header', 1, false)
    const key = header.int16()
    const version = header.int16()
    const correlationId = header.int32()
    const clientId = header.nullableString()
    const service = [...this.#handshake(session), ...this.#options.services].find((other) => other.key === key)
    if (!service || version < service.min || version > service.max) {
      return this.#refuse(socket, `${service?.name ?? `API ${key}`} v${version} is not served`)
    }
    const inHandshake = [API_VERSIONS, SASL_HANDSHAKE, SASL_AUTHENTICATE].includes(key)
    if (!inHandshake) {
      if (!session.authenticated) return this.#refuse(socket, `${service.name} before authentication`)
      this.requests.push({ name: service.name, version, clientId })
    }
    const flexible = version >= service.flexibleFrom
    const request = new Reader(header.rest(), service.name, version, flexible)
    const response = new Writer(flexible)
    response.int32(correlationId)
    response.tags()
    try {
      request.tags()
      const instead = service.answer(request, response, version)
      request.end()
      if (instead === 'drop') socket.destroy()
      if (instead) return
    } catch (error) {
      return this.#refuse(socket, String(error))
    }
    const body = response.bytes()
    const size = Buffer.alloc(4)
    size.writeInt32BE(body.length)
    // In two pieces, since TCP promises no more.
    socket.write(size)
    socket.write(body)
  }

  /** As real brokers do with what they can not read. */
  #refuse(socket: Socket, complaint: string): void {
    this.complaints.push(complaint)
    socket.destroy()
  }

  #handshake(session: { authenticated: boolean }): Service[] {
    const { sasl, services } = this.#options
    const apiVersions: Service = {
      key: API_VERSIONS,
      name: 'ApiVersions',
      min: 0,
      max: 2,
      flexibleFrom: 3,
      answer: (_, response, version) => {
        response.int16(0)
        response.array([...this.#handshake(session), ...services], ({ key, min, max }) => {
          response.int16(key)
          response.int16(min)
          response.int16(max)
        })
        if (version >= 1) response.int32(0)
        return undefined
      },
    }
    if (!sasl) return [apiVersions]
    const handshake: Service = {
      key: SASL_HANDSHAKE,
      name: 'SaslHandshake',
      min: 0,
      max: 1,
      flexibleFrom: 2,
      answer: (request, response) => {
        response.int16(request.string() === 'PLAIN' ? 0 : 33)
        response.array(['PLAIN'], (mechanism) => response.string(mechanism))
        return undefined
      },
    }
    const authenticate: Service = {
      key: SASL_AUTHENTICATE,
      name: 'SaslAuthenticate',
      min: 0,
      max: 1,
      flexibleFrom: 2,
      answer: (request, response, version) => {
        const given = Buffer.from(request.array(() => request.int8())).toString()
        session.authenticated = given === `\0${sasl.username}\0${sasl.password}`
        response.int16(session.authenticated ? 0 : 58)
        response.nullableString(session.authenticated ? null : 'Authentication failed')
        response.int32(0)
        if (version >= 1) response.int64(0)
        return undefined
      },
    }
    return [apiVersions, handshake, authenticate]
  }
}

/** Serves an API in a range of versions, which is the client's own unless given. */
export function serve(
  api: Api<never, unknown>,
  answer: Service['answer'],
  range: { min?: number; max?: number } = {},
): Service {
  return { key: api.key, name: api.name, min: api.min, max: api.max, flexibleFrom: api.flexibleFrom, ...range, answer }
}
