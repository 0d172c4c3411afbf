/** Permits users of a cluster with an authorizer what evenkeel may need. */
import type { AclEntry, AclOperationTypes, AclResourceTypes } from 'kafkajs'
import kafkajs from 'kafkajs'
import { grantsOf, type Operation } from '../../../src/systems/kafka/permissions.ts'
import { kafkaClient, type Reachable } from './client.ts'

export interface Grants {
  cluster: Operation[]
  topics: Operation[]
  /** Topics they are granted for; all unless given. */
  only?: string[]
}

/** What evenkeel asks for. */
export function grants(set: 'observe' | 'act'): Grants {
  const operations = (resource: 'cluster' | 'topics') =>
    grantsOf(set)
      .filter((grant) => grant.resource === resource)
      .map(({ operation }) => operation)
  return { cluster: operations('cluster'), topics: operations('topics') }
}

/** As the admin. */
export async function permit(cluster: Reachable, users: Record<string, Grants>): Promise<void> {
  const admin = kafkaClient(cluster).admin()
  await admin.connect()
  try {
    await admin.createAcls({
      acl: Object.entries(users).flatMap(([user, { cluster, topics, only = ['*'] }]) => [
        ...cluster.map((operation) => acl(user, operation, kafkajs.AclResourceTypes.CLUSTER, 'kafka-cluster')),
        ...only.flatMap((topic) =>
          topics.map((operation) => acl(user, operation, kafkajs.AclResourceTypes.TOPIC, topic)),
        ),
      ]),
    })
  } finally {
    await admin.disconnect()
  }
}

const kinds: Record<Operation, AclOperationTypes> = {
  Describe: kafkajs.AclOperationTypes.DESCRIBE,
  DescribeConfigs: kafkajs.AclOperationTypes.DESCRIBE_CONFIGS,
  Alter: kafkajs.AclOperationTypes.ALTER,
  AlterConfigs: kafkajs.AclOperationTypes.ALTER_CONFIGS,
}

function acl(user: string, operation: Operation, resourceType: AclResourceTypes, resourceName: string): AclEntry {
  return {
    principal: `User:${user}`,
    host: '*',
    operation: kinds[operation],
    permissionType: kafkajs.AclPermissionTypes.ALLOW,
    resourceType,
    resourceName,
    resourcePatternType: kafkajs.ResourcePatternTypes.LITERAL,
  }
}
