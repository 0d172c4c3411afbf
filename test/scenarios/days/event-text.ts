/** One line of what a daemon says; nothing for what it says all the time. */
import type { LoopEvent } from '../../../src/cluster/events.ts'

export function eventText(event: LoopEvent): string | undefined {
  switch (event.type) {
    case 'move_started': {
      const { move, state, text = '' } = event.progress
      return `${event.adopted ? 'adopted' : 'started'} ${move.id} for ${move.reason} ${state} ${text}`
    }
    case 'move_ended':
      return `${event.result} ${event.progress.move.id} ${event.progress.text ?? ''}`
    case 'status_changed':
      return `status ${event.to}`
    case 'node_appeared':
    case 'node_lost':
    case 'node_returned':
      return `${event.type} ${event.node}`
    case 'sample_failed':
    case 'tick_failed':
    case 'plan_rejected':
      return `${event.type} ${event.text}`
    case 'paused':
      return `paused itself: ${event.reason}`
    case 'settings_changed': {
      const { set, restored, left, failed } = event
      const lists = { set, restored, left, failed: failed.map(({ key }) => key) }
      return Object.entries(lists)
        .flatMap(([what, keys]) => (keys.length > 0 ? [`${what} ${keys.join(' ')}`] : []))
        .join(', ')
    }
    default:
      return undefined
  }
}
