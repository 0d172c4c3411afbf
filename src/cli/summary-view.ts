/**
 * Pinot's own summary of a rebalance in lines for people. Its fields come and go with releases: what is not there, or is not what it
 * was, is left out.
 */
import { formatCount } from '../lib/units.ts'

export function summaryLines(summary: unknown): string[] {
  const servers = part(summary, 'serverInfo')
  const segments = part(summary, 'segmentInfo')
  return [
    ...serverLines(servers),
    ...segmentLines(segments),
    ...tagLines(part(summary, 'tagsInfo')),
    ...consumingLines(part(segments, 'consumingSegmentToBeMovedSummary')),
  ]
}

function serverLines(info: unknown): string[] {
  const count = change(part(info, 'numServers'))
  const getting = part(info, 'numServersGettingNewSegments')
  if (count === undefined) return []
  return [`Pinot's summary: servers ${count}${isNumber(getting) ? `, ${getting} getting new segments` : ''}`]
}

function segmentLines(info: unknown): string[] {
  const moved = part(info, 'totalSegmentsToBeMoved')
  const deleted = part(info, 'totalSegmentsToBeDeleted')
  const most = part(info, 'maxSegmentsAddedToASingleServer')
  const factor = change(part(info, 'replicationFactor'))
  if (!isNumber(moved)) return []
  const more = [
    ...(isNumber(deleted) ? [`${deleted} to be deleted`] : []),
    ...(isNumber(most) ? [`at most ${most} added to one server`] : []),
    ...(factor === undefined ? [] : [`replication ${factor}`]),
  ]
  return [`segments: ${[`${moved} to be moved`, ...more].join(', ')}`]
}

function tagLines(info: unknown): string[] {
  if (!Array.isArray(info)) return []
  return info.flatMap((tag: unknown) => {
    const name = part(tag, 'tagName')
    const [download, unchanged, servers] = [
      part(tag, 'numSegmentsToDownload'),
      part(tag, 'numSegmentsUnchanged'),
      part(tag, 'numServerParticipants'),
    ]
    if (typeof name !== 'string' || !isNumber(download) || !isNumber(unchanged) || !isNumber(servers)) return []
    return [`tag ${name}: ${formatCount(servers, 'server')}, ${download} segments to download, ${unchanged} unchanged`]
  })
}

function consumingLines(info: unknown): string[] {
  const moved = part(info, 'numConsumingSegmentsToBeMoved')
  if (!isNumber(moved)) return []
  if (moved === 0) return ['consuming segments: none to be moved']
  const servers = part(info, 'numServersGettingConsumingSegmentsAdded')
  const to = isNumber(servers) ? ` to ${formatCount(servers, 'server')}` : ''
  const named: [string, string, string][] = [
    ['consumingSegmentsToBeMovedWithMostOffsetsToCatchUp', 'offsets to catch up', ''],
    ['consumingSegmentsToBeMovedWithOldestAgeInMinutes', 'age', ' min'],
  ]
  return [
    `consuming segments: ${moved} to be moved${to}`,
    ...named.flatMap(([field, what, unit]) => {
      const values = numbers(part(info, field))
      return values.length === 0
        ? []
        : [`${what}: ${values.map(([name, value]) => `${name} ${value}${unit}`).join(', ')}`]
    }),
    ...catchUpLines(part(info, 'serverConsumingSegmentSummary')),
  ]
}

function catchUpLines(perServer: unknown): string[] {
  if (!isRecord(perServer)) return []
  return Object.entries(perServer).flatMap(([server, figures]) => {
    const added = part(figures, 'numConsumingSegmentsToBeAdded')
    const offsets = part(figures, 'totalOffsetsToCatchUpAcrossAllConsumingSegments')
    if (!isNumber(added)) return []
    // Pinot says -1 for what it does not know.
    const behind = isNumber(offsets) ? `, ${offsets < 0 ? 'an unknown number of' : offsets} offsets to catch up` : ''
    return [`${server}: ${formatCount(added, 'consuming segment')} to be added${behind}`]
  })
}

function numbers(record: unknown): [string, number][] {
  return isRecord(record)
    ? Object.entries(record).flatMap(([name, value]) => (isNumber(value) ? [[name, value]] : []))
    : []
}

/** `3 → 4`, or `3`. */
function change(record: unknown): string | undefined {
  const before = part(record, 'valueBeforeRebalance')
  const after = part(record, 'expectedValueAfterRebalance')
  if (!isNumber(before) || !isNumber(after)) return undefined
  return before === after ? String(before) : `${before} → ${after}`
}

function part(of: unknown, name: string): unknown {
  return isRecord(of) ? of[name] : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number'
}
