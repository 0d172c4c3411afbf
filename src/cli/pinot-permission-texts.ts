/** What must be granted at a Pinot cluster, as lines of a controller's configuration and as tables. */
import type { ClusterConfig, PinotConfig } from '../config/compile.ts'
import type { PinotFinding } from '../systems/pinot/permission-probe.ts'
import {
  type PinotPermission,
  type PinotPermissionSet,
  pinotPermissionName,
  pinotPermissions,
} from '../systems/pinot/permissions.ts'
import { foundText, modeText, needsToAct } from './permission-texts.ts'
import { table } from './table.ts'

type PinotCluster = ClusterConfig & { system: 'pinot' }

const sets: PinotPermissionSet[] = ['observe', 'act']
const purpose: Record<PinotPermissionSet, string> = {
  observe: 'to look only: mode off, dry_run, check-config, snapshot; what Pinot would make of a table stays unknown',
  act: 'to rebalance, and to see what Pinot would make of tables',
}

const nearRoot =
  "Pinot's own basic authentication lets every user that it knows change tags and everything in ZooKeeper, whatever its permissions and tables. Protect the credential accordingly."

function pinotSetFor(cluster: PinotCluster): PinotPermissionSet {
  return needsToAct(cluster) ? 'act' : 'observe'
}

/** As whom it asks; a placeholder where the config does not tell. */
function principalOf({ auth }: PinotConfig): string {
  return auth !== undefined && 'username' in auth ? auth.username : 'NAME'
}

/** For the access control that is part of Pinot. Others, such as one for tokens, are told by the table. */
export function propertiesText(cluster: PinotCluster): string {
  const { pinot } = cluster
  const principals = 'controller.admin.access.control.principals'
  const principal = principalOf(pinot)
  const lines = [
    `# ${cluster.name}: ${modeText(cluster)} needs the set "${pinotSetFor(cluster)}"`,
    '# for the configuration of every controller, with BasicAuthAccessControlFactory; they read it when they start',
    `# ${principal} must be one of ${principals} and have a password there; with no .tables it is for all tables`,
    `# ${nearRoot}`,
  ]
  if (pinot.auth !== undefined && 'token' in pinot.auth) {
    lines.push('# the config has a token, which that access control does not know: -o table is for any other')
  }
  for (const set of sets) {
    const granted = pinotPermissions(set, false).flatMap(({ access }) => access)
    lines.push(
      '',
      `# ${set}: ${purpose[set]}`,
      `${principals}.${principal}.permissions=${[...new Set(granted)].join()}`,
    )
  }
  return `${lines.join('\n')}\n`
}

/** @param findings of a probe, if one was made. */
export function pinotPermissionsTable(cluster: PinotCluster, findings: PinotFinding[] | undefined): string {
  const header = ['PERMISSION', ...sets.map((set) => set.toUpperCase()), ...(findings ? ['FOUND'] : []), 'FOR']
  const rows = granted(cluster, 'act').map((permission) => {
    const finding = findings?.find((other) => isSame(other.permission, permission))
    const found = findings ? [finding ? foundText(finding) : '-'] : []
    const marks = sets.map((set) => (granted(cluster, set).some((one) => isSame(one, permission)) ? 'yes' : '-'))
    return [pinotPermissionName(permission), ...marks, ...found, permission.use]
  })
  return [
    `${cluster.name}: ${modeText(cluster)} needs "${pinotSetFor(cluster)}"; user ${principalOf(cluster.pinot)}\n\n`,
    table(header, rows),
    `\n${nearRoot}\n`,
  ].join('')
}

export function pinotPermissionsJson(cluster: PinotCluster, findings: PinotFinding[] | undefined) {
  return {
    cluster: cluster.name,
    principal: principalOf(cluster.pinot),
    needed: pinotSetFor(cluster),
    warning: nearRoot,
    sets: Object.fromEntries(sets.map((set) => [set, granted(cluster, set)])),
    ...(findings === undefined
      ? {}
      : {
          found: findings.map(({ permission, granted: isGranted, text }) => ({
            ...permission,
            granted: isGranted ?? null,
            ...(text === '' ? {} : { text }),
          })),
        }),
  }
}

/** Of what was found, what belongs to the set that the config's mode needs. */
export function pinotNeeded(cluster: PinotCluster, findings: PinotFinding[]): PinotFinding[] {
  const needed = granted(cluster, pinotSetFor(cluster))
  return findings.filter(({ permission }) => needed.some((other) => isSame(other, permission)))
}

/** What is lacking, or what could not be found out of it, one line each. */
export function pinotLacks(findings: PinotFinding[]): string[] {
  return findings
    .filter(({ granted: isGranted }) => isGranted !== true)
    .map((finding) => `${pinotPermissionName(finding.permission)} ${foundText(finding)}`)
}

const granted = ({ pinot }: PinotCluster, set: PinotPermissionSet): PinotPermission[] =>
  pinotPermissions(set, pinot.zookeeper?.connect !== undefined)

const isSame = (a: PinotPermission, b: PinotPermission) => a.on === b.on && a.access === b.access
