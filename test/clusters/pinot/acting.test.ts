/** Targets asked of a real controller, carried out by its jobs, followed and judged. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TableMove } from '../../../src/cluster/move.ts'
import type { Target } from '../../../src/cluster/target.ts'
import { realClock } from '../../../src/lib/clock.ts'
import { Acts, pinotSteps } from '../../../src/systems/pinot/acts.ts'
import { Controllers } from '../../../src/systems/pinot/controller.ts'
import { type Suspect, suspects } from '../../../src/systems/pinot/drift.ts'
import { Http } from '../../../src/systems/pinot/http.ts'
import { JobWatch } from '../../../src/systems/pinot/jobs.ts'
import type { RebalanceOptions } from '../../../src/systems/pinot/rebalance-policy.ts'
import { Targets } from '../../../src/systems/pinot/targets.ts'
import { guardLeaks } from '../leaks.ts'
import { until } from '../wait.ts'
import type { PinotCluster } from './cluster.ts'
import { observe } from './observer.ts'
import { must } from './rest.ts'
import { readByRest, touch } from './rest-reading.ts'
import { startPinot } from './start.ts'
import {
  converged,
  counts,
  createTable,
  externalView,
  idealState,
  rebalance,
  updateTags,
  uploadSegments,
} from './tables.ts'

guardLeaks()

const KiB = 1024
const MiB = 1024 * KiB
const segmentBytes = 100 * KiB
const signal = new AbortController().signal
const options: RebalanceOptions = {
  base: {
    parameters: {
      reassignInstances: true,
      includeConsuming: true,
      minimizeDataMovement: 'ENABLE',
      bootstrap: false,
      downtime: false,
      minAvailableReplicas: -1,
      bestEfforts: false,
      batchSizePerServer: 100,
      externalViewCheckIntervalInMs: 1000,
      externalViewStabilizationTimeoutInMs: 20_000,
      heartbeatIntervalInMs: 5000,
      heartbeatTimeoutInMs: 60_000,
    },
    onPrecheckWarn: 'proceed',
    untagDeadServers: false,
    resetErrorSegments: true,
  },
  tenants: {},
  tables: {},
}

/** What a daemon does with a table, by hand. */
class Hand {
  readonly acts: Acts
  readonly targets: Targets
  readonly jobs = new JobWatch()
  readonly #cluster: PinotCluster
  readonly http = new Http()

  constructor(cluster: PinotCluster) {
    this.#cluster = cluster
    const controllers = new Controllers({ urls: [cluster.controllerUrl], http: this.http })
    const common = { controllers, rebalance: options, clock: realClock }
    this.targets = new Targets(common)
    this.acts = new Acts({
      ...common,
      changesOf: (fingerprint) => this.targets.changesOf(fingerprint),
      look: (tables) => readByRest(cluster, tables),
      touch: (table) => touch(cluster, table),
    })
  }

  async suspects(drained: string[] = []): Promise<Suspect[]> {
    const reading = await readByRest(this.#cluster)
    return suspects({ reading, drained: new Set(drained), unfinished: new Set(), asked: new Set() })
  }

  async ask(drained: string[] = []) {
    const reading = await readByRest(this.#cluster)
    const found = suspects({ reading, drained: new Set(drained), unfinished: new Set(), asked: new Set() })
    return this.targets.of(
      { reading, suspects: found, frozen: false, bytesOf: () => segmentBytes, resetInVain: this.acts.resetInVain },
      signal,
    )
  }

  async targetOf(table: string): Promise<Target> {
    const { targets } = await this.ask()
    const target = targets.find(({ topic }) => topic === table)
    if (target === undefined) throw new Error(`${table} has no target`)
    return target
  }

  async judged(move: TableMove, seconds = 60): Promise<string> {
    return until(`${move.topic} being over`, seconds * 1000, async () => {
      const [outcome] = await this.acts.judge([move], signal)
      return outcome!.outcome !== 'running' && outcome!.outcome !== 'partial' && JSON.stringify(outcome)
    })
  }
}

function moveOf({ topic, causes, parameters, shares, adds, bytes, evenness, fingerprint }: Target): TableMove {
  return {
    kind: 'table',
    id: `table:${topic}`,
    topic,
    reason: 'target_drift',
    causes: causes.map(({ cause }) => cause),
    parameters,
    shares,
    adds,
    bytes,
    batch: { adds, bytes },
    counts: { before: evenness.before.nodes, after: evenness.after.nodes },
    fingerprint,
  }
}

describe('a cluster of three servers', () => {
  let cluster: PinotCluster
  let hand: Hand
  beforeAll(async () => {
    cluster = await startPinot({
      sessionTimeoutMs: 4000,
      servers: [{}, {}, {}, {}],
      controllerProperties: {
        'controller.resource.utilization.checker.initial.delay': '2',
        'controller.resource.utilization.checker.frequency': '10',
      },
    })
    hand = new Hand(cluster)
    await createTable(cluster, { name: 'orders', replication: 2 })
    await uploadSegments(cluster, 'orders', Array<number>(24).fill(segmentBytes))
  })
  afterAll(async () => {
    await hand?.http.close()
    await cluster?.close()
  })

  test('suspects nothing of what Pinot has placed', async () => {
    expect(await hand.suspects()).toEqual([])
  })

  test('a server that lost its tag is emptied by a job, and no segment has fewer than one replica', async () => {
    const [first] = cluster.servers
    await updateTags(cluster, first!.name, ['server_untagged'])
    const found = await hand.suspects()
    expect(found.map(({ table, causes }) => [table.name, causes])).toEqual([
      [
        'orders_OFFLINE',
        [
          {
            cause: 'retagged',
            text: `${first!.name} has lost the tag DefaultTenant_OFFLINE and holds 12 replicas of it`,
          },
        ],
      ],
    ])
    const target = await hand.targetOf('orders_OFFLINE')
    expect(target).toMatchObject({ adds: 12, bytes: 12 * segmentBytes, unitAdds: 1, turn: 0 })
    expect(target.held).toBeUndefined()
    expect(target.shares.find(({ node }) => node === first!.name)).toMatchObject({ adds: 0, removes: 12 })
    expect(target.checks.map(({ name }) => name)).toContain('needsReloadStatus')

    const observer = await observe(cluster, 'orders_OFFLINE')
    const move = moveOf(target)
    const [result] = await hand.acts.perform(pinotSteps(move), signal)
    expect(result).toEqual({ outcome: 'accepted' })
    expect(await hand.judged(move)).toBe('{"outcome":"landed"}')
    expect(counts(await externalView(cluster, 'orders_OFFLINE'), [first!.name])).toEqual([0])
    expect(Math.min(...Object.values((await observer.stop()).lowest))).toBeGreaterThanOrEqual(1)
    expect(await hand.suspects()).toEqual([])
  })
})
