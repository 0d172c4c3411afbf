/** `evenkeel check-config`: is the file right, and can its clusters be reached, read completely and, if that is the mode, moved? */
import type { Command } from 'commander'
import type { ClusterConfig, KafkaConfig } from '../config/compile.ts'
import { loadConfig } from '../config/load.ts'
import { rebalanceWarnings } from '../config/rebalance.ts'
import { realClock } from '../lib/clock.ts'
import { EvenkeelError, messageOf } from '../lib/errors.ts'
import type { KafkaProbe, Seen } from '../systems/kafka/probe.ts'
import { checkPinot } from './check-pinot.ts'
import { Report } from './check-report.ts'
import { createSystem, openPinotProbe, openProbe } from './compose.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import type { Ending, Io } from './io.ts'
import { lacks, modeText, setFor } from './permission-texts.ts'

export function addCheckConfig(program: Command, io: Io, ending: Ending): void {
  program
    .command('check-config')
    .description(
      'check a config file, and unless --offline that its clusters can be read and what its modes need is permitted',
    )
    .argument('[file]', 'config file')
    .option('-c, --config <file>', 'the same, as other commands take it')
    .option('--offline', 'check the file alone')
    .action(async (named: string | undefined, options: { config?: string; offline?: boolean }) => {
      const file = named ?? options.config
      if (file === undefined || (named !== undefined && options.config !== undefined)) {
        throw new EvenkeelError('usage', 'check-config takes one config file: check-config FILE')
      }
      const { clusters } = loadConfig(file, { env: io.env })
      io.out.write(`${file}: good, ${clusters.length} ${clusters.length === 1 ? 'cluster' : 'clusters'}\n`)
      for (const cluster of clusters)
        for (const note of notesOn(cluster)) io.out.write(`${cluster.name}: note: ${note}\n`)
      if (options.offline) return
      for (const cluster of clusters) {
        const code = await check(cluster, io)
        ending.code ||= code
      }
    })
}

/** What a cluster's settings allow and one should know. */
function notesOn(cluster: ClusterConfig): string[] {
  return cluster.system === 'pinot' ? rebalanceWarnings(cluster.pinot.rebalance) : []
}

async function check(cluster: ClusterConfig, io: Io): Promise<number> {
  const report = new Report(io, cluster.name)
  try {
    if (cluster.system === 'kafka') await checkKafka(cluster, report, io.signal)
    else if (cluster.system === 'pinot') {
      const isReadable = await checkPinot(openPinotProbe(cluster), cluster, report, io.signal)
      if (isReadable) await checkSample(cluster, report, io.signal)
    } else await checkSample(cluster, report, io.signal)
  } catch (error) {
    report.bad(messageOf(error), exitCodeOf(error))
  }
  return report.code
}

async function checkKafka(
  cluster: ClusterConfig & { system: 'kafka' },
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const probe = await openProbe(cluster.kafka)
  try {
    await checkConnection(probe, cluster.kafka, report, signal)
    await checkBrokers(probe, report, signal)
    // Before the sample: what that lacks may lack for want of a permission.
    await checkPermissions(probe, cluster, report, signal)
    await checkSample(cluster, report, signal)
  } finally {
    await probe.close()
  }
}

async function checkConnection(
  probe: KafkaProbe,
  { bootstrap, tls, sasl }: KafkaConfig,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const { answering, failures } = await probe.connect(signal)
  const user = sasl ? `user ${sasl.username} by SASL ${sasl.mechanism.toUpperCase()}` : 'no user'
  const all = answering.length === bootstrap.length ? '' : ` of ${bootstrap.length}`
  const addresses = `${answering.length}${all} bootstrap ${bootstrap.length === 1 ? 'address' : 'addresses'}`
  report.good(`connected to ${addresses} (${tls ? 'TLS' : 'plain text'}, ${user})`)
  // One is enough to work, so that this alone is no failure.
  for (const { error } of failures) report.good(`note: ${messageOf(error)}`)
}

async function checkBrokers(probe: KafkaProbe, report: Report, signal: AbortSignal): Promise<void> {
  const { brokers, failures, versions } = await probe.brokers(signal)
  const answer = failures.length === 0 ? 'all answer' : `${brokers.length - failures.length} of them answer`
  report.good(`${brokers.length} ${brokers.length === 1 ? 'broker' : 'brokers'}, ${answer}`)
  for (const { who, error } of failures)
    report.bad(`${who} does not answer: ${messageOf(error)}`, exitCodes.unreachable)
  report.good(`spoken: ${versionsText(versions)}`)
}

function versionsText(versions: Seen['versions']): string {
  return [...versions].map(([name, spoken]) => `${name} ${spoken.join('/')}`).join(', ')
}

async function checkSample(cluster: ClusterConfig, report: Report, signal: AbortSignal): Promise<void> {
  const system = await createSystem(cluster, realClock)
  try {
    const { state, missingNodes, notes } = await system.sample(signal)
    const missing = missingNodes.length > 0 ? `, without figures of ${missingNodes.join(', ')}` : ''
    report.good(`${state.nodeCount} nodes, ${state.partitionCount} partitions${missing}`)
    for (const note of notes) report.good(`note: ${note}`)
  } finally {
    await system.close()
  }
}

async function checkPermissions(
  probe: KafkaProbe,
  cluster: ClusterConfig,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const set = setFor(cluster)
  const findings = await probe.permissions(set, signal)
  const lacking = lacks(findings)
  if (lacking.length === 0) report.good(`everything is permitted that ${modeText(cluster)} needs`)
  const isMissing = findings.some(({ granted }) => granted === false)
  for (const line of lacking) {
    report.bad(`the permission ${line}`, isMissing ? exitCodes.notPermitted : exitCodes.failure)
  }
}
