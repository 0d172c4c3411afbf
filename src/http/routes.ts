/** The API of the control listener, one table: the listener, the OpenAPI document and the tests are made from it. */
import { z } from 'zod'
import {
  auditAnswer,
  clustersAnswer,
  configAnswer,
  decisionAnswer,
  decisionsAnswer,
  explanationAnswer,
  movesAnswer,
  nodesAnswer,
  planAnswer,
  reloadAnswer,
  statusAnswer,
  tablesAnswer,
  weighedAnswer,
} from './answers.ts'
import { auditJson } from './audit-api.ts'
import { configJson, reloadJson } from './config-api.ts'
import { actionRoutes } from './control-actions.ts'
import { clustersJson, currentPlanJson, freshPlanJson, movesJson, nodesJson, statusJson } from './control-api.ts'
import { explanationOf, oneDecision, someDecisions } from './explain-api.ts'
import { before, cluster, decision, last, node, partition, reason, state, table, tenant } from './fields.ts'
import { orderFields, weighedJson } from './orders-api.ts'
import { get, post, type Route } from './route.ts'
import { tablesJson } from './tables-api.ts'

const ofCluster = z.strictObject({ cluster })

/** A tick that is at work, and then a sample of its own, each as slow as may be. */
const PLAN_MS = 300_000

export const routes: readonly Route[] = [
  get('/api/v1/clusters', {
    summary: 'The clusters of this daemon.',
    fields: z.strictObject({}),
    answer: clustersAnswer,
    respond: (_, { view }) => clustersJson(view),
  }),
  get('/api/v1/status', {
    summary: 'What is going on in every cluster, or in one, and why.',
    fields: ofCluster,
    answer: statusAnswer,
    respond: (fields, { view, config }) => statusJson(view, fields, config.refusal()),
  }),
  get('/api/v1/nodes', {
    summary: 'The nodes of a cluster as they are and as the plan leaves them.',
    fields: ofCluster,
    answer: nodesAnswer,
    respond: (fields, { view }) => nodesJson(view, fields),
  }),
  get('/api/v1/plan', {
    summary: 'The plan of the last tick.',
    fields: ofCluster,
    answer: planAnswer,
    respond: (fields, { view }) => currentPlanJson(view, fields),
  }),
  get('/api/v1/moves', {
    summary: 'Waiting, running and lately ended moves.',
    fields: z.strictObject({ cluster, state: state.exactOptional() }),
    answer: movesAnswer,
    respond: (fields, { view }) => movesJson(view, fields),
  }),
  get('/api/v1/tables', {
    summary: 'The tables of a Pinot cluster: all, those of a tenant, or those of a name.',
    fields: z.strictObject({ cluster, table: table.exactOptional(), tenant: tenant.exactOptional() }),
    answer: tablesAnswer,
    respond: (fields, { view }) => tablesJson(view, fields),
  }),
  get('/api/v1/explain', {
    summary: 'Why a partition, a table or a node is where and as it is, moved or does not move; else of the cluster.',
    fields: z.strictObject({
      cluster,
      partition: partition.exactOptional(),
      table: table.exactOptional(),
      node: node.exactOptional(),
    }),
    answer: explanationAnswer,
    respond: explanationOf,
  }),
  get('/api/v1/decisions', {
    summary: 'The last planning rounds that came to something else than the one before them, newest first.',
    fields: z.strictObject({ cluster, last: last.exactOptional() }),
    answer: decisionsAnswer,
    respond: someDecisions,
  }),
  get('/api/v1/decisions/{id}', {
    summary: 'One of them.',
    fields: z.strictObject({ cluster, id: decision }),
    answer: decisionAnswer,
    respond: oneDecision,
  }),
  get('/api/v1/move', {
    summary: 'What would come of moving a replica by hand; nothing is asked for.',
    fields: z.strictObject({ ...orderFields.move, cluster }),
    answer: weighedAnswer,
    respond: (fields, parts) => weighedJson(fields, parts),
  }),
  get('/api/v1/transfer-leadership', {
    summary: 'What would come of transferring leadership by hand; nothing is asked for.',
    fields: z.strictObject({ ...orderFields['transfer-leadership'], cluster }),
    answer: weighedAnswer,
    respond: (fields, parts) => weighedJson(fields, parts),
  }),
  get('/api/v1/audit', {
    summary: 'What evenkeel did and was asked for, by whom, why, how much and how long, newest first.',
    fields: z.strictObject({ cluster, last: last.exactOptional(), before: before.exactOptional() }),
    answer: auditAnswer,
    respond: auditJson,
  }),
  get('/api/v1/config', {
    summary: 'Every setting in force and where it comes from, secrets left out.',
    fields: ofCluster,
    answer: configAnswer,
    respond: configJson,
  }),
  post('/-/reload', {
    summary:
      'Has the config file read anew, and tells what that changes and what needs a restart. A wrong file changes nothing.',
    fields: z.strictObject({ reason: reason.exactOptional() }),
    bare: true,
    answer: reloadAnswer,
    status: 200,
    respond: reloadJson,
  }),
  post('/api/v1/plan', {
    summary:
      'Looks at the cluster now, between two ticks, and tells what a tick would plan. Nothing begins because of it.',
    fields: ofCluster,
    answer: planAnswer,
    status: 200,
    patienceMs: PLAN_MS,
    respond: freshPlanJson,
  }),
  ...actionRoutes,
]
