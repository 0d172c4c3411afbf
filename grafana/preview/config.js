/** Transformations, defaults and overrides of a panel, as Grafana's panel runner applies them. */
import { getDisplayProcessor, getFieldDisplayName, reduceField, standardTransformers } from '@grafana/data'
import { firstValueFrom, of } from 'rxjs'

const context = { interpolate: (text) => text }
const operators = {
  merge: standardTransformers.mergeTransformer,
  organize: standardTransformers.organizeFieldsTransformer,
  sortBy: standardTransformers.sortByTransformer,
}

/** "Config from query results" is not in the packages: the threshold of a query, for the fields of the others. */
function configFromData(frames, { configRefId, applyTo, mappings }) {
  const source = frames.find(({ refId }) => refId === configRefId)
  const rest = frames.filter(({ refId }) => refId !== configRefId)
  if (!source) return rest
  const steps = mappings.flatMap(({ fieldName, reducerId }) => {
    const field = source.fields.find((candidate) => getFieldDisplayName(candidate, source) === fieldName)
    return field ? [{ value: reduceField({ field, reducers: [reducerId] })[reducerId], color: 'red' }] : []
  })
  const matches = (field) =>
    applyTo.id === 'byType' ? field.type === applyTo.options : pattern(applyTo.options).test(field.name)
  for (const frame of rest) {
    for (const field of frame.fields.filter(matches)) {
      field.config = {
        ...field.config,
        thresholds: { mode: 'absolute', steps: [{ value: -Infinity, color: 'green' }, ...steps] },
      }
    }
  }
  return rest
}

export async function transformed(panel, frames) {
  let current = frames
  for (const { id, options } of panel.transformations ?? []) {
    if (id === 'configFromData') current = configFromData(current, options)
    else current = await firstValueFrom(of(current).pipe(operators[id].operator(options, context)))
  }
  return current
}

/** Where a name is between slashes it is a pattern. */
function pattern(text) {
  return new RegExp(text.replace(/^\/|\/$/g, ''))
}

export function configured(panel, frames, theme) {
  const { defaults, overrides } = panel.fieldConfig
  let seriesIndex = 0
  for (const frame of frames) {
    for (const field of frame.fields) {
      const name = getFieldDisplayName(field, frame, frames)
      const config = { ...defaults, ...field.config, custom: { ...defaults.custom } }
      for (const { matcher, properties } of overrides) {
        if (matcher.id === 'byName' ? matcher.options !== name : !pattern(matcher.options).test(name)) continue
        for (const { id, value } of properties) {
          if (id.startsWith('custom.')) config.custom[id.slice('custom.'.length)] = value
          else config[id] = value
        }
      }
      config.thresholds = withFloor(config.thresholds)
      field.config = field.type === 'time' ? { custom: config.custom } : config
      field.state = { displayName: name, seriesIndex: field.type === 'number' ? seriesIndex++ : 0 }
      field.display = getDisplayProcessor({ field, theme, timeZone: 'utc' })
    }
  }
  return frames
}

/** JSON has no -Infinity: the lowest step is null there. */
function withFloor(thresholds) {
  return (
    thresholds && {
      ...thresholds,
      steps: thresholds.steps.map((step) => ({ ...step, value: step.value ?? -Infinity })),
    }
  )
}
