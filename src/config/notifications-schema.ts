/** `notifications` and `audit`: who is told what happens, and what is written down of it. */
import { Secret } from '../lib/secret.ts'
import { type ReadText, secretFile } from './secret-files.ts'
import { block, duration, list, oneOf, quantity, rules, text } from './values.ts'

const receiverTypes = ['webhook', 'slack', 'teams'] as const

/** The words of observe/notifications/notification.ts. */
export const notificationEvents = [
  'plan_started',
  'plan_finished',
  'stalled',
  'paused',
  'resumed',
  'conflict',
  'node_lost',
  'node_returned',
  'unreachable',
  'reachable',
  'move_failed',
  'order_refused',
  'config_refused',
] as const

export interface ReceiverConfig {
  name: string
  type: (typeof receiverTypes)[number]
  url: Secret
  /** Of a webhook: what its bodies are signed with. */
  secret?: Secret
  events: (typeof notificationEvents)[number][]
  /** Absent: all of them. */
  clusters?: string[]
}

const urlWords = 'an http or https URL without user and password'

export function receiverBlock(read: ReadText) {
  const keys = block({
    name: quantity('a name of letters, digits and . _ -, at most 63', (input) =>
      /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(input) ? input : undefined,
    ).describe('Value of the label receiver.'),
    type: oneOf(receiverTypes).describe(
      'webhook: JSON of evenkeel’s own, which can be signed. slack: for an incoming webhook of Slack. teams: a card for a workflow of Microsoft Teams.',
    ),
    url: text(urlWords)
      .refine(isUrl, { error: `expected ${urlWords}` })
      .transform((url) => new Secret(url))
      .describe('Where to; it is a secret. Better written as ${VARIABLE} or kept in url_file.')
      .exactOptional(),
    url_file: secretFile(read)
      .refine((url) => isUrl(url.reveal()), { error: `the file does not hold ${urlWords}` })
      .describe('File that holds the URL.')
      .exactOptional(),
    secret_file: secretFile(read)
      .describe('Of a webhook: file that holds the key with which bodies are signed. Absent: they are not.')
      .exactOptional(),
    events: list(oneOf(notificationEvents), 'events')
      .min(1, { error: `expected at least one of ${notificationEvents.join(', ')}` })
      .describe('What it is told. Absent: everything.')
      .exactOptional(),
    clusters: list(text('the name of a cluster'), 'names of clusters')
      .min(1, { error: 'expected at least one name of a cluster' })
      .describe('Of which clusters; what is about evenkeel itself it is told in any case. Absent: of all.')
      .exactOptional(),
  })
  return rules(keys, ({ type, url, url_file, secret_file }, problem) => {
    if (url === undefined && url_file === undefined) problem('url or url_file is missing')
    if (url !== undefined && url_file !== undefined) problem('give one of url and url_file')
    if (secret_file !== undefined && (type === 'slack' || type === 'teams'))
      problem(`is for a webhook: nothing is signed for ${type}`, 'secret_file')
  }).transform(
    ({ name, type, url, url_file, secret_file, events = [...notificationEvents], clusters }): ReceiverConfig => ({
      name,
      type,
      url: (url ?? url_file)!,
      ...(secret_file === undefined ? {} : { secret: secret_file }),
      events,
      ...(clusters === undefined ? {} : { clusters }),
    }),
  )
}

const hourMs = 3_600_000

export const auditBlock = block({
  file: text('the path of a file')
    .describe(
      'Absent: `audit.jsonl` in `state.directory`; where every cluster is simulated the last 1,000 records are kept in memory instead.',
    )
    .exactOptional(),
  keep: duration(hourMs, 3660 * 24 * hourMs)
    .describe('Files whose last record is older are removed.')
    .exactOptional(),
})

function isUrl(input: string): boolean {
  if (!/^https?:/i.test(input) || !URL.canParse(input)) return false
  const { username, password } = new URL(input)
  // What sends it takes none, and would repeat the URL in saying so.
  return username === '' && password === ''
}
