/** `evenkeel permissions`: what has to be granted to it, and with --probe what is missing. */
import { type Command, Option } from 'commander'
import type { ClusterConfig } from '../config/compile.ts'
import { loadConfig } from '../config/load.ts'
import { EvenkeelError } from '../lib/errors.ts'
import type { Finding } from '../systems/kafka/permission-probe.ts'
import { permissionsOf } from '../systems/kafka/permissions.ts'
import type { PinotFinding } from '../systems/pinot/permission-probe.ts'
import { openPinotProbe, openProbe, pickCluster } from './compose.ts'
import { exitCodes } from './exit-codes.ts'
import { type Format, formats, shownAs } from './formats.ts'
import type { Ending, Io } from './io.ts'
import { commandsText, lacks, permissionsJson, permissionsTable, setFor } from './permission-texts.ts'
import {
  pinotLacks,
  pinotNeeded,
  pinotPermissionsJson,
  pinotPermissionsTable,
  propertiesText,
} from './pinot-permission-texts.ts'

const grants = { kafka: 'kafka-acls', pinot: 'pinot-properties' } as const
const forms = [...Object.values(grants), ...formats] as const
type Form = (typeof forms)[number]

interface Options {
  config: string
  cluster?: string
  probe?: boolean
  output?: Form
}

/** What is told of a cluster, in the words of its system. */
interface Subject<Found> {
  /** In the form in which its administrator grants it. */
  grants(): string
  table(findings: Found[] | undefined): string
  json(findings: Found[] | undefined): unknown
  ask(signal: AbortSignal): Promise<Found[]>
  /** What the config's mode needs. */
  needed(findings: Found[]): Found[]
  lacks(findings: Found[]): string[]
}

export function addPermissions(program: Command, io: Io, ending: Ending): void {
  program
    .command('permissions')
    .description('print the permissions that evenkeel needs, and with --probe which of them are missing')
    .requiredOption('-c, --config <file>', 'config file')
    .option('--cluster <name>', 'which cluster of the config')
    .option('--probe', 'ask the cluster, without changing anything; ends with 4 when something needed is missing')
    .addOption(new Option('-o, --output <format>', 'form of the output').choices(forms))
    .action(async ({ config, cluster: name, ...options }: Options) => {
      const cluster = pickCluster(loadConfig(config, { env: io.env }).clusters, name)
      if (cluster.system === 'simulator')
        throw new EvenkeelError('usage', `${cluster.name} is simulated: it needs no permissions`)
      const own = grants[cluster.system]
      const { output = options.probe ? 'table' : own } = options
      if (output !== own && !isFormat(output)) {
        throw new EvenkeelError('usage', `${output} is not for a cluster of ${cluster.system}: use ${own}`)
      }
      const told = { name: cluster.name, output, probe: options.probe === true }
      if (cluster.system === 'kafka') await tell(ofKafka(cluster), told, io, ending)
      else await tell(ofPinot(cluster), told, io, ending)
    })
}

async function tell<Found extends { granted: boolean | undefined }>(
  subject: Subject<Found>,
  { name, output, probe }: { name: string; output: Form; probe: boolean },
  io: Io,
  ending: Ending,
): Promise<void> {
  const findings = probe ? await subject.ask(io.signal) : undefined
  const text = () => subject.table(findings)
  io.out.write(isFormat(output) ? shownAs(output, subject.json(findings), text) : subject.grants())
  if (findings === undefined) return
  const needed = subject.needed(findings)
  if (!isFormat(output)) for (const line of subject.lacks(needed)) io.err.write(`${name}: ${line}\n`)
  if (needed.some(({ granted }) => granted === false)) ending.code = exitCodes.notPermitted
  else if (needed.some(({ granted }) => granted === undefined)) ending.code = exitCodes.failure
}

function isFormat(form: Form): form is Format {
  return (formats as readonly Form[]).includes(form)
}

function ofKafka(cluster: ClusterConfig & { system: 'kafka' }): Subject<Finding> {
  return {
    grants: () => commandsText(cluster),
    table: (findings) => permissionsTable(cluster, findings),
    json: (findings) => permissionsJson(cluster, findings),
    needed: (findings) => findings.filter(({ permission }) => permissionsOf(setFor(cluster)).includes(permission)),
    lacks,
    ask: async (signal) => {
      const probe = await openProbe(cluster.kafka)
      try {
        // Else every permission would be unknown for the same reason.
        await probe.connect(signal)
        return await probe.permissions('act', signal)
      } finally {
        await probe.close()
      }
    },
  }
}

function ofPinot(cluster: ClusterConfig & { system: 'pinot' }): Subject<PinotFinding> {
  return {
    grants: () => propertiesText(cluster),
    table: (findings) => pinotPermissionsTable(cluster, findings),
    json: (findings) => pinotPermissionsJson(cluster, findings),
    needed: (findings) => pinotNeeded(cluster, findings),
    lacks: pinotLacks,
    ask: async (signal) => {
      const probe = openPinotProbe(cluster)
      const { answering, failures } = await probe.controllers(signal)
      const [first] = answering
      if (first === undefined) throw failures[0]!.error
      return probe.permissions('act', first.cluster, signal)
    },
  }
}
