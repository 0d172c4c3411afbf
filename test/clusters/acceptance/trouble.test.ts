import { guardLeaks } from '../leaks.ts'
import { clusterInTrouble } from './trouble.ts'

guardLeaks()
clusterInTrouble('4.3.1')
