/** Columns for people: two spaces between, numbers to the right. */
import { type Paint, painter, type Style } from '../observe/ansi.ts'

/** A text with a style is shown in it where colours are wanted. */
export type Cell = string | number | { text: string; style: Style | undefined }

/** @param right indices of columns that are aligned to the right. */
export function table(header: string[], rows: Cell[][], right: number[] = [], paint: Paint = painter(false)): string {
  const texts = [header, ...rows.map((row) => row.map(textOf))]
  const widths = header.map((_, column) => Math.max(...texts.map((row) => row[column]!.length)))
  const lines: Cell[][] = [header, ...rows]
  return lines
    .map((row) => {
      const cells = row.map((cell, column) => {
        const text = textOf(cell)
        const padded = right.includes(column) ? text.padStart(widths[column]!) : text.padEnd(widths[column]!)
        return typeof cell === 'object' && cell.style ? padded.replace(text, paint(cell.style, text)) : padded
      })
      return `${cells.join('  ').trimEnd()}\n`
    })
    .join('')
}

function textOf(cell: Cell): string {
  return typeof cell === 'object' ? cell.text : String(cell)
}

const styles: Record<string, Style | undefined> = {
  ready: 'green',
  done: 'green',
  in_progress: 'cyan',
  running: 'cyan',
  paused: 'yellow',
  starting: 'yellow',
  draining: 'yellow',
  cancelling: 'yellow',
  unknown: 'yellow',
  stalled: 'red',
  unreachable: 'red',
  unavailable: 'red',
  failed: 'red',
  reverted: 'red',
}

/** The word for a state, in the colour that says whether somebody has to look. */
export function stateCell(state: string): Cell {
  return { text: state, style: styles[state] }
}
