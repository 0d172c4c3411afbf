import type { ClusterView } from '../daemon/view.ts'

export interface Check {
  name: string
  ready: boolean
  text: string
}

/** One check per cluster. Off and standby are ready: there is nothing to wait for. */
export function readiness(clusters: readonly ClusterView[]): Check[] {
  return clusters.map(({ name, status, report, error }) => {
    const waiting = status === 'starting' || !report
    const ready = status === 'off' || status === 'standby' || !waiting
    const reason = ready ? '' : `: ${error ?? 'no two complete samples yet'}`
    return { name, ready, text: `${status}${reason}` }
  })
}
