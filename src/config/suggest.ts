/** `(did you mean tick_interval?)` for a word close enough to one of the known ones, else an empty text. */
export function didYouMean(word: string, known: readonly string[]): string {
  const tolerance = Math.max(1, Math.floor(word.length / 3))
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= tolerance)
    .sort((a, b) => a.distance - b.distance)
  return near[0] ? ` (did you mean ${near[0].candidate}?)` : ''
}

/** Least number of inserted, removed or replaced characters that makes one text the other. */
function editDistance(a: string, b: string): number {
  // A hostile key may be megabytes long; nothing that long resembles a key of ours.
  if (Math.abs(a.length - b.length) > 20) return Number.POSITIVE_INFINITY
  let above = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = above[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, above[column]! + 1, current[column - 1]! + 1))
    }
    above = current
  }
  return above[b.length]!
}
