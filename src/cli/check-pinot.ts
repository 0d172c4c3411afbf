/** What `check-config` looks at of a Pinot cluster before it takes a sample: one line for each. */
import type { ClusterConfig, PinotConfig } from '../config/compile.ts'
import { messageOf } from '../lib/errors.ts'
import type { PinotProbe } from '../systems/pinot/probe.ts'
import type { Report } from './check-report.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { modeText } from './permission-texts.ts'
import { pinotLacks, pinotNeeded } from './pinot-permission-texts.ts'

/** Of many that fail alike a few tell enough. */
const NAMED = 5

/** @returns whether anything can be read at all. */
export async function checkPinot(
  probe: PinotProbe,
  config: ClusterConfig & { system: 'pinot' },
  report: Report,
  signal: AbortSignal,
): Promise<boolean> {
  const cluster = await checkControllers(probe, config.pinot, report, signal)
  if (cluster === undefined || !(await checkZooKeeper(probe, config.pinot, cluster, report, signal))) return false
  await checkPermissions(probe, config, cluster, report, signal)
  await checkServers(probe, report, signal)
  return true
}

/** @returns the name of the cluster. */
async function checkControllers(
  probe: PinotProbe,
  { auth }: PinotConfig,
  report: Report,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { answering, failures } = await probe.controllers(signal)
  const user = auth === undefined ? 'no user' : 'username' in auth ? `user ${auth.username}` : 'a token'
  for (const { url, version, cluster } of answering) {
    // A released build appends its commit.
    const release = version?.replace(/-[0-9a-f]{40}$/, '') ?? 'of an unknown version'
    report.good(`controller ${url}: Pinot ${release}, cluster ${cluster} (${user})`)
  }
  for (const { who, error } of failures) {
    const text = `controller ${who}: ${messageOf(error)}`
    // One is enough to work, so that this alone is no failure.
    if (answering.length > 0) report.good(`note: ${text}`)
    else report.bad(text, exitCodeOf(error))
  }
  const clusters = [...new Set(answering.map(({ cluster }) => cluster))]
  if (clusters.length < 2) return clusters[0]
  report.bad(`the controllers are of different clusters: ${clusters.join(', ')}`, exitCodes.failure)
  return undefined
}

async function checkZooKeeper(
  probe: PinotProbe,
  { zookeeper }: PinotConfig,
  cluster: string,
  report: Report,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const address = await probe.zooKeeper(cluster, signal)
    report.good(
      address === undefined
        ? 'ZooKeeper: no address is given, it is read through the controllers'
        : `ZooKeeper ${address}: the root of cluster ${cluster} is there`,
    )
    return true
  } catch (error) {
    report.bad(`ZooKeeper ${zookeeper?.connect}: ${messageOf(error)}`, exitCodeOf(error))
    return false
  }
}

/** Also what the mode can do without: who only looks wants to see what would be done. */
async function checkPermissions(
  probe: PinotProbe,
  config: ClusterConfig & { system: 'pinot' },
  cluster: string,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const findings = await probe.permissions('act', cluster, signal)
  const needed = pinotNeeded(config, findings)
  const lacking = needed.filter(({ granted }) => granted !== true)
  if (lacking.length === 0) report.good(`everything is permitted that ${modeText(config)} needs`)
  for (const finding of lacking) {
    const code = finding.granted === false ? exitCodes.notPermitted : exitCodes.failure
    for (const line of pinotLacks([finding])) report.bad(`the permission ${line}`, code)
  }
  const unseen = findings.filter((finding) => finding.permission.on === 'tables' && !needed.includes(finding))
  for (const line of pinotLacks(unseen)) {
    report.good(`note: what Pinot would make of tables stays unknown: the permission ${line}`)
  }
}

async function checkServers(probe: PinotProbe, report: Report, signal: AbortSignal): Promise<void> {
  const { count, failures } = await probe.servers(signal)
  const answer = failures.length === 0 ? 'all tell their disk' : `${count - failures.length} of them tell their disk`
  report.good(`${count} live ${count === 1 ? 'server' : 'servers'}, ${answer}`)
  for (const { who, error } of failures.slice(0, NAMED)) {
    report.bad(`${who} does not tell its disk: ${messageOf(error)}`, exitCodeOf(error))
  }
  if (failures.length > NAMED) report.good(`note: ${failures.length - NAMED} more servers do not tell their disk`)
}
