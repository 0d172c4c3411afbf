import { guardLeaks } from '../leaks.ts'
import { drained } from './drain.ts'

guardLeaks()
drained('4.3.1')
