/** Waiting with a deadline: nothing in the cluster tests waits without one. */

/**
 * Gives back what `promise` gives, if it does so in time.
 * @throws Error "<what>: not within N s" after `deadlineMs`
 */
export async function within<T>(what: string, deadlineMs: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${deadlineMs / 1000} s`)), deadlineMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Asks `probe` again and again until it gives something other than undefined or false. Only for what announces itself by no event.
 * An error of the probe counts as "not yet"; the last one is told when time is up.
 * @throws Error "<what>: not within N s" after `deadlineMs`
 */
export async function until<T>(
  what: string,
  deadlineMs: number,
  probe: () => Promise<T | undefined | false>,
  pauseMs = 50,
): Promise<T> {
  const end = performance.now() + deadlineMs
  let trouble = ''
  while (performance.now() < end) {
    try {
      const answer = await within(what, Math.max(1, end - performance.now()), probe())
      if (answer !== undefined && answer !== false) return answer
    } catch (error) {
      trouble = ` (${(error as Error).message})`
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  throw new Error(`${what}: not within ${deadlineMs / 1000} s${trouble}`)
}
