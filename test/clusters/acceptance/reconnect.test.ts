import { guardLeaks } from '../leaks.ts'
import { reconnects } from './reconnect.ts'

guardLeaks()
reconnects('4.3.1')
