/** Who of a cluster answers us, and in which versions. */
import { negotiate } from './negotiate.ts'
import { type Finding, PermissionProbe } from './permission-probe.ts'
import type { PermissionSet } from './permissions.ts'
import { Readings } from './readings.ts'
import type { Address, KafkaTransport } from './router.ts'
import { createTransport, type TransportOptions } from './transport.ts'
import { alterPartitionReassignments } from './wire/alter-partition-reassignments.ts'
import { alterReplicaLogDirs } from './wire/alter-replica-log-dirs.ts'
import type { Api } from './wire/api.ts'
import { apiVersions } from './wire/api-versions.ts'
import { describeCluster } from './wire/describe-cluster.ts'
import { describeConfigs } from './wire/describe-configs.ts'
import { describeLogDirs } from './wire/describe-log-dirs.ts'
import { electLeaders } from './wire/elect-leaders.ts'
import { incrementalAlterConfigs } from './wire/incremental-alter-configs.ts'
import { listPartitionReassignments } from './wire/list-partition-reassignments.ts'
import { type MetadataBroker, metadata } from './wire/metadata.ts'

const CALL_MS = 10_000

const spoken: Api<never, unknown>[] = [
  metadata,
  describeCluster,
  describeLogDirs,
  describeConfigs,
  listPartitionReassignments,
  alterPartitionReassignments,
  alterReplicaLogDirs,
  electLeaders,
  incrementalAlterConfigs,
]

/** Somebody who was asked and did not answer as hoped. */
export interface Failure {
  who: string
  error: unknown
}

export interface Seen {
  /** Live brokers, and those of them that do not answer under the address that the cluster tells. */
  brokers: MetadataBroker[]
  failures: Failure[]
  /** Highest version of each API that we and the broker speak, where brokers differ from low to high. */
  versions: Map<string, number[]>
}

export class KafkaProbe {
  readonly #options: TransportOptions
  readonly #transport: KafkaTransport
  readonly #readings: Readings

  private constructor(options: TransportOptions, transport: KafkaTransport) {
    this.#options = options
    this.#transport = transport
    this.#readings = new Readings(transport)
  }

  static async open(options: TransportOptions): Promise<KafkaProbe> {
    return new KafkaProbe(options, await createTransport(options))
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  /**
   * Each bootstrap address by itself.
   * @throws what the last one failed with when none answers.
   */
  async connect(signal: AbortSignal): Promise<{ answering: Address[]; failures: Failure[] }> {
    const { bootstrap } = this.#options
    const results = await Promise.allSettled(
      bootstrap.map(async (address) => {
        const transport = await createTransport({ ...this.#options, bootstrap: [address] })
        try {
          await transport.send('any', apiVersions, null, { signal, timeoutMs: CALL_MS })
        } finally {
          await transport.close()
        }
      }),
    )
    const failures = results.flatMap((result, index) =>
      result.status === 'rejected' ? [{ who: textOf(bootstrap[index]!), error: result.reason as unknown }] : [],
    )
    if (failures.length === bootstrap.length) throw failures.at(-1)!.error
    return { answering: bootstrap.filter((_, index) => results[index]!.status === 'fulfilled'), failures }
  }

  /**
   * Every live broker under the address that the cluster tells of it.
   * @throws EvenkeelError `unsupported` when a broker does not speak what we do.
   */
  async brokers(signal: AbortSignal): Promise<Seen> {
    const { brokers } = await this.#readings.metadata(null, signal)
    const failures: Failure[] = []
    const versions = new Map<string, number[]>()
    for (const { id, host, port, result } of await Promise.all(
      brokers.map(async (broker) => {
        const asked = this.#transport.send(broker.id, apiVersions, null, { signal, timeoutMs: CALL_MS })
        return { ...broker, result: await asked.catch((error: unknown) => ({ error })) }
      }),
    )) {
      const who = `broker ${id} at ${textOf({ host, port })}`
      if ('error' in result) {
        failures.push({ who, error: result.error })
        continue
      }
      const served = new Map(result.apis.map((api) => [api.key, api]))
      for (const api of spoken) {
        const version = negotiate(api, served.get(api.key), who)
        const known = versions.get(api.name) ?? []
        if (!known.includes(version))
          versions.set(
            api.name,
            [...known, version].sort((a, b) => a - b),
          )
      }
    }
    return { brokers, failures, versions }
  }

  /** One finding for each permission of the set. */
  permissions(set: PermissionSet, signal: AbortSignal): Promise<Finding[]> {
    return new PermissionProbe(this.#transport, this.#readings).ask(set, signal)
  }
}

function textOf({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
