/** Disk use outside the band around the mean of its domain. */
import { type BalanceSettings, FLOOR_BYTES, skewEdge } from '../cluster/settings.ts'
import type { Shares } from '../cluster/shares.ts'
import type { ClusterState } from '../cluster/state.ts'
import { formatBytes, formatPercent } from '../lib/units.ts'
import type { Judge } from './judge.ts'

export interface Skew {
  skewed: number[]
  /** Names of domains that are being evened out: those, and those that are even once what is on its way is there. */
  begun: string[]
}

export function skewedDomains(state: ClusterState, shares: Shares, settings: BalanceSettings, judge: Judge): Skew {
  const band = settings.diskBalance
  // Evening out fullness belongs to the continuous mode; `off` shows what that mode would do.
  if (band === undefined || settings.mode === 'node_add') return { skewed: [], begun: [] }
  const skewed: number[] = []
  const begunNames: string[] = []
  for (let domain = 0; domain < state.domainCount; domain += 1) {
    const name = state.names.domains[domain]!
    const begun = judge.memory.skewedDomains.includes(name)
    let worst = -1
    let most = 0
    for (let node = 0; node < state.nodeCount; node += 1) {
      if (shares.participates[node] === 0 || state.nodeDomain[node] !== domain) continue
      const off = Math.abs(shares.usedBytes[node]! - shares.fairBytes[node]!)
      if (off > FLOOR_BYTES && off / shares.fairBytes[node]! > most) {
        worst = node
        most = off / shares.fairBytes[node]!
      }
    }
    const closing = most <= skewEdge(band)
    if (worst === -1 || most <= band || (closing && !begun)) {
      if (begun && somethingArrives(state, domain)) begunNames.push(name)
      continue
    }
    const fair = shares.fairBytes[worst]!
    const ratio = formatPercent(shares.usedBytes[worst]! / fair)
    judge.open({
      kind: 'disk_skew',
      subject: name === '' ? 'cluster' : `domain ${name}`,
      size: (most - band) * fair,
      unit: 'bytes',
      text: `node ${state.names.nodes[worst]} holds ${ratio} of its fair share of ${formatBytes(fair)}, the band is ±${formatPercent(band)}`,
      closing,
    })
    skewed.push(domain)
    begunNames.push(name)
  }
  return { skewed, begun: begunNames }
}

function somethingArrives(state: ClusterState, domain: number): boolean {
  return state.dirArrivingBytes.some((bytes, dir) => bytes > 0 && state.nodeDomain[state.dirNode[dir]!] === domain)
}
