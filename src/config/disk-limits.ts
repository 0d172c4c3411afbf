/** The two disk limits must fit together wherever each of them was written. */
import { valueIn } from './aliases.ts'
import { defaultTexts } from './balancing-schema.ts'
import { isRecord } from './values.ts'

type Report = (message: string, ...path: PropertyKey[]) => void

/**
 * The limits as they come to hold together: `layers` are the paths of blocks that may have `balancing`, the last one wins.
 * What is wrong is reported at the last layer that has a say in it, so that a pair at the top is reported there alone.
 */
export function checkDiskLimits(data: Record<string, unknown>, layers: PropertyKey[][], report: Report): void {
  let { max_disk_usage_percent: max, hard_disk_usage_percent: hard } = defaultTexts.balancing
  let place: PropertyKey[] = []
  for (const layer of layers) {
    const block = valueAt(data, [...layer, 'balancing'])
    if (!isRecord(block)) continue
    const ownMax = valueIn('balancing', block, 'max_disk_usage_percent')
    const ownHard = block['hard_disk_usage_percent']
    if (typeof ownMax === 'number') [max, place] = [ownMax, [...layer, 'balancing', 'max_disk_usage_percent']]
    if (typeof ownHard === 'number') [hard, place] = [ownHard, [...layer, 'balancing', 'hard_disk_usage_percent']]
  }
  if (hard >= max) return
  const atHard = place.at(-1) === 'hard_disk_usage_percent'
  report(
    atHard
      ? `is below max_disk_usage_percent (${max}): no disk could be filled as far as that`
      : `is above hard_disk_usage_percent (${hard}), beyond which no disk is filled`,
    ...place,
  )
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (found, step) =>
      typeof found === 'object' && found !== null ? (found as Record<PropertyKey, unknown>)[step] : undefined,
    data,
  )
}
