/**
 * Settings of nodes and topics that limit copies, as Kafka has them: rates of a node, and lists of a topic that name the
 * copies bound by them, `PARTITION:NODE` or `*` for all. They are kept by the cluster, so they outlive the end of a node.
 */
import type { NodeId } from '../../cluster/state.ts'
import { type SettingRef, settingKey } from '../port.ts'
import type { Partition } from './model.ts'

export const rateNames = { in: 'copy_in_rate', out: 'copy_out_rate', dirs: 'copy_dirs_rate' } as const
export const listNames = { sources: 'copy_sources', targets: 'copy_targets' } as const

/** `of` in a setting of scope `node` that stands for every node without a value of its own. */
export const EVERY_NODE = ''

export interface Limits {
  /** Bytes per second; Infinity for none. */
  limitOf(node: NodeId, direction: keyof typeof rateNames): number
  /** Whether a limit of the node holds for a copy of the partition that it sends (`sources`) or receives (`targets`). */
  binds(partition: Partition, node: NodeId, side: keyof typeof listNames): boolean
}

export class SettingStore implements Limits {
  readonly #values = new Map<string, SettingRef & { value: string }>()

  own(ref: SettingRef): string | null {
    return this.#values.get(settingKey(ref))?.value ?? null
  }

  /** What is in force. */
  effective(ref: SettingRef): string | null {
    return this.own(ref) ?? (ref.scope === 'node' ? this.own({ ...ref, of: EVERY_NODE }) : null)
  }

  all(): (SettingRef & { value: string })[] {
    return [...this.#values.values()]
  }

  /**
   * @param value null for none.
   * @returns why it cannot be; undefined when it is done.
   */
  put(ref: SettingRef, value: string | null): string | undefined {
    const { scope, of, name } = ref
    if (!Object.values<string>(scope === 'node' ? rateNames : listNames).includes(name)) return `there is no ${name}`
    if (value === null) this.#values.delete(settingKey(ref))
    else if (!(scope === 'node' ? isRate : isList)(value)) return `${name} cannot be ${value}`
    else this.#values.set(settingKey(ref), { scope, of, name, value })
    return undefined
  }

  deleteTopic(topic: string): void {
    for (const name of Object.values(listNames)) this.put({ scope: 'topic', of: topic, name }, null)
  }

  limitOf(node: NodeId, direction: keyof typeof rateNames): number {
    if (this.#values.size === 0) return Number.POSITIVE_INFINITY
    const rate = this.effective({ scope: 'node', of: node, name: rateNames[direction] })
    return rate === null ? Number.POSITIVE_INFINITY : Number(rate)
  }

  binds({ topic, id }: Partition, node: NodeId, side: keyof typeof listNames): boolean {
    if (this.#values.size === 0) return false
    const { all, members } = membersOf(this.own({ scope: 'topic', of: topic, name: listNames[side] }))
    return all || members.includes(`${id}:${node}`)
  }
}

export function membersOf(value: string | null): { all: boolean; members: string[] } {
  if (value === '*') return { all: true, members: [] }
  return { all: false, members: value ? value.split(',') : [] }
}

function isRate(value: string): boolean {
  return /^\d+$/.test(value)
}

function isList(value: string): boolean {
  return value === '' || value === '*' || value.split(',').every((member) => /^[^:,*]+:[^:,*]+$/.test(member))
}
