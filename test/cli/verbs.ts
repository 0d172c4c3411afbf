/**
 * Every verb of the command line: how it is asked, and what it prints in each format. Those that print data are run against whatever
 * `Where` describes.
 */
import type { Command } from 'commander'
import { expect } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { programFor } from '../../src/cli/cli.ts'
import { type Format, formats } from '../../src/cli/formats.ts'
import { loadConfig } from '../../src/config/load.ts'
import { effectiveSettings } from '../../src/config/origins.ts'
import { type configAnswer, planAnswer, tablesAnswer } from '../../src/http/answers.ts'
import { routes } from '../../src/http/routes.ts'
import { captured } from './support.ts'

export interface Where {
  url: string
  config: string
  snapshot: string
  /** To be moved by hand, one for each format, and cancelled after that. */
  orders: { partition: string; from: number | string; to: number | string }[]
  /** To be led by `follower`, one for each format. */
  led: { partition: string; follower: number | string }[]
  node: number | string
  decision: string
  /** URL of a receiver of notifications. */
  receiver?: string
  /** Writes a file and returns its path. */
  file: (name: string, content: string) => string
}

export interface Row {
  verb: string
  /** What makes it another row of the same verb, which is run in two formats only: for people, and for programs. */
  how?: string
  /** Runs where there is: what every cluster has unless given. */
  on?: 'kafka' | 'tables' | 'receiver'
  /** @param time 0 to 3: each format has another one. */
  args: (where: Where, time: number) => string[]
  /** What `-o json` and `-o yaml` print, strictly. */
  answer: z.ZodType
  /** What the table begins with, or says. */
  table: RegExp
  /** The same of `-o wide`, where that is more. */
  wide?: RegExp
  /** It changes what it prints: no two runs of it say the same. */
  acts?: true
}

const answerOf = (method: 'GET' | 'POST', path: string): z.ZodType => {
  const route = routes.find((one) => one.method === method && one.path === path)
  if (!route) throw new Error(`there is no route ${method} ${path}`)
  return route.answer
}
const asked = (path: string) => answerOf('GET', `/api/v1/${path}`)
const done = (path: string) => answerOf('POST', `/api/v1/${path}`)

/** One line of columns. */
const header = (columns: string) => new RegExp(`^${columns.split(' ').join(' +')}\n\\S`, 'm')

const nodesHeader = 'NODE RACK STATE DISK CAPACITY % REPLICAS LEADERS'
const decisionsHeader = 'ID HELD ROUNDS MODE VERDICT VIOLATIONS PLANNED BEGUN DONE WHY'
const tablesHeader = 'TABLE TENANT SEGMENTS REPLICAS SIZE UNEVEN-SEGMENTS UNEVEN-SIZE DRIFT JOB PRE-CHECK'
const planHeader = header('NODE RACK STATE DISK CAPACITY NOW PEAK FINAL REPLICAS LEADERS')
const sections = /^\S.*\n(\n.+\n( {2}.+\n)+)+$/
const granted = z.array(z.strictObject({ resource: z.string(), operation: z.string(), use: z.string() }))
const permissions = z.strictObject({
  cluster: z.string(),
  principal: z.string(),
  needed: z.string(),
  warning: z.string(),
  sets: z.record(z.string(), granted),
  found: z.array(granted.element.extend({ granted: z.boolean().nullable() })).exactOptional(),
})
const url = ({ url }: Where) => ['--url', url]
const why = ['--reason', 'to see what it says']
const ordered = ({ orders }: Where, time: number) => {
  const { partition, from, to } = orders[time]!
  return [partition, '--from', `${from}`, '--to', `${to}`, ...why]
}
const led = ({ led }: Where, time: number) => [led[time]!.partition, '--to', `${led[time]!.follower}`, ...why]
const plannedTables = z.strictObject({
  verdict: planAnswer.shape.verdict.exactOptional(),
  tables: tablesAnswer.shape.tables,
  notes: z.array(z.string()),
})

/** In an order in which none is in the way of the next. */
export const rows: Row[] = [
  {
    verb: 'status',
    args: url,
    answer: asked('status'),
    table: header('CLUSTER STATUS MODE RUNNING PENDING BYTES-REMAINING WHY'),
  },
  {
    verb: 'nodes',
    args: url,
    answer: asked('nodes'),
    table: header(nodesHeader),
    wide: header(`${nodesHeader} IN OUT DIRS`),
  },
  {
    verb: 'decisions',
    args: url,
    answer: asked('decisions'),
    table: header(decisionsHeader),
  },
  {
    verb: 'decisions',
    how: 'of one',
    args: (where) => [where.decision, ...url(where)],
    answer: asked('decisions/{id}'),
    table: /^\S+: (not )?acting .*\ndecided /,
  },
  { verb: 'explain', args: url, answer: asked('explain'), table: sections },
  {
    verb: 'explain',
    how: '--partition',
    args: (where) => ['--partition', where.led[0]!.partition, ...url(where)],
    answer: asked('explain'),
    table: sections,
  },
  {
    verb: 'explain',
    how: '--node',
    args: (where) => ['--node', `${where.node}`, ...url(where)],
    answer: asked('explain'),
    table: sections,
  },
  {
    verb: 'plan',
    args: ({ config }) => ['--config', config],
    answer: asked('plan'),
    table: planHeader,
  },
  {
    verb: 'plan',
    how: '--snapshot',
    args: ({ snapshot }) => ['--snapshot', snapshot],
    answer: asked('plan'),
    table: planHeader,
  },
  {
    verb: 'config show',
    args: ({ config }) => ['--config', config],
    answer: asked('config'),
    table: header('CLUSTER KEY VALUE ORIGIN'),
  },
  {
    verb: 'permissions',
    on: 'kafka',
    args: ({ config }) => ['--config', config],
    answer: permissions,
    table: header('PERMISSION OBSERVE ACT FOR'),
  },
  {
    verb: 'move',
    how: '--dry-run',
    args: (where, time) => [...ordered(where, time), '--dry-run', ...url(where)],
    answer: asked('move'),
    table: /^\S+ \S+ of \S+ would be copied from node \S+ to node /,
    acts: true,
  },
  {
    verb: 'move',
    args: (where, time) => [...ordered(where, time), ...url(where)],
    answer: done('move'),
    table: /: asked for\n$/,
    acts: true,
  },
  { verb: 'moves', args: url, answer: asked('moves'), table: header('KIND PARTITION MOVING-FROM MOVING-TO STATE .*') },
  {
    verb: 'cancel',
    args: (where, time) => [where.orders[time]!.partition, ...why, ...url(where)],
    answer: done('cancel'),
    table: /is taken back where it has begun/,
    acts: true,
  },
  {
    verb: 'transfer-leadership',
    how: '--dry-run',
    args: (where, time) => [...led(where, time), '--dry-run', ...url(where)],
    answer: asked('transfer-leadership'),
    table: /would be led by node/,
    acts: true,
  },
  {
    verb: 'transfer-leadership',
    args: (where, time) => [...led(where, time), ...url(where)],
    answer: done('transfer-leadership'),
    table: /: asked for\n$/,
    acts: true,
  },
  {
    verb: 'drain',
    args: (where) => [`${where.node}`, ...why, ...url(where)],
    answer: done('drain'),
    table: /^node \S+: \d+ replicas/,
    acts: true,
  },
  {
    verb: 'undrain',
    args: (where) => [`${where.node}`, ...why, ...url(where)],
    answer: done('undrain'),
    table: /^node \S+ is not drained any more\n$/,
    acts: true,
  },
  {
    verb: 'pause',
    args: (where) => [...why, ...url(where)],
    answer: done('pause'),
    table: /: paused by an operator since /,
    acts: true,
  },
  { verb: 'resume', args: url, answer: done('resume'), table: /: not paused\n$/, acts: true },
  {
    verb: 'notify test',
    on: 'receiver',
    args: ({ receiver = '', file }, time) => {
      const text = `version: 1
clusters: [{ name: demo, system: kafka, bootstrap_servers: [a:1] }]
balancing: { mode: continuous }
notifications: [{ name: ops, type: webhook, url: "${receiver}" }]
`
      return ['--config', file(`notify-${time}.yaml`, text)]
    },
    answer: z.strictObject({
      receivers: z.array(
        z.strictObject({
          receiver: z.string(),
          type: z.string(),
          ok: z.boolean(),
          status: z.int().exactOptional(),
          text: z.string(),
          said: z.string().exactOptional(),
        }),
      ),
    }),
    table: header('RECEIVER TYPE RESULT ANSWER'),
    acts: true,
  },
  {
    verb: 'tables',
    on: 'tables',
    args: url,
    answer: asked('tables'),
    table: header(tablesHeader),
    wide: header(`${tablesHeader} NOT-CONVERGED IN-ERROR SERVERS CAUSES CONTROLLER`),
  },
  {
    verb: 'plan',
    how: '--table',
    on: 'tables',
    args: (where) => ['--table', 'orders', ...url(where)],
    answer: plannedTables,
    table: /^orders_OFFLINE/m,
  },
  {
    verb: 'rebalance',
    how: '--dry-run',
    on: 'tables',
    args: (where) => ['orders', '--dry-run', ...url(where)],
    answer: asked('tables'),
    table: /^orders_OFFLINE/m,
  },
  {
    verb: 'rebalance',
    on: 'tables',
    args: (where) => ['orders', ...url(where)],
    answer: done('rebalance'),
    table: /^asked for: orders_OFFLINE\n$/,
    acts: true,
  },
  {
    verb: 'approve',
    on: 'tables',
    args: (where) => ['orders', ...url(where)],
    answer: done('approve'),
    table: /^orders_OFFLINE: the target with the fingerprint \S+ may run\n$/,
    acts: true,
  },
]

/** Those that run where there is only so much, each with what it is called in a test. */
export function rowsOn(...grounds: (Row['on'] | 'any')[]): [string, Row][] {
  const found = rows.filter(({ on }) => grounds.includes(on ?? 'any'))
  return found.map((row) => [row.how === undefined ? row.verb : `${row.verb} ${row.how}`, row])
}

/** Verbs that print no data, or theirs in one form only. */
export const plainVerbs = [
  'run',
  'check-config',
  'healthcheck',
  'snapshot',
  'release',
  'version',
  'completion',
  'complete',
]

/** All that the program has, `config show` being one. */
export async function verbsOfProgram(): Promise<{ verb: string; formats: string[] }[]> {
  const leaves = (command: Command, above: string): { verb: string; formats: string[] }[] => {
    const verb = `${above} ${command.name()}`.trim()
    if (command.commands.length > 0) return command.commands.flatMap((inner) => leaves(inner, verb))
    const output = command.options.find(({ long }) => long === '--output')
    return [{ verb, formats: [...(output?.argChoices ?? [])] }]
  }
  const program = await programFor(undefined, captured().io, { code: 0 })
  return program.commands.flatMap((command) => leaves(command, ''))
}

export interface Ran {
  code: number | null
  out: string
  err: string
}

/** Runs one verb in all formats and holds against each other what it prints; of a verb's further rows what a form of its own would show. */
export async function checkFormats(row: Row, where: Where, run: (args: string[]) => Promise<Ran>): Promise<void> {
  const printed = async (format: Format) => {
    const args = [...row.verb.split(' '), ...row.args(where, formats.indexOf(format)), '-o', format]
    const { code, out, err } = await run(args)
    expect({ args, code, err }).toEqual({ args, code: 0, err: '' })
    return out
  }
  const read = (text: string, parser: (text: string) => unknown) => {
    const data = parser(text)
    expect(row.answer.parse(data)).toEqual(data)
    return data
  }
  const everyOne = row.how === undefined
  const forPeople = async (format: 'table' | 'wide') => {
    expect(await printed(format)).toMatch((format === 'wide' ? row.wide : undefined) ?? row.table)
  }
  const forPrograms = async () => {
    for (let tries = 3; ; tries -= 1) {
      const [json, yaml] = await Promise.all([printed('json'), everyOne ? printed('yaml') : undefined])
      const data = read(json, JSON.parse)
      if (yaml === undefined) return
      if (row.verb === 'config show') return expectSameConfig(yaml, data as z.output<typeof configAnswer>, where)
      const same = read(yaml, parse)
      if (row.acts || without(same) === without(data)) return
      // Something has happened between the two.
      if (tries === 1) expect(without(same)).toBe(without(data))
    }
  }
  await Promise.all([forPeople('table'), everyOne ? forPeople('wide') : undefined, forPrograms()])
}

/** Asked of a daemon at work, strictly what the API says. */
export async function checkFreshPlan(url: string): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${url}/api/v1/plan`, { method: 'POST', headers, body: '{}' })
  const plan: unknown = await response.json()
  expect(response.status).toBe(200)
  expect(done('plan').parse(plan)).toEqual(plan)
}

/** What does not change while a cluster is at work: all but figures and times. */
function without(data: unknown): string {
  return JSON.stringify(data).replaceAll(/\d+(\.\d+)?(e[+-]?\d+)?/g, '0')
}

/** As YAML it is a config again, of the same meaning. */
function expectSameConfig(yaml: string, { settings }: z.output<typeof configAnswer>, where: Where): void {
  const said = (all: readonly { cluster?: string; key: string; text: string }[]) =>
    all.map(({ cluster = '', key, text }) => `${cluster} ${key} ${text}`)
  expect(said(effectiveSettings(loadConfig(where.file('shown.yaml', yaml))))).toEqual(said(settings))
}
