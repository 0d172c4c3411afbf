/** Which tables are not served by the brokers that carry their tag. There is no data to move: the list is made anew. */
import type { PinotReading } from '../reading.ts'
import { brokerTag } from './table-rules.ts'

export interface BrokerDrift {
  table: string
  /** As the broker resource has them, sorted. */
  before: string[]
  /** As a rebuild would make them, sorted: every broker of the tag, alive or not. */
  after: string[]
  text: string
}

/**
 * A dead broker that still has the tag stays in the list whatever is done, so that it alone is no reason. Neither is a table without any
 * broker of its tag: a rebuild would leave it without one.
 */
export function brokerDrift({ instances, tables, brokerResource }: PinotReading): BrokerDrift[] {
  const brokers = instances.filter(({ role }) => role === 'broker')
  const found: BrokerDrift[] = []
  for (const table of tables) {
    const tag = brokerTag(table)
    const tagged = brokers.filter(({ tags }) => tags.includes(tag))
    const before = [...(brokerResource.brokers.get(table.name) ?? [])].sort()
    const lacking = tagged.filter(({ name, live, enabled }) => live && enabled && !before.includes(name))
    const after = tagged.map(({ name }) => name).sort()
    const strangers = before.filter((name) => !after.includes(name))
    if (after.length === 0 || (lacking.length === 0 && strangers.length === 0)) continue
    const text = [
      ...lacking.map(({ name }) => `${name} has the tag ${tag} and does not serve it`),
      ...strangers.map((name) => `${name} serves it and does not have the tag ${tag}`),
    ].join('; ')
    found.push({ table: table.name, before, after, text })
  }
  return found
}
