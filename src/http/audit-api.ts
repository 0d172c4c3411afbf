/** What was done, by whom and why, newest first. */
import { messageOf } from '../lib/errors.ts'
import type { AuditAnswer } from './answers.ts'
import { type OfCluster, only } from './control-api.ts'
import { Problem } from './problem.ts'
import type { RouteParts } from './route.ts'

const USUAL = 100

/** Of all clusters, and of evenkeel itself, unless one is named. @throws Problem */
export async function auditJson(
  { cluster, last = USUAL, before }: OfCluster & { last?: number; before?: string },
  { view, audit }: RouteParts,
): Promise<AuditAnswer> {
  const name = cluster === undefined ? {} : { cluster: only(view, cluster).name }
  try {
    return await audit.page({ ...name, last, ...(before !== undefined && { before }) })
  } catch (error) {
    throw new Problem('state_unavailable', `the audit trail cannot be read: ${messageOf(error)}`)
  }
}
