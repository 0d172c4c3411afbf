import { guardLeaks } from '../leaks.ts'
import { throttled } from './throttle.ts'

guardLeaks()
throttled('4.3.1', 'short')
