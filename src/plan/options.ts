/**
 * Where one replica may go, node by node, asked of the very filters that plan: for whoever wants to know why it does not
 * move. Beside each answer stand the figures that it was made from, and what the move would be worth.
 */
import { dirStates, nodeStates, type RejectReason, type ViolationKind } from '../cluster/reasons.ts'
import type { Columns } from '../cluster/state.ts'
import { bandTask, fillTask } from './balance.ts'
import { type FilterAnswer, Filters, limitOf } from './filters.ts'
import { Model } from './model.ts'
import { Rejections } from './rejections.ts'
import type { PlanRequest } from './request.ts'
import { type EvenTask, LEAST_STEP, Worth, type WorthAnswer } from './worth.ts'

/** Why a node takes nothing at all. */
export type ClosedBecause =
  | 'unavailable'
  | 'unreachable'
  | 'draining'
  | 'excluded'
  | 'no_dirs'
  | 'dirs_offline'
  | 'dirs_cordoned'

/** `no_task`: nothing is open that evening out would mend; those that follow are of what must go, or had better. */
export type OptionWorth = WorthAnswer | 'no_task' | 'must_go' | 'better_rack' | 'relieves'

export interface Option {
  to: number
  answer: Exclude<FilterAnswer, 'holds'>
  /** Of a node that is not open. */
  closed?: ClosedBecause
  /** Of `would_exceed_limit`: ratios of the capacity of the fullest dir that it might land in. */
  fullness?: { would: number; limit: number }
  /** Of `rack_constraint`: index of the rack, -1 for none; how many others are there; most there may be. */
  rack?: { rack: number; others: number; limit: number }
  /** Of `replica_group` and `no_capacity`: what the node holds, and most that it may hold. */
  count?: { held: number; most: number }
  /** Of an allowed one. */
  worth?: OptionWorth
}

export interface ReplicaOptions {
  replica: number
  from: number
  kind: ViolationKind
  /** Why the partition may not be moved for such a reason, wherever to; empty when it may. */
  stays: RejectReason | ''
  /** Every node that does not hold the partition. */
  options: Option[]
}

const OPEN_STATE = nodeStates.indexOf('alive')
const ONLINE = dirStates.indexOf('online')

/** The model that options are asked of; what they reject is not counted among what the planner rejected. */
export function modelOf(columns: Columns, request: PlanRequest): Model {
  return new Model(columns, request, new Rejections())
}

export class Options {
  readonly model: Model
  readonly filters: Filters
  readonly #tasks = new Map<number, { task: EvenTask; worth: Worth }[]>()

  /** @param model of a request that has what is open as its goals, be it acted upon now or not. */
  constructor(model: Model) {
    this.model = model
    this.filters = new Filters(model)
  }

  /** @param kind what the move would mend. */
  of(replica: number, partition: number, kind: ViolationKind): ReplicaOptions {
    const { model, filters } = this
    filters.candidate(replica, partition, kind)
    const from = model.replicaNode[replica]!
    const options: Option[] = []
    for (let to = 0; to < model.columns.nodeCount; to += 1) {
      const answer = filters.answer(to)
      if (answer !== 'holds') options.push({ to, answer, ...this.#figures(answer, replica, partition, to, kind) })
    }
    return { replica, from, kind, stays: model.stays(partition, kind), options }
  }

  /** Why a node takes nothing at all; undefined when it may. */
  closed(node: number): ClosedBecause | undefined {
    const { columns } = this.model
    if (this.filters.open(node)) return undefined
    const state = columns.nodeState[node]!
    if (state !== OPEN_STATE) return nodeStates[state] as Exclude<(typeof nodeStates)[number], 'alive'>
    if (columns.nodeExcluded[node] === 1) return 'excluded'
    const states = columns.dirState.subarray(columns.nodeDirStart[node], columns.nodeDirStart[node + 1])
    if (states.length === 0) return 'no_dirs'
    return states.includes(ONLINE) ? 'dirs_cordoned' : 'dirs_offline'
  }

  #figures(answer: FilterAnswer, replica: number, partition: number, to: number, kind: ViolationKind): Partial<Option> {
    const { columns, room, bytes, topicReplicas } = this.model
    switch (answer) {
      case 'allowed':
        return { worth: this.#worthOf(replica, partition, to, kind) }
      case 'excluded': {
        const closed = this.closed(to)
        return closed ? { closed } : {}
      }
      case 'would_exceed_limit': {
        const filled = room.filled(to, bytes[replica]!, limitOf(kind))
        const capacity = columns.dirCapacityBytes[filled.dir]!
        return { fullness: { would: filled.bytes / capacity, limit: filled.most / capacity } }
      }
      case 'rack_constraint': {
        const { racks } = this.filters
        return { rack: { rack: columns.nodeRack[to]!, others: racks.others(to), limit: racks.limit } }
      }
      case 'replica_group': {
        const topic = columns.partitionTopic[partition]!
        const held = topicReplicas[topic * columns.nodeCount + to]!
        return { count: { held, most: columns.topicCap[topic]! } }
      }
      case 'no_capacity':
        return { count: { held: this.filters.occupied(to), most: columns.nodeMaxReplicas[to]! } }
      default:
        return {}
    }
  }

  #worthOf(replica: number, partition: number, to: number, kind: ViolationKind): OptionWorth {
    if (kind === 'node_unavailable' || kind === 'node_draining') return 'must_go'
    if (kind === 'rack_violation') return 'better_rack'
    if (kind === 'disk_critical' || kind === 'disk_over_limit') return 'relieves'
    const { columns, replicaNode, bytes } = this.model
    const from = replicaNode[replica]!
    const tasks = this.#tasksOf(columns.topicDomain[columns.partitionTopic[partition]!]!)
    if (tasks.length === 0) return 'no_task'
    const answers = tasks
      .filter(({ task }) => task.sources.includes(from) && task.targets.includes(to))
      .map(({ worth }) => worth.of(from, to, bytes[replica]!, LEAST_STEP))
    return answers.find((answer) => answer === 'helps') ?? answers[0] ?? 'no_fix'
  }

  /** What evenness is measured by in the domain: added nodes are filled, then comes the band. */
  #tasksOf(domain: number): { task: EvenTask; worth: Worth }[] {
    const known = this.#tasks.get(domain)
    if (known) return known
    const tasks = [fillTask(this.model, domain), bandTask(this.model, domain)]
    const made = tasks
      .filter((task) => task !== undefined)
      .map((task) => ({ task, worth: new Worth(this.model, task) }))
    this.#tasks.set(domain, made)
    return made
  }
}
