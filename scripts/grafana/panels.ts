/** Panels of one look: what every panel of the board sets, and what differs by its kind. */
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge'
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type DashboardLinkBuilder,
  type DataTransformerConfig,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StateTimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeSeriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

export const datasource = { type: 'prometheus', uid: '${datasource}' } as const

/** A panel and the part of the 24 columns that it takes. */
export interface Placed {
  width: number
  height: number
  panel: Builder<Panel>
}

export interface Target {
  expr: string
  legend?: string
}

/** From this value on, this colour; null is the lowest step. */
export type Steps = readonly (readonly [number | null, string])[]

export interface Spec {
  /** Stays for ever: links to single panels hold it. */
  id: number
  title: string
  description: string
  width: number
  height: number
  unit: string
  targets: readonly Target[]
  /** What is shown where there is nothing to show, which mostly is how it should be. */
  noValue?: string
  decimals?: number
  /** 0 unless the values may be negative. */
  min?: number | null
  max?: number
  steps?: Steps
  mappings?: readonly ValueMapping[]
  transformations?: readonly DataTransformerConfig[]
  overrides?: readonly Override[]
  links?: readonly DashboardLinkBuilder[]
}

interface Override {
  matcher: { id: 'byName' | 'byRegexp' | 'byFrameRefID'; options: string }
  properties: DynamicConfigValue[]
}

/** Of the series with this name, or of all whose name matches `/…/`. */
export function named(name: string, properties: DynamicConfigValue[]): Override {
  return { matcher: { id: name.startsWith('/') ? 'byRegexp' : 'byName', options: name }, properties }
}

export function coloured(name: string, colour: string): Override {
  return named(name, [{ id: 'color', value: { mode: 'fixed', fixedColor: colour } }])
}

/** A limit among the values: a dashed line without an area. */
export function asLimit(name: string, colour = 'red'): Override {
  return named(name, [
    { id: 'color', value: { mode: 'fixed', fixedColor: colour } },
    { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
    { id: 'custom.fillOpacity', value: 0 },
    { id: 'custom.stacking', value: { mode: 'none', group: 'limit' } },
    { id: 'custom.drawStyle', value: 'line' },
    { id: 'custom.lineWidth', value: 2 },
  ])
}

/** The value of the query is no series but the threshold from which the others are red. */
export function thresholdFrom(refId: string, applyTo = { id: 'byType', options: 'number' }, field = 'limit') {
  const mappings = [{ fieldName: field, handlerKey: 'threshold1', reducerId: 'lastNotNull' }]
  return { id: 'configFromData', options: { configRefId: refId, applyTo, mappings } }
}

/** Figures of now. */
export function stat(spec: Spec & { show?: 'value' | 'name' | 'both'; background?: boolean }): Placed {
  const mode = { value: BigValueTextMode.Value, name: BigValueTextMode.Name, both: BigValueTextMode.ValueAndName }
  const builder = new StatBuilder()
    .graphMode(BigValueGraphMode.None)
    .colorMode(spec.background ? BigValueColorMode.BackgroundSolid : BigValueColorMode.Value)
    .justifyMode(BigValueJustifyMode.Center)
    .textMode(mode[spec.show ?? 'value'])
    .orientation(VizOrientation.Auto)
    .wideLayout(true)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
  return placed(spec, common(builder, spec, 'instant'))
}

/** Bars of now, one for each series. */
export function bars(spec: Spec & { namesAbove?: boolean }): Placed {
  const builder = new BarGaugeBuilder()
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Color)
    .namePlacement(spec.namesAbove ? BarGaugeNamePlacement.Top : BarGaugeNamePlacement.Left)
    .orientation(VizOrientation.Horizontal)
    .showUnfilled(true)
    .minVizHeight(16)
    .text(new VizTextDisplayOptionsBuilder().titleSize(13).valueSize(16))
    .maxVizHeight(spec.namesAbove ? 48 : 32)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields('').values(false))
  return placed(spec, common(builder, spec, 'instant'))
}

const counts = ['short', 'cpm', 'reqps']

/** Lines over time; stacked as areas or bars where the sum means something. */
export function series(spec: Spec & { stacked?: 'areas' | 'bars'; points?: boolean }): Placed {
  const { stacked, points = false } = spec
  const builder = new TimeSeriesBuilder()
    .drawStyle(points ? GraphDrawStyle.Points : stacked === 'bars' ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineWidth(stacked === 'bars' ? 0 : 1)
    .fillOpacity(stacked === undefined ? 0 : stacked === 'bars' ? 80 : 40)
    .showPoints(VisibilityMode.Auto)
    .pointSize(4)
    .spanNulls(false)
    .stacking(new StackingConfigBuilder().mode(stacked ? StackingMode.Normal : StackingMode.None).group('A'))
    .thresholdsStyle(
      new GraphThresholdsStyleConfigBuilder().mode(
        spec.steps ? GraphThresholdsStyleMode.Dashed : GraphThresholdsStyleMode.Off,
      ),
    )
    .legend(
      new VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending).hideZeros(true))
  // Where nothing happens the line of zeros lies on the ground, and the axis does not reach to 100.
  if (counts.includes(spec.unit)) builder.axisSoftMax(1)
  return placed(spec, common(builder, spec, 'range', FieldColorModeId.PaletteClassic))
}

/** One line for each series, coloured by its value. */
export function timeline(spec: Spec & { values?: boolean }): Placed {
  const builder = new StateTimelineBuilder()
    .mergeValues(true)
    .showValue(spec.values ? VisibilityMode.Auto : VisibilityMode.Never)
    .rowHeight(0.8)
    .fillOpacity(80)
    .lineWidth(0)
    .perPage(40)
    .legend(new VizLegendOptionsBuilder().showLegend(false))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Single))
  return placed(spec, common(builder, spec, 'range'))
}

/** A row for each, joined from several queries by the labels that they share. */
export function table(spec: Spec): Placed {
  const builder = new TableBuilder().showHeader(true).minWidth(60)
  return placed(spec, common(builder, spec, 'table'))
}

type AnyBuilder = StatBuilder | BarGaugeBuilder | TimeSeriesBuilder | StateTimelineBuilder | TableBuilder

function common<B extends AnyBuilder>(builder: B, spec: Spec, kind: Kind, colour = FieldColorModeId.Thresholds): B {
  builder
    .unit(spec.unit)
    .noValue(spec.noValue ?? 'no data')
    .colorScheme(new FieldColorBuilder().mode(colour))
    .thresholds(
      new ThresholdsConfigBuilder()
        .mode(ThresholdsMode.Absolute)
        .steps((spec.steps ?? [[null, 'text']]).map(([value, color]) => ({ value, color }))),
    )
    .mappings([...(spec.mappings ?? [])])
    .overrides([...(spec.overrides ?? [])])
  if (spec.min !== null) builder.min(spec.min ?? 0)
  if (spec.max !== undefined) builder.max(spec.max)
  if (spec.decimals !== undefined) builder.decimals(spec.decimals)
  return frame(builder, spec, kind)
}

type Kind = 'instant' | 'range' | 'table' | 'heatmap'

interface FrameBuilder {
  id(id: number): unknown
  title(title: string): unknown
  description(text: string): unknown
  datasource(ref: typeof datasource): unknown
  targets(targets: DataqueryBuilder[]): unknown
  transformations(transformations: DataTransformerConfig[]): unknown
  links(links: DashboardLinkBuilder[]): unknown
}

/** What every panel has, of whatever kind. */
export function frame<B extends FrameBuilder>(builder: B, spec: Spec, kind: Kind): B {
  builder.id(spec.id)
  builder.title(spec.title)
  builder.description(spec.description)
  builder.datasource(datasource)
  builder.targets(spec.targets.map((target, index) => query(target, String.fromCharCode(65 + index), kind)))
  builder.transformations([...(spec.transformations ?? [])])
  builder.links([...(spec.links ?? [])])
  return builder
}

function query({ expr, legend }: Target, refId: string, kind: Kind): DataqueryBuilder {
  const format = {
    instant: PromQueryFormat.TimeSeries,
    range: PromQueryFormat.TimeSeries,
    table: PromQueryFormat.Table,
    heatmap: PromQueryFormat.Heatmap,
  }[kind]
  const builder = new DataqueryBuilder()
    .refId(refId)
    .datasource(datasource)
    .expr(expr)
    .legendFormat(legend ?? '')
    .format(format)
  return kind === 'instant' || kind === 'table' ? builder.instant() : builder.range()
}

export function placed({ width, height }: { width: number; height: number }, panel: Builder<Panel>): Placed {
  return { width, height, panel }
}
