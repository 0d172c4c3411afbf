import { guardLeaks } from '../leaks.ts'
import { dyingTargets } from './targets.ts'

guardLeaks()
dyingTargets('4.3.1', 'short')
