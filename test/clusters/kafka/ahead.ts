import { makeAhead } from '../make.ts'
import { distribution } from './jars.ts'

export default function ahead(): void {
  makeAhead(() => distribution('4.3.1'))
}
