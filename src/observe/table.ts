/** Columns of text that share the width of a terminal. */
import type { Paint } from './ansi.ts'

export interface Column {
  title: string
  /** The texts, or what makes them to a given width: such a column takes what the others leave. */
  cells: string[] | ((width: number) => string[])
  right?: boolean
  /** When space is short, the column with the highest number goes first; one without never goes. */
  dispensable?: number
  paint?: (text: string, row: number) => string
}

const GAP = 2
const flexible = { least: 10, most: 40 }

/** A line of titles, then one line a row. Wider than `width` only when nothing dispensable is left. */
export function table(columns: Column[], width: number, paint: Paint): string[] {
  const taken = columns.reduce((sum, column) => sum + leastWidth(column) + GAP, -GAP)
  const dispensable = columns.toSorted((a, b) => (b.dispensable ?? 0) - (a.dispensable ?? 0))[0]
  if (taken > width && dispensable?.dispensable !== undefined) {
    return table(
      columns.filter((column) => column !== dispensable),
      width,
      paint,
    )
  }
  const widths = columns.map((column) =>
    typeof column.cells === 'function'
      ? Math.max(flexible.least, Math.min(flexible.most, flexible.least + width - taken))
      : leastWidth(column),
  )
  const texts = columns.map(({ cells }, index) => (typeof cells === 'function' ? cells(widths[index]!) : cells))
  const titles = columns.map((column, index) => pad(column.title, widths[index]!, column.right))
  const rows = Array.from({ length: texts[0]?.length ?? 0 }, (_, row) =>
    columns.map((column, index) => {
      const text = pad(texts[index]![row]!, widths[index]!, column.right)
      return column.paint ? column.paint(text, row) : text
    }),
  )
  const gap = ' '.repeat(GAP)
  return [paint('dim', titles.join(gap).trimEnd()), ...rows.map((row) => row.join(gap).trimEnd())]
}

function leastWidth({ title, cells }: Column): number {
  if (typeof cells === 'function') return flexible.least
  return Math.max(title.length, ...cells.map((cell) => cell.length))
}

function pad(text: string, width: number, right = false): string {
  return right ? text.padStart(width) : text.padEnd(width)
}
