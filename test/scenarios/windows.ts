/** Windows as a config file would say them. The clock of every case starts at midnight UTC. */
import type { Window } from '../../src/cluster/settings.ts'

/** Every night from one time to another, for everything that is not urgent. */
export function nightly(from: string, to: string): Window {
  const minute = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
  return {
    days: [0, 1, 2, 3, 4, 5, 6],
    fromMinute: minute(from),
    toMinute: minute(to),
    timezone: 'UTC',
    classes: ['disk_over_limit', 'rack_violation', 'node_underused', 'disk_skew', 'leader_skew'],
  }
}
