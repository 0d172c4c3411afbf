/** What may be asked of a running daemon: what each action takes, and what becomes of it. */
import { z } from 'zod'
import { copies, partitionName, subjectOf } from '../cluster/move.ts'
import { clusterActions, type OperatorAction } from '../cluster/process-events.ts'
import { approvableHolds } from '../cluster/reasons.ts'
import { tableNames } from '../cluster/table-json.ts'
import type { ClusterView } from '../daemon/view.ts'
import { statusAnswer } from './answers.ts'
import { only, statusJson } from './control-api.ts'
import * as fields from './fields.ts'
import { knownNode } from './known-node.ts'
import { mayOrder, type Ordered, orderFields, orderOf } from './orders-api.ts'
import { Problem } from './problem.ts'
import { post, type Route, type RouteParts } from './route.ts'
import { topicsFor } from './tables-api.ts'

/** What an action is about, for the log, and how it is done. */
interface Call {
  about?: Pick<OperatorAction, 'node' | 'tables' | 'subjects' | 'forMs'>
  run: () => Promise<void>
}

interface Spec<Fields extends z.ZodObject> {
  summary: string
  fields: Fields
  /** Looks whether it can be done, before anything is. @throws Problem */
  call: (cluster: ClusterView, fields: z.output<Fields>, parts: RouteParts) => Call
}

const { cluster, node, table, tenant, subject, duration } = fields
const reason = fields.reason.exactOptional()
const override = fields.override.exactOptional()

const specs = {
  drain: spec({
    summary: 'Empties a node and keeps it empty.',
    fields: z.strictObject({ node, cluster, reason }),
    call: (cluster, { node }, { control }) => {
      const known = knownNode(cluster, node, true)
      return { about: { node: known }, run: () => control.drain(cluster.name, known) }
    },
  }),
  undrain: spec({
    summary: 'Takes a drain back: the node is filled again as the mode says.',
    fields: z.strictObject({ node, cluster, reason }),
    call: (cluster, { node }, { control }) => {
      const known = knownNode(cluster, node, false)
      return { about: { node: known }, run: () => control.undrain(cluster.name, known) }
    },
  }),
  pause: spec({
    summary: 'Starts nothing until resumed, or until the time is over; what runs goes on to its end.',
    fields: z.strictObject({ reason: fields.reason, cluster, for: duration.exactOptional() }),
    call: ({ name }, { reason, for: forMs }, { control, clock }) => ({
      ...(forMs === undefined ? {} : { about: { forMs } }),
      run: () => control.pause(name, reason, forMs === undefined ? undefined : clock.now() + forMs),
    }),
  }),
  resume: spec({
    summary: 'Ends a pause, also one that evenkeel began by itself.',
    fields: z.strictObject({ cluster, reason }),
    call: ({ name }, _, { control }) => ({ run: () => control.resume(name) }),
  }),
  rebalance: spec({
    summary: 'Has tables brought where Pinot’s own rules put them, drifted or not.',
    fields: z.strictObject({
      table: table.exactOptional(),
      tenant: tenant.exactOptional(),
      cluster,
      reason,
      override,
    }),
    call: (cluster, fields, { control }) => {
      if ((fields.table === undefined) === (fields.tenant === undefined)) {
        throw new Problem('bad_body', 'exactly one is needed of table, tenant')
      }
      const tables = topicsFor(cluster, fields)
      notOff(cluster, fields)
      return { about: { tables }, run: () => control.rebalance(cluster.name, tables) }
    },
  }),
  approve: spec({
    summary: 'Lets what is held for its cost, its use or a warning run as it is now.',
    fields: z.strictObject({ table, cluster, reason, override }),
    call: (cluster, fields, { control }) => {
      const targets = approvable(cluster, topicsFor(cluster, fields))
      notOff(cluster, fields)
      const tables = targets.map(({ topic }) => topic)
      return { about: { tables }, run: () => control.approve(cluster.name, targets) }
    },
  }),
  move: spec({
    summary: 'Moves a replica because a person wants it elsewhere, as far as it may be; there it stays for a day.',
    fields: z.strictObject({ ...orderFields.move, cluster, reason: fields.reason, override }),
    call: ordering,
  }),
  'transfer-leadership': spec({
    summary: 'Has a partition led by another of its replicas because a person wants it; there it stays for a day.',
    fields: z.strictObject({ ...orderFields['transfer-leadership'], cluster, reason: fields.reason, override }),
    call: ordering,
  }),
  cancel: spec({
    summary: 'Takes back what is under way of a partition or of a table, and leaves it alone for an hour.',
    fields: z.strictObject({ subject, reason: fields.reason, cluster }),
    call: (cluster, { subject, reason }, { control }) => {
      const subjects = cancellable(cluster, subject)
      return { about: { subjects }, run: () => control.cancel(cluster.name, subjects, reason) }
    },
  }),
}

/** Each answers with the status of the cluster once it is done. */
export const actionRoutes: Route[] = clusterActions.map((name) => {
  const { summary, fields, call } = specs[name]
  return post(`/api/v1/${name}`, {
    summary,
    fields,
    answer: statusAnswer,
    respond: async (given, parts, caller) => {
      const { reason, ...asked }: Asked = given
      const cluster = only(parts.view, asked.cluster, 'bad_body')
      const { about, run } = call(cluster, given, parts)
      await run()
      const why = reason === undefined ? {} : { reason }
      parts.onAction({ action: name, cluster: cluster.name, ...caller, ...about, ...why })
      return statusJson(parts.view, { cluster: cluster.name })
    },
  })
})

/** It is looked at, and refused where it is not possible, as part of asking for it. */
function ordering(
  cluster: ClusterView,
  asked: Ordered & { reason: string; override?: boolean },
  parts: RouteParts,
): Call {
  const order = orderOf(cluster, asked, parts)
  mayOrder(cluster, asked)
  return { about: { subjects: [partitionName(order)] }, run: () => parts.control.order(cluster.name, order) }
}

/** What every action takes. */
interface Asked {
  cluster?: string
  reason?: string
}

/** Specs of different fields in one table: what `call` is given has been read by `fields`. */
function spec<Fields extends z.ZodObject>({ call, ...rest }: Spec<Fields>) {
  return {
    ...rest,
    call: (cluster: ClusterView, given: unknown, parts: RouteParts) => call(cluster, given as z.output<Fields>, parts),
  }
}

/** What of that name is under way, waits or was asked for: a partition, a table, or both tables of a name. @throws Problem */
function cancellable({ running, pending, asked = [], orders = [] }: ClusterView, subject: string): string[] {
  const moves = [...running.map(({ move }) => move), ...pending].filter(copies).map(subjectOf)
  const ordered = orders.map(({ order }) => partitionName(order))
  const found = [...new Set([...moves, ...asked, ...ordered])].filter((name) => tableNames(subject).includes(name))
  if (found.length > 0) return found
  throw new Problem('not_possible', `nothing of ${subject} is under way or waits that could be cancelled`)
}

/** What somebody asks for by hand is not meant for a mode that does nothing, unless he says so. */
function notOff({ report }: ClusterView, { override }: { override?: boolean }): void {
  if (report?.mode !== 'off' || override) return
  throw new Problem(
    'not_possible',
    'the mode is off and nothing would be started; override notes it all the same, for when the mode is another one',
  )
}

/** Those of the tables' targets that are held and that a person may let run. @throws Problem when there is none. */
function approvable({ report }: ClusterView, tables: readonly string[]): { topic: string; fingerprint: string }[] {
  const held = (report?.targets ?? []).flatMap(({ topic, fingerprint, held }) =>
    held && tables.includes(topic) ? [{ topic, fingerprint, ...held }] : [],
  )
  if (held.length === 0) throw new Problem('not_possible', `nothing of ${tables.join(', ')} is held`)
  const may = held.filter(({ code }) => approvableHolds.includes(code))
  if (may.length === 0) {
    const why = held.map(({ topic, code, text }) => `${topic} is held for ${code}: ${text}`).join('; ')
    throw new Problem('not_possible', `${why}; that has to be mended, it cannot be approved`)
  }
  return may.map(({ topic, fingerprint }) => ({ topic, fingerprint }))
}
