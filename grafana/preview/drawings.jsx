/** The two kinds of panels that the packages have no component for, drawn by hand. */
import { getFieldDisplayName } from '@grafana/data'

const axis = 22

function Ticks({ width, left, height, range, theme }) {
  const count = Math.max(2, Math.floor((width - left) / 140))
  return Array.from({ length: count }, (_, index) => {
    const at = new Date(range.from + ((range.to - range.from) * (index + 0.5)) / count)
    return (
      <text
        key={index}
        x={left + ((width - left) * (index + 0.5)) / count}
        y={height - 6}
        textAnchor="middle"
        fontSize={12}
        fill={theme.colors.text.secondary}
      >
        {at.toISOString().slice(11, 19)}
      </text>
    )
  })
}

/** A line for each series, a bar for each stretch of one value. */
export function Timeline({ frames, width, height, range, theme, showValues }) {
  const left = Math.min(180, width / 4)
  const rows = frames.map((frame) => ({ frame, field: frame.fields[1] }))
  const step = (height - axis) / rows.length
  const barHeight = Math.min(30, step * 0.8)
  const x = (at) => left + ((at - range.from) / (range.to - range.from)) * (width - left)
  return (
    <svg width={width} height={height}>
      {rows.map(({ frame, field }, row) => {
        const top = step * row + (step - barHeight) / 2
        return (
          <g key={row}>
            <text
              x={left - 8}
              y={top + barHeight / 2 + 4}
              textAnchor="end"
              fontSize={12}
              fill={theme.colors.text.primary}
            >
              {getFieldDisplayName(field, frame)}
            </text>
            {stretches(frame).map(({ from, to, value }) => {
              const { text, color } = field.display(value)
              const wide = x(to) - x(from)
              return (
                <g key={from}>
                  <rect
                    x={x(from)}
                    y={top}
                    width={Math.max(1, wide)}
                    height={barHeight}
                    fill={color}
                    fillOpacity={0.8}
                  />
                  {showValues && wide > text.length * 8 && (
                    <text
                      x={x(from) + 4}
                      y={top + barHeight / 2 + 4}
                      fontSize={12}
                      fill={theme.colors.getContrastText(color)}
                    >
                      {text}
                    </text>
                  )}
                </g>
              )
            })}
          </g>
        )
      })}
      <Ticks width={width} left={left} height={height} range={range} theme={theme} />
    </svg>
  )
}

function stretches({ fields: [time, field] }) {
  const found = []
  time.values.forEach((at, index) => {
    const value = field.values[index]
    const last = found.at(-1)
    if (last && last.open) last.to = at
    if (last?.open && last.value === value) return
    if (last) last.open = false
    if (value !== null) found.push({ from: at, to: at, value, open: true })
  })
  return found
}

/** Columns of time, rows of buckets: the more, the darker. */
export function Heatmap({ frames, width, height, range, theme, unit }) {
  const bounds = frames
    .map((frame) => ({ le: Number(frame.fields[1].labels.le.replace('+Inf', 'Infinity')), frame }))
    .toSorted((a, b) => a.le - b.le)
  const count = bounds[0].frame.length
  const columns = Math.min(count, Math.floor((width - 72) / 10))
  const cells = bounds.map(({ frame }, row) =>
    Array.from({ length: columns }, (_, column) => {
      let sum = 0
      for (let i = Math.floor((column * count) / columns); i < Math.floor(((column + 1) * count) / columns); i++) {
        sum += (frame.fields[1].values[i] ?? 0) - (bounds[row - 1]?.frame.fields[1].values[i] ?? 0)
      }
      return sum
    }),
  )
  const most = Math.max(...cells.flat())
  const left = 72
  const cellWidth = (width - left) / columns
  const cellHeight = (height - axis) / bounds.length
  return (
    <svg width={width} height={height}>
      {bounds.map(({ le }, row) => {
        const y = height - axis - cellHeight * (row + 1)
        return (
          <g key={le}>
            <text x={left - 8} y={y + 8} textAnchor="end" fontSize={12} fill={theme.colors.text.primary}>
              {Number.isFinite(le) ? unit(le) : '∞'}
            </text>
            {cells[row].map((value, column) =>
              value > 1e-9 ? (
                <rect
                  key={column}
                  x={left + column * cellWidth}
                  y={y}
                  width={cellWidth - 1}
                  height={cellHeight - 1}
                  fill={theme.visualization.getColorByName('blue')}
                  fillOpacity={0.2 + 0.8 * Math.sqrt(value / most)}
                />
              ) : null,
            )}
          </g>
        )
      })}
      <Ticks width={width} left={left} height={height} range={range} theme={theme} />
    </svg>
  )
}
