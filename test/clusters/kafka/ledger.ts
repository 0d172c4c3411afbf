/**
 * An acknowledgement ledger: a producer and a consumer of Kafka's own Java client at work while a test does its worst to the cluster.
 * In the end every record that was acknowledged must be in the topic.
 */
import type { Launched } from '../launched.ts'
import { launch } from '../sandbox.ts'
import { within } from '../wait.ts'
import type { KafkaCluster } from './cluster.ts'
import { compiled } from './compile.ts'

/** What came of the records; the counts are of different records. */
interface LedgerResult {
  /** Acknowledged by all in-sync replicas. */
  acked: number
  /** Not acknowledged within 30 s: may be in the topic or not, proves nothing. */
  failed: number
  /** Read while the test was running. */
  consumed: number
  /** Acknowledged, but not in the topic when it was read as a whole in the end. */
  lost: string[]
  /** More than once in the topic. */
  duplicates: string[]
}

export interface Ledger {
  /** How many records have been acknowledged so far. */
  acked(): number
  /** How many different records have been read so far. */
  consumed(): number
  /**
   * Resolves when `count` more records have been acknowledged and read than when it was called.
   * @throws Error when they have not within `deadlineMs`
   */
  progress(count: number, deadlineMs?: number): Promise<void>
  /**
   * Ends the producer, reads the whole topic from its beginning and compares. To be called once.
   * @throws Error when the topic cannot be read to its end within 60 s, e.g. because a partition has no leader
   */
  stop(): Promise<LedgerResult>
}

const readAgainSeconds = 60

/**
 * Starts writing and reading; resolves when the first record has been acknowledged and read. Goes with the cluster if not stopped.
 * @param options.topic must exist; every record in it must come from this ledger
 * @throws Error when nothing has been acknowledged within 30 s
 */
export async function startLedger(
  cluster: KafkaCluster,
  options: { topic: string; perSecond: number },
): Promise<Ledger> {
  const { topic, perSecond } = options
  const command = [
    'Ledger',
    cluster.bootstrap.join(','),
    cluster.clientConfig,
    topic,
    `${perSecond}`,
    `${readAgainSeconds}`,
  ]
  const process = await launch('java', cluster.java(command, [await compiled(cluster, 'Ledger')]))
  cluster.onClose(() => process.end('SIGKILL'))
  const book = new Book()
  process.onLine((line) => book.enter(line))

  const ledger: Ledger = {
    acked: () => book.acked.size,
    consumed: () => book.read.size,
    async progress(count, deadlineMs = 30_000) {
      const what = `${count} more records acknowledged and read from ${topic}`
      const end = await within(what, deadlineMs, Promise.race([book.reaches(count), process.exited]))
      if (end !== 'reached') throw new Error(`the ledger ended (${end}):\n${process.tail()}`)
    },
    async stop() {
      process.endInput()
      await finished(process, topic)
      return book.result()
    },
  }
  await ledger.progress(1)
  return ledger
}

/** The producer may take 20 s to give up what it cannot deliver. */
async function finished(process: Launched, topic: string): Promise<void> {
  const end = await within(`the ledger reading ${topic} to its end`, (readAgainSeconds + 30) * 1000, process.exited)
  if (end !== 0) throw new Error(`the ledger could not read ${topic} to its end (${end}):\n${process.tail()}`)
}

/** The lines of Ledger.java, kept by record number. */
class Book {
  readonly acked = new Set<string>()
  readonly read = new Set<string>()
  readonly #failed = new Set<string>()
  /** Record → where it was found in the end. A consumer may see one place twice; that is no duplicate. */
  readonly #places = new Map<string, Set<string>>()
  #waiting: { acked: number; read: number; resolve: (reached: 'reached') => void }[] = []

  enter(line: string): void {
    const [what, number, place] = line.split(' ')
    if (number === undefined) return
    if (what === 'acked') this.acked.add(number)
    else if (what === 'failed') this.#failed.add(number)
    else if (what === 'read') this.read.add(number)
    else if (what === 'again' && place !== undefined)
      this.#places.set(number, (this.#places.get(number) ?? new Set()).add(place))
    else return
    const { acked, read } = this
    this.#waiting = this.#waiting.filter((waiting) => {
      if (acked.size < waiting.acked || read.size < waiting.read) return true
      waiting.resolve('reached')
      return false
    })
  }

  /** Resolves when `count` more have been acknowledged and read than now. */
  reaches(count: number): Promise<'reached'> {
    return new Promise((resolve) => {
      this.#waiting.push({ acked: this.acked.size + count, read: this.read.size + count, resolve })
    })
  }

  result(): LedgerResult {
    return {
      acked: this.acked.size,
      failed: this.#failed.size,
      consumed: this.read.size,
      lost: [...this.acked].filter((number) => !this.#places.has(number)),
      duplicates: [...this.#places].filter(([, places]) => places.size > 1).map(([number]) => number),
    }
  }
}
