/** `evenkeel permissions`: what has to be granted to it, and with --probe what is missing. */
import { type Command, Option } from 'commander'
import type { ClusterConfig } from '../config/compile.ts'
import { loadConfig } from '../config/load.ts'
import { EvenkeelError } from '../lib/errors.ts'
import type { Finding } from '../systems/kafka/permission-probe.ts'
import { permissionsOf } from '../systems/kafka/permissions.ts'
import { openProbe, pickCluster } from './compose.ts'
import { exitCodes } from './exit-codes.ts'
import { formats, shownAs } from './formats.ts'
import type { Ending, Io } from './io.ts'
import { commandsText, lacks, permissionsJson, permissionsTable, setFor } from './permission-texts.ts'

const forms = ['kafka-acls', ...formats] as const

interface Options {
  config: string
  cluster?: string
  probe?: boolean
  output?: (typeof forms)[number]
}

export function addPermissions(program: Command, io: Io, ending: Ending): void {
  program
    .command('permissions')
    .description('print the permissions that evenkeel needs, and with --probe which of them are missing')
    .requiredOption('-c, --config <file>', 'config file')
    .option('--cluster <name>', 'which cluster of the config')
    .option('--probe', 'ask the cluster, without changing anything; ends with 4 when something needed is missing')
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(forms))
    .action(async ({ config, cluster: name, probe, output = probe ? 'table' : 'kafka-acls' }: Options) => {
      const cluster = pickCluster(loadConfig(config, { env: io.env }).clusters, name)
      if (!isKafka(cluster)) throw new EvenkeelError('usage', whyNone(cluster))
      const findings = probe ? await ask(cluster, io.signal) : undefined
      const data = permissionsJson(cluster, findings)
      const text = () => permissionsTable(cluster, findings)
      io.out.write(output === 'kafka-acls' ? commandsText(cluster) : shownAs(output, data, text))
      if (findings === undefined) return
      const needed = findings.filter(({ permission }) => permissionsOf(setFor(cluster)).includes(permission))
      if (output === 'kafka-acls') for (const line of lacks(needed)) io.err.write(`${cluster.name}: ${line}\n`)
      if (needed.some(({ granted }) => granted === false)) ending.code = exitCodes.notPermitted
      else if (needed.some(({ granted }) => granted === undefined)) ending.code = exitCodes.failure
    })
}

function whyNone({ name, system }: ClusterConfig): string {
  return system === 'simulator'
    ? `${name} is simulated: it needs no permissions`
    : `${name} is a cluster of ${system}: only those of Kafka are known here`
}

function isKafka(cluster: ClusterConfig): cluster is ClusterConfig & { system: 'kafka' } {
  return cluster.system === 'kafka'
}

async function ask(cluster: ClusterConfig & { system: 'kafka' }, signal: AbortSignal): Promise<Finding[]> {
  const probe = await openProbe(cluster.kafka)
  try {
    // Else every permission would be unknown for the same reason.
    await probe.connect(signal)
    return await probe.permissions('act', signal)
  } finally {
    await probe.close()
  }
}
