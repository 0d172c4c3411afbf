/** Columns for people: two spaces between, numbers to the right. */
export type Cell = string | number

/** @param right indices of columns that are aligned to the right. */
export function table(header: string[], rows: Cell[][], right: number[] = []): string {
  const texts = [header, ...rows.map((row) => row.map(String))]
  const widths = header.map((_, column) => Math.max(...texts.map((row) => row[column]!.length)))
  return texts
    .map((row) =>
      row
        .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}
