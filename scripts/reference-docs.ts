/** Writes what is made from the sources: pages of docs/, the rules of config/prometheus/, the dashboard of grafana/: `npm run docs`. A test fails while one is out of date. */
import { writeFileSync } from 'node:fs'
import { dashboardFiles } from './grafana/dashboard.ts'
import { ruleFiles } from './prometheus/rules.ts'
import { pages } from './reference/pages.ts'

const write = (path: string, text: string) => writeFileSync(new URL(`../${path}`, import.meta.url), text)

for (const [name, text] of Object.entries(pages())) write(`docs/${name}`, text)
for (const [path, text] of Object.entries({ ...ruleFiles(), ...dashboardFiles() })) write(path, text)
