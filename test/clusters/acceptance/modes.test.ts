import { guardLeaks } from '../leaks.ts'
import { modeFlips } from './modes.ts'

guardLeaks()
modeFlips('4.3.1')
