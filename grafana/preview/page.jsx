/** Draws a whole board with Grafana's own components. `window.draw(board)` resolves when it is drawn. */
import { createTheme, ThemeContext } from '@grafana/data'
import { GlobalStyles, PanelChrome } from '@grafana/ui'
import { createRoot } from 'react-dom/client'
import { configured, transformed } from './config.js'
import { framesOf } from './frames.js'
import { Content } from './panels.jsx'

const rowHeight = 30
const gap = 8

function Board({ dashboard, drawn, range, theme, values, width }) {
  const column = (width - gap) / 24
  const box = ({ x, y, w, h }) => ({
    left: gap + x * column,
    top: gap + y * (rowHeight + gap),
    width: w * column - gap,
    height: h * rowHeight + (h - 1) * gap,
  })
  return (
    <div className="board" style={{ width }}>
      <div className="head">
        <b>{dashboard.title}</b>
        {values.map(([label, value]) => (
          <span key={label}>
            {label} <i>{value}</i>
          </span>
        ))}
      </div>
      <div style={{ position: 'relative', height: drawn.height * (rowHeight + gap) + gap }}>
        {drawn.panels.map(({ panel, frames }) => {
          const place = box(panel.gridPos)
          if (panel.type === 'row') {
            return (
              <h2 key={panel.id} data-row={panel.title} style={{ position: 'absolute', ...place }}>
                ⌄ {panel.title} <em>drawn with @grafana/ui, not Grafana</em>
              </h2>
            )
          }
          return (
            <div key={panel.id} style={{ position: 'absolute', ...place }}>
              <PanelChrome
                title={panel.title}
                description={panel.description}
                width={place.width}
                height={place.height}
              >
                {(innerWidth, innerHeight) => (
                  <Content
                    panel={panel}
                    frames={frames}
                    width={innerWidth}
                    height={innerHeight}
                    range={range}
                    theme={theme}
                  />
                )}
              </PanelChrome>
            </div>
          )
        })}
      </div>
    </div>
  )
}

/** Collapsed rows opened, what is below them moved down. */
function opened(panels) {
  let shift = 0
  return panels.flatMap((panel) => {
    const moved = { ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + shift } }
    if (!panel.panels?.length) return [moved]
    const inner = panel.panels.map((one) => ({ ...one, gridPos: { ...one.gridPos, y: one.gridPos.y + shift } }))
    shift += Math.max(...panel.panels.map(({ gridPos }) => gridPos.y + gridPos.h)) - panel.gridPos.y - 1
    return [moved, ...inner]
  })
}

window.draw = async ({ dashboard, results, range, values, mode, width }) => {
  const theme = createTheme({ colors: { mode } })
  const panels = []
  for (const panel of opened(dashboard.panels)) {
    const frames = panel.type === 'row' ? [] : await transformed(panel, framesOf(panel, results, range))
    panels.push({ panel, frames: panel.type === 'row' ? [] : configured(panel, frames, theme) })
  }
  const height = Math.max(...panels.map(({ panel: { gridPos } }) => gridPos.y + gridPos.h))
  document.documentElement.className = `theme-${mode}`
  document.body.style.background = theme.colors.background.canvas
  document.body.style.color = theme.colors.text.primary
  createRoot(document.getElementById('root')).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Board
        dashboard={dashboard}
        drawn={{ panels, height }}
        range={range}
        theme={theme}
        values={values}
        width={width}
      />
    </ThemeContext.Provider>,
  )
}
