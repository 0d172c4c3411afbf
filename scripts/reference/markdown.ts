/** A table whose cells may hold anything but line breaks. */
export function markdownTable(header: string[], rows: string[][]): string {
  return row(header) + row(header.map(() => '---')) + rows.map(row).join('')
}

function row(cells: string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
}

export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``
}

/** Tells a reader of the source not to edit the page. */
export const generated = '<!-- Made by `npm run docs` from the sources; edits here are lost. -->\n\n'
