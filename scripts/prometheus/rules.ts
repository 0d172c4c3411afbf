/** The rule files of config/prometheus/, from the table of alerts: path in the repository → text. */
import { stringify } from 'yaml'
import { alertGroups, recordings } from './alerts.ts'

/** Where the runbooks lie. A path in the package, so that it holds without a network too; who serves them elsewhere changes it here. */
export const runbookBase = 'docs/runbooks'

export function runbookOf(alert: string): string {
  return `${runbookBase}/${alert}.md`
}

export function ruleFiles(): Record<string, string> {
  const groups = ruleGroups()
  return {
    'config/prometheus/alerts.yaml': fileOf(
      ['Alerts and recording rules of evenkeel for Prometheus, version 2.42 and newer.'],
      { groups },
    ),
    'config/prometheus/prometheusrule.yaml': fileOf(
      [
        'The rules of alerts.yaml for the Prometheus Operator. Your Prometheus may want a label on it:',
        'its ruleSelector says which.',
      ],
      {
        apiVersion: 'monitoring.coreos.com/v1',
        kind: 'PrometheusRule',
        metadata: { name: 'evenkeel', labels: { 'app.kubernetes.io/name': 'evenkeel' } },
        spec: { groups },
      },
    ),
  }
}

function ruleGroups() {
  return [
    { name: 'evenkeel.recordings', rules: recordings.map(({ record, expr }) => ({ record, expr })) },
    ...alertGroups.map(({ name, alerts }) => ({
      name,
      rules: alerts.map((alert) => ({
        alert: alert.name,
        expr: alert.expr,
        ...(alert.for && { for: alert.for }),
        labels: { severity: alert.severity },
        annotations: {
          summary: alert.summary,
          description: alert.description,
          runbook_url: runbookOf(alert.name),
        },
      })),
    })),
  ]
}

function fileOf(about: string[], content: object): string {
  const comment = ['Made by `npm run docs`; edits here are lost. What each alert means: docs/alerts.md.', ...about]
  return `${comment.map((line) => `# ${line}\n`).join('')}\n${stringify(content, { lineWidth: 0 })}`
}
