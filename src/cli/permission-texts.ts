/** What must be granted, as commands and as tables, for whoever evenkeel is to the cluster. */
import { X509Certificate } from 'node:crypto'
import type { ClusterConfig, ClusterSettings, KafkaConfig } from '../config/compile.ts'
import type { Finding } from '../systems/kafka/permission-probe.ts'
import {
  grantsOf,
  type Permission,
  type PermissionSet,
  permissionName,
  permissionsOf,
} from '../systems/kafka/permissions.ts'
import { table } from './table.ts'

const purpose: Record<PermissionSet, string> = {
  observe: 'to look only: mode off, dry_run, check-config, plan, snapshot',
  act: 'to move replicas and leadership, and to throttle',
  act_unthrottled: 'to move replicas and leadership, without a throttle',
}

/** The two sets that concern a cluster. */
function setsOf({ throttle }: ClusterSettings): PermissionSet[] {
  return ['observe', throttle.ratePerNode === undefined ? 'act_unthrottled' : 'act']
}

const nearRoot =
  'ALTER on the cluster is close to root: it also lets create and delete ACLs and SCRAM users. Protect the credential accordingly.'

export function setFor(cluster: ClusterSettings): PermissionSet {
  return setsOf(cluster)[needsToAct(cluster) ? 1 : 0]!
}

/** Whether the config wants anything to be changed. */
export function needsToAct({ balancing: { mode, dryRun } }: ClusterSettings): boolean {
  return mode !== 'off' && !dryRun
}

export function modeText({ balancing }: ClusterSettings): string {
  return `mode ${balancing.mode}${balancing.dryRun ? ' with dry_run' : ''}`
}

/** Kafka's name of the user; a placeholder where the config does not tell. */
function principalOf({ sasl, tls }: KafkaConfig): string {
  if (sasl) return `User:${sasl.username}`
  const certificate = tls === undefined || tls === true ? undefined : tls.cert
  // Kafka names the owner of a certificate the other way round, unless ssl.principal.mapping.rules say otherwise.
  if (certificate !== undefined)
    return `User:${new X509Certificate(certificate).subject.split('\n').toReversed().join(',')}`
  return 'User:NAME'
}

export function commandsText(cluster: ClusterConfig & { system: 'kafka' }): string {
  const server = cluster.kafka.bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
  const lines = [
    `# ${cluster.name}: ${modeText(cluster)} needs the set "${setFor(cluster)}"`,
    '# to be run as an administrator; --command-config is for whoever that is',
  ]
  for (const set of setsOf(cluster)) {
    lines.push('', `# ${set}: ${purpose[set]}`)
    if (set !== 'observe') lines.push(`# ${nearRoot}`)
    for (const resource of ['cluster', 'topics'] as const) {
      const granted = grantsOf(set).filter((permission) => permission.resource === resource)
      lines.push(
        [
          `kafka-acls.sh --bootstrap-server ${quoted(server)} --command-config admin.properties --add`,
          `--allow-principal ${quoted(principalOf(cluster.kafka))}`,
          ...granted.map(({ operation }) => `--operation ${operation}`),
          resource === 'cluster' ? '--cluster' : "--topic '*'",
        ].join(' '),
      )
    }
  }
  return `${lines.join('\n')}\n`
}

/** @param findings of a probe, if one was made. */
export function permissionsTable(
  cluster: ClusterConfig & { system: 'kafka' },
  findings: Finding[] | undefined,
): string {
  const needed = setFor(cluster)
  const sets = setsOf(cluster)
  const header = ['PERMISSION', ...sets.map((set) => set.toUpperCase()), ...(findings ? ['FOUND'] : []), 'FOR']
  const rows = permissionsOf('act').map((permission) => {
    const finding = findings?.find((other) => other.permission === permission)
    const found = findings ? [finding ? foundText(finding) : '-'] : []
    return [permissionName(permission), ...sets.map((set) => markOf(set, permission)), ...found, permission.use]
  })
  return [
    `${cluster.name}: ${modeText(cluster)} needs "${needed}"; ${principalOf(cluster.kafka)}\n\n`,
    table(header, rows),
    `\n${nearRoot}\n`,
  ].join('')
}

export function permissionsJson(cluster: ClusterConfig & { system: 'kafka' }, findings: Finding[] | undefined) {
  return {
    cluster: cluster.name,
    principal: principalOf(cluster.kafka),
    needed: setFor(cluster),
    warning: nearRoot,
    sets: Object.fromEntries(setsOf(cluster).map((set) => [set, grantsOf(set).map(plain)])),
    ...(findings === undefined
      ? {}
      : {
          found: findings.map(({ permission, granted, text }) => ({
            ...plain(permission),
            granted: granted ?? null,
            ...(text === '' ? {} : { text }),
          })),
        }),
  }
}

/** What a set lacks, or what could not be found out of it, one line each. */
export function lacks(findings: Finding[]): string[] {
  return findings
    .filter(({ granted }) => granted !== true)
    .map((finding) => `${permissionName(finding.permission)} ${foundText(finding)}`)
}

export function foundText({ granted, text }: Pick<Finding, 'granted' | 'text'>): string {
  if (granted) return 'granted'
  return granted === false ? `is missing: ${text}` : `is not known: ${text}`
}

function markOf(set: PermissionSet, permission: Permission): string {
  if (grantsOf(set).includes(permission)) return 'yes'
  return permissionsOf(set).includes(permission) ? 'implied' : '-'
}

const plain = ({ resource, operation, use }: Permission) => ({ resource, operation, use })

const quoted = (text: string) => (/^[\w.:,@=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
