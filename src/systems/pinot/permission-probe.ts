/**
 * Asks what evenkeel would ask, to see whether it may, and changes nothing.
 *
 * What would change something is asked in a way that cannot: a rebalance of a table type that does not exist, tags of a server that does
 * not exist, and a write to a znode at a version that it never has. Permissions are judged before all that.
 */
import { codeOf, EvenkeelError, messageOf } from '../../lib/errors.ts'
import { mapInFlight } from '../../lib/in-flight.ts'
import { firstFew } from '../../lib/lists.ts'
import { type PinotPermission, type PinotPermissionSet, pinotPermissions } from './permissions.ts'
import type { ActAnswer, Controllers } from './wire/controller.ts'
import type { ZnodeStore } from './wire/znodes.ts'
import type { ZooKeeper } from './wire/zookeeper.ts'

export interface PinotFinding {
  permission: PinotPermission
  /** Undefined: it could not be found out. */
  granted: boolean | undefined
  /** What tells it; empty when it is granted. */
  text: string
}

export interface PinotPermissionProbeOptions {
  clusterName: string
  controllers: Pick<Controllers, 'tryRebalance' | 'updateTags'>
  store: ZnodeStore
  /** Absent: it is read through the controllers. */
  zooKeeper?: Pick<ZooKeeper, 'read' | 'write'>
}

const IN_FLIGHT = 8
const NOBODY = 'Server_evenkeel.invalid_0'
/** The greatest there is. */
const NO_VERSION = 2 ** 31 - 1

export class PinotPermissionProbe {
  readonly #options: PinotPermissionProbeOptions

  constructor(options: PinotPermissionProbeOptions) {
    this.#options = options
  }

  /** One finding for each permission of the set. Who gets here may read of the controllers. */
  ask(set: PinotPermissionSet, signal: AbortSignal): Promise<PinotFinding[]> {
    const wanted = pinotPermissions(set, this.#options.zooKeeper !== undefined)
    return Promise.all(
      wanted.map(async (permission): Promise<PinotFinding> => {
        try {
          const text = await this.#lackOf(permission, signal)
          return { permission, granted: text === undefined, text: text ?? '' }
        } catch (error) {
          if (codeOf(error) === 'not_permitted') return { permission, granted: false, text: messageOf(error) }
          return { permission, granted: undefined, text: messageOf(error) }
        }
      }),
    )
  }

  /** What shows that it is missing; undefined when it is granted. @throws EvenkeelError when that cannot be told. */
  async #lackOf({ on, access }: PinotPermission, signal: AbortSignal): Promise<string | undefined> {
    if (on === 'zookeeper') return access === 'READ' ? this.#read(signal) : this.#write(signal)
    if (on === 'tables') return this.#update(signal)
    if (access === 'READ') return undefined
    const status = refusedWith(await this.#options.controllers.updateTags(NOBODY, [], signal))
    return status === undefined ? undefined : `a change of tags is refused with ${status}`
  }

  async #update(signal: AbortSignal): Promise<string | undefined> {
    const { controllers, store, clusterName } = this.#options
    const names = (await store.children(`/${clusterName}/PROPERTYSTORE/CONFIGS/TABLE`, signal)) ?? []
    const tables = [...new Set(names.map((name) => name.replace(/_(OFFLINE|REALTIME)$/, '')))].sort()
    const answers = await mapInFlight(tables, IN_FLIGHT, async (table) =>
      refusedWith(await controllers.tryRebalance(table, signal)),
    )
    const refused = tables.filter((_, index) => answers[index] !== undefined)
    if (refused.length === 0) return undefined
    const status = answers.find((answer) => answer !== undefined)
    return `rebalances of ${refused.length} of ${tables.length} tables are refused with ${status} (${firstFew(refused)})`
  }

  async #read(signal: AbortSignal): Promise<undefined> {
    const { store, clusterName } = this.#options
    const parents = [
      'IDEALSTATES',
      'EXTERNALVIEW',
      'LIVEINSTANCES',
      'CONFIGS/PARTICIPANT',
      'PROPERTYSTORE/CONFIGS/TABLE',
    ]
    for (const parent of parents) await store.children(`/${clusterName}/${parent}`, signal)
    // Each node has rights of its own.
    await store.read(`/${clusterName}/IDEALSTATES/brokerResource`, signal)
  }

  async #write(signal: AbortSignal): Promise<undefined> {
    const { zooKeeper, clusterName } = this.#options
    const path = `/${clusterName}/IDEALSTATES/brokerResource`
    const node = await zooKeeper?.read(path, signal)
    if (node) await zooKeeper?.write(path, node.data, NO_VERSION, signal)
  }
}

/** @returns the status, undefined where it was refused for another reason than who asks, or not at all. @throws EvenkeelError without an answer. */
function refusedWith(answer: ActAnswer): 401 | 403 | undefined {
  if (answer.outcome === 'answered') return undefined
  if (answer.outcome !== 'refused') throw new EvenkeelError('protocol', answer.text)
  return answer.status === 401 || answer.status === 403 ? answer.status : undefined
}
