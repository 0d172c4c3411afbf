/**
 * ZooKeeper, hardened: every call has a deadline, since the library promises no callback; a server that accepts and keeps
 * silent is noticed by a watchdog, since the library has no read timeout; a session that expired is replaced by a new one, and so
 * is one that found nobody for as long as a session lasts (a server that was restored from an older state refuses it for ever).
 *
 *     connecting ⇄ connected ─▶ (expired: a new session) connecting ─▶ closed
 *
 * Watches are few and by path: one that fired is set again before its listener is told, and all are set again on a new
 * session, with every listener told, for nobody knows what it missed.
 */

import type { Clock } from '../../../lib/clock.ts'
import { withDeadline } from '../../../lib/clock.ts'
import { EvenkeelError, messageOf } from '../../../lib/errors.ts'
import type { Secret } from '../../../lib/secret.ts'
import { type Observe, observed } from './observed.ts'
import { type Client, Exception, type Manager, openClient, type Stat, State } from './zookeeper-client.ts'

export interface ZooKeeperOptions {
  /** `host:port,host:port/chroot`. */
  connect: string
  sessionTimeoutMs?: number
  /** `user:password` of the scheme digest. */
  digest?: Secret
  clock: Clock
  /** Told of every call. */
  observe?: Observe
}

export interface Znode {
  data: Buffer
  version: number
  /** Of the transaction that wrote it: never the same again, not even where the node was deleted and made anew. */
  stamp: string
}

export interface ZnodeFacts {
  version: number
  /** As of `Znode`. */
  stamp: string
  children: number
  bytes: number
}

export type Written = { outcome: 'written'; version: number } | { outcome: 'bad_version' | 'no_node' }

const SESSION_TIMEOUT_MS = 30_000
const CALL_MS = 15_000
/** More in flight gain nothing. */
const IN_FLIGHT = 32

type Callback<Value extends unknown[]> = (error: Error | Exception | null, ...value: Value) => void

export class ZooKeeper {
  readonly #options: ZooKeeperOptions
  readonly #closed = new AbortController()
  readonly #watches = new Map<string, Set<() => void>>()
  #client: Client
  #manager: Manager
  #connected = false
  /** Since when there is no connection. */
  #lostMs: number
  /** Told whenever the connection comes or goes. */
  #changed: (() => void)[] = []
  #watchdog: Promise<void>
  /** Ends the watchdog's present sleep. */
  #watched = new AbortController()

  constructor(options: ZooKeeperOptions) {
    this.#options = options
    this.#lostMs = options.clock.now()
    ;({ client: this.#client, manager: this.#manager } = this.#open())
    this.#watchdog = this.#watch()
  }

  get connected(): boolean {
    return this.#connected
  }

  /** @returns undefined where there is no such node. @throws EvenkeelError `unreachable`, `timeout`, `not_permitted`, `rejected` */
  async read(path: string, signal: AbortSignal): Promise<Znode | undefined> {
    return this.#orNothing(() =>
      this.#call('getData', `reading ${path}`, signal, (client, done: Callback<[Buffer, Stat]>) =>
        client.getData(path, done),
      ),
    ).then((found) => found && { data: found[0], version: found[1].version, stamp: stampOf(found[1]) })
  }

  /** @returns undefined where there is no such node. */
  async children(path: string, signal: AbortSignal): Promise<string[] | undefined> {
    const what = `listing ${path}`
    return this.#orNothing(() =>
      this.#call('getChildren', what, signal, (client, done: Callback<[string[], Stat]>) =>
        client.getChildren(path, done),
      ),
    ).then((found) => found?.[0])
  }

  /** @returns undefined where there is no such node. */
  async facts(path: string, signal: AbortSignal): Promise<ZnodeFacts | undefined> {
    const what = `looking at ${path}`
    const [stat] = await this.#call('exists', what, signal, (client, done: Callback<[Stat | null]>) =>
      client.exists(path, done as Callback<[Stat]>),
    )
    return stat
      ? { version: stat.version, stamp: stampOf(stat), children: stat.numChildren, bytes: stat.dataLength }
      : undefined
  }

  /** Reads many, so many at a time. Missing ones are left out. */
  async readAll(paths: readonly string[], signal: AbortSignal): Promise<Map<string, Znode>> {
    const found = new Map<string, Znode>()
    let next = 0
    const worker = async () => {
      while (next < paths.length) {
        const path = paths[next++]!
        const node = await this.read(path, signal)
        if (node) found.set(path, node)
      }
    }
    await Promise.all(Array.from({ length: Math.min(IN_FLIGHT, paths.length) }, worker))
    return found
  }

  /** Compare and set: only where the node still has that version. */
  async write(path: string, data: Buffer, version: number, signal: AbortSignal): Promise<Written> {
    try {
      const [stat] = await this.#call('setData', `writing ${path}`, signal, (client, done: Callback<[Stat]>) =>
        client.setData(path, data, version, done),
      )
      return { outcome: 'written', version: stat.version }
    } catch (error) {
      const code = codeIn(error)
      if (code === Exception.BAD_VERSION) return { outcome: 'bad_version' }
      if (code === Exception.NO_NODE) return { outcome: 'no_node' }
      throw error
    }
  }

  /**
   * Tells the listener, without a word on what, whenever the node's data or existence may have changed. The node need not exist.
   * @returns what ends it.
   */
  watch(path: string, listener: () => void): () => void {
    const listeners = this.#watches.get(path) ?? new Set()
    this.#watches.set(path, listeners)
    listeners.add(listener)
    if (listeners.size === 1) this.#arm(path)
    return () => {
      listeners.delete(listener)
      if (listeners.size === 0 && this.#watches.get(path) === listeners) this.#watches.delete(path)
    }
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#watches.clear()
    this.#drop()
    await this.#watchdog
  }

  #open(): { client: Client; manager: Manager } {
    const { connect, sessionTimeoutMs = SESSION_TIMEOUT_MS, digest } = this.#options
    const opened = openClient(connect, { sessionTimeout: sessionTimeoutMs, spinDelay: 1000, retries: 0 })
    const { client } = opened
    if (digest) client.addAuthInfo('digest', Buffer.from(digest.reveal()))
    client.on('state', (state: State) => {
      if (client !== this.#client) return
      if (this.#connected && state !== State.SYNC_CONNECTED) this.#lostMs = this.#options.clock.now()
      this.#connected = state === State.SYNC_CONNECTED
      for (const told of this.#changed.splice(0)) told()
      this.#watched.abort()
      if (state === State.SYNC_CONNECTED) for (const path of this.#watches.keys()) this.#arm(path)
      if (state === State.EXPIRED || state === State.AUTH_FAILED) this.#renew()
    })
    client.connect()
    return opened
  }

  /** A client whose session is over is dead for good. */
  #renew(): void {
    if (this.#closed.signal.aborted) return
    this.#drop()
    this.#lostMs = this.#options.clock.now()
    ;({ client: this.#client, manager: this.#manager } = this.#open())
    for (const listeners of this.#watches.values()) for (const listener of listeners) listener()
  }

  /** To close a client before its socket exists throws. */
  #drop(): void {
    this.#connected = false
    const [client, manager] = [this.#client, this.#manager]
    client.removeAllListeners()
    if (client.getState() === State.SYNC_CONNECTED) client.close()
    else {
      // `connected` is made of `state` by a listener of the library's own, which has just been removed as well.
      client.on('state', (state: State) => {
        if (state === State.SYNC_CONNECTED) client.close()
      })
      // Else it would try again for ever, and get back the session that is given up here.
      manager.connect = () => undefined
      manager.socket?.destroy()
    }
  }

  /** Sets the watch; whoever is told looks for himself. */
  #arm(path: string): void {
    if (!this.#connected) return
    const client = this.#client
    client.exists(
      path,
      () => {
        if (client !== this.#client) return
        this.#arm(path)
        for (const listener of this.#watches.get(path) ?? []) listener()
      },
      () => undefined,
    )
  }

  /**
   * A third of the session without an answer: the socket is as good as gone, and the next server is tried. A session is as long as
   * ZooKeeper grants it, which may be much shorter than what was asked for.
   */
  async #watch(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#closed
    while (!signal.aborted) {
      // Until a connection comes, with which a session is granted, or goes.
      this.#watched = new AbortController()
      await clock.sleep(this.#client.getSessionTimeout() / 3, AbortSignal.any([signal, this.#watched.signal]))
      if (signal.aborted) break
      const sessionMs = this.#client.getSessionTimeout()
      if (!this.#connected) {
        if (clock.now() - this.#lostMs > sessionMs) this.#renew()
        continue
      }
      const manager = this.#manager
      try {
        await withDeadline('the watchdog', sessionMs / 3, signal, () =>
          promised((done: Callback<[Stat | null]>) => this.#client.exists('/', done as Callback<[Stat]>)),
        )
      } catch {
        manager.socket?.destroy()
      }
    }
  }

  async #call<Value extends unknown[]>(
    operation: string,
    what: string,
    signal: AbortSignal,
    ask: (client: Client, done: Callback<Value>) => void,
  ): Promise<Value> {
    const either = AbortSignal.any([signal, this.#closed.signal])
    const call = { observe: this.#options.observe ?? (() => undefined), upstream: 'zookeeper', operation } as const
    return observed(call, async () => {
      try {
        return await withDeadline(what, CALL_MS, either, async (limit) => {
          await this.#connection(limit)
          return promised((done: Callback<Value>) => ask(this.#client, done))
        })
      } catch (error) {
        throw translate(error, what, this.#options)
      }
    })
  }

  /** What is queued while there is no connection may never be answered: it waits here. */
  async #connection(signal: AbortSignal): Promise<void> {
    while (!this.#connected && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#changed.push(resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
  }

  async #orNothing<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await work()
    } catch (error) {
      if (codeIn(error) === Exception.NO_NODE) return undefined
      throw error
    }
  }
}

function promised<Value extends unknown[]>(ask: (done: Callback<Value>) => void): Promise<Value> {
  return new Promise((resolve, reject) => {
    ask((error, ...value) => (error ? reject(error) : resolve(value)))
  })
}

/** As the controller shows it. */
function stampOf(stat: Stat): string {
  return stat.mzxid.readBigInt64BE().toString()
}

/** ZooKeeper's code in an error of the library, or in one of ours that was made from it. */
function codeIn(error: unknown): number | undefined {
  const from = error instanceof EvenkeelError ? error.cause : error
  const code = typeof from === 'object' && from !== null ? (from as { code?: unknown }).code : undefined
  return typeof code === 'number' ? code : undefined
}

function translate(error: unknown, what: string, { connect, digest }: ZooKeeperOptions): unknown {
  if (error instanceof EvenkeelError) return error
  const servers = connect.split('/')[0]
  switch (codeIn(error)) {
    case Exception.NO_AUTH:
    case Exception.AUTH_FAILED:
      return new EvenkeelError('not_permitted', `ZooKeeper at ${servers} does not permit ${what}: ${lackOf(digest)}`)
    case Exception.CONNECTION_LOSS:
    case Exception.SESSION_EXPIRED:
      return new EvenkeelError('unreachable', `the connection to ZooKeeper at ${servers} was lost during ${what}`, {
        cause: error,
      })
    default:
      return new EvenkeelError('rejected', `ZooKeeper at ${servers} refused ${what}`, {
        cause: new ZooKeeperError(error),
      })
  }
}

/** ZooKeeper takes any password, and finds out that it is nobody's when it looks for a right. */
function lackOf(digest: Secret | undefined): string {
  return digest === undefined
    ? '`zookeeper.digest_file` is not set'
    : 'the user in `zookeeper.digest_file` lacks the right, or its password is wrong'
}

/** Keeps the code without repeating a path in every sentence. */
class ZooKeeperError extends Error {
  readonly code: number | undefined
  constructor(error: unknown) {
    super(messageOf(error))
    this.code = codeIn(error)
  }
}
