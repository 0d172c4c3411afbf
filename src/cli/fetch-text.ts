import { withDeadline } from '../lib/clock.ts'

/** An answer with all of its text, before the deadline. @throws what fetch throws, and EvenkeelError `timeout`, `aborted` */
export function fetchText(
  address: URL,
  init: RequestInit,
  { who, deadlineMs, signal }: { who: string; deadlineMs: number; signal: AbortSignal },
): Promise<{ response: Response; text: string }> {
  return withDeadline(who, deadlineMs, signal, async (until) => {
    const response = await fetch(address, { ...init, signal: until })
    return { response, text: await response.text() }
  })
}
