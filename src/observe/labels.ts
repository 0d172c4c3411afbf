/** Labels of metric families, and which values each may have. */
import { conflictKinds } from '../cluster/conflicts.ts'
import { loopStatuses, modes, moveResults, sampleStages } from '../cluster/events.ts'
import { moveKinds } from '../cluster/move.ts'
import { actionSources, operatorActions } from '../cluster/process-events.ts'
import { moveReasons, nodeStates, rejectReasons, verdictCodes, violationKinds } from '../cluster/reasons.ts'
import { segmentStates } from '../cluster/target.ts'
import { callFailures, upstreams } from '../cluster/upstream.ts'

/** Nothing else is ever exported. */
export interface ClosedLabel {
  name: string
  values: readonly string[]
}

/** What comes from outside: of a family, and of one cluster in it, no more values than the ceiling exist at once. */
export interface OpenLabel {
  name: string
  ceiling: number
  /** What the values are, for people. */
  meaning: string
}

/** Depends on the other labels of the family: there is one value for them at a time. */
export interface FactLabel {
  name: string
  fact: string
}

export type Label = ClosedLabel | OpenLabel | FactLabel

export const isClosed = (label: Label): label is ClosedLabel => 'values' in label
export const isOpen = (label: Label): label is OpenLabel => 'ceiling' in label
export const isFact = (label: Label): label is FactLabel => 'fact' in label

const evaluationOutcomes = ['no_action', 'planned', 'blocked', 'failed'] as const
export const moveDirections = ['in', 'out'] as const
export const owners = ['self', 'foreign'] as const
export const httpMethods = ['GET', 'HEAD', 'POST', 'other'] as const
const logLevels = ['debug', 'info', 'warn', 'error'] as const
const lagCauses = ['own_move', 'node', 'other'] as const
export const resources = ['disk', 'replicas', 'leaders', 'ingress'] as const
const blockedReasons = verdictCodes.filter((code) => code !== 'acting')

export const cluster = open('managed_cluster', 200, 'the name of the cluster in the config')
export const node = open(
  'node_id',
  2000,
  'the id of the node: of a broker its number, of a Pinot server its instance name',
)
export const table = open('table', 500, 'the name of the table with its type')
export const operation = open('operation', 64, 'the name of the API that is called')
export const handler = open('handler', 64, 'the path of the route ([API](api.md)), `not_found` for none')
export const receiver = open('receiver', 100, 'the name of the receiver in the config')
export const httpCode = open('code', 40, 'the status of the answer')

export const method = closed('method', httpMethods)
export const level = closed('level', logLevels)
export const mode = closed('mode', modes)
export const status = closed('status', loopStatuses)
export const stage = closed('stage', sampleStages)
export const upstream = closed('upstream', upstreams)
export const callFailure = closed('reason', callFailures)
export const nodeState = closed('state', nodeStates)
export const segmentState = closed('state', segmentStates)
export const direction = closed('direction', moveDirections)
export const lagCause = closed('cause', lagCauses)
export const resource = closed('resource', resources)
/** What is evened out by a limit of its own. */
export const limitedResource = closed('resource', ['disk'])
export const outcome = closed('outcome', evaluationOutcomes)
export const violation = closed('violation', violationKinds)
export const blockedReason = closed('reason', blockedReasons)
export const rejectReason = closed('reason', rejectReasons)
export const trigger = closed('trigger', moveReasons)
export const kind = closed('kind', moveKinds)
export const moveStage = closed('state', ['pending', 'running'])
export const moveResult = closed('result', moveResults)
export const conflictWith = closed('with', conflictKinds)
export const owner = closed('owner', owners)
export const action = closed('action', operatorActions)
export const source = closed('source', actionSources)

export const version = fact('version', 'the version of evenkeel')
export const revision = fact('revision', 'the commit that it was built from')
export const nodeVersion = fact('node_version', 'the version of Node.js')
export const system = fact('system', 'the system of the cluster: kafka, pinot or simulator')
export const clusterId = fact('cluster_id', 'the id that the cluster has for itself')
export const clusterVersion = fact(
  'cluster_version',
  'the version that the cluster says it has; empty where it says none',
)
export const host = fact('host', 'where the node is; empty while that is not known')
export const tenant = fact(
  'tenant',
  'the tenant of the Pinot server, several with + between them where servers have several, `untagged NAME` for one without tags; else empty',
)
export const rack = fact('rack', 'the rack, or pool, of the node; empty where it has none')

function closed(name: string, values: readonly string[]): ClosedLabel {
  return { name, values }
}

function open(name: string, ceiling: number, meaning: string): OpenLabel {
  return { name, ceiling, meaning }
}

function fact(name: string, meaning: string): FactLabel {
  return { name, fact: meaning }
}
