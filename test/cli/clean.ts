/** Runs with every test file of the commands, although they share their modules. */
import { afterAll } from 'vitest'
import { removeDirectory } from './support.ts'

afterAll(removeDirectory)
