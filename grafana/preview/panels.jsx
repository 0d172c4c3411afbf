/** A panel of the dashboard → the component of @grafana/ui that Grafana's own plugin for it is built around. */
import {
  dateTime,
  formattedValueToString,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
  getValueFormat,
} from '@grafana/data'
import { BarGauge, BigValue, TimeSeries } from '@grafana/ui'
import { TableNG } from '@grafana/ui/unstable'
import { Heatmap, Timeline } from './drawings.jsx'

const kinds = { stat: Stats, bargauge: Bars, timeseries: Lines, table: Rows, 'state-timeline': States, heatmap: Heat }

export function Content(props) {
  const Kind = kinds[props.panel.type]
  const empty = props.frames.every(({ fields }) =>
    fields.every(({ type, values }) => type !== 'number' || values.length === 0),
  )
  if (empty && !['stat', 'bargauge'].includes(props.panel.type)) {
    return <div className="empty">{props.panel.fieldConfig.defaults.noValue ?? 'No data'}</div>
  }
  return <Kind {...props} />
}

function displayValues({ panel, frames, theme }) {
  return getFieldDisplayValues({
    fieldConfig: panel.fieldConfig,
    data: frames,
    reduceOptions: panel.options.reduceOptions,
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  })
}

function Stats(props) {
  const { panel, width, height, theme } = props
  const values = displayValues(props)
  const wide = width / values.length > height / values.length || values.length * 60 > height
  return (
    <div style={{ display: 'flex', flexDirection: wide ? 'row' : 'column', gap: 4 }}>
      {values.map(({ display }, index) => (
        <BigValue
          key={index}
          theme={theme}
          value={display}
          width={wide ? (width - 4 * (values.length - 1)) / values.length : width}
          height={wide ? height : (height - 4 * (values.length - 1)) / values.length}
          colorMode={panel.options.colorMode}
          graphMode="none"
          justifyMode={panel.options.justifyMode}
          textMode={panel.options.textMode}
          alignmentFactors={getDisplayValueAlignmentFactors(values)}
          count={values.length}
        />
      ))}
    </div>
  )
}

function Bars(props) {
  const { panel, width, height, theme } = props
  const values = displayValues(props)
  const each = Math.min(panel.options.maxVizHeight, height / values.length)
  return values.map(({ display, field }, index) => (
    <div key={index} style={{ height: each, paddingBottom: 4 }}>
      <BarGauge
        theme={theme}
        field={field}
        value={display}
        display={values[index].view?.getFieldDisplayProcessor(values[index].colIndex)}
        width={width}
        height={each - 4}
        orientation="horizontal"
        displayMode={panel.options.displayMode}
        text={panel.options.text}
        valueDisplayMode={panel.options.valueMode}
        namePlacement={panel.options.namePlacement}
        showUnfilled={panel.options.showUnfilled}
        alignmentFactors={getDisplayValueAlignmentFactors(values)}
      />
    </div>
  ))
}

function Lines({ panel, frames, width, height, range }) {
  const timeRange = { from: dateTime(range.from), to: dateTime(range.to), raw: { from: 'now-1h', to: 'now' } }
  return (
    <TimeSeries
      frames={frames}
      width={width}
      height={height}
      timeRange={timeRange}
      timeZone="utc"
      legend={panel.options.legend}
    />
  )
}

function Rows({ frames, width, height, panel }) {
  return (
    <div style={{ width, height }}>
      <TableNG
        data={frames[0]}
        width={width}
        height={height}
        fieldConfig={panel.fieldConfig}
        enableVirtualization={false}
      />
    </div>
  )
}

function States(props) {
  return <Timeline {...props} showValues={props.panel.options.showValue !== 'never'} />
}

function Heat(props) {
  const format = getValueFormat(props.panel.options.yAxis.unit)
  return <Heatmap {...props} unit={(value) => formattedValueToString(format(value))} />
}
