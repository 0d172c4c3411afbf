/**
 * What is to be done about one setting, from what is wanted of it, what the ledger says is ours, and what stands. Pure.
 *
 * A value that stands and is not ours is somebody else's: it is never overwritten and never taken away, also when he put it
 * in the place of ours. A list is shared: only members that we added are ours, and `*` needs none of ours.
 */
import { sameSet } from '../lib/lists.ts'
import type { Observed, Setting, SettingChange, Settings } from '../systems/port.ts'
import type { SettingRecord } from './journal/records.ts'

export interface Decision {
  /** The record before the change is made; null: none is needed any more. Absent: as it is. */
  record?: SettingRecord | null
  change?: SettingChange
  /** The record once the change is accepted. Absent: as before it. */
  after?: SettingRecord | null
  /** `foreign`: somebody else's stands. `taken`: somebody replaced ours. `unknown`: it cannot be told what stands. */
  note?: 'foreign' | 'taken' | 'unknown'
}

type ListReader = Pick<Settings, 'membersOf'>

export function decide(
  wanted: Setting | undefined,
  record: SettingRecord | undefined,
  observed: Observed,
  lists: ListReader,
  nowMs: number,
): Decision {
  if ('unknown' in observed) return isCovered(wanted, record) ? {} : { note: 'unknown' }
  const kind = wanted ?? record?.setting
  if (kind === undefined) return {}
  return 'members' in kind
    ? decideList(wanted && membersIn(wanted), record, kind, observed.own, lists, nowMs)
    : decideValue(wanted && valueIn(wanted), record, kind, observed, nowMs)
}

/** Whether the ledger has all that is wanted and nothing beyond. */
export function isCovered(wanted: Setting | undefined, record: SettingRecord | undefined): boolean {
  if (wanted === undefined || record === undefined) return wanted === undefined && record === undefined
  const ours = record.setting
  if ('members' in wanted) return 'members' in ours && sameSet(ours.members, wanted.members)
  return 'value' in ours && ours.value === wanted.value
}

function decideValue(
  wanted: string | undefined,
  record: SettingRecord | undefined,
  ref: Setting,
  { own, effective }: { own: string | null; effective: string | null },
  nowMs: number,
): Decision {
  const { scope, of, name } = ref
  if (wanted === undefined) {
    if (!record) return {}
    if (own === null || !isOurs(record, own))
      return { record: null, ...(own === null || own === record.before ? {} : { note: 'taken' }) }
    const change: SettingChange =
      record.before === null ? { scope, of, name, delete: true } : { scope, of, name, set: record.before }
    return { change, after: null }
  }
  const setting: Setting = { scope, of, name, value: wanted, ...(replaces(ref) && { replaces: true }) }
  const change: SettingChange = { scope, of, name, set: wanted }
  if (!record) {
    if ((own !== null || effective !== null) && !replaces(ref)) return { note: 'foreign' }
    return { record: { setting, before: own, atMs: nowMs }, change }
  }
  if (own === wanted) return valueIn(record.setting) === wanted ? {} : { record: { ...record, setting } }
  // Nothing stands: somebody swept the cluster, or what was asked for before is still to come.
  const earlier = valueIn(record.setting)
  if (own === null) {
    const previous = earlier !== undefined && earlier !== wanted ? { previous: earlier } : {}
    return { record: { ...record, setting, ...previous }, change }
  }
  if (!isOurs(record, own)) return { record: null, note: 'taken' }
  return { record: { ...record, setting, previous: own }, change }
}

function decideList(
  wanted: string[] = [],
  record: SettingRecord | undefined,
  ref: Setting,
  own: string | null,
  lists: ListReader,
  nowMs: number,
): Decision {
  const { scope, of, name } = ref
  const { all, members: present } = lists.membersOf(own)
  if (all) return record ? { record: null, note: 'taken' } : wanted.length > 0 ? { note: 'foreign' } : {}
  const ours = record ? membersIn(record.setting) : []
  const missing = wanted.filter((member) => !present.includes(member))
  const surplus = ours.filter((member) => present.includes(member) && !wanted.includes(member))
  const kept = ours.filter((member) => wanted.includes(member))
  const as = (members: string[]): SettingRecord => ({
    setting: { scope, of, name, members },
    before: record ? record.before : own,
    atMs: record?.atMs ?? nowMs,
  })
  if (missing.length > 0) {
    // What is not wanted any more goes at the next look: one change at a time.
    const members = [...new Set([...ours, ...missing])]
    return { record: as(members), change: { scope, of, name, add: missing } }
  }
  const after = kept.length > 0 ? as(kept) : null
  // Left by one who died between taking our last member out and deleting the list that was empty then.
  if (record && kept.length === 0 && own === '' && record.before !== '')
    return { change: { scope, of, name, delete: true }, after: null }
  if (surplus.length === 0) return record && kept.length < ours.length ? { record: after } : {}
  // An empty list that was there before us is put back as one: taking the last member away leaves none.
  const nothingLeft = present.length === surplus.length && kept.length === 0
  const change: SettingChange =
    nothingLeft && record?.before === '' ? { scope, of, name, set: '' } : { scope, of, name, remove: surplus }
  return { change, after }
}

function isOurs(record: SettingRecord, own: string): boolean {
  return own === valueIn(record.setting) || own === record.previous
}

function replaces(setting: Setting): boolean {
  return 'value' in setting && setting.replaces === true
}

function valueIn(setting: Setting): string | undefined {
  return 'value' in setting ? setting.value : undefined
}

function membersIn(setting: Setting): string[] {
  return 'members' in setting ? setting.members : []
}
