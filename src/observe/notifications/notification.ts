/** What is told to people who are not looking. */

/** A receiver chooses of these; the same words are in its config. */
export const notificationEvents = [
  'plan_started',
  'plan_finished',
  'stalled',
  'paused',
  'resumed',
  'conflict',
  'node_lost',
  'node_returned',
  'unreachable',
  'reachable',
  'move_failed',
  'order_refused',
  'config_refused',
] as const
export type NotificationEvent = (typeof notificationEvents)[number]

export interface Notification {
  /** `test` is sent to whoever is to be tried out. */
  event: NotificationEvent | 'test'
  /** Absent: it is about evenkeel itself. */
  cluster?: string
  /** What of the cluster, where one event may be about several things: `node 4`. */
  subject?: string
  atMs: number
  /** One sentence without a full stop, for people. */
  what: string
  why?: string
  howMuch?: { moves?: number; bytes?: number }
  /** `tookMs`: it is over; `estimatedMs`: it goes on for so long. */
  howLong?: { tookMs?: number; estimatedMs?: number }
}

/** On its way to a receiver. */
export interface Message extends Notification {
  /** The same at each try, so that a receiver can tell what it has had. */
  id: string
  /** It happened so often since the last one of its kind; the newest is what is told. */
  times: number
}
