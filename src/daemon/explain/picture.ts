/**
 * All that an explanation is made from: what the last round was made from and came to, what has happened since, and what is
 * remembered. The columns are those of a reading that the planner has given back: it is not away while it is looked at.
 */
import type { Assessment } from '../../assess/assess.ts'
import type { Decision } from '../../cluster/decision.ts'
import type { TickReport } from '../../cluster/events.ts'
import type { ExplanationLine, Facts } from '../../cluster/explanation.ts'
import { type Goals, noGoals, type Violation } from '../../cluster/plan.ts'
import { nodeStates, type ViolationKind } from '../../cluster/reasons.ts'
import { type ClusterState, type NodeId, OFFLINE } from '../../cluster/state.ts'
import type { ExecutorOptions } from '../../execute/executor.ts'
import type { CoolDownRecord, TriesRecord } from '../../execute/journal/records.ts'
import { settle } from '../../lib/clock.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { Leads } from '../../plan/leadership/leads.ts'
import { modelOf, Options } from '../../plan/options.ts'
import { planRequest } from '../../plan/request.ts'
import type { Question } from '../think.ts'
import type { ClusterView } from '../view.ts'
import { since, waiting } from './words.ts'

/** What the last round was made from and what it came to. */
export interface Considered {
  question: Question
  assessment: Assessment
  report: TickReport
}

/** What is known besides, as it is now. */
export interface Surroundings {
  view: ClusterView
  /** Newest first. */
  decisions: readonly Decision[]
  tries: ReadonlyMap<string, TriesRecord>
  coolDowns: ReadonlyMap<string, CoolDownRecord>
  limits: ExecutorOptions
  /** Moves that one node may have at once now. */
  movesPerNode: number
  /** Why nothing of the plan begins although there is room; absent where that is not so. */
  tooLow?: string | undefined
  nowMs: number
}

/** What is costly to work out is worked out once for each round, and only when somebody asks. */
export class Workings {
  readonly considered: Considered
  readonly options: Options
  #leads: Leads | undefined

  private constructor(considered: Considered, options: Options) {
    this.considered = considered
    this.options = options
  }

  /** Others have their turn before and after each of the long steps. */
  static async of(considered: Considered): Promise<Workings> {
    const { question, report } = considered
    const { state } = question.sample
    await settle()
    const goals = openGoals(state, report.violations)
    const request = planRequest(state, goals, question.settings, question.memory, question.capabilities.dirMoves)
    const model = modelOf(state, request)
    await settle()
    const options = new Options(model)
    await settle()
    return new Workings(considered, options)
  }

  /** Only who asks about leaders needs it. */
  async withLeads(): Promise<this> {
    if (!this.#leads) {
      this.#leads = new Leads(this.options.model, this.options.model.leader)
      await settle()
    }
    return this
  }

  get leads(): Leads {
    this.#leads ??= new Leads(this.options.model, this.options.model.leader)
    return this.#leads
  }
}

export interface Picture extends Considered, Surroundings {
  state: ClusterState
  options: Options
  leads: () => Leads
}

export function pictureOf(workings: Workings, around: Surroundings): Picture {
  const { considered, options } = workings
  return { ...considered, ...around, state: considered.question.sample.state, options, leads: () => workings.leads }
}

/** What is open between nodes, whether or not something holds it now: held or not, it is what a move would be for. */
function openGoals({ names }: ClusterState, violations: readonly Violation[]): Goals {
  const of = (kind: ViolationKind) =>
    new Set(violations.filter((one) => one.kind === kind).map(({ subject }) => subject))
  const underused = of('node_underused')
  const skewed = of('disk_skew')
  return {
    ...noGoals,
    fillNodes: indices(names.nodes, (id) => underused.has(`node ${id}`)),
    skewedDomains: indices(names.domains, (name) => skewed.has(name === '' ? 'cluster' : `domain ${name}`)),
  }
}

const indices = <Item>(items: readonly Item[], has: (item: Item) => boolean) =>
  items.flatMap((item, index) => (has(item) ? [index] : []))

/** What a move of the replica would mend: the weightiest violation that it is part of, and `disk_skew` where there is none. */
export function purposeOf(
  picture: Picture,
  replica: number,
  partition: number,
): { kind: ViolationKind; for?: Violation } {
  const { state, report, options } = picture
  const node = state.replicaNode[replica]!
  const id = state.names.nodes[node]!
  const dir = state.replicaDir[replica]!
  const offline = (state.replicaFlags[replica]! & OFFLINE) !== 0
  const concerns = ({ kind, subject }: Violation) => {
    switch (kind) {
      case 'disk_critical':
      case 'disk_over_limit':
        return dir !== -1 && subject === `node ${id} ${state.names.dirs[dir]}`
      case 'node_unavailable':
        return subject === `node ${id}` || (offline && subject === `dirs of node ${id}`)
      case 'node_draining':
        return subject === `node ${id}`
      case 'rack_violation':
        return sharesRack(picture, replica, partition) && options.filters.racks.faults(partition) > 0
      case 'node_underused':
      case 'disk_skew':
        return true
      default:
        return false
    }
  }
  const found = report.violations.find(concerns)
  return found ? { kind: found.kind, for: found } : { kind: 'disk_skew' }
}

function sharesRack({ state }: Picture, replica: number, partition: number): boolean {
  const { partitionReplicaStart, nodeRack, replicaNode } = state
  const rack = nodeRack[replicaNode[replica]!]
  for (let other = partitionReplicaStart[partition]!; other < partitionReplicaStart[partition + 1]!; other += 1) {
    if (other !== replica && nodeRack[replicaNode[other]!] === rack) return true
  }
  return false
}

/** Whether a violation of that subject is about the node itself or a disk of it. */
export function isAboutNode(subject: string, id: NodeId): boolean {
  return subject === `node ${id}` || subject === `dirs of node ${id}` || subject.startsWith(`node ${id} `)
}

export function violationsAbout({ report }: Picture, id: NodeId): Violation[] {
  return report.violations.filter(({ subject }) => isAboutNode(subject, id))
}

export function violationLine(violation: Violation, nowMs: number): ExplanationLine {
  const { kind, subject, text, sinceMs, size, unit, gate } = violation
  return line(kind, `${text}; ${kind} ${since(sinceMs, nowMs)}${waiting(violation)}`, {
    subject,
    since: formatTime(sinceMs),
    size,
    unit,
    ...(gate && { gate: gate.code }),
  })
}

export function rackOf({ state }: Picture, node: number): string | undefined {
  const rack = state.nodeRack[node]!
  return rack === -1 ? undefined : state.names.racks[rack]
}

export function stateOf({ state }: Picture, node: number): (typeof nodeStates)[number] {
  return nodeStates[state.nodeState[node]!]!
}

export function line(code: string, text: string, facts: Facts = {}): ExplanationLine {
  return { code, text, facts }
}
