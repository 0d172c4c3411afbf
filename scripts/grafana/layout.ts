/** Rows of panels → their places on Grafana's grid. */
import type { Panel, RowPanel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Placed } from './panels.ts'

/** One question, and the panels that answer it. */
export interface Row {
  /** A multiple of 100; those of its panels follow it. */
  id: number
  title: string
  /** Asked for only when it is opened. */
  collapsed?: boolean
  /** From the left to the right; a list is a column of panels of one width. */
  panels: readonly (Placed | readonly Placed[])[]
}

const columns = 24

/** In the order of the rows, a row's panels after its heading, those of a collapsed row within it. */
export function laidOut(all: readonly Row[]): (Panel | RowPanel)[] {
  let y = 0
  return all.flatMap(({ id, title, collapsed = false, panels }) => {
    const row: RowPanel = {
      type: 'row',
      id,
      title,
      collapsed,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: [],
    }
    const flow = flowed(panels, y + 1)
    if (collapsed) {
      y += 1
      return [{ ...row, panels: flow.panels }]
    }
    y = flow.end
    return [row, ...flow.panels]
  })
}

/** From the left to the right, a new line where one is full. */
function flowed(placed: Row['panels'], top: number): { panels: Panel[]; end: number } {
  let [x, y, end] = [0, top, top]
  const panels = placed.flatMap((one) => {
    const stack = 'panel' in one ? [one] : one
    const width = Math.max(...stack.map((each) => each.width))
    if (x + width > columns) [x, y] = [0, end]
    let below = y
    const built = stack.map(({ height, panel }) => {
      const gridPos = { x, y: below, w: width, h: height }
      below += height
      return { ...panel.build(), gridPos }
    })
    x += width
    end = Math.max(end, below)
    return built
  })
  return { panels, end }
}
