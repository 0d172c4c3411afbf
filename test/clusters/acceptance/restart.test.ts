import { guardLeaks } from '../leaks.ts'
import { restarts } from './restart.ts'

guardLeaks()
restarts('4.3.1')
