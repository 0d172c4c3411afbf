/** Terminal escapes and widths, as few as the live view needs. Every character counts as one column. */
const ESC = '\u001b['

export const hideCursor = `${ESC}?25l`
export const showCursor = `${ESC}?25h`
export const clearToLineEnd = `${ESC}K`
/** And the cursor to its top. */
export const clearScreen = `${ESC}2J${ESC}H`
export const clearBelow = `${ESC}J`

export function cursorUp(lines: number): string {
  return lines === 0 ? '' : `${ESC}${lines}A`
}

const styles = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 }
export type Style = keyof typeof styles

export type Paint = (style: Style, text: string) => string

export function painter(color: boolean): Paint {
  return (style, text) => (color && text !== '' ? `${ESC}${styles[style]}m${text}${ESC}0m` : text)
}

/** The first `columns` visible characters; styles that were begun are ended. */
export function clip(line: string, columns: number): string {
  let visible = 0
  let clipped = ''
  // oxlint-disable-next-line no-control-regex -- the escape character is what this is about
  for (const part of line.split(/(\u001b\[\d*m)/)) {
    if (part.startsWith(ESC)) clipped += part
    else {
      clipped += part.slice(0, columns - visible)
      visible = Math.min(columns, visible + part.length)
    }
  }
  return clipped
}

/** Plain text in lines of at most `columns`, broken between words. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
