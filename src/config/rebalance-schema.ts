/** `rebalance`: how tables of Apache Pinot are rebalanced, for all, per tenant and per table. */
import { z } from 'zod'
import { allOptional } from './balancing-schema.ts'
import { block, count, expected, flag, oneOf, rules } from './values.ts'

const dayMs = 24 * 3_600_000

/** Pinot's own numbers have no unit: their names do. */
const milliseconds = (min: number) => count(min, 7 * dayMs)

function either(special: number, min: number, max: number) {
  const error = expected(`${special} or a whole number from ${min} to ${max}`)
  return z.int({ error }).refine((value) => value === special || (value >= min && value <= max), { error })
}

const threshold = z
  .number({ error: expected('-1 or a ratio above 0 up to 1') })
  .refine((value) => value === -1 || (value > 0 && value <= 1), { error: 'expected -1 or a ratio above 0 up to 1' })

/** Parameters of Pinot's rebalance, by its own names and with its own values. */
const parameterShape = {
  reassignInstances: flag().describe('Choose the servers of a table anew first; without it new servers get nothing.'),
  includeConsuming: flag().describe('Move segments that are being consumed as well.'),
  minimizeDataMovement: oneOf(['ENABLE', 'DISABLE', 'DEFAULT']).describe(
    'Keep servers in their place when they are chosen anew; DEFAULT: as the table config says.',
  ),
  bootstrap: flag().describe('Forget where segments are: moves nearly all of them.'),
  downtime: flag().describe(
    'Write the target at once, without waiting for a replica to come up: queries fail meanwhile.',
  ),
  allowPeerDownloadDataLoss: flag().describe('Move segments that only their servers have, even if they may be lost.'),
  minAvailableReplicas: count(-1000, 1000).describe(
    'Replicas of a segment that stay up while it moves; below 0: how many may be down. A table with one replica is held at -1.',
  ),
  lowDiskMode: flag().describe('Remove replicas first and add others then, which needs less space and takes longer.'),
  bestEfforts: flag().describe('Go on past segments in ERROR and past time limits: may leave replicas behind.'),
  batchSizePerServer: either(-1, 1, 1_000_000).describe(
    'Segments that one server is given in one step at most; -1: no limit. What is in flight may lower it.',
  ),
  updateTargetTier: flag().describe('Decide anew which tier each segment belongs to.'),
  diskUtilizationThreshold: threshold.describe(
    'A disk that would be fuller fails the pre-check; -1: as the controller is configured.',
  ),
  externalViewCheckIntervalInMs: milliseconds(100).describe('From one look at what has arrived to the next.'),
  externalViewStabilizationTimeoutInMs: milliseconds(1000).describe('A job in which nothing arrives for so long ends.'),
  heartbeatIntervalInMs: milliseconds(1000).describe('How often a job says that it lives.'),
  heartbeatTimeoutInMs: milliseconds(3000).describe('A job that is silent for longer counts as dead.'),
  forceCommit: flag().describe('Commit segments that are being consumed before they move.'),
  forceCommitBatchSize: count(1, 2_147_483_647).describe('How many of them at once.'),
  forceCommitBatchStatusCheckIntervalMs: milliseconds(100).describe('From one look at the commits to the next.'),
  forceCommitBatchStatusCheckTimeoutMs: milliseconds(1000).describe('How long they may take.'),
}

const ownShape = {
  on_precheck_warn: oneOf(['proceed', 'hold']).describe(
    'Whether a rebalance goes ahead of which a pre-check of the controller warns.',
  ),
  untag_dead_servers: flag().describe(
    'Take the tags of tables from a server that is given up, so that its segments are made anew elsewhere.',
  ),
  reset_error_segments: flag().describe('Let segments in ERROR that are to move be loaded again, three times a day.'),
}

/** Pinot has them too, but they are not for a config. */
const notForConfig = {
  dryRun: 'is set by evenkeel: every rebalance is tried before it is run',
  preChecks: 'is set by evenkeel: the pre-checks always run',
  disableSummary: 'is set by evenkeel: the summary is always kept',
  maxAttempts: 'is always 1: retries are made by evenkeel, with what is right by then',
  retryInitialDelayInMs: 'has no effect: retries are made by evenkeel',
}

export const rebalanceDefaultTexts = {
  reassignInstances: true,
  includeConsuming: true,
  minimizeDataMovement: 'ENABLE',
  bootstrap: false,
  downtime: false,
  allowPeerDownloadDataLoss: false,
  minAvailableReplicas: -1,
  lowDiskMode: false,
  bestEfforts: false,
  batchSizePerServer: 100,
  updateTargetTier: false,
  diskUtilizationThreshold: 0.9,
  externalViewCheckIntervalInMs: 1000,
  externalViewStabilizationTimeoutInMs: 600_000,
  heartbeatIntervalInMs: 60_000,
  heartbeatTimeoutInMs: 600_000,
  forceCommit: false,
  forceCommitBatchSize: 2_147_483_647,
  forceCommitBatchStatusCheckIntervalMs: 5000,
  forceCommitBatchStatusCheckTimeoutMs: 180_000,
  on_precheck_warn: 'proceed',
  untag_dead_servers: false,
  reset_error_segments: true,
}

export const rebalanceDefaults = block({ ...parameterShape, ...ownShape }).parse(rebalanceDefaultTexts)
export const parameterNames = Object.keys(parameterShape) as (keyof typeof parameterShape)[]

const layerShape = { ...allOptional(parameterShape), ...allOptional(ownShape) }

const tenantBlock = fitting(block(layerShape, notForConfig))
const tableBlock = fitting(
  block(
    {
      ...layerShape,
      priority: count(-1000, 1000).describe('Tables with a higher one go first; 0 unless given.').exactOptional(),
    },
    notForConfig,
  ),
)

/** As it stands at the top or under a cluster. */
export const rebalanceBlock = fitting(
  block(
    {
      ...layerShape,
      tenants: z
        .record(z.string(), tenantBlock, { error: expected('names of server tenants, each with keys of rebalance') })
        .describe('By the name of a server tenant: any key of `rebalance`.')
        .exactOptional(),
      tables: z
        .record(z.string(), tableBlock, { error: expected('names of tables, each with keys of rebalance') })
        .describe(
          'By the name of a table, with `_OFFLINE` or `_REALTIME` or without: any key of `rebalance`, and `priority`.',
        )
        .exactOptional(),
    },
    notForConfig,
  ),
)

export type RebalanceBlock = z.output<typeof rebalanceBlock>
export type RebalanceKeys = z.output<typeof tableBlock>

/** Pinot would silently raise the time-out. */
function fitting<Block extends z.ZodType>(schema: Block): Block {
  return rules(schema, (keys, problem) => {
    const { heartbeatIntervalInMs: interval, heartbeatTimeoutInMs: timeout } = keys
    if (typeof interval !== 'number' || typeof timeout !== 'number' || timeout >= 3 * interval) return
    problem('is less than three times heartbeatIntervalInMs, which Pinot does not accept', 'heartbeatTimeoutInMs')
  })
}
