/** The generated pages of docs/: file name → text. */
import { configurationPage } from './configuration.ts'
import { metricsPage } from './metrics.ts'
import { reasonsPage } from './reasons.ts'

export function pages(): Record<string, string> {
  return {
    'configuration.md': configurationPage(),
    'metrics.md': metricsPage(),
    'reasons.md': reasonsPage(),
  }
}
