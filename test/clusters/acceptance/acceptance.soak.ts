/** The acceptance scenarios once more on the oldest Kafka that is supported. */
import { guardLeaks } from '../leaks.ts'
import { drained } from './drain.ts'
import { heal } from './heal.ts'
import { modeFlips } from './modes.ts'
import { nodeAdd } from './node-add.ts'
import { rackRepair } from './racks.ts'
import { relief } from './relief.ts'
import { restarts } from './restart.ts'
import { skewedCluster } from './skew.ts'
import { clusterInTrouble } from './trouble.ts'

guardLeaks()
const scenarios = [nodeAdd, skewedCluster, clusterInTrouble, restarts, heal, relief, rackRepair, drained, modeFlips]
for (const scenario of scenarios) scenario('3.9.2')
