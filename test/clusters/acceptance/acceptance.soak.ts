/** The acceptance scenarios once more on the oldest Kafka that is supported. */
import { guardLeaks } from '../leaks.ts'
import { nodeAdd } from './node-add.ts'
import { restarts } from './restart.ts'
import { skewedCluster } from './skew.ts'
import { clusterInTrouble } from './trouble.ts'

guardLeaks()
for (const scenario of [nodeAdd, skewedCluster, clusterInTrouble, restarts]) scenario('3.9.2')
