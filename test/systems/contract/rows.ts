/** The contract of the port: every system shows these behaviours alike. */
import { dirRows } from './dir-rows.ts'
import { leaderRows } from './leader-rows.ts'
import { moveRows } from './move-rows.ts'
import { nodeRows } from './node-rows.ts'
import type { Row } from './run.ts'
import { settingRows } from './setting-rows.ts'

export const rows: Row[] = [...moveRows, ...leaderRows, ...nodeRows, ...dirRows, ...settingRows]
