/** A table whose cells may hold anything but line breaks. */
export function markdownTable(header: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return line(header) + line(header.map(() => '---')) + rows.map(line).join('')
}

export function code(text: string): string {
  return text === '' ? '' : `\`${text}\``
}

/** Tells a reader of the source not to edit the page. */
export const generated = '<!-- Made by `npm run docs` from the sources; edits here are lost. -->\n\n'
