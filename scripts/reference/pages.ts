/** The pages of docs/ that are made from the sources, in whole or in part: file name → text. */
import { readFileSync } from 'node:fs'
import { alertsPage } from './alerts.ts'
import { apiPage } from './api.ts'
import { withArrows } from './arrows.ts'
import { configurationPage } from './configuration.ts'
import { metricsPage } from './metrics.ts'
import { openApi } from './openapi.ts'
import { reasonsPage } from './reasons.ts'

export function pages(): Record<string, string> {
  return {
    'alerts.md': alertsPage(),
    'api.md': apiPage(),
    'architecture.md': withArrows(readFileSync(new URL('../../docs/architecture.md', import.meta.url), 'utf8')),
    'configuration.md': configurationPage(),
    'metrics.md': metricsPage(),
    'openapi.json': `${JSON.stringify(openApi(), null, 2)}\n`,
    'reasons.md': reasonsPage(),
  }
}
