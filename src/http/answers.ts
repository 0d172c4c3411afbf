/**
 * What the control listener answers, as schemas: the OpenAPI document, the tests and the commands' types are made from them.
 * Times are ISO 8601 in UTC, sizes bytes, ratios of 1; what is absent does not apply or is not known.
 */
import { z } from 'zod'
import { loopStatuses, modes, moveResults, operatorStates } from '../cluster/events.ts'
import { explanationSections } from '../cluster/explanation.ts'
import { moveKinds } from '../cluster/move.ts'
import {
  driftCauses,
  moveReasons,
  rejectReasons,
  targetHolds,
  verdictCodes,
  violationKinds,
} from '../cluster/reasons.ts'
import { checkResults } from '../cluster/target.ts'
import { problemCodes } from './problem.ts'

const time = z.iso.datetime()
const bytes = z.number().describe('Bytes.')
const count = z.int()
const nodeId = z
  .union([z.int(), z.string()])
  .describe('A number (Kafka, Redpanda, simulator) or the name of an instance (Pinot).')
  .meta({ id: 'NodeId' })
const partitionId = z.union([z.int(), z.string()])

const verdict = z
  .strictObject({
    act: z.boolean().describe('Whether anything is being done.'),
    code: z.enum(verdictCodes),
    text: z.string().describe('One sentence with the number that decides.'),
  })
  .meta({ id: 'Verdict' })

const violationShape = {
  kind: z.enum(violationKinds),
  subject: z.string().describe('What is in breach: `node 4`, `cluster`.'),
  since: time,
  size: z.number(),
  unit: z.enum(['bytes', 'leaders', 'lists', 'partitions', 'replicas']),
}

const share = z
  .strictObject({
    id: nodeId,
    replicas_added: count,
    bytes_added: bytes,
    replicas_removed: count,
    bytes_removed: bytes,
  })
  .meta({ id: 'NodeShare' })
const batch = z.strictObject({ replicas: count, bytes }).describe('At most so much is on its way to a node at once.')
const parameters = z.record(z.string(), z.string()).describe('As Pinot names them.')

const moveShape = {
  id: z.string(),
  kind: z.enum(moveKinds),
  group: z.string().exactOptional().describe('Moves of one group are carried out together.'),
  topic: z.string(),
  partition: partitionId.exactOptional(),
  from: nodeId.exactOptional(),
  to: nodeId.exactOptional(),
  from_dir: z.string().exactOptional(),
  to_dir: z.string().exactOptional(),
  causes: z.array(z.enum(driftCauses)).exactOptional(),
  replicas: count.exactOptional().describe('That a job makes.'),
  nodes: z.array(share).exactOptional(),
  batch: batch.exactOptional(),
  parameters: parameters.exactOptional(),
  before: z.array(nodeId).exactOptional().describe('A list of brokers as it was.'),
  after: z.array(nodeId).exactOptional(),
  bytes: bytes.exactOptional(),
  reason: z.enum(moveReasons),
}

const nodeShape = {
  id: nodeId,
  disk_bytes: z.strictObject({ now: bytes, peak: bytes, final: bytes }),
  capacity_bytes: bytes,
  dirs: z.array(z.strictObject({ path: z.string(), used_bytes: bytes, capacity_bytes: bytes })),
  replicas: z.strictObject({ now: count, final: count }),
  leaders: z.strictObject({ now: count, final: count }),
}

export const statusAnswer = z
  .strictObject({
    clusters: z.array(
      z
        .strictObject({
          name: z.string(),
          status: z.enum(loopStatuses),
          status_since: time,
          mode: z.enum(modes).exactOptional(),
          dry_run: z.boolean().exactOptional(),
          verdict: verdict.exactOptional(),
          last_sample: time.exactOptional(),
          error: z.string().exactOptional().describe('Why the last sample or tick failed.'),
          violations: z.array(z.strictObject({ ...violationShape, text: z.string() })),
          drains: z.array(z.strictObject({ node: nodeId, replicas: count, bytes, safe_to_stop: z.boolean() })),
          pause: z
            .strictObject({ by: z.string(), reason: z.string(), since: time, until: time.exactOptional() })
            .exactOptional(),
          asked: z.array(z.string()).exactOptional().describe('Tables that somebody wants rebalanced.'),
          orders: z
            .array(
              z
                .strictObject({
                  partition: z.string().describe('As in `t-3`.'),
                  kind: z.enum(['replica', 'leader']),
                  from: nodeId.exactOptional(),
                  to: nodeId,
                  to_dir: z.string().exactOptional(),
                  reason: z.string(),
                  since: time,
                  override: z.boolean().exactOptional(),
                  state: z.enum(['waits', 'planned', 'running']),
                })
                .meta({ id: 'Order' }),
            )
            .exactOptional()
            .describe('What people want moved by hand.'),
          placed: z
            .array(
              z
                .strictObject({
                  partition: z.string().describe('As in `t-3`.'),
                  kind: z.enum(['replica', 'leader']),
                  node: nodeId,
                  until: time,
                })
                .meta({ id: 'Placement' }),
            )
            .exactOptional()
            .describe('What people have put where it is: all that can wait leaves it there until then.'),
          moves: z.strictObject({ running: count, pending: count }),
          bytes: z.strictObject({ done: bytes, remaining: bytes }),
          missing_nodes: z.array(nodeId),
          foreign_moves: count,
          throttle: z
            .strictObject({
              bytes_per_second: z.number().exactOptional(),
              self: z.strictObject({ nodes: z.array(nodeId), topics: z.array(z.string()) }),
              foreign: z.strictObject({ nodes: z.array(nodeId), topics: z.array(z.string()) }),
            })
            .exactOptional(),
          notes: z.array(z.string()),
        })
        .meta({ id: 'ClusterStatus' }),
    ),
    config_refused: z.string().exactOptional().describe('Why the config on disk is not in force.'),
  })
  .meta({ id: 'Status' })
export type StatusAnswer = z.output<typeof statusAnswer>

export const nodesAnswer = z
  .strictObject({
    nodes: z.array(
      z.strictObject({
        ...nodeShape,
        rack: z.string().exactOptional(),
        state: z.string(),
        draining: z.boolean(),
        unavailable_since: time.exactOptional(),
        moves: z.strictObject({ in: count, out: count }),
      }),
    ),
  })
  .meta({ id: 'Nodes' })
export type NodesAnswer = z.output<typeof nodesAnswer>

export const planAnswer = z
  .strictObject({
    status: z.enum(loopStatuses),
    verdict,
    moves: z.array(z.strictObject(moveShape).meta({ id: 'PlannedMove' })),
    bytes,
    lower_bound_bytes: bytes.describe('Least bytes that can reach the goal of this plan.'),
    nodes: z.array(z.strictObject(nodeShape)),
    violations: z.array(z.strictObject(violationShape)),
    blocked: z
      .array(z.strictObject({ reason: z.enum(rejectReasons), count, examples: z.array(z.string()) }))
      .describe('Candidates that were rejected, by the filter that said no.'),
    planning_seconds: z.number(),
  })
  .meta({ id: 'Plan' })

/** What would come of a move by hand. */
export const weighedAnswer = z
  .strictObject({
    move: z.strictObject(moveShape),
    nodes: z
      .array(z.strictObject(nodeShape))
      .describe('Those that take part, with their disks on the way and in the end.'),
  })
  .meta({ id: 'Weighed' })
export type WeighedAnswer = z.output<typeof weighedAnswer>

export const movesAnswer = z
  .strictObject({
    moves: z.array(
      z
        .strictObject({
          ...moveShape,
          state: z.enum(operatorStates),
          text: z.string().exactOptional().describe('Why it is in that state.'),
          started_at: time.exactOptional(),
          bytes_done: bytes.exactOptional(),
          bytes_total: bytes.exactOptional(),
          bytes_per_second: z.number().exactOptional(),
          eta_seconds: z.number().exactOptional(),
        })
        .meta({ id: 'Move' }),
    ),
  })
  .meta({ id: 'Moves' })
export type MovesAnswer = z.output<typeof movesAnswer>

const evenness = z
  .strictObject({ replicas: z.number(), bytes: z.number() })
  .describe('(max − mean) ÷ mean over the servers that should hold the table.')

export const tablesAnswer = z
  .strictObject({
    cluster: z.string(),
    sampled_at: time,
    tables: z.array(
      z
        .strictObject({
          name: z.string(),
          tenant: z.string(),
          domain: z.string(),
          segments: count,
          replicas: count,
          bytes,
          servers: z.array(z.strictObject({ id: nodeId, replicas: count, bytes })),
          evenness,
          not_converged: count,
          in_error: count,
          drift: z
            .strictObject({
              causes: z.array(z.strictObject({ cause: z.enum(driftCauses), text: z.string() })),
              replicas: count,
              bytes,
              servers_added: z.array(nodeId),
              servers_removed: z.array(nodeId),
              servers: z.array(share),
              evenness: z.strictObject({ before: evenness, after: evenness }),
              checks: z.array(z.strictObject({ name: z.string(), result: z.enum(checkResults), message: z.string() })),
              held: z
                .strictObject({ code: z.enum(targetHolds), text: z.string(), approvable: z.boolean() })
                .exactOptional(),
              approved: z.boolean().exactOptional(),
              parameters,
              reason: z.enum(moveReasons).exactOptional(),
              batch: batch.exactOptional(),
              fingerprint: z.string(),
              summary: z.record(z.string(), z.unknown()).exactOptional().describe('Pinot’s own summary, as it came.'),
            })
            .exactOptional()
            .describe('What Pinot’s own rules would make of the table now.'),
          job: z
            .strictObject({
              id: z.string(),
              ours: z.boolean(),
              started_at: time,
              replicas_done: count.exactOptional(),
              replicas_total: count.exactOptional(),
              progress: z.number().exactOptional(),
              bytes_done: bytes.exactOptional(),
              bytes_total: bytes.exactOptional(),
              text: z.string().exactOptional(),
              broken: z.string().exactOptional(),
            })
            .exactOptional(),
          asked: z.boolean().exactOptional(),
          left_alone: z.strictObject({ until: time, text: z.string(), exhausted: z.boolean() }).exactOptional(),
          controller: z.strictObject({ text: z.string(), at: time }).exactOptional(),
        })
        .meta({ id: 'Table' }),
    ),
  })
  .meta({ id: 'Tables' })
export type TablesAnswer = z.output<typeof tablesAnswer>

export const clustersAnswer = z
  .strictObject({
    clusters: z.array(
      z.strictObject({ name: z.string(), system: z.string().exactOptional(), status: z.enum(loopStatuses) }),
    ),
  })
  .meta({ id: 'Clusters' })

const decidedMoveShape = {
  id: z.string(),
  kind: z.enum(moveKinds),
  topic: z.string(),
  partition: partitionId.exactOptional(),
  from: nodeId.exactOptional(),
  to: nodeId.exactOptional(),
  bytes,
  reason: z.enum(moveReasons),
}

export const decisionAnswer = z
  .strictObject({
    id: z.string().describe('The time of its first round, as in `20260131T123000`.'),
    from: time.describe('The first round that came to it.'),
    until: time.describe('The last one.'),
    rounds: count,
    mode: z.enum(modes),
    dry_run: z.boolean(),
    status: z.enum(loopStatuses),
    verdict,
    violations: z.strictObject({
      count,
      first: z.array(
        z.strictObject({
          ...violationShape,
          text: z.string(),
          gate: z.strictObject({ code: z.enum(verdictCodes), text: z.string() }).exactOptional(),
        }),
      ),
    }),
    planned: z.strictObject({ count, bytes, first: z.array(z.strictObject(decidedMoveShape)) }),
    begun: z
      .strictObject({
        count,
        first: z.array(
          z.strictObject({
            ...decidedMoveShape,
            started_at: time,
            end: z
              .strictObject({
                at: time,
                result: z.enum(moveResults),
                bytes: bytes.describe('Copied.'),
                duration_seconds: z.number(),
                text: z.string().exactOptional(),
              })
              .exactOptional()
              .describe('Absent while it runs, and when nobody saw its end.'),
          }),
        ),
      })
      .describe('Moves that began after it, before the next one.'),
    rejected: z.array(z.strictObject({ reason: z.enum(rejectReasons), count, examples: z.array(z.string()) })),
    notes: z.array(z.string()),
  })
  .meta({ id: 'Decision' })
export type DecisionAnswer = z.output<typeof decisionAnswer>

export const decisionsAnswer = z.strictObject({ decisions: z.array(decisionAnswer) }).meta({ id: 'Decisions' })
export type DecisionsAnswer = z.output<typeof decisionsAnswer>

export const explanationAnswer = z
  .strictObject({
    cluster: z.string(),
    subject: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('partition'), topic: z.string(), partition: partitionId }),
      z.strictObject({ kind: z.literal('table'), table: z.string() }),
      z.strictObject({ kind: z.literal('node'), node: nodeId }),
      z.strictObject({ kind: z.literal('cluster') }),
    ]),
    taken_at: time.describe('Of the reading that it is about.'),
    summary: z.string().describe('One sentence: the answer.'),
    sections: z.array(
      z.strictObject({
        code: z.enum(explanationSections),
        title: z.string(),
        lines: z.array(
          z.strictObject({
            code: z
              .string()
              .describe('What kind of line it is; of candidates and gates the reason from the closed lists.'),
            text: z.string().describe('For people; everything that decides stands in `facts` as well.'),
            facts: z.record(
              z.string(),
              z.union([z.string(), z.number(), z.boolean(), z.array(z.union([z.string(), z.number()]))]),
            ),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Explanation' })
export type ExplanationAnswer = z.output<typeof explanationAnswer>

const owner = z.string().exactOptional().describe('Whose it is; absent: of the process.')

export const configAnswer = z
  .strictObject({
    settings: z.array(
      z
        .strictObject({
          cluster: owner,
          key: z.string().describe('As in `balancing.mode`.'),
          text: z.string().describe('In the words of a config file; `<redacted>` for a secret.'),
          origin: z
            .string()
            .describe('`default`, or where it was said: `FILE:LINE`, `--set`, an environment variable.'),
        })
        .meta({ id: 'Setting' }),
    ),
    hash: z
      .string()
      .describe('Alike where two daemons have the same settings; of secrets it only knows whether there is any.'),
    loaded_at: time.exactOptional().describe('When what is in force was read; absent where no daemon is asked.'),
  })
  .meta({ id: 'Config' })
export type ConfigAnswer = z.output<typeof configAnswer>

export const reloadAnswer = z
  .strictObject({
    changes: z.array(
      z
        .strictObject({
          cluster: owner,
          key: z.string().describe('As in `balancing.mode`; empty for a cluster as a whole.'),
          before: z.string(),
          after: z.string().describe('What the file says now. Secrets are redacted here and before.'),
          effect: z
            .enum(['live', 'reconnects', 'restart'])
            .describe('Holds from the next tick; once a new connection works; after a restart only.'),
          text: z.string().describe('One sentence, as in the log.'),
        })
        .meta({ id: 'Change' }),
    ),
  })
  .meta({ id: 'Reload' })
export type ReloadAnswer = z.output<typeof reloadAnswer>

/** Why a request is not answered (RFC 9457). */
export const problemAnswer = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: count,
    detail: z.string().describe('One sentence for people.'),
    code: z.enum(problemCodes).describe('Does not change.'),
    problems: z
      .array(
        z.strictObject({
          file: z.string(),
          line: count,
          column: count,
          key: z.string().describe('As in `clusters[0].system`; empty for the file as a whole.'),
          message: z.string(),
        }),
      )
      .exactOptional()
      .describe('What is wrong with a config, each with its place.'),
  })
  .meta({ id: 'Problem' })

const objectBefore = z.union([z.string(), z.array(nodeId)])
const auditRecord = z
  .strictObject({
    id: z.string().describe('Grows from record to record; goes into `before`.'),
    time,
    actor: z.string().describe('The name of a token, `local` where none is needed, `evenkeel` itself.'),
    role: z.string().exactOptional().describe('Of the token.'),
    source: z.string().describe('`api`, `cli`, `ui`, `signal`; `file` of a config; `evenkeel`.'),
    cluster: z.string().exactOptional().describe('Absent: it is about evenkeel itself.'),
    action: z.string(),
    object: z.string().describe('What it was done to: `orders-3`, `node 4`, a key.'),
    before: objectBefore.exactOptional(),
    after: objectBefore.exactOptional().describe('Of a partition its replicas, the preferred leader first.'),
    reason: z.string().exactOptional().describe('A word of the closed lists, or what a person gave as one.'),
    why: z.string().exactOptional().describe('One sentence.'),
    bytes: bytes.exactOptional(),
    duration_seconds: z.number().exactOptional(),
    count: count.exactOptional().describe('How many it is about.'),
    details: z.array(z.string()).exactOptional().describe('The first of them.'),
    plan: z.string().exactOptional().describe('The run of a plan that it belongs to: the time of its begin.'),
    move: z.string().exactOptional(),
    result: z.string().exactOptional(),
  })
  .meta({ id: 'AuditRecord' })

export const auditAnswer = z
  .strictObject({
    records: z.array(auditRecord),
    next: z.string().exactOptional().describe('`before` of the next page; absent: there is none.'),
  })
  .meta({ id: 'Audit' })
export type AuditAnswer = z.output<typeof auditAnswer>
