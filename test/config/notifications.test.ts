/** `notifications` and `audit` in a config. */
import { describe, expect, it } from 'vitest'
import { changesBetween, withLive } from '../../src/config/changes.ts'
import { configYaml } from '../../src/config/config-yaml.ts'
import { parseConfig } from '../../src/config/load.ts'
import { notificationEvents } from '../../src/config/notifications-schema.ts'
import { effectiveSettings } from '../../src/config/origins.ts'
import { ConfigError } from '../../src/config/problem.ts'
import { notificationEvents as told } from '../../src/observe/notifications/notification.ts'

const files: Record<string, string> = {
  '/etc/url': 'https://hooks.example.com/hunter2\n',
  '/etc/key': 'hunter3\n',
  '/etc/empty': '\n',
  '/etc/words': 'not a URL hunter4\n',
}
const read = (path: string) => {
  const found = files[path]
  if (found === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
  return found
}

const text = (more: string, system = 'kafka, bootstrap_servers: [a:1]') => `version: 1
clusters: [{ name: orders, system: ${system} }]
balancing: { mode: continuous }
${more}`
const parse = (more: string, system?: string) =>
  parseConfig(text(more, system), '/etc/c.yaml', { read, env: { URL: 'http://e/hunter5' } })
const receivers = (...each: string[]) => `notifications: [${each.join(', ')}]`
const ops =
  '{ name: ops, type: webhook, url_file: url, secret_file: key, events: [stalled, paused], clusters: [orders] }'
const chat = '{ name: chat, type: slack, url: "${URL}" }'

function problems(more: string): string[] {
  try {
    parse(more)
    return []
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).not.toMatch(/hunter/)
    return error.problems.map(({ path, message }) => `${path}: ${message}`)
  }
}

describe('receivers', () => {
  it('have their secrets in files or variables, and are told everything unless it is said of what', () => {
    const { notifications } = parse(receivers(ops, chat))
    expect(notifications.map(({ url, secret }) => [url.reveal(), secret?.reveal()])).toEqual([
      ['https://hooks.example.com/hunter2', 'hunter3'],
      ['http://e/hunter5', undefined],
    ])
    expect(notifications).toMatchObject([
      { name: 'ops', type: 'webhook', events: ['stalled', 'paused'], clusters: ['orders'] },
      { name: 'chat', type: 'slack', events: notificationEvents },
    ])
  })

  it('may be told of every event that there is', () => {
    expect(notificationEvents).toEqual(told)
  })

  it.each<[string, string, string[]]>([
    ['no URL', '{ name: a, type: slack }', ['notifications[0]: url or url_file is missing']],
    [
      'two',
      '{ name: a, type: slack, url: "http://a", url_file: url }',
      ['notifications[0]: give one of url and url_file'],
    ],
    [
      'another scheme',
      '{ name: a, type: slack, url: "ftp://a/hunter" }',
      ['notifications[0].url: expected an http or https URL without user and password'],
    ],
    [
      'a password in the URL',
      '{ name: a, type: slack, url: "https://me:hunter2@a" }',
      ['notifications[0].url: expected an http or https URL without user and password'],
    ],
    [
      'a file without a URL',
      '{ name: a, type: slack, url_file: words }',
      ['notifications[0].url_file: the file does not hold an http or https URL without user and password'],
    ],
    [
      'files that are not there or empty',
      '{ name: a, type: webhook, url_file: none, secret_file: empty }',
      [
        'notifications[0].url_file: the file cannot be read: no such file (a relative path starts at the folder of the config)',
        'notifications[0].secret_file: the file is empty',
      ],
    ],
    [
      'a key where nothing is signed',
      '{ name: a, type: teams, url_file: url, secret_file: key }',
      ['notifications[0].secret_file: is for a webhook: nothing is signed for teams'],
    ],
    [
      'events that there are not',
      '{ name: a, type: teams, url_file: url, events: [stalled, plan_start] }',
      [`notifications[0].events[1]: expected one of ${told.join(', ')}`],
    ],
    [
      'none',
      '{ name: a, type: teams, url_file: url, events: [] }',
      [`notifications[0].events: expected at least one of ${told.join(', ')}`],
    ],
    [
      'a cluster that there is not, and a name twice',
      '{ name: a, type: teams, url_file: url, clusters: [orders, clicks] }, { name: a, type: teams, url_file: url }',
      [
        'notifications[0].clusters[1]: no cluster has this name',
        'notifications[1].name: another receiver has this name',
      ],
    ],
  ])('with %s are refused', (_, list, expected) => {
    const found = problems(receivers(list))
    for (const [index, one] of expected.entries()) expect(found[index]).toContain(one)
    expect(found).toHaveLength(expected.length)
  })

  it('show no secret, and change while evenkeel runs', () => {
    const before = parse(receivers(ops))
    const after = parse(receivers(ops, chat))
    const changes = changesBetween(before, after)
    expect(changes).toMatchObject([{ key: 'notifications', effect: 'live' }])
    files['/etc/url'] = 'https://hooks.example.com/hunter6\n'
    const moved = parse(receivers(ops))
    files['/etc/url'] = 'https://hooks.example.com/hunter2\n'
    const [change] = changesBetween(before, moved)
    expect(change).toMatchObject({ key: 'notifications', effect: 'live', before: change!.after })
    expect(withLive(before, moved).notifications[0]!.url.reveal()).toContain('hunter6')
    const shown = [changes, change, before, effectiveSettings(after), configYaml(after)]
    expect(JSON.stringify(shown)).not.toMatch(/hunter|hooks/)
    expect(configYaml(after)).toContain('url: <redacted>')
  })
})

describe('the audit trail', () => {
  it('is beside the state, and nowhere where every cluster is simulated, unless it is said where', () => {
    const simulator = 'simulator, simulator: { copy_rate: 1MiB/s, nodes: [{ id: 1, disk: 1GiB }], topics: [] }'
    const days = 86_400_000
    expect(parse('').audit).toEqual({ file: '/var/lib/evenkeel/audit.jsonl', keepMs: 90 * days })
    expect(parse('state: { directory: /x }').audit.file).toBe('/x/audit.jsonl')
    expect(parse('audit: { file: a.jsonl, keep: 30d }').audit).toEqual({ file: '/etc/a.jsonl', keepMs: 30 * days })
    expect(parse('', simulator).audit.file).toBeUndefined()
    expect(parse('audit: { file: a.jsonl }', simulator).audit.file).toBe('/etc/a.jsonl')
  })

  it('is elsewhere after a restart, and kept for another time at once', () => {
    const before = parse('')
    const after = parse('audit: { file: /a.jsonl, keep: 1d }')
    expect(changesBetween(before, after).map(({ key, after, effect }) => [key, after, effect])).toEqual([
      ['audit.file', '/a.jsonl', 'restart'],
      ['audit.keep', '1d', 'live'],
    ])
    expect(withLive(before, after).audit).toEqual({ file: '/var/lib/evenkeel/audit.jsonl', keepMs: 86_400_000 })
  })
})
