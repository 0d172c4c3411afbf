/** Three tables on four servers beside the daemon; the fourth server is filled and emptied in turn while something goes wrong. */
import { expect } from 'vitest'
import type { Evenkeel, MoveJson } from '../acceptance/evenkeel.ts'
import { until } from '../wait.ts'
import { atRest, factors, observedDuring, startBeside } from './beside.ts'
import type { Knobs, PinotCluster } from './cluster.ts'
import { jobsLog, jobsText, type LoggedJob } from './jobs-log.ts'
import type { Observation } from './observer.ts'
import { startPinot } from './start.ts'
import { converged, counts, createTable, externalView, idealState, updateTags, uploadSegments } from './tables.ts'
import { readSessions, type Session } from './zookeeper-log.ts'

const KiB = 1024
/** On a disk of its own, for on a shared one all servers look alike. */
const tmpfsMiB = 96
/** With three replicas a death in the middle of a job still leaves one. */
const replication: Record<string, number> = { clicks_OFFLINE: 2, orders_OFFLINE: 2, visits_OFFLINE: 3 }

export const tables = Object.keys(replication)
/** When a member that is silent counts as dead. */
export const sessionMs = 6_000
/** So long after a session is over at the latest somebody must have been told. */
export const toldMs = 5_000

/** What became of one turn. */
export interface Turn {
  /** Table → what was seen of it. */
  seen: Map<string, Observation>
  /** Jobs that were begun in it. */
  jobs: LoggedJob[]
}

export interface TurnOptions {
  /** When the harm begins: `part` when some of it has moved (unless given), `asked` as soon as the fourth server has other tags. */
  from?: 'part' | 'asked'
}

export class Filling {
  readonly cluster: PinotCluster
  readonly daemon: Evenkeel
  /** The daemon's own in ZooKeeper, of its first life. */
  readonly session: Session
  /** Those that others had before the daemon began. */
  readonly #others: ReadonlySet<string>

  private constructor(cluster: PinotCluster, daemon: Evenkeel, session: Session, others: ReadonlySet<string>) {
    this.#others = others
    this.cluster = cluster
    this.daemon = daemon
    this.session = session
  }

  static async start(): Promise<Filling> {
    const cluster = await startPinot({
      sessionTimeoutMs: sessionMs,
      servers: [{ tmpfsMiB }, { tmpfsMiB }, { tmpfsMiB }, { tmpfsMiB, tags: ['server_untagged'] }],
      controllerProperties: { 'controller.rebalance.checker.frequencyPeriod': '10s' },
    })
    try {
      for (const [table, replicas] of Object.entries(replication)) {
        const name = table.replace('_OFFLINE', '')
        await createTable(cluster, { name, replication: replicas })
        await uploadSegments(
          cluster,
          name,
          Array.from({ length: 24 }, () => 200 * KiB),
        )
      }
      const before = new Set((await readSessions(cluster.zkDir)).map(({ id }) => id))
      const daemon = await startBeside(cluster, {
        // Small, so that there is a middle to be hit.
        concurrent_moves_per_node: 2,
        rebalance: { heartbeatIntervalInMs: 2_000, heartbeatTimeoutInMs: 10_000 },
      })
      try {
        await atRest(daemon)
        // Nobody else begins anything meanwhile.
        const begun = (await readSessions(cluster.zkDir)).filter(({ id }) => !before.has(id))
        expect(begun).toHaveLength(1)
        return new Filling(cluster, daemon, begun[0]!, before)
      } catch (error) {
        await daemon.stop()
        throw error
      }
    } catch (error) {
      await cluster.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.daemon.stop()
    await this.cluster.close()
  }

  get names(): string[] {
    return this.cluster.servers.map(({ name }) => name)
  }

  get fourth(): string {
    return this.names[3]!
  }

  /** Sessions of the daemon that are open: one, and for a while those that earlier lives of it left behind. */
  async ownSessions(): Promise<Session[]> {
    const { timeoutMs } = this.session
    const sessions = await readSessions(this.cluster.zkDir)
    return sessions.filter(
      (each) => each.timeoutMs === timeoutMs && each.closedAtMs === undefined && !this.#others.has(each.id),
    )
  }

  setAll = (knobs: Knobs): Promise<unknown> => Promise.all(this.names.map((name) => this.cluster.setKnobs(name, knobs)))

  /** Replicas that are up there, of all tables. */
  async up(server: string): Promise<number> {
    const views = await Promise.all(tables.map((table) => externalView(this.cluster, table)))
    return views.flatMap((view) => Object.values(view)).filter((replicas) => replicas[server] === 'ONLINE').length
  }

  /** Whether no segment misses more than the one replica that a job may have on its way. */
  async isServed(): Promise<boolean> {
    const views = await Promise.all(tables.map((table) => externalView(this.cluster, table)))
    return views.every((view, at) =>
      Object.values(view).every((replicas) => {
        const up = Object.values(replicas).filter((state) => state === 'ONLINE').length
        return up >= replication[tables[at]!]! - 1
      }),
    )
  }

  /** Gives the fourth server its tag, or takes it away. */
  retag = (tagged: boolean): Promise<void> =>
    updateTags(this.cluster, this.fourth, tagged ? ['DefaultTenant_OFFLINE'] : ['server_untagged'])

  /**
   * Waits until somebody is told by the status.
   * @returns ms since `sinceMs` of `performance.now()`
   */
  async told(what: RegExp, sinceMs: number, withinMs: number): Promise<number> {
    await this.daemon.reaches(`${what} being told`, withinMs - (performance.now() - sinceMs), ({ notes, ...status }) =>
      [...notes, status.verdict?.text, status.error].some((text) => text !== undefined && what.test(text)),
    )
    const ms = performance.now() - sinceMs
    console.log(`told after ${(ms / 1000).toFixed(1)} s`)
    return ms
  }

  /**
   * Fills the fourth server where it is empty, and empties it where it is filled; does `harm` in the middle of it, and waits until all is
   * well. Whatever the harm: every table is whole in the end, and as its tags say; no table has two jobs at once, none is done
   * twice, and no write took a replica away that others leaned on.
   */
  async turn(harm: (filled: boolean) => Promise<unknown>, { from = 'part' }: TurnOptions = {}): Promise<Turn> {
    const { cluster, daemon, fourth } = this
    const known = new Set((await jobsLog(cluster)).jobs.map(({ id }) => id))
    const start = await this.up(fourth)
    const fills = start === 0
    const observations = await observedDuring(cluster, tables, async () => {
      await this.setAll({ loadDelayMs: 300 })
      await this.retag(fills)
      if (from === 'part') {
        await daemon.reaches('work', 40_000, ({ moves }) => moves.running > 0)
        await until('a part being there', 60_000, async () => Math.abs((await this.up(fourth)) - start) >= 2)
      }
      await harm(fills)
      await this.setAll({})
      await atRest(daemon, 4)
    })
    const seen = new Map(tables.map((table, at) => [table, observations[at]!]))
    const log = await jobsLog(cluster)
    const jobs = log.jobs.filter(({ id }) => !known.has(id))
    await this.#tell(seen, jobs)
    for (const table of tables) {
      await converged(cluster, table)
      expect(await factors(cluster, table)).toEqual([replication[table]])
      const placed = counts(await idealState(cluster, table), this.names)
      console.log(`${table}: ${placed.join('/')}`)
      if (fills) expect(placed[3]).toBeGreaterThan(0)
      else expect(placed[3]).toBe(0)
    }
    expect(log.together).toEqual([])
    // Pinot starts none of its own after ours.
    expect(jobs.filter(({ id }) => /_\d+$/.test(id))).toEqual([])
    // Another one only where the former did not reach its target.
    for (const table of tables) expect(endsOf(jobs, table).slice(0, -1)).not.toContain('DONE')
    expect(leastLeft(seen)).toBeGreaterThanOrEqual(1)
    return { seen, jobs }
  }

  async #tell(seen: Turn['seen'], jobs: LoggedJob[]): Promise<void> {
    const figures = [...seen].map(([table, { lowest, leastLeft: left }]) => {
      const least = (of: Record<string, number>) => Math.min(...Object.values(of))
      return `${table} at least ${least(lowest)} up, at least ${least(left)} left by a write`
    })
    console.log(figures.join('; '))
    console.log(jobsText({ jobs, together: [] }))
    for (const move of (await this.daemon.moves('ended')).slice(0, 8)) console.log(`  ${moveText(move)}`)
  }
}

export const moveText = ({ kind, topic, state, text = '' }: MoveJson): string => `${kind} ${topic} ${state} ${text}`

/** How each job of the table ended, in order. */
export const endsOf = (jobs: LoggedJob[], table: string): (string | undefined)[] =>
  jobs.filter((job) => job.table === table).map(({ statuses }) => statuses.at(-1))

/** How many replicas of any segment fewer were up than it should have, at worst. */
export function mostMissing(seen: Map<string, Observation>): number {
  const missing = [...seen].flatMap(([table, { lowest }]) =>
    Object.values(lowest).map((count) => replication[table]! - count),
  )
  return Math.max(...missing)
}

const leastLeft = (seen: Turn['seen']): number =>
  Math.min(...[...seen.values()].flatMap((each) => Object.values(each.leastLeft)))
