/**
 * Targets of suspected tables: what the controller would make of each.
 *
 * A dry run costs the controller a look at every server, and up to 30 s when one of them hangs, dead for the cluster or not. So nothing
 * is asked twice: an answer holds as long as what it was computed from, and none is asked for while a server hangs.
 */
import type { DriftCause } from '../../../cluster/reasons.ts'
import type { Target } from '../../../cluster/target.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { PinotReading, Table } from '../reading.ts'
import type { BytesOf, Change } from '../rules/changes.ts'
import type { Suspect } from '../rules/drift.ts'
import { persistedOf } from '../rules/instance-partitions.ts'
import { policyOf, type RebalanceOptions, type RebalancePolicy, sentParameters } from '../rules/rebalance-policy.ts'
import { tenantTags } from '../rules/table-rules.ts'
import { emptyTarget, type TargetInput, targetOf } from '../rules/target-of.ts'
import type { Controllers } from '../wire/controller.ts'
import { type DryRun, DryRuns, type Keys } from './dry-runs.ts'

export interface TargetsOptions {
  controllers: Pick<Controllers, 'dryRun'>
  rebalance: RebalanceOptions
  clock: Clock
}

export interface TargetsQuestion {
  reading: PinotReading
  bytesOf: BytesOf
  suspects: readonly Suspect[]
  /** Servers that let calls wait: as long as there are any nobody is asked, and nothing is begun. */
  hanging: readonly string[]
  /** Tables whose segments in ERROR were reset as often as they may be, in vain. */
  resetInVain: ReadonlySet<string>
}

export interface TargetsAnswer {
  targets: Target[]
  /** Table → what the controller said when it was asked last. */
  verdicts: Map<string, { text: string; atMs: number }>
  /** Suspected tables of which nothing is known yet: the time was up, or a server hangs. */
  open: string[]
}

export class Targets {
  readonly #options: TargetsOptions
  readonly #dryRuns: DryRuns
  /** Fingerprint → what it moves, of the targets that were shown last. */
  #changes = new Map<string, readonly Change[]>()

  constructor(options: TargetsOptions) {
    this.#options = options
    this.#dryRuns = new DryRuns(options.controllers, options.clock)
  }

  /** What a target that was shown last would move; for whoever carries it out. */
  changesOf(fingerprint: string): readonly Change[] | undefined {
    return this.#changes.get(fingerprint)
  }

  /** The table is asked about anew. */
  forget(table: string): void {
    this.#dryRuns.forget(table)
  }

  /** What is being asked is given up. */
  close(): Promise<void> {
    return this.#dryRuns.close()
  }

  /** Never throws for one table: what the controller did not compute is a target that is held. */
  async of(question: TargetsQuestion, signal: AbortSignal): Promise<TargetsAnswer> {
    const { reading, suspects, hanging } = question
    const moving = new Set(reading.jobs.filter(({ status }) => status === 'IN_PROGRESS').map(({ table }) => table))
    // Where those go that are moving is known by their jobs.
    const asked = suspects
      .filter(({ table }) => !moving.has(table.name))
      .map((suspect) => ({ input: this.#input(suspect, question), closed: closedBy(suspect.table, reading) }))
      .map((each) => ({ ...each, run: runOf(each.input) }))
    this.#dryRuns.keep(new Set(suspects.map(({ table }) => table.name)))
    if (hanging.length === 0) {
      const isPatient = reading.instances.every(({ role, live }) => role !== 'server' || live)
      const open = asked.filter(({ closed }) => closed === undefined).map(({ run }) => run)
      await this.#dryRuns.ask(open, isPatient, signal)
    }
    const result: TargetsAnswer = { targets: [], verdicts: new Map(), open: [] }
    const changes = new Map<string, readonly Change[]>()
    for (const { input, closed, run } of asked) {
      const name = run.table
      if (closed) {
        result.targets.push(emptyTarget(input, closed))
        continue
      }
      const known = this.#dryRuns.of(run)
      if (known === undefined) {
        result.open.push(name)
        continue
      }
      const { answer, atMs } = known
      const failed = 'failure' in answer
      result.verdicts.set(name, { text: failed ? answer.failure : `${answer.status}: ${answer.description}`, atMs })
      const output = failed
        ? { target: emptyTarget(input, { code: 'not_computed', text: answer.failure }), changes: [] }
        : targetOf(input, answer)
      if (output === undefined) continue
      result.targets.push(hanging.length > 0 ? waiting(output.target, hanging) : output.target)
      changes.set(output.target.fingerprint, output.changes)
    }
    this.#changes = changes
    return result
  }

  #input(suspect: Suspect, { reading, bytesOf, resetInVain }: TargetsQuestion): TargetInput {
    const { rebalance } = this.#options
    const policy = policyOf(rebalance, suspect.table)
    const parameters = parametersFor(suspect, policy, rebalance)
    return { suspect, reading, policy, parameters, bytesOf, resetInVain: resetInVain.has(suspect.table.name) }
  }
}

/** The start of a job, too, would wait for them. */
function waiting(target: Target, hanging: readonly string[]): Target {
  const text = `${hanging.join(', ')} hangs, and the controller would wait for it`
  return { ...target, held: target.held ?? { code: 'server_dead', text } }
}

/** Servers are to hold the table no longer. */
const leaving: readonly DriftCause[] = ['drained', 'server_removed', 'retagged', 'tenant']

/** What makes any answer useless for now. */
function closedBy(table: Table, { maintenance, paused }: PinotReading): Target['held'] {
  if (maintenance) return { code: 'maintenance', text: 'the cluster is in maintenance' }
  if (paused) return { code: 'maintenance', text: 'the cluster is paused' }
  if (!table.idealState.enabled) return { code: 'table_disabled', text: 'somebody disabled it' }
  return undefined
}

/**
 * As the policy says, but that instance partitions which somebody set by hand stay: with `reassignInstances` the controller would drop
 * them. Only what the config says of this very table goes further.
 */
function parametersFor(
  { table, rules, causes }: Suspect,
  policy: RebalancePolicy,
  { tables }: RebalanceOptions,
): Record<string, string> {
  const parameters = sentParameters(policy)
  const type = table.type === 'REALTIME' ? 'CONSUMING' : 'OFFLINE'
  const isByHand = persistedOf(table, type) !== undefined && !rules.assignment.has(type) && !rules.preconfigured
  const isSaid = [tables[table.name], tables[rawName(table)]].some(
    (layer) => layer?.parameters?.['reassignInstances'] !== undefined,
  )
  // Lists with servers that must not hold the table any more cannot stay, whoever made them.
  const isStale = causes.some(({ cause }) => leaving.includes(cause))
  return isByHand && !isSaid && !isStale ? { ...parameters, reassignInstances: 'false' } : parameters
}

function rawName({ name }: Table): string {
  return name.replace(/_(OFFLINE|REALTIME)$/, '')
}

function runOf(input: TargetInput): DryRun {
  return { table: input.suspect.table.name, parameters: input.parameters, keys: keysOf(input) }
}

function keysOf({ suspect, reading, parameters }: TargetInput): Keys {
  const { table, rules } = suspect
  const tags = new Set([
    rules.tag,
    ...(rules.completedTag === undefined ? [] : [rules.completedTag]),
    ...(rules.dimension ? tenantTags(table) : []),
    ...rules.tiers.map(({ serverTag }) => serverTag),
    ...[...rules.assignment.values()].map(({ tag }) => tag),
  ])
  const holders = new Set(table.idealState.placement.servers)
  const members = reading.instances
    .filter(({ name, role, tags: own }) => role === 'server' && (holders.has(name) || own.some((tag) => tags.has(tag))))
    .map(({ name, live, enabled, tags: own, pools }) =>
      [name, live, enabled, own.filter((tag) => tags.has(tag)).sort(), JSON.stringify(pools)].join(' '),
    )
    .sort()
  const partitions = table.instancePartitions.map(({ name, version }) => `${name} ${version}`)
  const causes = suspect.causes.map(({ cause }) => cause)
  const loose = JSON.stringify([table.configVersion, partitions, members, causes, parameters])
  return { loose, exact: `${loose} ${table.idealState.version}` }
}
