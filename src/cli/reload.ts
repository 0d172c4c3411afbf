/**
 * Takes a config that was read anew into a running daemon. `balancing`, `leadership`, `throttle`, `rebalance` and `log.level` go
 * live, at the next tick of the cluster, which is brought forward. Everything else is built once: it is named, and stays as it was until a restart.
 */
import { type Change, changesBetween, withLive } from '../config/changes.ts'
import type { CompiledConfig } from '../config/compile.ts'
import { ConfigError, formatProblem } from '../config/problem.ts'
import type { LoopOptions } from '../daemon/cluster-loop.ts'
import type { Clock } from '../lib/clock.ts'
import { messageOf } from '../lib/errors.ts'
import { formatCount } from '../lib/units.ts'
import type { RootLogger } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import { loopOptions, settingsInForce } from './compose.ts'

export interface ReloadParts {
  daemon: { apply(cluster: string, options: LoopOptions): void }
  metrics: Pick<Metrics, 'configRead' | 'settingsApplied'>
  logger: RootLogger
  clock: Clock
}

export class Reload {
  readonly #parts: ReloadParts
  #inForce: CompiledConfig
  #refusal: string | undefined

  /** @param config what the daemon was started with. */
  constructor(config: CompiledConfig, parts: ReloadParts) {
    this.#parts = parts
    this.#inForce = config
    parts.metrics.configRead('applied', parts.clock.now())
  }

  /** What holds now, which is not always what the file says. */
  get inForce(): CompiledConfig {
    return this.#inForce
  }

  /** Why the file as it is now is not in force; undefined while it is. */
  get refusal(): string | undefined {
    return this.#refusal
  }

  take(config: CompiledConfig): void {
    const { daemon, metrics, logger, clock } = this.#parts
    const changes = changesBetween(this.#inForce, config)
    const live = changes.filter((change) => change.live)
    const inForce = withLive(this.#inForce, config)
    for (const cluster of inForce.clusters) {
      if (!live.some((change) => change.cluster === cluster.name)) continue
      daemon.apply(cluster.name, loopOptions(cluster))
      metrics.settingsApplied(cluster.name, settingsInForce(cluster))
    }
    this.#inForce = inForce
    this.#refusal = undefined
    logger.setLevel(inForce.log.level)
    metrics.configRead('applied', clock.now())

    for (const change of changes) this.#tell(change)
    const waiting = changes.length - live.length
    const took = live.length === 0 ? 'no setting changes' : `${formatCount(live.length, 'setting')} changed`
    const left = waiting === 0 ? '' : `, ${waiting} ${waiting === 1 ? 'needs' : 'need'} a restart`
    logger.info({ event: 'config_reloaded', changed: live.length, waiting }, `the config was read anew: ${took}${left}`)
  }

  refuse(error: unknown): void {
    const { metrics, logger, clock } = this.#parts
    this.#refusal = messageOf(error)
    metrics.configRead('refused', clock.now())
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

  #tell({ cluster, key, before, after, live }: Change): void {
    const { logger } = this.#parts
    const fields = { ...(cluster === undefined ? {} : { cluster }), key, before, after }
    if (live) {
      logger.info({ event: 'config_changed', ...fields }, `${key} is now ${after}, was ${before}`)
      return
    }
    const what = key === '' ? `the cluster is ${after} in the config` : `${key} is ${after} in the config`
    const stays = key === '' ? 'that needs a restart' : `that needs a restart, ${before} stays in force`
    logger.warn({ event: 'config_needs_restart', ...fields }, `${what}: ${stays}`)
  }
}
