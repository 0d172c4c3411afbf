/** What the controllers answered, in the words of the port. */
import type { Refusal, StepResult } from '../../port.ts'
import type { ActAnswer } from '../wire/controller.ts'

export function no(code: Refusal, text: string): StepResult {
  return { outcome: 'refused', code, text }
}

export function stepResult(answer: ActAnswer): StepResult {
  switch (answer.outcome) {
    case 'answered':
      return { outcome: 'accepted' }
    case 'not_sent':
      return no('not_sent', answer.text)
    case 'unknown':
      return { outcome: 'unknown', text: answer.text }
    default:
      if (answer.status === 409) return no('already_moving', answer.text)
      if (answer.status === 404) return no('partition_gone', answer.text)
      return no(answer.status === 401 || answer.status === 403 ? 'not_permitted' : 'rejected', answer.text)
  }
}
