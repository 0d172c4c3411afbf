/** The oldest Kafka that is supported. */
import { throttleSettings } from './settings.ts'

throttleSettings('3.9.2')
