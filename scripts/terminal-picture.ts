/**
 * Draws `docs/terminal.svg`: what a terminal shows some seconds after a broker has joined the cluster of `config/demo.yaml`. The real
 * program runs at a terminal of its own, which needs `script` (Debian: bsdutils).
 */
import { spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { setTimeout } from 'node:timers/promises'
import xterm from '@xterm/headless'

const COLUMNS = 110
const ROWS = 40
/** The moment: copies are under way, some are done. */
const MOMENT = /[3-9]\d\d MiB moved so far/
const PATIENCE_MS = 90_000
const CELL = { width: 8.4, height: 18 }
const PADDING = 16
const PALETTE: Record<number, string> = { 1: '#ff7b72', 2: '#7ee787', 3: '#e3b341', 6: '#79c0ff' }
const FOREGROUND = '#e6edf3'
const BACKGROUND = '#0d1117'

const terminal = new xterm.Terminal({ cols: COLUMNS, rows: ROWS, allowProposedApi: true, convertEol: false })
const command = `stty cols ${COLUMNS} rows ${ROWS}; exec ${process.execPath} dist/main.js run --config config/demo.yaml`
const demo = spawn('script', ['--quiet', '--flush', '--command', command, '/dev/null'], {
  cwd: new URL('..', import.meta.url),
  stdio: ['pipe', 'pipe', 'inherit'],
})
demo.stdout.on('data', (data: Buffer) => terminal.write(data))
try {
  const begun = performance.now()
  while (!MOMENT.test(lines().join('\n'))) {
    if (demo.exitCode !== null) throw new Error(`the demo has ended:\n${lines().join('\n')}`)
    if (performance.now() - begun > PATIENCE_MS) throw new Error(`the moment did not come:\n${lines().join('\n')}`)
    await setTimeout(100)
  }
  await writeFile(new URL('../docs/terminal.svg', import.meta.url), picture())
} finally {
  demo.kill()
}

function lines(): string[] {
  const { active } = terminal.buffer
  return Array.from({ length: ROWS }, (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? '')
}

function picture(): string {
  const shown = lines()
  const last = shown.findLastIndex((line) => line !== '')
  const width = Math.ceil(COLUMNS * CELL.width + 2 * PADDING)
  const height = Math.ceil((last + 1) * CELL.height + 2 * PADDING)
  const rows = shown.slice(0, last + 1).flatMap((_, row) => runs(row))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14" fill="${FOREGROUND}" role="img" aria-label="evenkeel at work in a terminal">
<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>
${rows.join('\n')}
</svg>
`
}

/** The cells of a row, those of one style together. Each has its place and length: fonts differ in how wide a block is. */
function runs(row: number): string[] {
  const { active } = terminal.buffer
  const line = active.getLine(active.viewportY + row)!
  const found: { column: number; style: string; text: string }[] = []
  for (let column = 0; column < COLUMNS; column++) {
    const cell = line.getCell(column)!
    const colour = cell.isFgDefault() ? undefined : PALETTE[cell.getFgColor() % 8]
    const style = [
      colour ? ` fill="${colour}"` : '',
      cell.isBold() ? ' font-weight="bold"' : '',
      cell.isDim() ? ' opacity="0.6"' : '',
    ].join('')
    const text = cell.getChars() || ' '
    const before = found.at(-1)
    if (before?.style === style) before.text += text
    else found.push({ column, style, text })
  }
  return found.flatMap(({ column, style, text }) => {
    const trimmed = text.trimEnd()
    if (trimmed === '') return []
    const x = (PADDING + column * CELL.width).toFixed(1)
    const y = (PADDING + (row + 0.75) * CELL.height).toFixed(1)
    const length = (trimmed.length * CELL.width).toFixed(1)
    return `<text x="${x}" y="${y}" textLength="${length}" lengthAdjust="spacingAndGlyphs" xml:space="preserve"${style}>${escaped(trimmed)}</text>`
  })
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
