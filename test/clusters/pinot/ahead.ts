import { makeAhead } from '../make.ts'
import { prepared } from './start.ts'

export default function ahead(): void {
  makeAhead(prepared)
}
