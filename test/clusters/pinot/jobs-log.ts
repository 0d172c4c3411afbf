/** Every rebalance that the controllers' list of jobs has ever told of, from ZooKeeper's own log: the list itself forgets and is overwritten. */
import { gunzipSync } from 'node:zlib'
import type { PinotCluster } from './cluster.ts'
import { readWrites, type Write } from './zookeeper-log.ts'

/** One entry over its life. */
export interface LoggedJob {
  id: string
  /** With type. */
  table: string
  /** When it was first listed. */
  atMs: number
  /** Each that it had, in order. */
  statuses: string[]
}

export interface JobsLog {
  /** In the order in which they were first listed. */
  jobs: LoggedJob[]
  /** Jobs of one table that were listed as IN_PROGRESS at the same moment. */
  together: string[]
}

type Entries = Record<string, Record<string, string>>

export const jobsPath = (cluster: PinotCluster): string =>
  `/${cluster.name}/PROPERTYSTORE/CONTROLLER_JOBS/TABLE_REBALANCE`

export async function jobsLog(cluster: PinotCluster): Promise<JobsLog> {
  const jobs = new Map<string, LoggedJob>()
  const together = new Set<string>()
  for (const write of await readWrites(cluster.zkDir, (path) => path === jobsPath(cluster))) {
    const running = new Map<string, string>()
    for (const [id, entry] of Object.entries(entriesIn(write))) {
      const { tableName: table = '', REBALANCE_PROGRESS_STATS: stats = '{}' } = entry
      const { status } = JSON.parse(stats) as { status: string }
      const job = jobs.get(id) ?? { id, table, atMs: write.atMs, statuses: [] }
      jobs.set(id, job)
      if (job.statuses.at(-1) !== status) job.statuses.push(status)
      if (status !== 'IN_PROGRESS') continue
      const other = running.get(table)
      if (other !== undefined) together.add(`${table}: ${[other, id].sort().join(' and ')}`)
      running.set(table, id)
    }
  }
  return { jobs: [...jobs.values()], together: [...together] }
}

function entriesIn({ data }: Write): Entries {
  if (data === undefined || data.length === 0) return {}
  const text = data[0] === 0x1f && data[1] === 0x8b ? gunzipSync(data) : data
  return (JSON.parse(text.toString()) as { mapFields: Entries }).mapFields
}

/** For the output of a test. */
export const jobsText = ({ jobs }: JobsLog): string =>
  jobs.map(({ id, table, statuses }) => `${table} ${id.slice(0, 8)}${id.slice(36)} ${statuses.join(' ')}`).join('; ')
