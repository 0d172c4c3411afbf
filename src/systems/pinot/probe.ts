/** Who of a cluster answers us: each controller by itself, ZooKeeper, and the servers' admin interfaces. */
import { type Clock, withDeadline } from '../../lib/clock.ts'
import { EvenkeelError } from '../../lib/errors.ts'
import { mapInFlight } from '../../lib/in-flight.ts'
import { openPinot, type PinotConnection } from './open.ts'
import { type PinotFinding, PinotPermissionProbe } from './permission-probe.ts'
import type { PinotPermissionSet } from './permissions.ts'
import { Controllers } from './wire/controller.ts'
import { Http, refusal } from './wire/http.ts'
import { RestZnodes, ZooKeeperZnodes } from './wire/znodes.ts'
import { ZooKeeper } from './wire/zookeeper.ts'

/** Somebody who was asked and did not answer as hoped. */
interface Failure {
  who: string
  error: unknown
}

/** Of a quorum that is fit it takes no longer to be let in. */
const ZOOKEEPER_MS = 8_000
const ADMIN_MS = 3_000
const IN_FLIGHT = 32

export class PinotProbe {
  readonly #connection: PinotConnection
  readonly #clock: Clock

  constructor(connection: PinotConnection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  /** Each controller: its version, and the cluster that it belongs to. */
  async controllers(
    signal: AbortSignal,
  ): Promise<{ answering: { url: string; version: string | undefined; cluster: string }[]; failures: Failure[] }> {
    const { urls, auth, tls } = this.#connection.controllers
    const http = new Http(tls ? { tls } : {})
    try {
      const results = await Promise.allSettled(
        urls.map(async (url) => {
          const one = new Controllers({ urls: [url], http, ...(auth ? { auth } : {}) })
          // First what is refused to whom it does not know: of some controllers anybody may ask for the version.
          const cluster = await one.clusterName(signal)
          return { url, cluster, version: await one.version(signal) }
        }),
      )
      return {
        answering: results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
        failures: results.flatMap((result, at) =>
          result.status === 'rejected' ? [{ who: urls[at]!, error: result.reason as unknown }] : [],
        ),
      }
    } finally {
      await http.close()
    }
  }

  /**
   * The cluster's root in ZooKeeper, read there.
   * @returns its address; undefined where none is given.
   * @throws EvenkeelError when it does not answer, has no such root, or lets us not read it.
   */
  async zooKeeper(cluster: string, signal: AbortSignal): Promise<string | undefined> {
    const options = this.#connection.zooKeeper
    if (options === undefined) return undefined
    const zooKeeper = new ZooKeeper({ ...options, clock: this.#clock })
    try {
      const path = `/${cluster}/IDEALSTATES`
      const found = await withDeadline('it', ZOOKEEPER_MS, signal, (until) => zooKeeper.children(path, until))
      if (found !== undefined) return options.connect
      const text = 'its address must have the path that `pinot.zk.server` has'
      throw new EvenkeelError('rejected', `no root of cluster ${cluster}: ${text}`)
    } finally {
      await zooKeeper.close()
    }
  }

  /** What of the set is granted. @param cluster its name; to be known is to be allowed to read of the controllers */
  async permissions(set: PinotPermissionSet, cluster: string, signal: AbortSignal): Promise<PinotFinding[]> {
    const { controllers: to, zooKeeper: options } = this.#connection
    const http = new Http(to.tls ? { tls: to.tls } : {})
    const zooKeeper = options && new ZooKeeper({ ...options, clock: this.#clock })
    try {
      const controllers = new Controllers({ urls: to.urls, http, ...(to.auth ? { auth: to.auth } : {}) })
      const store = zooKeeper
        ? new ZooKeeperZnodes(zooKeeper)
        : new RestZnodes((path, until) => controllers.get(path, until))
      const probe = new PinotPermissionProbe({
        clusterName: cluster,
        controllers,
        store,
        ...(zooKeeper ? { zooKeeper } : {}),
      })
      return await probe.ask(set, signal)
    } finally {
      await zooKeeper?.close()
      await http.close()
    }
  }

  /** The admin interface of each live server. */
  async servers(signal: AbortSignal): Promise<{ count: number; failures: Failure[] }> {
    const system = openPinot(this.#connection, this.#clock)
    const { tls, headers } = this.#connection.servers ?? {}
    const http = new Http(tls ? { tls } : {})
    try {
      const { instances } = await system.look([], signal)
      const live = instances.filter((instance) => instance.role === 'server' && instance.live)
      const failures = await mapInFlight(live, IN_FLIGHT, async ({ name: who, adminUrl }): Promise<Failure[]> => {
        if (adminUrl === undefined) return [{ who, error: new Error('its config names no port of an admin interface') }]
        const request = { deadlineMs: ADMIN_MS, signal, ...(headers ? { headers: headers() } : {}) }
        try {
          const answer = await http.request('GET', `${adminUrl}/instance/diskUtilization`, request)
          return answer.status === 200 ? [] : [{ who, error: refusal('GET', answer) }]
        } catch (error) {
          return [{ who, error }]
        }
      })
      return { count: live.length, failures: failures.flat() }
    } finally {
      await http.close()
      await system.close()
    }
  }
}
