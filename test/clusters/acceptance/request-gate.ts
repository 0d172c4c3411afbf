/** Stands between a client and a broker, and can hold a request of a kind until something has been done. */
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Kafka's number of AlterPartitionReassignments. */
export const ALTER_PARTITION_REASSIGNMENTS = 45

export class RequestGate {
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  #before: ((apiKey: number) => Promise<void>) | undefined

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((client) => this.#accept(client))
  }

  /** @param target port on the loopback address, where there need not be anybody yet. */
  static async start(target: number, port: number): Promise<RequestGate> {
    const gate = new RequestGate(target)
    await new Promise<void>((resolve, reject) => {
      gate.#server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    return gate
  }

  /** What is to be done before a request is passed on; in the order of the requests. */
  set before(hook: ((apiKey: number) => Promise<void>) | undefined) {
    this.#before = hook
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #accept(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => this.#sockets.delete(socket))
    }
    server.on('data', (data) => client.write(data))
    server.on('close', () => client.destroy())
    let turn = Promise.resolve()
    const frames = framesOf((frame) => {
      turn = turn.then(async () => {
        await this.#before?.(frame.readInt16BE(4))
        server.write(frame)
      })
    })
    client.on('data', frames)
    // What was sent before goes on, as it does on a wire.
    client.on('close', () => void turn.then(() => server.end()))
  }
}

/** Cuts a stream into requests: each begins with its length in four bytes. */
function framesOf(each: (frame: Buffer) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0)
  return (data) => {
    rest = Buffer.concat([rest, data])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      each(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  }
}
