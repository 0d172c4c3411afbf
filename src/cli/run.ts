/** `evenkeel run`: the composition root. Builds systems, daemon, observers and listeners, and hands each its part. */
import type { Command } from 'commander'
import { modes } from '../cluster/events.ts'
import type { ClusterConfig, CompiledConfig } from '../config/compile.ts'
import { type LoadOptions, parseConfig, readConfig } from '../config/load.ts'
import { NamedFiles } from '../config/named-files.ts'
import { ConfigWatch } from '../config/watch.ts'
import { Daemon, type ManagedCluster } from '../daemon/daemon.ts'
import { startServer } from '../http/server.ts'
import { realClock } from '../lib/clock.ts'
import { ReleaseStack } from '../lib/release-stack.ts'
import { createLogger, type Logger } from '../observe/log.ts'
import { createMetrics, type Metrics } from '../observe/metrics.ts'
import { createTerminalView, wantsColor } from '../observe/terminal.ts'
import { WorkerPlanner } from '../plan/planner.ts'
import type { System } from '../systems/port.ts'
import { createDecisionStore, createJournal, createSystem, loopOptions, settingsInForce } from './compose.ts'
import { daemonConfig } from './daemon-config.ts'
import type { Io } from './io.ts'
import { lateSystem } from './late-system.ts'
import { createObservers, type Observers } from './observers.ts'
import { Reload } from './reload.ts'
import { version } from './version.ts'

export function addRun(program: Command, io: Io): void {
  program
    .command('run')
    .description('keep the clusters of the config balanced until told to stop')
    .requiredOption('-c, --config <file>', 'config file')
    .option(
      '--set <BLOCK.KEY=VALUE>',
      `override a setting (repeatable), such as balancing.mode=${modes[0]}`,
      (value, all: string[]) => [...all, value],
      [] as string[],
    )
    .action(async (options: { config: string; set: string[] }) => {
      const text = readConfig(options.config)
      const named = new NamedFiles()
      const source = { file: options.config, text, named, options: { env: io.env, set: options.set } }
      const config = parseConfig(text, source.file, { ...source.options, read: named.read })
      const releases = new ReleaseStack()
      try {
        await start(config, source, io, releases)
        await aborted(io.signal)
      } finally {
        await releases.close()
      }
    })
}

/** Where a config came from, so that it can be followed. */
interface Source {
  file: string
  text: string
  named: NamedFiles
  options: LoadOptions
}

async function start(config: CompiledConfig, source: Source, io: Io, releases: ReleaseStack): Promise<void> {
  const metrics = createMetrics({
    version: version(),
    revision: io.env['EVENKEEL_REVISION'] ?? 'unknown',
    nodeVersion: process.version,
  })
  // A picture that is redrawn in place and lines that scroll do not go together.
  const live = config.log.format === 'live' && io.out.isTTY
  const logger = createLogger({
    level: config.log.level,
    format: config.log.format === 'json' ? 'json' : 'text',
    clock: realClock,
    onLine: (level) => metrics.logMessage(level),
    ...(live ? { out: { write: () => undefined } } : {}),
  })

  // They hear of all that follows, to its end.
  const observers = createObservers(config, { metrics, logger, clock: realClock }, releases)
  const planner = new WorkerPlanner()
  releases.push('the planner', () => planner.close())
  const reloads: { reload?: Reload } = {}
  const inForce = (name: string) =>
    (reloads.reload?.inForce ?? config).clusters.find((cluster) => cluster.name === name)
  const connect = (cluster: ClusterConfig) =>
    createSystem(
      cluster,
      realClock,
      (call) => metrics.observeUpstream(call),
      () => inForce(cluster.name),
    )
  // All at once: none waits for another one.
  const clusters = await Promise.all(
    config.clusters.map((cluster) => manage(cluster, connect, config, metrics, logger, releases)),
  )
  const daemon = new Daemon(clusters, planner, realClock, (err) => logger.error({ err }, 'an observer failed'))

  daemon.events.subscribe((event) => observers.onEvent(event))
  if (live) {
    const view = createTerminalView({ out: io.out, clock: realClock, color: wantsColor(io.out, io.env) })
    releases.push('the terminal view', () => view.stop())
    daemon.events.subscribe((event) => view.onEvent(event))
  }

  const reload = new Reload(config, {
    daemon,
    metrics,
    logger,
    clock: realClock,
    connect,
    emit: (event) => observers.process.emit(event),
    applyToObservers: (changed) => observers.apply(changed),
  })
  reloads.reload = reload
  let watch: ConfigWatch | undefined
  const server = await startServer({
    view: daemon,
    control: daemon,
    explanations: daemon,
    clock: realClock,
    onAction: (asked) => observers.process.emit({ type: 'operator_action', atMs: realClock.now(), ...asked }),
    config: daemonConfig(reload, () => watch?.reload()),
    audit: observers.audit,
    tokens: () => reload.inForce.server.tokens,
    render: () => metrics.render(),
    metricsListen: config.server.metricsListen,
    controlListen: config.server.controlListen,
    onRequest: (request) => metrics.httpRequest(request),
    onError: (err) => logger.error({ err }, 'a request failed'),
  })
  releases.push('the listeners', () => server.close())
  announce(logger, config, server.metrics, server.control)
  daemon.start()
  releases.push('the daemon', () => {
    logger.info({}, 'stopping: nothing more is started, moves in flight are left to their clusters')
    return daemon.stop()
  })
  watch = follow(source, reload, observers, live ? undefined : io, releases)
}

/** @param io undefined where a hangup means that the terminal is gone. */
function follow(
  { file, text, named, options }: Source,
  reload: Reload,
  { process }: Observers,
  io: Io | undefined,
  releases: ReleaseStack,
): ConfigWatch {
  const watch = new ConfigWatch(file, text, named, {
    ...options,
    clock: realClock,
    onConfig: (config) => reload.take(config),
    onRefused: (error) => reload.refuse(error),
  })
  releases.push('the watch of the config', () => watch.close())
  const ignore = io?.onReload(() => {
    process.emit({ type: 'operator_action', atMs: realClock.now(), action: 'reload', by: 'local', source: 'signal' })
    watch.reload()
  })
  releases.push('the signal to reload', () => ignore?.())
  return watch
}

async function manage(
  cluster: ClusterConfig,
  connect: (cluster: ClusterConfig) => Promise<System>,
  { state }: CompiledConfig,
  metrics: Metrics,
  logger: Logger,
  releases: ReleaseStack,
): Promise<ManagedCluster> {
  const { name } = cluster
  metrics.registerCluster({ name, settings: settingsInForce(cluster) })
  const system = await connect(cluster).catch((error: unknown) => {
    // Of one cluster alone: the others are kept meanwhile.
    logger.error({ cluster: name, event: 'connection_failed', err: error }, 'no connection could be made')
    return lateSystem(() => connect(cluster), error)
  })
  releases.push(`the connection to ${name}`, () => system.close())
  const journal = await createJournal(cluster, state.directory, realClock)
  releases.push(`the journal of ${name}`, () => journal.close())
  const problem = journal.problem()
  if (problem !== undefined)
    logger.error({ cluster: name, event: 'state_unavailable' }, `nothing is started: ${problem}`)
  return { name, system, journal, ...createDecisionStore(cluster, state.directory), options: loopOptions(cluster) }
}

function announce(
  logger: Logger,
  config: CompiledConfig,
  metrics: { host: string; port: number },
  control: { host: string; port: number },
): void {
  const clusters = config.clusters
    .map(({ name, balancing }) => `${name} (mode ${balancing.mode}${balancing.dryRun ? ', dry run' : ''})`)
    .join(', ')
  logger.info(
    { version: version() },
    `evenkeel ${version()} keeps ${clusters}; metrics on ${metrics.host}:${metrics.port}, status page and control on http://${control.host}:${control.port}/`,
  )
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
