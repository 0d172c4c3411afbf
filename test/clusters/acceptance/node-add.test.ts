import { guardLeaks } from '../leaks.ts'
import { nodeAdd } from './node-add.ts'

guardLeaks()
nodeAdd('4.3.1')
