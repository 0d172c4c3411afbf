/**
 * Everything that the znodes of a cluster tell, as one reading. What has not changed is not read again.
 *
 * The order matters: ExternalViews before IdealStates before live instances. So what began meanwhile shows as still to come, and what
 * died meanwhile as dead; the other way round a segment that was added meanwhile would look as if it were on its way out.
 */
import type { Clock } from '../../../lib/clock.ts'
import { EvenkeelError, messageOf } from '../../../lib/errors.ts'
import { mapInFlight } from '../../../lib/in-flight.ts'
import type { IdealState, Instance, InstancePartitions, Job, PinotReading, Placement, Table } from '../reading.ts'
import type { Znode, ZnodeStore } from '../wire/znodes.ts'
import { isTable, parseRecord, type ZnRecord } from '../wire/znrecord.ts'
import type { Decoder } from './decoder.ts'
import { instanceOf, roleOf } from './instances.ts'
import { jobsOf } from './job-entries.ts'
import { segmentNames } from './placement-parser.ts'
import { ZnodeCache } from './znode-cache.ts'

/** A table that has only just been made or deleted is for a moment in one place only. */
const SECOND_LOOK_MS = 1_000
const THROTTLE_PREFIX = 'pinot.server.max.segment.'
const BROKER_RESOURCE = 'brokerResource'
const EMPTY: ZnRecord = { id: '', simpleFields: {}, mapFields: {}, listFields: {} }

interface View {
  simpleFields: Record<string, string>
  /** As they came, to compare quickly. */
  names: string
  placement: Placement
}

export class Inventory {
  readonly #root: string
  readonly #clusterName: string
  readonly #store: ZnodeStore
  readonly #decoder: Decoder
  readonly #clock: Clock
  readonly #configs: ZnodeCache<Record<string, unknown>>
  readonly #ideals: ZnodeCache<View>
  readonly #externals: ZnodeCache<View>
  readonly #records: Record<'participants' | 'partitions' | 'lineages', ZnodeCache<ZnRecord>>
  readonly #idealStates = new WeakMap<View, IdealState>()

  constructor(clusterName: string, store: ZnodeStore, decoder: Decoder, clock: Clock) {
    this.#clusterName = clusterName
    this.#root = `/${clusterName}`
    this.#store = store
    this.#decoder = decoder
    this.#clock = clock
    const records = () => new ZnodeCache(store, async (_, path, node: Znode) => parseRecord(path, node.data))
    this.#records = { participants: records(), partitions: records(), lineages: records() }
    this.#configs = new ZnodeCache(store, async (_, path, node) => tableConfigOf(parseRecord(path, node.data)))
    this.#externals = new ZnodeCache(store, (name, path, node, signal) =>
      this.#view(path, node, this.#ideals.get(name)?.value, signal),
    )
    this.#ideals = new ZnodeCache(store, (name, path, node, signal) =>
      this.#view(path, node, this.#externals.get(name)?.value, signal),
    )
  }

  /**
   * @param only of the tables only these, which may not exist; all else is complete.
   * @throws EvenkeelError `sample_incomplete` naming a znode that cannot be decoded, or a table of which a part is missing in two looks in
   * a row; what the store throws.
   */
  async read(signal: AbortSignal, only?: ReadonlySet<string>): Promise<PinotReading> {
    try {
      const first = await this.#look(signal, only)
      if (first.torn.length === 0) return first.reading
      await this.#clock.sleep(SECOND_LOOK_MS, signal)
      const second = await this.#look(signal, only)
      const twice = second.torn.filter((what) => first.torn.includes(what))
      if (twice.length === 0) return second.reading
      throw new EvenkeelError('sample_incomplete', `${twice.join('; ')}: what of it there is cannot be told`)
    } catch (error) {
      if (error instanceof EvenkeelError && error.code === 'protocol') {
        throw new EvenkeelError('sample_incomplete', error.message, { cause: error.cause })
      }
      throw error
    }
  }

  /** Who has a live session. Cheap. */
  async liveInstances(signal: AbortSignal): Promise<string[]> {
    return (await this.#store.children(`${this.#root}/LIVEINSTANCES`, signal)) ?? []
  }

  /** The controllers' list of rebalances. Cheap. */
  async jobs(signal: AbortSignal): Promise<{ jobs: Job[]; notes: string[] }> {
    const path = `${this.#root}/PROPERTYSTORE/CONTROLLER_JOBS/TABLE_REBALANCE`
    return jobsOf((await this.#record(path, signal)) ?? EMPTY)
  }

  async #look(signal: AbortSignal, only?: ReadonlySet<string>): Promise<{ reading: PinotReading; torn: string[] }> {
    const wanted = only ?? isTableName
    const root = this.#root
    const store = `${root}/PROPERTYSTORE`
    const [externals, configs, partitions, lineages, cluster, controller] = await Promise.all([
      this.#externals.read(`${root}/EXTERNALVIEW`, wanted, signal),
      this.#configs.read(`${store}/CONFIGS/TABLE`, wanted, signal),
      this.#records.partitions.read(`${store}/INSTANCE_PARTITIONS`, () => true, signal),
      this.#records.lineages.read(`${store}/SEGMENT_LINEAGE`, wanted, signal),
      this.#record(`${root}/CONFIGS/CLUSTER/${this.#clusterName}`, signal),
      this.#store.children(`${root}/CONTROLLER`, signal),
    ])
    if (cluster === undefined || controller === undefined) {
      throw new EvenkeelError('sample_incomplete', `ZooKeeper has no cluster ${root}`)
    }
    const [ideals, brokerResource, { jobs, notes }] = await Promise.all([
      this.#ideals.read(`${root}/IDEALSTATES`, wanted, signal),
      this.#brokerResource(signal),
      this.jobs(signal),
    ])
    const instances = await this.#instances(signal)
    const lists = [...partitions].map(([name, { version, value }]) => ({ name, version, lists: value.listFields }))
    const tables: Table[] = []
    for (const [name, config] of configs) {
      const ideal = ideals.get(name)
      if (ideal === undefined) continue
      const external = externals.get(name)
      const lineage = lineages.get(name)?.value
      tables.push({
        name,
        type: name.endsWith('_REALTIME') ? 'REALTIME' : 'OFFLINE',
        config: config.value,
        configVersion: config.version,
        idealState: this.#idealState(ideal.version, ideal.value),
        ...(external ? { externalView: { version: external.version, placement: external.value.placement } } : {}),
        instancePartitions: partitionsOf(name, config.value, lists),
        lineageInProgress: lineage ? inProgress(lineage) : 0,
      })
    }
    const torn = [
      ...[...configs.keys()].filter((name) => !ideals.has(name)).map((name) => `table ${name} has no IdealState`),
      ...[...ideals.keys()]
        .filter((name) => !configs.has(name))
        .map((name) => `IdealState ${name} has no table config`),
    ]
    const reading: PinotReading = {
      takenAtMs: this.#clock.now(),
      clusterName: this.#clusterName,
      instances,
      tables,
      brokerResource,
      jobs,
      maintenance: controller.includes('MAINTENANCE'),
      paused: controller.includes('PAUSE'),
      throttles: Object.fromEntries(
        Object.entries(cluster.simpleFields).filter(([name]) => name.startsWith(THROTTLE_PREFIX)),
      ),
      notes: [...this.#store.notes, ...notes],
    }
    return { reading, torn }
  }

  async #instances(signal: AbortSignal): Promise<Instance[]> {
    const participants = await this.#records.participants.read(
      `${this.#root}/CONFIGS/PARTICIPANT`,
      (name) => roleOf(name) !== undefined,
      signal,
    )
    const live = new Set(await this.liveInstances(signal))
    const instances = await mapInFlight([...participants], this.#store.inFlight, async ([name, { value }]) => {
      const isServer = roleOf(name) === 'server' && live.has(name)
      const messages = isServer
        ? await this.#store.facts(`${this.#root}/INSTANCES/${name}/MESSAGES`, signal)
        : undefined
      return instanceOf(name, value, live.has(name), messages?.children)
    })
    return instances.filter((instance) => instance !== undefined)
  }

  async #brokerResource(signal: AbortSignal): Promise<PinotReading['brokerResource']> {
    const path = `${this.#root}/IDEALSTATES/${BROKER_RESOURCE}`
    const node = await this.#store.read(path, signal)
    // Not there before the first broker is.
    if (node === undefined) return { version: -1, brokers: new Map() }
    const { mapFields } = parseRecord(path, node.data)
    const brokers = Object.entries(mapFields).map(([table, map]): [string, string[]] => [
      table,
      Object.keys(map).sort(),
    ])
    return { version: node.version, brokers: new Map(brokers) }
  }

  async #record(path: string, signal: AbortSignal): Promise<ZnRecord | undefined> {
    const node = await this.#store.read(path, signal)
    return node && parseRecord(path, node.data)
  }

  /** @param other the other of IdealState and ExternalView: mostly they have the same segments, which are then kept once. */
  async #view(path: string, node: Znode, other: View | undefined, signal: AbortSignal): Promise<View> {
    const packed = await this.#decoder.placement(path, node.data, signal)
    const { simpleFields, names, servers, start, server, state } = packed
    const isSame = other?.names === names && other.placement.segments.length === packed.segmentCount
    const segments = isSame ? other.placement.segments : segmentNames(packed)
    return { simpleFields, names: isSame ? other.names : names, placement: { segments, servers, start, server, state } }
  }

  /** The same object for the same view. */
  #idealState(version: number, view: View): IdealState {
    const known = this.#idealStates.get(view)
    if (known) return known
    const { simpleFields, placement } = view
    const replicas = Number(simpleFields['REPLICAS'])
    const idealState: IdealState = {
      version,
      placement,
      enabled: simpleFields['HELIX_ENABLED'] !== 'false',
      ...(Number.isInteger(replicas) && replicas > 0 ? { replicas } : {}),
      consumptionPaused: isPaused(simpleFields),
    }
    this.#idealStates.set(view, idealState)
    return idealState
  }
}

function isTableName(name: string): boolean {
  return name.endsWith('_OFFLINE') || name.endsWith('_REALTIME')
}

/** Members that are JSON in a text are parsed; what is none stays a text. */
function tableConfigOf({ simpleFields }: ZnRecord): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(simpleFields).map(([key, text]): [string, unknown] => {
      if (!/^\s*([{[]|true$|false$)/.test(text)) return [key, text]
      try {
        return [key, JSON.parse(text)]
      } catch (error) {
        throw new EvenkeelError(
          'protocol',
          `the config of table ${simpleFields['tableName']} cannot be read: ${key}: ${messageOf(error)}`,
        )
      }
    }),
  )
}

function isPaused(simpleFields: Record<string, string>): boolean {
  if (simpleFields['isTablePaused'] === 'true') return true
  try {
    const value: unknown = JSON.parse(simpleFields['pauseState'] ?? 'null')
    return isTable(value) && value['paused'] === true
  } catch {
    // Somebody meant something by it: consumption is left alone then.
    return true
  }
}

/** Entries are lists: segments before, segments after, state, time. */
function inProgress({ listFields }: ZnRecord): number {
  return Object.values(listFields).filter((entry) => entry[2] === 'IN_PROGRESS').length
}

/** Of a table: those of its type, of its tiers, and those that its config names. */
function partitionsOf(
  table: string,
  config: Record<string, unknown>,
  all: readonly InstancePartitions[],
): InstancePartitions[] {
  if (all.length === 0) return []
  const [, raw = table, type] = /^(.*)_(OFFLINE|REALTIME)$/.exec(table) ?? []
  const own = type === 'OFFLINE' ? [`${raw}_OFFLINE`] : [`${raw}_CONSUMING`, `${raw}_COMPLETED`]
  const named = isTable(config['instancePartitionsMap']) ? Object.values(config['instancePartitionsMap']) : []
  const tiers = Array.isArray(config['tierConfigs']) ? (config['tierConfigs'] as unknown[]) : []
  const ofTiers = tiers.map((tier) => `${raw}__TIER__${isTable(tier) ? String(tier['name']) : ''}`)
  const wanted = new Set<unknown>([...own, ...named, ...ofTiers])
  return all.filter(({ name }) => wanted.has(name))
}
