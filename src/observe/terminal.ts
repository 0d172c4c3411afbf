/** The live view of `log.format: live`: one picture on a terminal, redrawn in place as events come. */
import type { LoopEvent } from '../cluster/events.ts'
import type { Clock } from '../lib/clock.ts'
import { clearBelow, clearToLineEnd, cursorUp, hideCursor, showCursor } from './ansi.ts'
import { foldEvent, type Picture } from './terminal-model.ts'
import { renderView } from './terminal-render.ts'

/** What a terminal is to us: `process.stdout` fits. Its size is asked at every drawing. */
export interface TerminalOutput {
  write(text: string): unknown
  columns?: number
  rows?: number
  isTTY?: boolean
}

export interface TerminalView {
  onEvent(event: LoopEvent): void
  /** Draws the last state, gives the cursor back and leaves the picture standing. */
  stop(): void
}

/** Five pictures a second are as many as anybody can read. */
const REDRAW_MS = 200

export function createTerminalView(options: { out: TerminalOutput; clock: Clock; color: boolean }): TerminalView {
  const { out, clock, color } = options
  const pictures = new Map<string, Picture>()
  const stopping = new AbortController()
  let drawnAtMs = Number.NEGATIVE_INFINITY
  let drawnLines = 0
  let waiting = false

  function draw(): void {
    const { columns = 80, rows = 24 } = out
    // The last row stays free: a line feed there would scroll the picture away from under us.
    const lines = renderView([...pictures.values()], { columns, rows: rows - 1, color })
    const body = lines.map((line) => `${line}${clearToLineEnd}\n`).join('')
    const start = drawnLines === 0 ? hideCursor : ''
    out.write(`${start}${cursorUp(Math.min(drawnLines, rows - 1))}\r${body}${clearBelow}`)
    drawnLines = lines.length
    drawnAtMs = clock.now()
  }

  async function drawLater(ms: number): Promise<void> {
    waiting = true
    await clock.sleep(ms, stopping.signal)
    waiting = false
    if (!stopping.signal.aborted) draw()
  }

  return {
    onEvent(event) {
      if (stopping.signal.aborted) return
      foldEvent(pictures, event)
      if (waiting) return
      const wait = drawnAtMs + REDRAW_MS - clock.now()
      if (wait <= 0) draw()
      else void drawLater(Math.min(wait, REDRAW_MS))
    },
    stop() {
      if (stopping.signal.aborted) return
      stopping.abort()
      if (drawnLines === 0) return
      draw()
      out.write(showCursor)
    },
  }
}

/** Colors are for terminals, and for nobody who has set NO_COLOR to anything (no-color.org). */
export function wantsColor(out: TerminalOutput, env: Record<string, string | undefined>): boolean {
  return out.isTTY === true && !env['NO_COLOR']
}
