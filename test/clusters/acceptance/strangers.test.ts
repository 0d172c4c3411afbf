import { guardLeaks } from '../leaks.ts'
import { strangers } from './strangers.ts'

guardLeaks()
strangers('4.3.1')
