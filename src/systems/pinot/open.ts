/** Puts reading and acting together. */
import type { Clock } from '../../lib/clock.ts'
import { Acts } from './act/acts.ts'
import { ServerTags } from './act/settings.ts'
import { Targets } from './act/targets.ts'
import { Wants } from './act/wants.ts'
import { type PinotOptions, PinotSystem } from './pinot.ts'
import type { RebalanceOptions } from './rules/rebalance-policy.ts'
import type { ControllerAuth } from './wire/access.ts'
import { Controllers } from './wire/controller.ts'
import { Http, type HttpTls } from './wire/http.ts'

export interface PinotConnection extends PinotOptions {
  controllers: { urls: readonly string[]; auth?: ControllerAuth; tls?: HttpTls }
  /** Looked up each time: it may change while the daemon runs. */
  rebalance: () => RebalanceOptions
}

/** Nobody is asked anything yet. */
export function openPinot({ controllers: to, rebalance, ...options }: PinotConnection, clock: Clock): PinotSystem {
  const http = new Http(to.tls ? { tls: to.tls } : {})
  const controllers = new Controllers({
    urls: to.urls,
    ...(to.auth ? { auth: to.auth } : {}),
    http,
    ...(options.observe ? { observe: options.observe } : {}),
  })
  const targets = new Targets({
    controllers,
    clock,
    get rebalance() {
      return rebalance()
    },
  })
  const acts = new Acts({
    controllers,
    clock,
    get rebalance() {
      return rebalance()
    },
    changesOf: (fingerprint) => targets.changesOf(fingerprint),
    look: (tables, signal) => system.look(tables, signal),
    touch: (table, version, signal) => system.touch(table, version, signal),
  })
  const wants = new Wants(targets, acts)
  const system = new PinotSystem(options, clock, {
    controller: (path, signal) => controllers.get(path, signal),
    clusterName: (signal) => controllers.clusterName(signal),
    put: (path, data, version, signal) => controllers.putZnode(path, data, version, signal),
    acts: wants,
    targets: wants,
    settings: new ServerTags(controllers, (signal) => system.look([], signal), rebalance),
    close: async () => {
      // First what uses the connections.
      const ended = targets.close()
      await http.close()
      await ended
    },
  })
  return system
}
