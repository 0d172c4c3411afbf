/** A message as each kind of receiver takes it. */
import { createHmac } from 'node:crypto'
import { formatTime } from '../../lib/iso-time.ts'
import type { Secret } from '../../lib/secret.ts'
import { formatBytes, formatCount, formatDuration } from '../../lib/units.ts'
import type { Message } from './notification.ts'

export const receiverTypes = ['webhook', 'slack', 'teams'] as const
export type ReceiverType = (typeof receiverTypes)[number]

/** What the kinds have in common: names and figures in lines of their own. */
interface Fact {
  name: string
  value: string
}

export function bodyOf(type: ReceiverType, message: Message): string {
  return JSON.stringify(shapes[type](message))
}

/**
 * Headers by which a receiver tells that a body is ours and fresh: `sha256=` and the HMAC in hex, of the time in seconds, a dot and the body.
 * @param secret absent: nothing is signed.
 */
export function headersOf(
  message: Message,
  body: string,
  nowMs: number,
  secret: Secret | undefined,
): Record<string, string> {
  const seconds = String(Math.floor(nowMs / 1000))
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'evenkeel',
    'x-evenkeel-event': message.event,
    'x-evenkeel-event-id': message.id,
    'x-evenkeel-timestamp': seconds,
  }
  if (secret === undefined) return headers
  const hmac = createHmac('sha256', secret.reveal()).update(`${seconds}.${body}`).digest('hex')
  return { ...headers, 'x-evenkeel-signature': `sha256=${hmac}` }
}

const shapes: Record<ReceiverType, (message: Message) => unknown> = {
  webhook: ({ id, event, cluster, subject, atMs, what, why, howMuch = {}, howLong = {}, times }) => ({
    version: 1,
    id,
    event,
    time: formatTime(atMs),
    ...(cluster !== undefined && { cluster }),
    ...(subject !== undefined && { subject }),
    what,
    ...(why !== undefined && { why }),
    how_much: howMuch,
    how_long: {
      ...(howLong.tookMs !== undefined && { seconds: Math.round(howLong.tookMs) / 1000 }),
      ...(howLong.estimatedMs !== undefined && { estimated_seconds: Math.round(howLong.estimatedMs) / 1000 }),
    },
    times,
  }),

  // What is a word of its own must not become a link, a smiley or a call for everybody: plain text wherever there is a choice.
  slack: (message) => ({
    text: slackText(headline(message)),
    blocks: [
      { type: 'section', text: plain(headline(message)) },
      { type: 'section', fields: facts(message).map(({ name, value }) => plain(`${name}: ${value}`)) },
    ],
  }),

  teams: (message) => ({
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            { type: 'TextBlock', text: markdownless(headline(message)), wrap: true, weight: 'Bolder' },
            {
              type: 'FactSet',
              facts: facts(message).map(({ name, value }) => ({ title: name, value: markdownless(value) })),
            },
          ],
        },
      },
    ],
  }),
}

function headline({ cluster, what, times }: Message): string {
  const often = times === 1 ? '' : ` (${times} times)`
  return `${cluster ?? 'evenkeel'}: ${what}${often}`
}

/** Never empty: a list of none is refused by both. */
function facts({ event, atMs, why, howMuch: { moves, bytes } = {}, howLong: { tookMs, estimatedMs } = {} }: Message) {
  const much = [
    ...(moves === undefined ? [] : [formatCount(moves, 'move')]),
    ...(bytes === undefined ? [] : [formatBytes(bytes)]),
  ]
  const long = [
    ...(tookMs === undefined ? [] : [formatDuration(tookMs)]),
    ...(estimatedMs === undefined ? [] : [`about ${formatDuration(estimatedMs)} more`]),
  ]
  const all: Fact[] = [
    { name: 'Event', value: event },
    { name: 'Why', value: why ?? '' },
    { name: 'How much', value: much.join(', ') },
    { name: 'How long', value: long.join(', ') },
    { name: 'When', value: formatTime(atMs) },
  ]
  return all.filter(({ value }) => value !== '')
}

/** Slack takes at most 2,000 characters of a field. */
function plain(text: string) {
  return { type: 'plain_text', text: cut(text, 1900), emoji: false }
}

/** These three are more to Slack than they look. */
function slackText(text: string): string {
  return cut(text, 1900).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Adaptive Cards take some of Markdown. */
function markdownless(text: string): string {
  return cut(text, 2000).replaceAll(/[\\*_[\]`]/g, '\\$&')
}

/** @param most of what JavaScript counts as characters; none is cut in two. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
