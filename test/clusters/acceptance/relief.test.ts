import { guardLeaks } from '../leaks.ts'
import { relief } from './relief.ts'

guardLeaks()
relief('4.3.1')
