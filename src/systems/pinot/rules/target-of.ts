/** A target from what the controller would make of a table, with what stands against running it. Pure. */
import type { TargetHold } from '../../../cluster/reasons.ts'
import type { Evenness, NodeShare, Target } from '../../../cluster/target.ts'
import { sameSet } from '../../../lib/lists.ts'
import type { PinotReading } from '../reading.ts'
import type { RebalanceAnswer } from '../wire/controller.ts'
import {
  type BytesOf,
  type Change,
  changesBetween,
  evennessOf,
  fingerprintOf,
  largestOf,
  largestUnit,
  sharesOf,
  sizer,
} from './changes.ts'
import { type Evacuation, evacuation } from './dead.ts'
import type { Suspect } from './drift.ts'
import { groupsOf, persistedOf } from './instance-partitions.ts'
import { convergence, segmentIndex, stateOn } from './placements.ts'
import type { RebalancePolicy } from './rebalance-policy.ts'

export interface TargetInput {
  suspect: Suspect
  reading: PinotReading
  policy: RebalancePolicy
  /** As the dry run was asked with. */
  parameters: Record<string, string>
  bytesOf: BytesOf
  /** Segments in ERROR were reset as often as they may be. */
  resetInVain: boolean
}

export interface TargetOutput {
  target: Target
  changes: Change[]
}

/** @returns undefined where the controller would change nothing. */
export function targetOf(input: TargetInput, answer: RebalanceAnswer): TargetOutput | undefined {
  if (answer.status !== 'DONE') {
    if (answer.status === 'NO_OP') return leftInError(input)
    const hold = { code: 'not_computed', text: `${answer.status}: ${answer.description}` } as const
    return { target: emptyTarget(input, hold), changes: [] }
  }
  const { table, legal } = input.suspect
  const { placement } = table.idealState
  const changes = changesBetween(placement, answer.segments)
  if (changes.length === 0) return undefined
  const size = sizer(table.name, placement.segments, input.bytesOf)
  const shares = sharesOf(changes, size)
  const spread = evennessOf(placement, legal, size)
  const evenness = { before: spread.before, after: spread.after(shares) }
  const floor = floorOf(changes, input.parameters)
  const evacuating = evacuation(table, changes, input.reading, floor)
  const parameters = { ...input.parameters }
  // What is on dead servers never comes right, so that without this the job waits for it in vain.
  if (evacuating.goneSources.length > 0 && evacuating.unsafe.length === 0) parameters['bestEfforts'] = 'true'
  const unit = input.suspect.rules.strict ? largestUnit(changes, size) : { adds: 1, bytes: largestOf(changes, size) }
  const held = holdOf(input, answer, { changes, shares, evenness, evacuating, floor })
  const target: Target = {
    topic: table.name,
    causes: input.suspect.causes,
    shares,
    adds: shares.reduce((sum, { adds }) => sum + adds, 0),
    bytes: shares.reduce((sum, { addBytes }) => sum + addBytes, 0),
    largestBytes: largestOf(changes, size),
    unitAdds: unit.adds,
    unitBytes: unit.bytes,
    evenness,
    ...batched(parameters),
    checks: answer.checks,
    ...(answer.summary === undefined ? {} : { summary: answer.summary }),
    ...(held ? { held } : {}),
    priority: input.policy.priority,
    turn: turnOf(input.suspect),
    fingerprint: fingerprintOf(changes, parameters),
  }
  return { target, changes }
}

/** What our last job moved is where it belongs and cannot be loaded: as long as that is so the table is not finished. */
function leftInError(input: TargetInput): TargetOutput | undefined {
  const { table, causes } = input.suspect
  if (!causes.some(({ cause }) => cause === 'unfinished')) return undefined
  const { errors } = convergence(table.idealState.placement, table.externalView?.placement)
  if (errors.length === 0) return undefined
  const named = some([...new Set(errors.map(({ segment }) => segment))])
  const text = `${errors.length} replicas that were moved are in ERROR: ${named}`
  return { target: emptyTarget(input, { code: 'segments_in_error', text }), changes: [] }
}

/** Of a table that is suspected and cannot be asked about, or that the controller has no answer for. */
export function emptyTarget(
  { suspect, policy, parameters, bytesOf }: Pick<TargetInput, 'suspect' | 'policy' | 'parameters' | 'bytesOf'>,
  held: { code: TargetHold; text: string },
): Target {
  const { table, legal, causes } = suspect
  const { placement } = table.idealState
  const { before } = evennessOf(placement, legal, sizer(table.name, placement.segments, bytesOf))
  return {
    topic: table.name,
    causes,
    shares: [],
    adds: 0,
    bytes: 0,
    largestBytes: 0,
    unitAdds: 1,
    unitBytes: 0,
    evenness: { before, after: before },
    ...batched(parameters),
    checks: [],
    held,
    priority: policy.priority,
    turn: turnOf(suspect),
    fingerprint: fingerprintOf([], parameters),
  }
}

/**
 * Dimension tables are joined with others on each server: they must be there before those when servers come, and stay until those are
 * gone when servers go.
 */
function turnOf({ rules, causes }: Suspect): -1 | 0 | 1 {
  if (!rules.dimension) return 0
  return causes.every(({ cause }) => cause === 'server_added' || cause === 'asked') ? -1 : 1
}

/**
 * Replicas of every moved segment that the controller keeps up, by its own rule: below zero `minAvailableReplicas` is how many may be
 * down, of the fewest that a moved segment is to have.
 */
function floorOf(changes: readonly Change[], parameters: Readonly<Record<string, string>>): number {
  const fewest = changes.reduce((least, { to }) => Math.min(least, to.length), Number.POSITIVE_INFINITY)
  const asked = Number(parameters['minAvailableReplicas'] ?? -1)
  return asked < 0 ? Math.max(0, fewest + asked) : asked
}

interface Facts {
  changes: Change[]
  shares: NodeShare[]
  evenness: { before: Evenness; after: Evenness }
  evacuating: Evacuation
  floor: number
}

function holdOf(input: TargetInput, answer: RebalanceAnswer, facts: Facts): Target['held'] {
  const { policy, suspect, parameters } = input
  const { table } = suspect
  const { changes, evacuating, floor } = facts
  const { goneTargets, goneSources, unsafe } = evacuating
  if (goneTargets.length > 0) {
    return { code: 'server_dead', text: `${some(goneTargets)} would be given segments and is not alive` }
  }
  if (goneSources.length > 0 && unsafe.length > 0) {
    const text = `${some(goneSources)} is not alive, and ${unsafe.length} segments such as ${unsafe[0]} would have too few replicas up`
    return { code: 'server_dead', text }
  }
  const broken = inError(input, changes)
  if (broken.length > 0 && (!policy.resetErrorSegments || input.resetInVain)) {
    return {
      code: 'segments_in_error',
      text: `${broken.length} segments that would move are in ERROR: ${some(broken)}`,
    }
  }
  const failed = answer.checks.filter(({ result }) => result === 'ERROR')
  if (failed.length > 0) return { code: 'precheck_error', text: checksText(failed) }
  const downtime = parameters['downtime'] === 'true'
  const asked = Number(parameters['minAvailableReplicas'] ?? -1)
  const fewest = Math.min(...changes.map(({ to }) => to.length))
  if (!downtime && asked >= fewest) {
    return {
      code: 'precheck_error',
      text: `minAvailableReplicas ${asked} is not below the ${fewest} replicas of a segment`,
    }
  }
  const exposed = changes.filter(({ from, to }) => !to.some((server) => from.includes(server)))
  // What the config asks for in so many words is the config's: -1 is everybody's default.
  if (!downtime && asked === -1 && floor === 0 && exposed.length > 0) {
    const text = `${exposed.length} segments such as ${exposed[0]!.segment} would have no replica for a while`
    return { code: 'replication_one', text }
  }
  const warned = answer.checks.filter(({ result }) => result === 'WARN')
  if (policy.onPrecheckWarn === 'hold' && warned.length > 0) {
    return { code: 'precheck_warn', text: checksText(warned) }
  }
  if (table.lineageInProgress > 0) return { code: 'lineage_in_progress', text: 'segments of it are being replaced' }
  return worthOf(input, answer, facts) ?? queued(input, facts)
}

/** Servers work through their queue one load after the other, tables of others as well: what is added to a long one only waits. */
const QUEUE_FULL = 500

function queued({ reading }: TargetInput, { shares }: Facts): Target['held'] {
  const involved = new Set(shares.map(({ node }) => String(node)))
  const full = reading.instances.filter(({ name, queueDepth = 0 }) => involved.has(name) && queueDepth >= QUEUE_FULL)
  if (full.length === 0) return undefined
  const named = full.map(({ name, queueDepth }) => `${name} has ${queueDepth} messages waiting in Helix`)
  return { code: 'queue_full', text: `${some(named)}, it goes on below ${QUEUE_FULL}` }
}

/** Whether it is worth its bytes. What somebody asked for is. */
function worthOf({ suspect }: TargetInput, answer: RebalanceAnswer, facts: Facts): Target['held'] {
  const { causes, newcomers, legal } = suspect
  if (causes.some(({ cause }) => cause === 'asked' || cause === 'unfinished')) return undefined
  const { before, after } = facts.evenness
  const [wasBroken, isBroken] = breaches(suspect, answer, facts)
  const isMoreEven = after.replicas < before.replicas - 1e-9 || after.bytes < before.bytes - 1e-9
  if (isBroken >= wasBroken && !isMoreEven) {
    const text = `${wasBroken} breaches of its rules before and ${isBroken} after, and neither counts nor bytes become more even`
    return { code: 'target_useless', text }
  }
  if (!causes.every(({ cause }) => cause === 'server_added') || suspect.rules.dimension) return undefined
  const bytes = facts.shares.reduce((sum, { addBytes }) => sum + addBytes, 0)
  const adds = facts.shares.reduce((sum, share) => sum + share.adds, 0)
  const all = after.nodes.reduce((sum, node) => sum + node.bytes, 0)
  const replicas = after.nodes.reduce((sum, node) => sum + node.replicas, 0)
  // Where no size is known, the count must do.
  const [moved, fair] = all > 0 ? [bytes, all / legal.length] : [adds, replicas / legal.length]
  const share = fair * newcomers.length
  if (moved <= 2 * share) return undefined
  const text = `it would move ${(moved / share).toFixed(1)} times what ${some(newcomers)} should hold`
  return { code: 'target_costly', text }
}

/** How often the rules of the table are broken before and after. */
function breaches(
  { table, rules, legal, newcomers }: Suspect,
  answer: RebalanceAnswer,
  facts: Facts,
): [number, number] {
  const allowed = new Set(legal)
  const main = answer.lists[table.type === 'REALTIME' ? 'CONSUMING' : 'OFFLINE']
  const groups = main === undefined ? new Map<number, Set<string>>() : groupsOf({ lists: main })
  const grouped = groups.size > 1 && rules.tiers.length === 0 && rules.completedTag === undefined
  const wanted = rules.dimension ? legal.length : groups.size > 1 ? groups.size : rules.replication
  const pins = rules.tiers.flatMap(({ name, segments }) => {
    const lists = answer.lists[name]
    return segments && lists ? [{ segments, members: new Set(Object.values(lists).flat()) }] : []
  })
  const of = (segment: string, servers: readonly string[]) => {
    let count = servers.filter((server) => !allowed.has(server)).length + Number(servers.length !== wanted)
    for (const members of grouped ? groups.values() : []) {
      count += Number(servers.filter((server) => members.has(server)).length !== 1)
    }
    const pin = pins.find(({ segments }) => segments.has(segment))
    return count + (pin ? servers.filter((server) => !pin.members.has(server)).length : 0)
  }
  const given = new Set(facts.shares.filter(({ adds }) => adds > 0).map(({ node }) => node))
  let before = newcomers.length
  let after = newcomers.filter((server) => !given.has(server)).length
  for (const { segment, from, to } of facts.changes) {
    before += of(segment, from)
    after += of(segment, to)
  }
  // New instance partitions are progress by themselves: they say where new segments go.
  for (const [type, lists] of Object.entries(answer.lists)) {
    const persisted = persistedOf(table, type) ?? persistedOf(table, type, true)
    if (persisted && !sameLists(persisted.lists, lists)) before++
  }
  return [before, after]
}

function sameLists(a: Readonly<Record<string, string[]>>, b: Readonly<Record<string, string[]>>): boolean {
  return sameSet(Object.keys(a), Object.keys(b)) && Object.keys(a).every((key) => sameSet(a[key]!, b[key]!))
}

/** Moved segments with a replica in ERROR: the controller ends a job when it meets one. */
function inError({ suspect }: TargetInput, changes: readonly Change[]): string[] {
  const view = suspect.table.externalView?.placement
  if (view === undefined) return []
  return changes
    .filter(({ segment, from }) => {
      const index = segmentIndex(view, segment)
      return from.some((server) => stateOn(view, index, server) === 'ERROR')
    })
    .map(({ segment }) => segment)
}

function checksText(checks: RebalanceAnswer['checks']): string {
  return checks.map(({ name, message }) => `${name}: ${message}`).join('; ')
}

function some(names: readonly string[]): string {
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} others` : names.join(', ')
}

/** The batch size is set when a job begins, within what the budgets let; here it is only a limit. */
function batched(all: Record<string, string>): Pick<Target, 'parameters' | 'maxBatch'> {
  const { batchSizePerServer, ...parameters } = all
  const most = Number(batchSizePerServer)
  return { parameters, ...(most > 0 ? { maxBatch: most } : {}) }
}
