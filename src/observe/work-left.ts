/** How much is left to do, and how long that takes at the speed of what runs. */
import type { MoveProgress } from '../cluster/events.ts'

/** `ms`: until the slowest of the running moves ends, and everything at the speed of them all; NaN while no speed is known. */
export function workLeft(running: readonly MoveProgress[], pendingBytes: number): { bytes: number; ms: number } {
  let bytes = pendingBytes
  let speed = 0
  let slowestMs = 0
  for (const { bytesTotal, bytesDone, bytesPerSecond = 0, remainingMs = 0 } of running) {
    bytes += Math.max(0, bytesTotal - bytesDone)
    speed += bytesPerSecond
    slowestMs = Math.max(slowestMs, remainingMs)
  }
  return { bytes, ms: speed === 0 ? Number.NaN : Math.max((bytes / speed) * 1000, slowestMs) }
}
