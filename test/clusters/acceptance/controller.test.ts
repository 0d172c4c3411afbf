import { guardLeaks } from '../leaks.ts'
import { controllerDies } from './controller.ts'

guardLeaks()
controllerDies('4.3.1')
