import { guardLeaks } from '../leaks.ts'
import { rackRepair } from './racks.ts'

guardLeaks()
rackRepair('4.3.1')
