import { guardLeaks } from '../leaks.ts'
import { settingsWithoutPermission, throttleSettings } from './settings.ts'

guardLeaks()
throttleSettings('4.3.1')
settingsWithoutPermission()
