/** Throttles, kills and troubles for longer, and on the oldest Kafka that is supported. */
import { guardLeaks } from '../leaks.ts'
import { controllerDies } from './controller.ts'
import { killed } from './killed.ts'
import { strangers } from './strangers.ts'
import { dyingTargets } from './targets.ts'
import { throttled } from './throttle.ts'

guardLeaks()
for (const version of ['4.3.1', '3.9.2'] as const) {
  throttled(version, 'long')
  dyingTargets(version, 'long')
}
killed('4.3.1', { kills: 0, seed: 2 })
killed('4.3.1', { kills: 200, seed: 2 })
killed('3.9.2', { kills: 30, seed: 3 })
strangers('3.9.2')
controllerDies('3.9.2')
