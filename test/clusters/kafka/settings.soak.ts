/** The oldest Kafka that is supported. */
import { guardLeaks } from '../leaks.ts'
import { throttleSettings } from './settings.ts'

guardLeaks()
throttleSettings('3.9.2')
