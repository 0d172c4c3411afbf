/** docs/metrics.md: every family of src/observe/families.ts. */
import { families } from '../../src/observe/families.ts'
import { code, generated, markdownTable } from './markdown.ts'

export function metricsPage(): string {
  const rows = families.map(({ name, type, labels, help }) => [
    code(`evenkeel_${name}`),
    type,
    labels.map(code).join(', '),
    help,
  ])
  return `${generated}# Metrics

\`GET /metrics\` on the metrics listener (\`server.metrics_listen\`, port 9631 unless set otherwise), in Prometheus' text format.

The label \`managed_cluster\` is the name that the cluster has in the config. Series whose labels come from a closed list
([reasons](reasons.md)) exist from the start with the value 0. The series of a node end with the node. Beside these there
are the usual \`process_…\` and \`nodejs_…\` metrics. What of it is worth an alert: [alerts](alerts.md).

${markdownTable(['Metric', 'Type', 'Labels', 'Meaning'], rows).trimEnd()}
`
}
