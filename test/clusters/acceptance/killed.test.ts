import { guardLeaks } from '../leaks.ts'
import { killed } from './killed.ts'

guardLeaks()
killed('4.3.1', { kills: 30, seed: 1 })
