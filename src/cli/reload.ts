/**
 * Takes a config that was read anew into a running daemon. What each key takes is in config/reload-effect.ts: some hold at the next tick of
 * the cluster, which is brought forward. For others the cluster is connected to anew, beside the old connection, which stays until
 * the new one has shown itself. What was built once is named, and stays as it was until a restart.
 */

import type { LoopEvent } from '../cluster/events.ts'
import type { ProcessEvent } from '../cluster/process-events.ts'
import { type Change, changesBetween, withConnection, withLive } from '../config/changes.ts'
import type { ClusterConfig, CompiledConfig } from '../config/compile.ts'
import { settingsNumber } from '../config/origins.ts'
import { ConfigError, formatProblem } from '../config/problem.ts'
import type { LoopOptions } from '../daemon/cluster-loop.ts'
import type { Clock } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import { formatCount } from '../lib/units.ts'
import type { RootLogger } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { System } from '../systems/port.ts'
import { loopOptions, settingsInForce } from './compose.ts'

export interface ReloadParts {
  daemon: {
    apply(cluster: string, options: LoopOptions): void
    replaceSystem(cluster: string, system: System | undefined): void
    events: { subscribe(listener: (event: LoopEvent) => void): unknown }
  }
  metrics: Pick<Metrics, 'configRead' | 'configInForce' | 'settingsApplied'>
  /** Told what became of each reading but the first. */
  emit: (event: ProcessEvent) => void
  /** What of the observers goes by the config goes by this one from now on. */
  applyToObservers: (config: CompiledConfig) => void
  logger: RootLogger
  clock: Clock
  connect: (cluster: ClusterConfig) => Promise<System>
}

/** A connection that is to take the place of another one. */
interface Attempt {
  /** The config that asked for it. */
  config: CompiledConfig
  /** Why the old one is still in force; undefined while nothing speaks against the new one. */
  refusal?: string
  /** Nothing more is done about it until the config is read anew. */
  isOver: boolean
}

/** What the last reading of the file came to. */
export type Reading = { changes: Change[] } | { refused: unknown }

export class Reload {
  readonly #parts: ReloadParts
  #inForce: CompiledConfig
  #takenAtMs: number
  #reading: Reading = { changes: [] }
  #refusal: string | undefined
  readonly #attempts = new Map<string, Attempt>()

  /** @param config what the daemon was started with. */
  constructor(config: CompiledConfig, parts: ReloadParts) {
    this.#parts = parts
    this.#inForce = config
    this.#takenAtMs = parts.clock.now()
    parts.metrics.configRead('applied', this.#takenAtMs)
    this.#hold(config)
    parts.daemon.events.subscribe((event) => this.#onEvent(event))
  }

  /** What holds now, which is not always what the file says. */
  get inForce(): CompiledConfig {
    return this.#inForce
  }

  /** When the file was read last of which it is. */
  get takenAtMs(): number {
    return this.#takenAtMs
  }

  get reading(): Reading {
    return this.#reading
  }

  /** Why the file as it is now is not in force, as a whole or for the connection of a cluster; undefined while it is. */
  get refusal(): string | undefined {
    const connections = [...this.#attempts].flatMap(([cluster, { refusal }]) =>
      refusal === undefined ? [] : [`${cluster}: the new connection is not taken: ${refusal}`],
    )
    const all = [...(this.#refusal === undefined ? [] : [this.#refusal]), ...connections]
    return all.length === 0 ? undefined : all.join('\n')
  }

  take(config: CompiledConfig): void {
    const { metrics, logger, clock, emit, applyToObservers } = this.#parts
    const changes = changesBetween(this.#inForce, config)
    const having = (effect: Change['effect']) => changes.filter((change) => change.effect === effect)
    const [live, reconnects, waiting] = [having('live'), having('reconnects'), having('restart')]
    this.#hold(withLive(this.#inForce, config))
    this.#refusal = undefined
    this.#reading = { changes }
    this.#takenAtMs = clock.now()
    this.#apply(live)
    applyToObservers(this.#inForce)
    logger.setLevel(this.#inForce.log.level)
    metrics.configRead('applied', this.#takenAtMs)

    for (const change of changes) this.#tell(change)
    emit({ atMs: this.#takenAtMs, type: 'config_applied', changes })
    const took = live.length === 0 ? 'no setting changes' : `${formatCount(live.length, 'setting')} changed`
    const tried = reconnects.length === 0 ? '' : `, ${reconnects.length} with a new connection`
    const left = waiting.length === 0 ? '' : `, ${waiting.length} ${waiting.length === 1 ? 'needs' : 'need'} a restart`
    const counts = { changed: live.length, reconnects: reconnects.length, waiting: waiting.length }
    logger.info({ event: 'config_reloaded', ...counts }, `the config was read anew: ${took}${tried}${left}`)

    for (const { name } of this.#inForce.clusters) {
      this.#connect(
        name,
        config,
        reconnects.some(({ cluster }) => cluster === name),
      )
    }
  }

  refuse(error: unknown): void {
    const { metrics, logger, clock, emit } = this.#parts
    this.#refusal = messageOf(error)
    this.#reading = { refused: error }
    metrics.configRead('refused', clock.now())
    const problems = error instanceof ConfigError ? error.problems.map(formatProblem) : [messageOf(error)]
    emit({ atMs: clock.now(), type: 'config_refused', problems })
    const event = 'config_refused'
    if (!(error instanceof ConfigError)) {
      logger.error({ event, err: error }, 'the config is refused, what was in force stays so')
      return
    }
    const count = formatCount(error.problems.length, 'problem')
    logger.error(
      { event, problems: error.problems.length },
      `the config is refused for ${count}, what was in force stays so`,
    )
    for (const problem of error.problems) {
      const { file, line, column, path } = problem
      logger.error({ event: 'config_problem', file, line, column, key: path }, formatProblem(problem))
    }
  }

  #hold(config: CompiledConfig): void {
    this.#inForce = config
    this.#parts.metrics.configInForce(settingsNumber(config))
  }

  #apply(changes: Change[]): void {
    const { daemon, metrics } = this.#parts
    for (const cluster of this.#inForce.clusters) {
      if (!changes.some((change) => change.cluster === cluster.name)) continue
      daemon.apply(cluster.name, loopOptions(cluster))
      metrics.settingsApplied(cluster.name, settingsInForce(cluster))
    }
  }

  /** @param isWanted whether the cluster is to be reached otherwise than it is now. */
  #connect(name: string, config: CompiledConfig, isWanted: boolean): void {
    const before = this.#attempts.get(name)
    if (!isWanted) {
      if (!before) return
      // It is as it was: nobody waits for the other one any more.
      this.#attempts.delete(name)
      this.#parts.daemon.replaceSystem(name, undefined)
      return
    }
    if (before && !before.isOver && isSameConnection(name, before.config, config)) {
      before.config = config
      return
    }
    const attempt: Attempt = { config, isOver: false }
    this.#attempts.set(name, attempt)
    void this.#propose(name, attempt)
  }

  async #propose(name: string, attempt: Attempt): Promise<void> {
    const { daemon, connect, logger } = this.#parts
    const cluster = attempt.config.clusters.find((candidate) => candidate.name === name)!
    try {
      const system = await connect(cluster)
      if (this.#attempts.get(name) === attempt) daemon.replaceSystem(name, system)
      else await system.close()
    } catch (error) {
      attempt.refusal = messageOf(error)
      attempt.isOver = true
      const text = `the new connection is not taken, the old one stays in force: ${attempt.refusal}`
      logger.error({ cluster: name, event: 'connection_refused' }, text)
    }
  }

  #onEvent(event: LoopEvent): void {
    const attempt = this.#attempts.get(event.cluster)
    if (!attempt) return
    if (event.type === 'connection_replaced') {
      this.#attempts.delete(event.cluster)
      this.#hold(withConnection(this.#inForce, attempt.config, event.cluster))
    }
    if (event.type === 'connection_refused') {
      attempt.refusal = event.text
      attempt.isOver = event.final
    }
  }

  #tell(change: Change): void {
    const { logger } = this.#parts
    const { cluster, key, before, after, effect } = change
    const fields = { ...(cluster === undefined ? {} : { cluster }), key, before, after }
    if (effect === 'live') logger.info({ event: 'config_changed', ...fields }, changeText(change))
    else if (effect === 'reconnects') logger.info({ event: 'config_reconnects', ...fields }, changeText(change))
    else logger.warn({ event: 'config_needs_restart', ...fields }, changeText(change))
  }
}

/** One sentence: what it is now, or what that waits for. */
export function changeText({ key, before, after, effect }: Change): string {
  // Of what is a secret both look alike.
  if (effect === 'live') return before === after ? `${key} has changed` : `${key} is now ${after}, was ${before}`
  if (effect === 'reconnects') {
    // Of what is in a file of its own both look alike.
    const what = before === after ? `${key} has changed` : `${key} is ${after} in the config, was ${before}`
    return `${what}: a new connection is made, the old one stays until that works`
  }
  return key === ''
    ? `the cluster is ${after} in the config: that needs a restart`
    : `${key} is ${after} in the config: that needs a restart, ${before} stays in force`
}

function isSameConnection(name: string, one: CompiledConfig, other: CompiledConfig): boolean {
  return changesBetween(one, other).every(({ cluster, effect }) => cluster !== name || effect !== 'reconnects')
}
