import { guardLeaks } from '../leaks.ts'
import { skewedCluster } from './skew.ts'

guardLeaks()
skewedCluster('4.3.1')
