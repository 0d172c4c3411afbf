/** What evenkeel must be allowed to do at a Pinot cluster: the two smallest sets, and what each permission is for. */

export interface PinotPermission {
  /** ZooKeeper is asked itself only where its address is given. */
  on: 'cluster' | 'tables' | 'zookeeper'
  /** A type of access of the controllers, or a right in ZooKeeper's own words. */
  access: 'READ' | 'UPDATE' | 'WRITE'
  /** What it is for. */
  use: string
}

/**
 * - `observe`: to look only. What Pinot would make of a table is not among it: the controllers take a dry run for a rebalance.
 * - `act`: to rebalance.
 */
export type PinotPermissionSet = 'observe' | 'act'

/** @param direct whether ZooKeeper is read itself. */
export function pinotPermissions(set: PinotPermissionSet, direct: boolean): PinotPermission[] {
  const through = (use: string) => (direct ? '' : `, and ${use}`)
  const look: PinotPermission[] = [
    {
      on: 'cluster',
      access: 'READ',
      use: `name of the cluster and version${through('everything that is in ZooKeeper')}`,
    },
    ...(direct
      ? [{ on: 'zookeeper' as const, access: 'READ' as const, use: 'tables, segments, servers and jobs' }]
      : []),
  ]
  if (set === 'observe') return look
  return [
    ...look,
    { on: 'tables', access: 'UPDATE', use: 'dry runs, rebalances, lists of brokers, and segments in ERROR' },
    {
      on: 'cluster',
      access: 'UPDATE',
      use: `tags of servers that are drained${through('ideal states after segments in ERROR were reset')}`,
    },
    ...(direct
      ? [{ on: 'zookeeper' as const, access: 'WRITE' as const, use: 'ideal states after segments in ERROR were reset' }]
      : []),
  ]
}

/** As messages name it, such as `TABLE UPDATE`. */
export function pinotPermissionName({ on, access }: Pick<PinotPermission, 'on' | 'access'>): string {
  return `${on === 'tables' ? 'TABLE' : on.toUpperCase()} ${access}`
}
