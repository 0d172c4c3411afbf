/** What evenkeel must be allowed to do at a Kafka cluster: the two smallest sets, and what each is for. */

export const operations = ['Describe', 'DescribeConfigs', 'Alter', 'AlterConfigs'] as const
export type Operation = (typeof operations)[number]

export interface Permission {
  resource: 'cluster' | 'topics'
  operation: Operation
  /** What it is for. */
  use: string
}

/**
 * - `observe`: to look only: mode off, dry_run, and every command that changes nothing.
 * - `act`: to move and to throttle.
 * - `act_unthrottled`: to move with `throttle.rate_per_node: null`.
 */
export type PermissionSet = 'observe' | 'act' | 'act_unthrottled'

const look: Permission[] = [
  { resource: 'cluster', operation: 'Describe', use: 'log dirs with their sizes, and moves in flight' },
  {
    resource: 'cluster',
    operation: 'DescribeConfigs',
    use: 'where a broker keeps its metadata log, and its throttles',
  },
  {
    resource: 'topics',
    operation: 'Describe',
    use: 'which topics there are; without it they are missing without an error',
  },
  { resource: 'topics', operation: 'DescribeConfigs', use: 'min.insync.replicas, and throttled replicas' },
]

const move: Permission[] = [
  { resource: 'cluster', operation: 'Alter', use: 'moving replicas, also between dirs, and leadership' },
]

const throttle: Permission[] = [
  { resource: 'cluster', operation: 'AlterConfigs', use: 'throttle rates of brokers' },
  { resource: 'topics', operation: 'AlterConfigs', use: 'lists of throttled replicas' },
]

/** Kafka's authorizer grants the second with the first. */
const implied: Partial<Record<Operation, Operation>> = { Alter: 'Describe', AlterConfigs: 'DescribeConfigs' }

const bySet: Record<PermissionSet, Permission[]> = {
  observe: look,
  act: [...look, ...move, ...throttle],
  act_unthrottled: [...look, ...move],
}

/** Everything that a set lets evenkeel do, implied permissions included. */
export const permissionsOf = (set: PermissionSet): Permission[] => bySet[set]

/** What has to be granted for a set: what another one of it implies is left out. */
export function grantsOf(set: PermissionSet): Permission[] {
  const all = permissionsOf(set)
  return all.filter(
    ({ resource, operation }) =>
      !all.some((other) => other.resource === resource && implied[other.operation] === operation),
  )
}

/** As messages name it, such as `CLUSTER DESCRIBE_CONFIGS`. */
export function permissionName({ resource, operation }: Pick<Permission, 'resource' | 'operation'>): string {
  const words = operation.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
  return `${resource === 'cluster' ? 'CLUSTER' : 'TOPIC'} ${words}`
}
