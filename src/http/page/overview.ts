/** The top of the page: what is going on, and why. */
import type { LoopStatus } from '../../cluster/events.ts'
import type { Pause } from '../../cluster/wishes.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { formatTime } from '../../lib/iso-time.ts'
import { formatCount } from '../../lib/units.ts'
import { type Html, html } from './html.ts'
import { ago, lasting, section } from './words.ts'

/** How a status is painted: `good`, `busy`, `bad` or `calm`. */
const tones: Record<LoopStatus, string> = {
  off: 'calm',
  starting: 'calm',
  ready: 'good',
  in_progress: 'busy',
  stalled: 'bad',
  paused: 'calm',
  standby: 'calm',
  unreachable: 'bad',
}

/** The clusters to choose from; nothing where there is only one. */
export function clusterLinks(views: readonly ClusterView[], current: string): Html | undefined {
  if (views.length < 2) return undefined
  const links = views.map(
    ({ name, status }) =>
      html`<li><a href="?cluster=${encodeURIComponent(name)}"${name === current && html` aria-current="page"`}>${name} ${badge(status)}</a></li>`,
  )
  return html`<nav id="clusters" aria-label="Clusters"><ul>${links}</ul></nav>`
}

export function overview(view: ClusterView, nowMs: number): Html {
  const { name, status, statusSinceMs, report, pause, error } = view
  const mode =
    report && html`<span>mode <b>${report.mode}</b>${report.dryRun && ', dry run: nothing is started'}</span>`
  const facts = html`<p class="facts">${badge(status)} <span>for ${lasting(nowMs - statusSinceMs)}</span> ${mode}
    ${report && html`<span>looked at ${ago(report.takenAtMs, nowMs)}</span>`}</p>`
  return html`<section id="now" aria-label="What is going on"><h1>${name}</h1>${facts}
    <p id="why" class="why">${sentence(view)}</p>
    ${error !== undefined && html`<p class="error">${error}</p>`}
    ${pause && html`<p class="pause">${pauseSentence(pause)}</p>`}
    <p class="buttons">${
      pause
        ? html`<button type="button" data-dialog="resume">Resume</button>`
        : html`<button type="button" data-dialog="pause">Pause</button>`
    }</p></section>`
}

/** The one sentence of the page. */
function sentence({ name, report, running, error }: ClusterView): string {
  if (error !== undefined && !report) return `${name} could not be read yet.`
  if (!report) return `${name} is being read for the first time.`
  const { verdict } = report
  return running.length > 0 && !verdict.act
    ? `${formatCount(running.length, 'move')} running; ${verdict.text}`
    : verdict.text
}

export function violations({ report }: ClusterView, nowMs: number): Html {
  const open = report?.violations ?? []
  const items = open.map(
    ({ kind, text, sinceMs, gate }) =>
      html`<li><code>${kind}</code> ${text}, open for ${lasting(nowMs - sinceMs)}${gate && html`; nothing is done about it now: ${gate.text}`}</li>`,
  )
  return section('violations', 'What is wrong', open.length === 0 ? html`<p>Nothing.</p>` : html`<ul>${items}</ul>`)
}

/** Who else is at work here, and what else should be known. */
export function conflicts({ report, drains, placed = [] }: ClusterView): Html {
  const lines: string[] = []
  if (report) {
    const { foreignMoves, throttle, missingNodes } = report
    if (foreignMoves > 0)
      lines.push(`Somebody else runs ${formatCount(foreignMoves, 'move')}: balance waits for the end of it.`)
    if (missingNodes.length > 0) lines.push(`No figures came from ${missingNodes.join(', ')}.`)
    const { nodes = [], topics = [] } = throttle?.foreign ?? {}
    if (nodes.length + topics.length > 0) {
      lines.push(
        `Somebody else limits replication of ${formatCount(nodes.length, 'node')} and ${formatCount(topics.length, 'topic')}.`,
      )
    }
    lines.push(...report.notes)
  }
  for (const { node, replicas, safeToStop } of drains) {
    lines.push(
      safeToStop
        ? `Node ${node} is empty: safe to stop.`
        : `Node ${node} is being emptied: ${formatCount(replicas, 'replica')} left.`,
    )
  }
  for (const { topic, partition, node, untilMs } of placed) {
    lines.push(`${topic}-${partition} stays on ${node} until ${formatTime(untilMs)}: a person put it there.`)
  }
  const content =
    lines.length === 0 ? html`<p>Nothing.</p>` : html`<ul>${lines.map((line) => html`<li>${line}</li>`)}</ul>`
  return section('conflicts', 'Worth knowing', content)
}

function badge(status: LoopStatus): Html {
  return html`<span class="badge ${tones[status]}">${status}</span>`
}

function pauseSentence({ by, reason, sinceMs, untilMs }: Pause): string {
  const who = by === 'operator' ? 'an operator' : 'evenkeel itself'
  const until = untilMs === undefined ? 'until somebody resumes it' : `until ${formatTime(untilMs)}`
  return `Paused by ${who} since ${formatTime(sinceMs)}, ${until}: ${reason}`
}
