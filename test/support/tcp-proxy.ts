/** Stands between clients and a server: passes everything on, until it is told to be a bad line. */
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * - `forward`: as if it were not there.
 * - `mute`: takes connections and swallows what comes, as a firewall that drops does.
 * - `refuse`: resets what comes, as a host does that does not know of the connection.
 */
export type Manner = 'forward' | 'mute' | 'refuse'

export class TcpProxy {
  readonly #target: number
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  readonly #servers = new Set<Socket>()
  #manner: Manner = 'forward'

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => this.#accept(socket))
  }

  /** @param target port on the loopback address, where there need not be anybody yet. */
  static async start(target: number, port: number): Promise<TcpProxy> {
    const proxy = new TcpProxy(target)
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
    return proxy
  }

  /** Connections of clients that are open. */
  get open(): number {
    return this.#clients.size
  }

  /** What holds from now on, for present connections too; one that was mute once stays so. */
  become(manner: Manner): void {
    this.#manner = manner
    if (manner === 'mute') this.forsake()
    if (manner === 'refuse') for (const client of this.#clients) client.resetAndDestroy()
  }

  /** Half-open: the server's side of the present connections is gone and their clients never hear of it. */
  forsake(): void {
    for (const client of this.#clients) client.removeAllListeners('data').resume()
    for (const server of this.#servers) server.removeAllListeners('close').destroy()
    this.#servers.clear()
  }

  close(): Promise<void> {
    this.become('refuse')
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
    })
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined)
    if (this.#manner === 'refuse') {
      client.resetAndDestroy()
      return
    }
    this.#clients.add(client)
    client.on('close', () => this.#clients.delete(client))
    if (this.#manner === 'mute') client.resume()
    else this.#forward(client)
  }

  #forward(client: Socket): void {
    const server = connect(this.#target, '127.0.0.1')
    this.#servers.add(server)
    server.on('error', () => undefined)
    server.on('data', (data) => client.write(data))
    server.on('close', () => {
      this.#servers.delete(server)
      client.destroy()
    })
    client.on('data', (data) => server.write(data))
    client.on('close', () => server.destroy())
  }
}
