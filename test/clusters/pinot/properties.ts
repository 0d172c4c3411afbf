/** The configuration files of the roles: Pinot's names, and `evenkeel.*` for what only the stand-ins know. */
import type { Properties } from '../properties-file.ts'

/** Name of the cluster, and of its root in ZooKeeper. */
export const clusterName = 'evenkeel-test'

/** What all roles have in common. */
export interface Shared {
  /** host:port */
  zkConnect: string
  controllerPort: number
  /** What servers and brokers show the controller; nothing unless given. */
  authorization?: string
}

/** The controller, data in `dir`, which is the deep store as well. */
export const controllerProperties = (shared: Shared, dir: string): Properties => ({
  ...common(shared),
  'pinot.service.role': 'CONTROLLER',
  'controller.helix.cluster.name': clusterName,
  'controller.zk.str': shared.zkConnect,
  'controller.host': '127.0.0.1',
  'controller.port': shared.controllerPort,
  'controller.vip.host': '127.0.0.1',
  'controller.data.dir': dir,
  'controller.mode': 'DUAL',
  'cluster.tenant.isolation.enable': true,
  'controller.rebalanceChecker.initialDelayInSeconds': 10,
  'controller.resource.utilization.checker.initial.delay': 5,
  'controller.resource.utilization.checker.frequency': 20,
})

/** A stand-in server. Nobody listens on its port 8098: no query comes. */
export const serverProperties = (
  shared: Shared,
  server: {
    host: string
    adminPort: number
    /** Where index and packed segments are. */
    dir: string
    tags: string[]
    pools: Record<string, string | number>
  },
): Properties => ({
  ...common(shared),
  'pinot.service.role': 'SERVER',
  'pinot.server.netty.host': server.host,
  'pinot.server.netty.port': 8098,
  'pinot.server.adminapi.port': server.adminPort,
  'pinot.server.grpc.port': 8090,
  'pinot.query.server.port': 8421,
  'pinot.query.runner.port': 8442,
  'pinot.server.instance.dataDir': `${server.dir}/index`,
  'pinot.server.instance.segmentTarDir': `${server.dir}/segmentTar`,
  ...(shared.authorization === undefined ? {} : { 'pinot.server.segment.fetcher.auth.token': shared.authorization }),
  'evenkeel.tags': server.tags.join(','),
  'evenkeel.pools': Object.entries(server.pools)
    .map(([tag, pool]) => `${tag}=${pool}`)
    .join(','),
})

/** A stand-in broker; nobody listens on its port. */
export const brokerProperties = (shared: Shared, broker: { host: string; tags: string[] }): Properties => ({
  ...common(shared),
  'pinot.service.role': 'BROKER',
  'pinot.broker.hostname': broker.host,
  'pinot.broker.client.queryPort': 8099,
  'evenkeel.controller.url': `http://127.0.0.1:${shared.controllerPort}`,
  ...(shared.authorization === undefined ? {} : { 'evenkeel.controller.authorization': shared.authorization }),
  'evenkeel.tags': broker.tags.join(','),
})

const common = (shared: Shared): Properties => ({
  'pinot.cluster.name': clusterName,
  'pinot.zk.server': shared.zkConnect,
})
