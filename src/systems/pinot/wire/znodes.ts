/** Znodes as the reader sees them, whether they come from ZooKeeper itself or through a controller's REST interface. */
import { EvenkeelError } from '../../../lib/errors.ts'
import { mapInFlight } from '../../../lib/in-flight.ts'
import { broken, isTable } from './znrecord.ts'
import type { Znode, ZnodeFacts, ZooKeeper } from './zookeeper.ts'

export type { Znode, ZnodeFacts } from './zookeeper.ts'

/** Every call throws EvenkeelError `unreachable`, `timeout`, `aborted`, `not_permitted`, `rejected` or `protocol`. */
export interface ZnodeStore {
  /** Calls at a time that are still worth it. */
  readonly inFlight: number
  /** Sentences for people on what is different when one reads this way. */
  readonly notes: readonly string[]
  /** Undefined where there is no such node. */
  read(path: string, signal: AbortSignal): Promise<Znode | undefined>
  /** Undefined where there is no such node. */
  children(path: string, signal: AbortSignal): Promise<string[] | undefined>
  /** Undefined where there is no such node. */
  facts(path: string, signal: AbortSignal): Promise<ZnodeFacts | undefined>
  /** Of every child, by its name; empty where there is no such node. */
  childFacts(path: string, signal: AbortSignal): Promise<Map<string, ZnodeFacts>>
}

export class ZooKeeperZnodes implements ZnodeStore {
  readonly inFlight = 32
  readonly notes = []
  readonly #zooKeeper: ZooKeeper

  constructor(zooKeeper: ZooKeeper) {
    this.#zooKeeper = zooKeeper
  }

  read(path: string, signal: AbortSignal): Promise<Znode | undefined> {
    return this.#zooKeeper.read(path, signal)
  }

  children(path: string, signal: AbortSignal): Promise<string[] | undefined> {
    return this.#zooKeeper.children(path, signal)
  }

  facts(path: string, signal: AbortSignal): Promise<ZnodeFacts | undefined> {
    return this.#zooKeeper.facts(path, signal)
  }

  async childFacts(path: string, signal: AbortSignal): Promise<Map<string, ZnodeFacts>> {
    const names = (await this.children(path, signal)) ?? []
    const facts = await mapInFlight(names, this.inFlight, (name) => this.facts(`${path}/${name}`, signal))
    // Who is gone meanwhile is left out.
    return new Map(names.flatMap((name, at) => (facts[at] === undefined ? [] : [[name, facts[at]]])))
  }
}

/** GETs a path of a controller. Undefined for 404; whatever else is not a 2xx throws. */
export type ControllerGet = (path: string, signal: AbortSignal) => Promise<Buffer | undefined>

const TRIES = 3

/** Through the controller: it tells no version with the data, so the node is looked at before and after. */
export class RestZnodes implements ZnodeStore {
  readonly inFlight = 8
  readonly notes = [
    'ZooKeeper is read through the controller, for no address of it is given: samples take longer and the controller has more to do',
  ]
  readonly #get: ControllerGet

  constructor(get: ControllerGet) {
    this.#get = get
  }

  async read(path: string, signal: AbortSignal): Promise<Znode | undefined> {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const before = await this.facts(path, signal)
      if (!before) return undefined
      const data = await this.#ask('get', path, signal)
      const after = await this.facts(path, signal)
      if (after?.stamp !== before.stamp) continue
      // It shows nothing for what it cannot decode.
      if (data === undefined || data.length === 0) throw broken(path, 'the controller shows nothing for it')
      return { data, version: before.version, stamp: before.stamp }
    }
    throw new EvenkeelError('timeout', `${path} changes faster than it can be read through the controller`)
  }

  async children(path: string, signal: AbortSignal): Promise<string[] | undefined> {
    const value = await this.#json('ls', path, signal)
    if (value === undefined) return undefined
    if (!Array.isArray(value) || !value.every((name) => typeof name === 'string')) throw odd('ls', path)
    return value
  }

  async facts(path: string, signal: AbortSignal): Promise<ZnodeFacts | undefined> {
    const value = await this.#json('stat', path, signal)
    return value === undefined ? undefined : factsOf(value, 'stat', path)
  }

  async childFacts(path: string, signal: AbortSignal): Promise<Map<string, ZnodeFacts>> {
    const value = await this.#json('lsl', path, signal)
    if (value === undefined) return new Map()
    if (!isTable(value)) throw odd('lsl', path)
    return new Map(Object.entries(value).map(([name, stat]) => [name, factsOf(stat, 'lsl', path)]))
  }

  async #json(call: string, path: string, signal: AbortSignal): Promise<unknown> {
    const body = await this.#ask(call, path, signal)
    if (body === undefined || body.length === 0) return undefined
    try {
      return JSON.parse(body.toString())
    } catch {
      throw odd(call, path)
    }
  }

  #ask(call: string, path: string, signal: AbortSignal): Promise<Buffer | undefined> {
    return this.#get(`/zk/${call}?path=${encodeURIComponent(path)}`, signal)
  }
}

function factsOf(stat: unknown, call: string, path: string): ZnodeFacts {
  if (!isTable(stat)) throw odd(call, path)
  const { version, mzxid, numChildren, dataLength } = stat
  if (typeof version !== 'number' || typeof mzxid !== 'number') throw odd(call, path)
  return { version, stamp: String(mzxid), children: Number(numChildren ?? 0), bytes: Number(dataLength ?? 0) }
}

function odd(call: string, path: string): EvenkeelError {
  return new EvenkeelError('protocol', `the controller's answer to /zk/${call} of ${path} is not what it should be`)
}
