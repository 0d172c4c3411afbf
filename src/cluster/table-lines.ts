/** Lines of a snapshot on topics that a system moves as a whole: what it would make of them, and what it is at. */
import { formatTime, parseTime } from '../lib/iso-time.ts'
import type { RunningJob } from './move.ts'
import type { DriftCause, TargetHold } from './reasons.ts'
import type { Sample } from './sample.ts'
import type { NodeId } from './state.ts'
import type { BrokersTarget, Evenness, SegmentState, Target, TargetCheck, TopicReport } from './target.ts'

/** Names of parameters and checks, and the summary, are the system's own. */
export interface TargetLine {
  type: 'target'
  topic: string
  causes: { cause: DriftCause; text: string }[]
  shares: { node: NodeId; adds: number; add_bytes: number; removes: number; remove_bytes: number }[]
  adds: number
  bytes: number
  largest_bytes: number
  unit_adds: number
  unit_bytes: number
  before: Evenness
  after: Evenness
  parameters: Record<string, string>
  max_batch?: number
  checks: TargetCheck[]
  summary?: Record<string, unknown>
  held?: { code: TargetHold; text: string }
  priority: number
  turn: -1 | 0 | 1
  fingerprint: string
}

export interface JobLine {
  type: 'job'
  id: string
  topic: string
  started_at: string
  parameters: Record<string, string>
  adds?: { total: number; done: number }
  bytes_done?: number
  bytes_total?: number
  arriving?: { node: NodeId; adds: number; bytes: number }[]
  text?: string
  broken?: string
}

export interface BrokersLine extends BrokersTarget {
  type: 'brokers'
}

export interface ReportLine {
  type: 'report'
  topic: string
  partitions: number
  replicas: number
  bytes: number
  domain: string
  tenant: string
  evenness: Evenness
  not_converged: number
  in_error: number
  seen?: Record<SegmentState, number>
  verdict?: { text: string; at: string }
}

export type TableLine = TargetLine | JobLine | BrokersLine | ReportLine

type Tables = Pick<Sample, 'targets' | 'jobs' | 'brokers' | 'topics'>

export function* tableLines({ targets = [], jobs = [], brokers = [], topics = [] }: Tables): Generator<TableLine> {
  for (const target of targets) yield targetLine(target)
  for (const job of jobs) yield jobLine(job)
  for (const list of brokers) yield { type: 'brokers', ...list }
  for (const report of topics) yield reportLine(report)
}

/** Of a kind without a line nothing is known. */
export function readTables(lines: readonly TableLine[]): Tables {
  const tables: Required<Tables> = { targets: [], jobs: [], brokers: [], topics: [] }
  for (const line of lines) {
    if (line.type === 'target') tables.targets.push(readTarget(line))
    else if (line.type === 'job') tables.jobs.push(readJob(line))
    else if (line.type === 'report') tables.topics.push(readReport(line))
    else {
      const { topic, before, after, text } = line
      tables.brokers.push({ topic, before, after, text })
    }
  }
  return Object.fromEntries(Object.entries(tables).filter(([, found]) => found.length > 0))
}

function targetLine(target: Target): TargetLine {
  const { largestBytes, unitAdds, unitBytes, maxBatch, evenness, shares, ...same } = target
  return {
    type: 'target',
    ...same,
    shares: shares.map(({ addBytes, removeBytes, ...share }) => ({
      ...share,
      add_bytes: addBytes,
      remove_bytes: removeBytes,
    })),
    largest_bytes: largestBytes,
    unit_adds: unitAdds,
    unit_bytes: unitBytes,
    ...evenness,
    ...(maxBatch === undefined ? {} : { max_batch: maxBatch }),
  }
}

function readTarget(line: TargetLine): Target {
  const { topic, causes, adds, bytes, parameters, checks, summary, held, priority, turn, fingerprint } = line
  return {
    topic,
    causes,
    shares: line.shares.map(({ node, adds: made, add_bytes: addBytes, removes, remove_bytes: removeBytes }) => ({
      node,
      adds: made,
      addBytes,
      removes,
      removeBytes,
    })),
    adds,
    bytes,
    largestBytes: line.largest_bytes,
    unitAdds: line.unit_adds,
    unitBytes: line.unit_bytes,
    evenness: { before: line.before, after: line.after },
    parameters,
    ...(line.max_batch === undefined ? {} : { maxBatch: line.max_batch }),
    checks,
    ...(summary === undefined ? {} : { summary }),
    ...(held === undefined ? {} : { held }),
    priority,
    turn,
    fingerprint,
  }
}

function jobLine({ startedAtMs, bytesDone, bytesTotal, ...same }: RunningJob): JobLine {
  return {
    type: 'job',
    ...same,
    started_at: formatTime(startedAtMs),
    ...(bytesDone === undefined ? {} : { bytes_done: bytesDone }),
    ...(bytesTotal === undefined ? {} : { bytes_total: bytesTotal }),
  }
}

function readJob(line: JobLine): RunningJob {
  const { id, topic, parameters, adds, arriving, text, broken } = line
  return {
    id,
    topic,
    startedAtMs: parseTime(line.started_at),
    parameters,
    ...(adds === undefined ? {} : { adds }),
    ...(line.bytes_done === undefined ? {} : { bytesDone: line.bytes_done }),
    ...(line.bytes_total === undefined ? {} : { bytesTotal: line.bytes_total }),
    ...(arriving === undefined ? {} : { arriving }),
    ...(text === undefined ? {} : { text }),
    ...(broken === undefined ? {} : { broken }),
  }
}

function reportLine({ notConverged, inError, verdict, ...same }: TopicReport): ReportLine {
  return {
    type: 'report',
    ...same,
    not_converged: notConverged,
    in_error: inError,
    ...(verdict === undefined ? {} : { verdict: { text: verdict.text, at: formatTime(verdict.atMs) } }),
  }
}

function readReport(line: ReportLine): TopicReport {
  const { topic, partitions, replicas, bytes, domain, tenant, evenness, seen, verdict } = line
  return {
    topic,
    partitions,
    replicas,
    bytes,
    domain,
    tenant,
    evenness,
    notConverged: line.not_converged,
    inError: line.in_error,
    ...(seen === undefined ? {} : { seen }),
    ...(verdict === undefined ? {} : { verdict: { text: verdict.text, atMs: parseTime(verdict.at) } }),
  }
}
