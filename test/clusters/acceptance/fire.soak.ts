/** Throttles, kills and troubles for longer, and on the oldest Kafka that is supported. */
import { guardLeaks } from '../leaks.ts'
import { throttled } from './throttle.ts'

guardLeaks()
throttled('4.3.1', 'long')
throttled('3.9.2', 'long')
