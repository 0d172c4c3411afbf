/** Writes config/evenkeel.schema.json anew: `npx tsx scripts/config-schema.ts`. A test fails while it is out of date. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { configJsonSchema } from '../src/config/json-schema.ts'

const file = fileURLToPath(new URL('../config/evenkeel.schema.json', import.meta.url))
writeFileSync(file, `${JSON.stringify(configJsonSchema(), null, 2)}\n`)
execFileSync('npx', ['biome', 'format', '--write', file], { stdio: 'inherit' })
