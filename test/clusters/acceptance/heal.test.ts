import { guardLeaks } from '../leaks.ts'
import { heal } from './heal.ts'

guardLeaks()
heal('4.3.1')
