/** ISO 8601 times ↔ milliseconds since the epoch, for rooms that may not touch `Date` (a pure function of its text). */

/** NaN when the text is not a time. */
export function parseTime(text: string): number {
  return /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN
}

export function formatTime(ms: number): string {
  return new Date(ms).toISOString()
}
