/** The top of the page: what is going on, and why. */
import type { LoopStatus } from '../../cluster/events.ts'
import { pauseText } from '../../cluster/wish-texts.ts'
import type { ClusterView } from '../../daemon/view.ts'
import { formatCount } from '../../lib/units.ts'
import { pauseJson } from '../control-api.ts'
import { type Html, html } from './html.ts'
import { ago, capital, lasting, section } from './words.ts'

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
      html`<li data-key="${name}"><a href="?cluster=${encodeURIComponent(name)}"${name === current && html` aria-current="page"`}>${name} ${badge(status)}</a></li>`,
  )
  return html`<nav id="clusters" aria-label="Clusters"><ul>${links}</ul></nav>`
}

export function overview(view: ClusterView, nowMs: number): Html {
  const { name, status, statusSinceMs, report, pause, error } = view
  const mode =
    report && html`<span>mode <b>${report.mode}</b>${report.dryRun && ', dry run: nothing is started'}</span>`
  const facts = html`<p class="facts">${badge(status)} <span>for ${lasting(nowMs - statusSinceMs)}</span> ${mode}
    ${report && html`<span>looked at ${ago(report.takenAtMs, nowMs)}</span>`}</p>`
  return html`<section id="now" aria-label="What is going on"><h1 tabindex="-1">${name}</h1>${facts}
    <p id="why" class="why" data-code="${status} ${report?.verdict.code}">${sentence(view)}</p>
    ${error !== undefined && html`<p class="error" data-key="error">${error}</p>`}
    ${pause && html`<p class="pause" data-key="pause">${capital(pauseText(pauseJson(pause)))}</p>`}
    <p class="buttons" data-key="buttons">${
      pause
        ? html`<button type="button" data-dialog="resume">Resume</button>`
        : html`<button type="button" data-dialog="pause">Pause</button>`
    } ${report && html`<button type="button" data-why="" aria-haspopup="dialog">Explain</button>`}</p></section>`
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

export function violations({ report }: ClusterView, nowMs: number): Html | undefined {
  if (!report) return undefined
  const open = report.violations
  const items = open.map(
    ({ kind, subject, text, sinceMs, gate }) =>
      html`<li data-key="${kind} ${subject}"><code>${kind}</code> ${text}, open for ${lasting(nowMs - sinceMs)}${gate && html`; nothing is done about it now: ${gate.text}`}</li>`,
  )
  return section(
    'violations',
    'What is wrong',
    open.length === 0 ? html`<p>Nothing that evenkeel looks after.</p>` : html`<ul>${items}</ul>`,
  )
}

function badge(status: LoopStatus): Html {
  return html`<span class="badge ${tones[status]}">${status}</span>`
}
