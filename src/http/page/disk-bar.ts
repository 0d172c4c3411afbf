/** How full a disk is, drawn and in words. */
import type { NodeForecast } from '../../cluster/plan.ts'
import { formatPercent } from '../../lib/units.ts'
import { type Html, html } from './html.ts'

export type Bar = Pick<NodeForecast, 'diskBytes' | 'capacityBytes'>

/** Of all of them, as if it were one. */
export function together(disks: readonly Bar[]): Bar {
  const sum = (of: (disk: Bar) => number) => disks.reduce((total, disk) => total + of(disk), 0)
  return {
    diskBytes: {
      now: sum(({ diskBytes }) => diskBytes.now),
      peak: sum(({ diskBytes }) => diskBytes.peak),
      final: sum(({ diskBytes }) => diskBytes.final),
    },
    capacityBytes: sum(({ capacityBytes }) => capacityBytes),
  }
}

/** 0 where the capacity is not known. */
export function partUsed({ diskBytes, capacityBytes }: Bar): number {
  return capacityBytes > 0 ? diskBytes.now / capacityBytes : 0
}

/** By how much of it the plan changes what is used. */
export function partChanged({ diskBytes, capacityBytes }: Bar): number {
  return capacityBytes > 0 ? Math.abs(diskBytes.final - diskBytes.now) / capacityBytes : 0
}

export function percentUsed(disk: Bar): string {
  return disk.capacityBytes > 0 ? `${(partUsed(disk) * 100).toFixed(1)}%` : '–'
}

/** What the colours of the bars mean. */
export function key(limit: number): Html {
  return html`<span class="key"><span class="now"></span> used now <span class="peak"></span> at the peak of the plan
    <span class="mark"></span> at its end <span class="limit"></span> limit, ${formatPercent(limit)}</span>`
}

/** A drawing, so that its lengths need no styles of their own; in words for whoever does not see it. */
export function bar(disk: Bar, limit: number): Html {
  const { diskBytes, capacityBytes } = disk
  const percent = (bytes: number) => (Math.max(0, Math.min(1, bytes / capacityBytes)) * 100 || 0).toFixed(1)
  const [now, peak, final] = [percent(diskBytes.now), percent(diskBytes.peak), percent(diskBytes.final)]
  const words = `${now}% used, ${peak}% at the peak of the plan, ${final}% at its end, limit ${formatPercent(limit)}`
  return html`<svg class="bar${partUsed(disk) > limit && ' over'}" viewBox="0 0 100 10" preserveAspectRatio="none" role="img"><title>${words}</title>
    <rect class="all" width="100" height="10"/><rect class="peak" width="${peak}" height="10"/><rect class="now" width="${now}" height="10"/>
    <path class="rim" d="M${final} 0V10"/><path class="mark" d="M${final} 0V10"/><path class="limit" d="M${(limit * 100).toFixed(1)} 0V10"/></svg>`
}
