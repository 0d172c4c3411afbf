/** Whom the router asks, and when: over links whose every answer is scripted, in a time of their own. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { realClock } from '../../../src/lib/clock.ts'
import { type Address, type Link, Router } from '../../../src/systems/kafka/router.ts'
import { TransportError } from '../../../src/systems/kafka/transport-error.ts'
import { alterPartitionReassignments } from '../../../src/systems/kafka/wire/alter-partition-reassignments.ts'
import { listPartitionReassignments } from '../../../src/systems/kafka/wire/list-partition-reassignments.ts'

/** How a broker takes connections and requests: after so many ms, or never. */
interface Manners {
  connectMs?: number
  answerMs?: number
  refuses?: boolean
  /** The connection breaks instead of an answer. */
  breaks?: boolean
  /** The first so many connections of all are dead. */
  halfOpen?: number
}

/** Of ListPartitionReassignments v0 and of AlterPartitionReassignments v0: no throttling, no error, no message, no topics. */
const emptyAnswer = Buffer.from('000000000000000100', 'hex')
const never = 1e9

function world(names: string[]) {
  const manners: Record<string, Manners> = {}
  const asked: string[] = []
  const open = new Map<string, number>(names.map((name) => [name, 0]))
  let opened = 0
  const link = (name: string): Link => {
    let isOpen = true
    opened += 1
    const number = opened
    open.set(name, open.get(name)! + 1)
    return {
      served: () => ({ min: 0, max: 0 }),
      isOpen: () => isOpen,
      async send() {
        asked.push(name)
        const { answerMs = 0, breaks, halfOpen = 0 } = manners[name] ?? {}
        if (number <= halfOpen) await realClock.sleep(never)
        if (answerMs > 0) await realClock.sleep(answerMs)
        if (breaks) throw new TransportError('connect', `${name} closed the connection`)
        return emptyAnswer
      },
      close() {
        if (isOpen) open.set(name, open.get(name)! - 1)
        isOpen = false
      },
    }
  }
  const connect = async ({ host }: Address): Promise<Link> => {
    const { connectMs = 0, refuses } = manners[host] ?? {}
    if (connectMs > 0) await realClock.sleep(connectMs)
    if (refuses) throw new TransportError('connect', `no connection to ${host}`)
    return link(host)
  }
  const address = (name: string) => ({ host: name, port: 1 })
  const router = new Router(names.map(address), connect, () => undefined)
  router.updateNodes(names.map((name, index) => ({ id: index, rack: null, ...address(name) })))
  const options = { signal: new AbortController().signal, timeoutMs: 15_000 }
  const timed = async <T>(work: Promise<T>) => {
    const start = performance.now()
    const outcome = await work.then(
      () => 'ok',
      (error: unknown) => (error as TransportError).reason,
    )
    return { outcome, ms: Math.round(performance.now() - start) }
  }
  return {
    manners,
    asked,
    /** Connections that are open, by broker. */
    open,
    opened: () => opened,
    router,
    addressOf: address,
    read: (node: number | 'any' = 'any', timeoutMs = 15_000) =>
      timed(router.send(node, listPartitionReassignments, { timeoutMs: 1, topics: null }, { ...options, timeoutMs })),
    change: (timeoutMs = 60_000) =>
      timed(router.send('any', alterPartitionReassignments, { timeoutMs: 1, topics: [] }, { ...options, timeoutMs })),
  }
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** Lets time pass until `work` has ended. */
async function end<T>(work: Promise<T>): Promise<T> {
  const ended = new AbortController()
  const ending = work.finally(() => ended.abort())
  for (let ms = 0; !ended.signal.aborted && ms < 200_000; ms += 50) await vi.advanceTimersByTimeAsync(50)
  return ending
}

describe('a read of any broker', () => {
  it('goes to one alone that answers soon', async () => {
    const { read, asked, manners } = world(['a', 'b'])
    manners['a'] = { answerMs: 900 }
    expect(await end(read())).toEqual({ outcome: 'ok', ms: 900 })
    expect(asked).toEqual(['a'])
  })

  it.each([
    ['answers nothing', { answerMs: never }],
    ['takes connections and is mute', { connectMs: never }],
  ])('asks the next beside one that %s', async (_, mute) => {
    const { read, asked, manners } = world(['a', 'b', 'c'])
    manners['a'] = mute
    expect(await end(read())).toEqual({ outcome: 'ok', ms: 1000 })
    expect(asked.at(-1)).toBe('b')
  })

  it('takes the answer of the first if that comes after all', async () => {
    const { read, asked, manners } = world(['a', 'b'])
    manners['a'] = { answerMs: 1200 }
    manners['b'] = { answerMs: 500 }
    expect(await end(read())).toEqual({ outcome: 'ok', ms: 1200 })
    expect(asked).toEqual(['a', 'b'])
  })

  it('doubles its patience, so that a slow cluster is not asked by everybody', async () => {
    const { read, asked, manners } = world(['a', 'b', 'c', 'd', 'e'])
    for (const name of 'abcde') manners[name] = { answerMs: 9_000 }
    expect(await end(read())).toEqual({ outcome: 'ok', ms: 9_000 })
    expect(asked).toEqual(['a', 'b', 'c', 'd'])
  })

  it('asks the next at once when one fails, also beside a mute one', async () => {
    const { read, asked, manners } = world(['a', 'b', 'c', 'd'])
    manners['a'] = { answerMs: never }
    manners['b'] = { refuses: true }
    manners['c'] = { breaks: true }
    expect(await end(read())).toEqual({ outcome: 'ok', ms: 1000 })
    expect(asked).toEqual(['a', 'c', 'd'])
  })

  it('ends at its deadline when all are mute, and leaves nothing behind', async () => {
    const { read, manners, open } = world(['a', 'b'])
    for (const name of 'ab') manners[name] = { answerMs: never }
    expect(await end(read('any', 5_000))).toEqual({ outcome: 'timeout', ms: 5_000 })
    expect([...open.values()]).toEqual([0, 0])
    expect(vi.getTimerCount(), 'the two that never answer').toBe(2)
  })

  it('lets go of a mute one: its connection is closed, that of the winner stays', async () => {
    const { read, manners, open } = world(['a', 'b'])
    manners['a'] = { answerMs: never }
    await end(read())
    expect(Object.fromEntries(open)).toEqual({ a: 0, b: 1 })
  })

  it('waits no longer for one that kept silent, until that has answered again', async () => {
    const { read, asked, manners } = world(['a', 'b', 'c'])
    manners['a'] = { answerMs: never }
    await end(read())
    asked.length = 0
    for (let i = 0; i < 6; i++) expect(await end(read())).toEqual({ outcome: 'ok', ms: 0 })
    expect(asked).not.toContain('a')

    manners['a'] = {}
    expect((await end(read(0))).outcome).toBe('ok')
    asked.length = 0
    for (let i = 0; i < 6; i++) await end(read())
    expect(asked).toContain('a')
  })

  it('waits once, not once a broker, where all connections are half-open', async () => {
    const { read, manners, opened } = world(['a', 'b', 'c', 'd'])
    for (const node of [0, 1, 2, 3]) await end(read(node))
    await vi.advanceTimersByTimeAsync(30_000)
    for (const name of 'abcd') manners[name] = { halfOpen: opened() }
    expect(await end(read())).toEqual({ outcome: 'ok', ms: 1_000 })
    expect(opened()).toBe(5)
    expect(await end(read())).toEqual({ outcome: 'ok', ms: 0 })
  })

  it('asks those that kept silent when nobody else is left', async () => {
    const { read, asked, manners } = world(['a', 'b', 'c'])
    manners['a'] = { answerMs: never }
    await end(read())
    manners['b'] = { breaks: true }
    manners['c'] = { breaks: true }
    for (let i = 0; i < 3; i++) {
      asked.length = 0
      manners['a'] = { breaks: true }
      expect((await end(read())).outcome).toBe('connect')
      expect(asked.at(-1)).toBe('a')
    }
    manners['a'] = {}
    expect((await end(read())).outcome).toBe('ok')
  })
})

describe('a question to one broker', () => {
  it('is asked of nobody else', async () => {
    const { read, asked, manners } = world(['a', 'b'])
    manners['a'] = { answerMs: never }
    expect(await end(read(0, 5_000))).toEqual({ outcome: 'timeout', ms: 5_000 })
    expect(new Set(asked)).toEqual(new Set(['a']))
  })

  it('is given up when the cluster gives the broker up', async () => {
    const { read, asked, manners, router, addressOf } = world(['a', 'b'])
    manners['a'] = { answerMs: never }
    const reading = read(0)
    const other = read(1)
    await vi.advanceTimersByTimeAsync(3_000)
    router.updateNodes([{ id: 1, rack: null, ...addressOf('b') }])
    expect(await end(reading)).toEqual({ outcome: 'connect', ms: 3_000 })
    expect((await end(other)).outcome).toBe('ok')
    // Once it is back it is asked as before.
    manners['a'] = {}
    router.updateNodes(['a', 'b'].map((name, id) => ({ id, rack: null, ...addressOf(name) })))
    expect(await end(read(0))).toEqual({ outcome: 'ok', ms: 0 })
    expect(asked.at(-1)).toBe('a')
  })

  it('is asked once more over a new connection where the old one is dead', async () => {
    const { read, manners, open, opened } = world(['a'])
    await end(read(0))
    manners['a'] = { answerMs: never }
    const reading = read(0)
    await vi.advanceTimersByTimeAsync(500)
    manners['a'] = {}
    expect(await end(reading)).toEqual({ outcome: 'ok', ms: 1_000 })
    expect(opened()).toBe(2)
    expect(open.get('a')).toBe(1)
  })

  it('does not wait behind one that is not answered: it gets a connection of its own', async () => {
    const { read, change, manners, open } = world(['a'])
    await end(read(0))
    manners['a'] = { answerMs: 30_000 }
    const changing = change()
    await vi.advanceTimersByTimeAsync(900)
    const soon = change(5_000)
    await vi.advanceTimersByTimeAsync(0)
    expect(open.get('a')).toBe(1)
    await vi.advanceTimersByTimeAsync(200)
    manners['a'] = {}
    expect(await end(read(0))).toEqual({ outcome: 'ok', ms: 0 })
    expect(open.get('a')).toBe(2)
    expect((await end(soon)).outcome).toBe('timeout')
    expect((await end(changing)).outcome).toBe('ok')
    expect(open.get('a')).toBe(1)
  })
})

describe('a change', () => {
  it('is never asked for twice, however long the answer takes', async () => {
    const { change, asked, manners } = world(['a', 'b'])
    manners['a'] = { answerMs: 30_000 }
    expect(await end(change())).toEqual({ outcome: 'ok', ms: 30_000 })
    expect(asked).toEqual(['a'])
  })

  it('is given up when the cluster gives the broker up, as one that may have arrived', async () => {
    const { change, asked, manners, router, addressOf } = world(['a', 'b'])
    manners['a'] = { answerMs: never }
    const options = { signal: new AbortController().signal, timeoutMs: 60_000 }
    const request = { timeoutMs: 1, topics: [] }
    const toNode = router.send(0, alterPartitionReassignments, request, options).catch((error: unknown) => error)
    const toAny = change()
    await vi.advanceTimersByTimeAsync(3_000)
    router.updateNodes([{ id: 1, rack: null, ...addressOf('b') }])
    expect(await end(toNode)).toMatchObject({ reason: 'connect', sent: true })
    expect(await end(toAny)).toEqual({ outcome: 'connect', ms: 3_000 })
    expect(asked).toEqual(['a', 'a'])
  })

  it('goes on to the next where the broker is given up before it is connected to', async () => {
    const { change, asked, manners, router, addressOf } = world(['a', 'b'])
    manners['a'] = { connectMs: never }
    const changing = change()
    await vi.advanceTimersByTimeAsync(3_000)
    router.updateNodes([{ id: 1, rack: null, ...addressOf('b') }])
    expect(await end(changing)).toEqual({ outcome: 'ok', ms: 3_000 })
    expect(asked).toEqual(['b'])
  })

  it('goes on to the next where no connection comes about', async () => {
    const { change, asked, manners } = world(['a', 'b'])
    manners['a'] = { connectMs: never }
    expect(await end(change(10_000))).toEqual({ outcome: 'ok', ms: 5_000 })
    expect(asked).toEqual(['b'])
  })

  it('goes to whoever answered last', async () => {
    const { read, change, asked } = world(['a', 'b', 'c'])
    for (const node of [0, 1, 2, 1]) {
      await end(read(node))
      await vi.advanceTimersByTimeAsync(10)
    }
    for (let i = 0; i < 4; i++) await end(change())
    expect(asked.slice(4)).toEqual(['b', 'b', 'b', 'b'])
  })

  it('shuns one that kept silent', async () => {
    const { read, change, asked, manners } = world(['a', 'b'])
    await end(read(0))
    await end(read(1))
    manners['b'] = { answerMs: never }
    await end(read(1, 2_000))
    for (let i = 0; i < 4; i++) await end(change())
    expect(asked.slice(-4)).toEqual(['a', 'a', 'a', 'a'])
  })
})
