/**
 * Why the replicas of a partition stay where they are: for each of them and each node that does not hold the partition what the
 * planner's own filters say, and where they say nothing what the move would be worth. Nodes with the same answer share a line.
 */
import type { ExplanationLine, Facts } from '../../cluster/explanation.ts'
import { immovableReasons, type RejectReason, rejectText, violationText } from '../../cluster/reasons.ts'
import { IN_SYNC } from '../../cluster/state.ts'
import { groupBy } from '../../lib/group-by.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatBytes, formatCount, formatDuration } from '../../lib/units.ts'
import type { ClosedBecause, Option, ReplicaOptions } from '../../plan/options.ts'
import { line, type Picture, purposeOf, rackOf } from './picture.ts'
import { ago, listed, percentOf, range, someOf, waiting } from './words.ts'

export function candidateLines(picture: Picture, partition: number): ExplanationLine[] {
  const { state, question } = picture
  if (!question.capabilities.replicaMoves) {
    const text =
      'single replicas are not moved here: the system itself places the table as a whole (see explain --table)'
    return [line('as_assigned', text)]
  }
  const lines: ExplanationLine[] = []
  const said = new Set<RejectReason>()
  for (
    let slot = state.partitionReplicaStart[partition]!;
    slot < state.partitionReplicaStart[partition + 1]!;
    slot += 1
  ) {
    const purpose = purposeOf(picture, slot, partition)
    const found = picture.options.of(slot, partition, purpose.kind)
    if (found.stays !== '' && !said.has(found.stays)) {
      said.add(found.stays)
      lines.push(staysLine(picture, partition, found.stays))
    }
    if (picture.options.model.staysPlaced(slot, purpose.kind)) {
      const node = nameOf(picture, found.from)
      const text = `the replica on ${node} stays: ${rejectText.moved_by_hand}`
      lines.push(line('moved_by_hand', text, { from: node }))
    }
    lines.push(purposeLine(picture, slot, found, purpose), ...optionLines(picture, partition, found, purpose))
  }
  return lines
}

type Purpose = ReturnType<typeof purposeOf>

/** Why no replica of it is moved at all. */
export function staysLine(picture: Picture, partition: number, reason: RejectReason): ExplanationLine {
  const { state, nowMs } = picture
  const tries = picture.tries.get(
    `${state.names.topics[state.partitionTopic[partition]!]}-${state.names.partitions[partition]}`,
  )
  const facts: Facts = { replicas_stay: true }
  switch (reason) {
    case 'under_replicated': {
      const behind = replicasOf(picture, partition).filter((replica) => (state.replicaFlags[replica]! & IN_SYNC) === 0)
      const nodes = behind.map((replica) => state.names.nodes[state.replicaNode[replica]!]!)
      const text = `its ${formatCount(nodes.length, 'replica')} on ${listed(nodes)} not in sync: only repair moves it`
      return line(reason, text, { ...facts, not_in_sync: nodes })
    }
    case 'retry_wait':
    case 'retry_exhausted': {
      const because = tries ? ` (${tries.why})` : ''
      const until = tries ? `, ${formatDuration(Math.max(0, tries.untilMs - nowMs))} more` : ''
      const text = `${rejectText[reason]}${until}${because}`
      return line(reason, text, {
        ...facts,
        ...(tries && { until: formatTime(tries.untilMs), failures: tries.failedAtMs.length, why: tries.why }),
      })
    }
    case 'excluded':
      return line(reason, 'its topic is excluded by the config', facts)
    case 'replica_group':
      return line(reason, 'it moves only together with other partitions, which is not done for balance', facts)
    default:
      return line(reason, rejectText[reason], facts)
  }
}

/** What keeps the partition from being moved by its own state; empty where nothing does. */
export function immovableOf({ state }: Picture, partition: number): RejectReason | '' {
  return immovableReasons[state.partitionImmovable[partition]!]!
}

export function replicasOf({ state }: Picture, partition: number): number[] {
  const first = state.partitionReplicaStart[partition]!
  return Array.from({ length: state.partitionReplicaStart[partition + 1]! - first }, (_, slot) => first + slot)
}

function purposeLine(
  picture: Picture,
  replica: number,
  { from, kind }: ReplicaOptions,
  purpose: Purpose,
): ExplanationLine {
  const { state, options } = picture
  const id = state.names.nodes[from]!
  const bytes = options.model.bytes[replica]!
  const size = Number.isNaN(bytes) ? 'of unknown size' : formatBytes(bytes)
  const why = purpose.for
    ? `${kind} is open: ${purpose.for.text}${waiting(purpose.for)}`
    : 'no violation asks for it to move'
  return line('replica', `the replica on ${id} (${size}): ${why}`, {
    from: id,
    bytes,
    ...(purpose.for && { violation: kind, means: violationText[kind], subject: purpose.for.subject }),
    ...(purpose.for?.gate && { gate: purpose.for.gate.code }),
  })
}

function optionLines(picture: Picture, partition: number, found: ReplicaOptions, purpose: Purpose): ExplanationLine[] {
  const { options, from } = found
  if (options.length === 0)
    return [line('too_few_nodes', 'every node holds a replica of it already', { from: nameOf(picture, from) })]
  const groups = [...groupBy(options, keyOf).values()].toSorted((a, b) => weight(a) - weight(b))
  return groups.map((group) => {
    const to = group.map((option) => nameOf(picture, option.to))
    const { answer, worth, closed } = group[0]!
    const facts: Facts = {
      from: nameOf(picture, from),
      to: someOf(to),
      to_count: to.length,
      answer,
      ...(worth && { worth }),
      ...(closed && { closed }),
      ...figuresOf(picture, group),
    }
    return line(
      answer,
      `${nameOf(picture, from)} → ${listed(to)}: ${textOf(picture, partition, group, found, purpose)}`,
      facts,
    )
  })
}

const nameOf = ({ state }: Picture, node: number) => state.names.nodes[node]!

/** What is allowed comes first, then what most nodes share. */
const weight = (group: Option[]) => (group[0]!.answer === 'allowed' ? -1e9 : 0) - group.length

const keyOf = ({ answer, worth, closed }: Option) => [answer, worth, closed].join('/')

function figuresOf(picture: Picture, group: Option[]): Facts {
  const { shares } = picture.options.model
  const of = <Value>(pick: (option: Option) => Value | undefined) =>
    group.map(pick).filter((value) => value !== undefined)
  const fullness = of((option) => option.fullness)
  const counts = of((option) => option.count)
  const racks = [...new Set(of((option) => option.rack && rackOf(picture, option.to)))]
  const allowed = group.filter(({ answer }) => answer === 'allowed')
  const fair = allowed.map(({ to }) => shares.usedBytes[to]! / shares.fairBytes[to]!).filter(Number.isFinite)
  return {
    ...(fullness.length > 0 && {
      would_be_full: least(fullness.map(({ would }) => would)),
      would_be_full_most: most(fullness.map(({ would }) => would)),
      limit: least(fullness.map(({ limit }) => limit)),
    }),
    ...(counts.length > 0 && {
      holds: most(counts.map(({ held }) => held)),
      may_hold: most(counts.map((count) => count.most)),
    }),
    ...(racks.length > 0 && { racks: someOf(racks) }),
    ...(fair.length > 0 && { of_fair_share: least(fair), of_fair_share_most: most(fair) }),
  }
}

const least = (values: readonly number[]) => rounded(Math.min(...values))
const most = (values: readonly number[]) => rounded(Math.max(...values))
const rounded = (value: number) => (Number.isFinite(value) ? Math.round(value * 10_000) / 10_000 : value)

function textOf(picture: Picture, partition: number, group: Option[], found: ReplicaOptions, purpose: Purpose): string {
  const { answer } = group[0]!
  switch (answer) {
    case 'allowed':
      return allowedText(picture, partition, group, found, purpose)
    case 'would_exceed_limit': {
      const figures = group.map(({ fullness }) => fullness!)
      if (figures.some(({ would }) => Number.isNaN(would)))
        return 'its size is not known: nobody can say whether it fits'
      const would = range(figures.map((figure) => tenths(figure.would)))
      return `would be ${would} full, the limit is ${range(figures.map(({ limit }) => tenths(limit)))}`
    }
    case 'rack_constraint':
      return rackText(picture, group, found)
    case 'moved_lately': {
      const lefts = picture.question.memory.left.filter(
        ({ topic, partition: id, node }) =>
          topic === picture.state.names.topics[picture.state.partitionTopic[partition]!] &&
          id === picture.state.names.partitions[partition] &&
          group.some(({ to }) => nameOf(picture, to) === node),
      )
      const when = lefts.map(({ atMs }) => ago(atMs, picture.nowMs))[0]
      return `it left there ${when ?? 'a short while ago'} and is not moved back within the hour`
    }
    case 'replica_group': {
      const counts = group.map(({ count }) => count!)
      return `${range(
        counts.map(({ held }) => held),
        String,
      )} replicas of the topic are there, ${range(
        counts.map((count) => count.most),
        String,
      )} may be`
    }
    case 'no_capacity': {
      const counts = group.map(({ count }) => count!)
      return `holds ${range(
        counts.map(({ held }) => held),
        String,
      )} replicas, ${range(
        counts.map((count) => count.most),
        String,
      )} is all it may hold`
    }
    case 'tenant_mismatch':
      return 'the partition does not belong there (another tenant, or no legal place for this replica)'
    case 'excluded':
      return closedText[group[0]!.closed ?? 'excluded']
    default:
      return rejectText[answer]
  }
}

export const closedText: Record<ClosedBecause, string> = {
  unavailable: 'is gone',
  unreachable: 'does not answer',
  draining: 'is to be emptied',
  excluded: 'is excluded by the config',
  no_dirs: 'has no log dir that is known',
  dirs_offline: 'its log dirs are offline',
  dirs_cordoned: 'takes nothing new: its log dirs are cordoned, or moves stood still there and it rests',
}

function rackText(picture: Picture, group: Option[], { from }: ReplicaOptions): string {
  const byRack = groupBy(group, ({ rack }) => rack!.rack)
  const parts = [...byRack.values()].map((nodes) => {
    const { rack, others } = nodes[0]!.rack!
    const name = rack === -1 ? 'no rack' : `rack ${picture.state.names.racks[rack]}`
    return `${name} already holds ${others === 1 ? 'one' : others} of its other replicas`
  })
  const { limit } = group[0]!.rack!
  const source = rackOf(picture, from)
  const here = source === undefined ? 'its own' : source
  const more =
    limit < 0 ? 'nowhere would it be better than now' : `${limit} at most may be where it goes (rack now: ${here})`
  return `${listed(parts)}, ${more}`
}

function allowedText(
  picture: Picture,
  partition: number,
  group: Option[],
  found: ReplicaOptions,
  purpose: Purpose,
): string {
  const { model } = picture.options
  const { usedBytes, fairBytes, capacityBytes } = model.shares
  const share = (node: number) => usedBytes[node]! / fairBytes[node]!
  const shares = range(
    group.map(({ to }) => tenths(share(to))),
    percent,
  )
  const holds = `${group.length === 1 ? 'it holds' : 'they hold'} ${shares} of the fair share, ${nameOf(picture, found.from)} ${percent(tenths(share(found.from)))}`
  switch (group[0]!.worth) {
    case 'must_go':
    case 'better_rack':
    case 'relieves':
      return `allowed${insteadText(picture, partition, found, purpose)}`
    case 'helps':
      return `allowed and it would help: ${holds}${insteadText(picture, partition, found, purpose)}`
    case 'overtakes': {
      const bytes = model.bytes[found.replica]!
      const after = (node: number, change: number) => percentOf(usedBytes[node]! + change, capacityBytes[node]!)
      const first = group[0]!.to
      return `allowed, but ${nameOf(picture, first)} would be fuller than ${nameOf(picture, found.from)} afterwards (${after(first, bytes)} and ${after(found.from, -bytes)} of the capacity)`
    }
    case 'min_gain':
      return `allowed, but the gain is too small to be worth a move: ${holds}`
    default:
      return `allowed, but it would improve nothing that is open: ${holds}`
  }
}

/** What the plan does about it instead. */
function insteadText(picture: Picture, partition: number, { from }: ReplicaOptions, purpose: Purpose): string {
  const { report, state } = picture
  if (purpose.for?.gate) return `, but it waits (${purpose.for.gate.code})`
  const topic = state.names.topics[state.partitionTopic[partition]!]
  const id = state.names.partitions[partition]
  const own = [...report.plan.moves, ...picture.view.running.map(({ move }) => move)].find(
    (move) =>
      move.kind === 'replica' && move.topic === topic && move.partition === id && move.from === state.names.nodes[from],
  )
  if (own?.kind === 'replica')
    return own.to === own.from ? ', it goes to another disk of its node' : `, it goes to ${own.to}`
  if (!purpose.for) return ''
  const same = report.plan.moves.filter(({ reason }) => reason === purpose.kind)
  if (same.length === 0)
    return picture.view.running.length > 0 ? ', what is under way comes first' : ', but the plan does not need it'
  return `, but the plan mends ${purpose.for.subject} with ${formatCount(same.length, 'other move')}`
}

const tenths = (ratio: number) => Math.round(ratio * 1000) / 1000
const percent = (ratio: number) => (Number.isFinite(ratio) ? percentOf(ratio, 1) : 'no part')
