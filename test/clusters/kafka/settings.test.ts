import { settingsWithoutPermission, throttleSettings } from './settings.ts'

throttleSettings('4.3.1')
settingsWithoutPermission()
