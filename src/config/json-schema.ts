import { z } from 'zod'
import { defaultTexts } from './balancing-schema.ts'
import { fileSchema } from './file-schema.ts'
import { rebalanceDefaultTexts } from './rebalance-schema.ts'
import { isRecord } from './values.ts'

/** JSON schema of a config file, for editors: kept as config/evenkeel.schema.json. */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(
    fileSchema(() => ''),
    { io: 'input' },
  )
  for (const [name, values] of Object.entries({ ...defaultTexts, rebalance: rebalanceDefaultTexts })) {
    for (const [key, value] of Object.entries(values)) {
      const property = propertyOf(propertyOf(schema, name), key)
      if (isRecord(property)) property['default'] = value
    }
  }
  return { ...schema, title: 'Config of evenkeel' }
}

function propertyOf(schema: unknown, key: string): unknown {
  const properties = isRecord(schema) ? schema['properties'] : undefined
  return isRecord(properties) ? properties[key] : undefined
}
