import {
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  PanelBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap'
import { frame, type Placed, placed, type Spec } from './panels.ts'

/** The buckets of a histogram over time. */
export function heatmap(spec: Spec): Placed {
  const builder = new PanelBuilder()
    .calculate(false)
    .color(
      new HeatmapColorOptionsBuilder()
        .mode(HeatmapColorMode.Scheme)
        .scheme('Blues')
        .steps(32)
        .exponent(0.5)
        .fill('blue')
        .reverse(false),
    )
    .filterValues({ build: () => ({ le: 1e-9 }) })
    .cellGap(1)
    .unit('short')
    .noValue(spec.noValue ?? 'no data')
    .yAxis(new YAxisConfigBuilder().unit(spec.unit).decimals(0))
    .showLegend()
  return placed(spec, frame(builder, spec, 'heatmap'))
}
