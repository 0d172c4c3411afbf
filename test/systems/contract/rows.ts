/** The contract of the port: every system shows these behaviours alike, as far as it has what they need. */
import type { Capabilities } from '../../../src/systems/port.ts'
import { commonRows } from './common-rows.ts'
import { dirRows } from './dir-rows.ts'
import type { AnyDriver, Driver, TableDriver } from './driver.ts'
import { jobRows } from './job-rows.ts'
import { leaderRows } from './leader-rows.ts'
import { moveRows } from './move-rows.ts'
import { nodeRows } from './node-rows.ts'
import type { Row } from './run.ts'
import { settingRows } from './setting-rows.ts'
import { tableRows } from './table-rows.ts'

const rows: Row<Driver & TableDriver>[] = [
  ...commonRows,
  ...moveRows,
  ...leaderRows,
  ...nodeRows,
  ...dirRows,
  ...settingRows,
  ...tableRows,
  ...jobRows,
]

/** Those for a system that can do this, with their names for `test.each`. A driver is as able as its system. */
export function rowsFor<Cluster extends AnyDriver>(capabilities: Capabilities): (readonly [string, Row<Cluster>])[] {
  const able = rows.filter(({ needs }) => needs.every((need) => capabilities[need])) as unknown as Row<Cluster>[]
  return able.map((row) => [row.name, row] as const)
}
