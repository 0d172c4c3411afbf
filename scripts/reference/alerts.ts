/** docs/alerts.md: every alert and recording rule of scripts/prometheus/alerts.ts. */
import { type Alert, alertGroups, job, recordings } from '../prometheus/alerts.ts'
import { runbookBase, runbookOf } from '../prometheus/rules.ts'
import { code, generated, markdownTable } from './markdown.ts'

export function alertsPage(): string {
  const groups = alertGroups.map(
    ({ title, alerts }) =>
      `## ${title}\n\n${markdownTable(['Alert', 'Severity', 'After', 'When', 'Why'], alerts.map(cells))}`,
  )
  return `${generated}# Alerts

Rules for Prometheus 2.42 and newer come with evenkeel: [alerts.yaml](../config/prometheus/alerts.yaml), the same for the Prometheus
Operator as [prometheusrule.yaml](../config/prometheus/prometheusrule.yaml), and a [sample for Alertmanager](../config/prometheus/alertmanager.yaml)
that says which alert makes which other ones superfluous.

\`\`\`yaml
# prometheus.yml
rule_files: [evenkeel/alerts.yaml]
scrape_configs:
  - job_name: ${job}
    static_configs: [{ targets: ["evenkeel:9631"] }]
\`\`\`

- The rules look at \`job="${job}"\`. Is the job called otherwise: \`sed 's/job="${job}"/job="NAME"/g' alerts.yaml\`.
  A PodMonitor of the Prometheus Operator calls it so only with the right \`jobLabel\`: [Kubernetes](container.md#kubernetes).
- Severity: \`critical\` wakes somebody, \`warning\` is for the next working day, \`info\` for the board.
- \`runbook_url\` is the path of the page in this package. Where the docs are served, put the address before it:
  \`sed 's|runbook_url: ${runbookBase}|runbook_url: https://HOST/${runbookBase}|' alerts.yaml\`.
- In the runbooks \`evenkeel status\` and the like ask the running daemon, where \`EVENKEEL_URL\` says; with several clusters they take
  \`--cluster NAME\`.
- Each rule has unit tests for \`promtool\`: cases in which it fires, and cases close to them in which it must not.

${groups.join('\n')}
## Recording rules

${markdownTable(
  ['Series', 'Meaning'],
  recordings.map(({ record, meaning }) => [code(record), meaning]),
).trimEnd()}
`
}

/** Of the docs, seen from docs/. */
function cells({ name, severity, for: after, when, why }: Alert): string[] {
  return [`[${name}](${runbookOf(name).replace(/^docs\//, '')})`, severity, after ?? 'at once', when, why]
}
