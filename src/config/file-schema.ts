import { z } from 'zod'
import { type Address, address, isLoopback } from './address.ts'
import { misplacedAliases, valueIn } from './aliases.ts'
import { modes, overridable } from './balancing-schema.ts'
import { checkDiskLimits } from './disk-limits.ts'
import { kafkaShape } from './kafka-schema.ts'
import { auditBlock, receiverBlock } from './notifications-schema.ts'
import { pinotShape } from './pinot-schema.ts'
import { rebalanceBlock } from './rebalance-schema.ts'
import type { ReadText } from './secret-files.ts'
import { simulatorBlock } from './simulator-schema.ts'
import { didYouMean } from './suggest.ts'
import { tokenFile } from './token-file.ts'
import { block, expected, isRecord, list, oneOf, quantity, rules, text } from './values.ts'

/** The whole file. Files that it names are read through `read`. */
export function fileSchema(read: ReadText) {
  const shape = {
    version: z
      .literal(1, { error: expected('1, the version of this file’s format') })
      .describe('So that later formats can be told from this one.'),
    clusters: list(clusterBlock(read), 'clusters')
      .min(1, { error: 'expected at least one cluster' })
      .describe('The clusters to keep balanced, each on its own.'),
    ...overridable,
    rebalance: rebalanceBlock
      .describe('How tables of Apache Pinot are rebalanced; a key under a cluster wins over the one at the top.')
      .exactOptional(),
    server: serverBlock(read).describe('Where evenkeel listens.').exactOptional(),
    state: block({
      directory: text('the path of a directory')
        .describe(
          'What must outlive the process is kept here: drains, pauses, what is under way. On a disk of the host, not shared by others.',
        )
        .exactOptional(),
    })
      .describe('What evenkeel itself has to remember.')
      .exactOptional(),
    notifications: list(receiverBlock(read), 'receivers')
      .describe('Who is told when something happens.')
      .exactOptional(),
    audit: auditBlock.describe('What is written down of all that evenkeel does and is asked for.').exactOptional(),
    log: block({
      level: oneOf(['debug', 'info', 'warn', 'error']).describe('Nothing below this level is written.').exactOptional(),
      format: oneOf(['json', 'text', 'live'])
        .describe('json: a line of JSON per message. text: plain lines. live: a picture on the terminal.')
        .exactOptional(),
    })
      .describe('What evenkeel says while it runs, and how.')
      .exactOptional(),
  }
  return rules(block(shape, misplacedAliases), (file, problem) => {
    const { clusters, balancing, notifications } = file
    const names = new Set<unknown>()
    const modeForAll = valueIn('balancing', balancing, 'mode') !== undefined
    const wrongLimits = new Set<string>()
    const checkLayers = (...layers: PropertyKey[][]) =>
      checkDiskLimits(file, layers, (message, ...path) => {
        // What is wrong at the top is wrong for every cluster that goes by it: once is enough.
        if (!wrongLimits.has(path.join('.'))) problem(message, ...path)
        wrongLimits.add(path.join('.'))
      })
    if (!Array.isArray(clusters)) return checkLayers([])
    clusters.forEach((cluster: unknown, index) => {
      checkLayers([], ['clusters', index])
      if (!isRecord(cluster)) return
      const { name } = cluster
      if (name !== undefined && names.has(name)) problem('another cluster has this name', 'clusters', index, 'name')
      names.add(name)
      const hasMode = valueIn('balancing', cluster['balancing'], 'mode') !== undefined
      if (modeForAll || hasMode) return
      const words = modes.map((mode) => (mode === 'off' ? '"off"' : mode)).join(', ')
      problem(`is missing: one of ${words}, here or in balancing at the top`, 'clusters', index, 'balancing', 'mode')
    })
    if (Array.isArray(notifications)) checkReceivers(notifications, names, problem)
  })
}

/** @param clusters the names that there are. */
function checkReceivers(
  receivers: readonly unknown[],
  clusters: ReadonlySet<unknown>,
  problem: (message: string, ...path: PropertyKey[]) => void,
): void {
  const names = new Set<unknown>()
  receivers.forEach((receiver, index) => {
    if (!isRecord(receiver)) return
    const { name, clusters: wanted } = receiver
    if (name !== undefined && names.has(name)) problem('another receiver has this name', 'notifications', index, 'name')
    names.add(name)
    if (!Array.isArray(wanted)) return
    wanted.forEach((one: unknown, at) => {
      if (!clusters.has(one)) problem('no cluster has this name', 'notifications', index, 'clusters', at)
    })
  })
}

export type ConfigFile = z.output<ReturnType<typeof fileSchema>>
export type ClusterBlock = ConfigFile['clusters'][number]

function clusterBlock(read: ReadText) {
  const common = {
    name: quantity('a name of letters, digits and . _ -, at most 63', (input) =>
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(input) ? input : undefined,
    ).describe('Value of the label managed_cluster.'),
    ...overridable,
  }
  return z.discriminatedUnion(
    'system',
    [
      block({ ...common, system: z.literal('kafka').describe(systemText), ...kafkaShape(read) }),
      block({
        ...common,
        system: z.literal('pinot').describe(systemText),
        ...pinotShape(read),
        rebalance: rebalanceBlock
          .describe('How its tables are rebalanced; a key here wins over the one at the top.')
          .exactOptional(),
      }),
      block({
        ...common,
        system: z.literal('simulator').describe(systemText),
        simulator: simulatorBlock().describe('The cluster that is simulated.'),
      }),
    ],
    {
      error: ({ input }) => {
        if (!isRecord(input)) return 'expected keys and values'
        const { system } = input
        if (system === undefined) return `is missing: ${systemWords}`
        return `expected ${systemWords}${typeof system === 'string' ? didYouMean(system, systems) : ''}`
      },
    },
  )
}

const systems = ['kafka', 'pinot', 'simulator']
const systemWords = 'kafka, pinot or simulator'
const systemText = 'What kind of cluster it is.'

function serverBlock(read: ReadText) {
  const keys = block({
    metrics_listen: address(0).describe('Metrics and health.').exactOptional(),
    control_listen: address(0)
      .describe('Status and API; an address that others can reach needs `auth`.')
      .exactOptional(),
    auth: block({
      bearer_token_file: tokenFile(read).describe(
        'File with a line `ROLE TOKEN [NAME]` for each who may use the API; a viewer may ask, an operator may also act.',
      ),
    })
      .describe('Who may use the API. Absent: whoever reaches it.')
      .exactOptional(),
  })
  return rules(keys, ({ control_listen: listen, auth }, problem) => {
    if (!isAddress(listen) || isLoopback(listen.host) || auth !== undefined) return
    problem(
      'others can reach this address: give auth.bearer_token_file, or a loopback address such as 127.0.0.1:9632',
      'control_listen',
    )
  })
}

function isAddress(value: unknown): value is Address {
  return isRecord(value) && typeof value['host'] === 'string'
}
