/**
 * The one place that touches node-zookeeper-client 1.1.3, and what of it is mended here: a code that it does not know would
 * be thrown in a socket's handler and end the process; a large answer would be copied anew for every chunk of it; a
 * transaction would treat version 0 as any version. What is touched beyond its exports is looked for when a client is made.
 */
import { type Client, createClient, Exception, type Option } from 'node-zookeeper-client'
import { EvenkeelError } from '../../../lib/errors.ts'

export type { Client, Stat } from 'node-zookeeper-client'
export { Exception, State } from 'node-zookeeper-client'

/** What of the connection is used that the library does not export. */
export interface Manager {
  onSocketData(data: Buffer): void
  /** Begins the next try, also after a socket was lost. */
  connect(): void
  pendingBuffer: Buffer | null
  socket?: { destroy(): unknown }
}

export interface OpenClient {
  client: Client
  manager: Manager
}

/** Not connected yet. @throws EvenkeelError `internal` when the installed library lacks a part that is needed. */
export function openClient(connect: string, options: Partial<Option>): OpenClient {
  tolerateUnknownCodes()
  const client = createClient(connect, options)
  const manager: unknown = Reflect.get(client, 'connectionManager')
  if (!isManager(manager)) throw new EvenkeelError('internal', 'node-zookeeper-client is not the 1.1.3 we know')
  readInOneGo(manager)
  return { client, manager }
}

function isManager(value: unknown): value is Manager {
  return (
    typeof value === 'object' &&
    value !== null &&
    'onSocketData' in value &&
    'connect' in value &&
    'pendingBuffer' in value
  )
}

/** ZooKeeper has codes that the library lacks, such as -125 for a quota: each becomes an error of the request it answers. */
function tolerateUnknownCodes(): void {
  const exceptions = Exception as unknown as { create: ((code: number, path?: string) => Error) & { isOurs?: true } }
  const create = exceptions.create
  if (create.isOurs) return
  const known = new Set(Object.values(Exception).filter((value) => typeof value === 'number'))
  const tolerant = (code: number, path?: string) =>
    known.has(code)
      ? create(code, path)
      : Object.assign(new Error(`ZooKeeper answered with code ${code}`), { code, name: `CODE_${code}` })
  exceptions.create = Object.assign(tolerant, { isOurs: true as const })
}

const FRAME_HEADER = 4

/**
 * Gathers chunks until a frame is whole before it hands them on: the library would join all that came so far with each
 * new chunk. What it throws on nonsense ends the connection, not the process.
 */
function readInOneGo(manager: Manager): void {
  const handle = manager.onSocketData.bind(manager)
  let chunks: Buffer[] = []
  let held = 0
  const handOn = (data: Buffer) => {
    manager.pendingBuffer = null
    handle(data)
    chunks = manager.pendingBuffer === null ? [] : [manager.pendingBuffer]
    held = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
    manager.pendingBuffer = null
  }
  let handling = false
  manager.onSocketData = (data) => {
    // It calls itself for what follows in the same chunk.
    if (handling) return handle(data)
    chunks.push(data)
    held += data.length
    if (held < FRAME_HEADER || held < sizeOf(chunks)) return undefined
    handling = true
    try {
      handOn(Buffer.concat(chunks, held))
    } catch {
      chunks = []
      held = 0
      manager.pendingBuffer = null
      manager.socket?.destroy()
    } finally {
      handling = false
    }
    return undefined
  }
}

/** Of the frame that the chunks begin with. */
function sizeOf(chunks: Buffer[]): number {
  const first = chunks[0]!.length >= FRAME_HEADER ? chunks[0]! : Buffer.concat(chunks)
  return first.readInt32BE(0) + FRAME_HEADER
}
