/** `explain` and `decisions` against the real listener of a loop on a simulated cluster. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isOfPartition, partitionName } from '../../src/cluster/move.ts'
import { decisionAnswer, decisionsAnswer, explanationAnswer } from '../../src/http/answers.ts'
import type { Server } from '../../src/http/server.ts'
import { fillable, MINUTE, startLoop } from '../daemon/support.ts'
import { unasked, unexplained } from '../http/support.ts'
import { serveDaemon } from './daemon-server.ts'
import { cli } from './support.ts'

let loop: ReturnType<typeof startLoop>
let server: Server
let url: string
let partition: string

beforeAll(async () => {
  loop = startLoop({ simulator: fillable, balance: { nodeAddHoldMs: 0 } })
  await loop.advance(10 * MINUTE)
  const [move] = loop.of('move_started').map(({ progress }) => progress.move)
  if (!move || !isOfPartition(move)) throw new Error('nothing moved')
  partition = partitionName(move)
  ;({ server, url } = await serveDaemon({
    view: () => loop.loop.view(),
    control: unasked,
    explanations: {
      ...unexplained,
      decisions: () => loop.loop.decisions,
      explain: (_, subject) => loop.loop.explain(subject),
    },
  }))
})
afterAll(async () => {
  await server.close()
  await loop.stop()
})

const run = (...args: string[]) => cli(...args, '--url', url)

describe('explain', () => {
  it('tells a partition in sections', async () => {
    const { code, out } = await run('explain', '--partition', partition)
    expect(code).toBe(0)
    const [summary, ...rest] = out.split('\n')
    expect(summary).toMatch(new RegExp(`^${partition}: it stays where it is`))
    expect(rest.filter((text) => /^\S/.test(text))).toEqual([
      'Where it is',
      'Why it moved',
      'What is planned',
      'Why its replicas stay where they are',
      'Why its leader stays',
    ])
    expect(out).toMatch(
      /\n {2}9m.* ago \(.*\) t-\d+ from \d to 5, done after .* copied; node_underused: node 5 holds 0 B of its fair share/,
    )
  })

  it.each([
    ['--table', 't', 't: '],
    ['--node', '5', 'node 5 is alive, '],
    ['--cluster', 'x', 'x is ready (balanced): '],
  ])('tells %s %s', async (option, name, summary) => {
    const { code, out } = await run('explain', option, name)
    expect([code, out.slice(0, summary.length)]).toEqual([0, summary])
  })

  it('as JSON it is what the API promises', async () => {
    for (const args of [[], ['--partition', partition], ['--table', 't'], ['--node', '5']]) {
      const { out } = await run('explain', ...args, '-o', 'json')
      expect(explanationAnswer.safeParse(JSON.parse(out)).error).toBeUndefined()
    }
    expect((await run('explain', '-o', 'yaml')).out).toMatch(/^cluster: x\nsubject:\n {2}kind: cluster\n/)
  })

  it.each([
    [['--partition', 'u-1'], 'the cluster has no partition u-1'],
    [['--table', 'u'], 'the cluster has no table or topic u'],
    [['--node', '9'], 'the cluster has no node 9; it has 1, 2, 3, 4, 5'],
    [['--node', '1', '--table', 't'], 'one of --partition, --table and --node at most is explained at once'],
    [['--cluster', 'y'], 'no cluster has this name; there are: x'],
  ])('%j is refused', async (args, why) => {
    expect(await run('explain', ...args)).toEqual({ code: 2, out: '', err: `evenkeel: ${why}\n` })
  })

  it('over HTTP refusals have their codes', async () => {
    const codeOf = async (query: string) =>
      ((await (await fetch(`${url}/api/v1/${query}`)).json()) as { code: string }).code
    expect(await codeOf('explain?partition=u-1')).toBe('unknown_partition')
    expect(await codeOf('explain?table=u')).toBe('unknown_table')
    expect(await codeOf('explain?node=9')).toBe('unknown_node')
    expect(await codeOf('explain?node=1&table=t')).toBe('bad_query')
    expect(await codeOf('explain?topic=t')).toBe('bad_query')
    expect(await codeOf('decisions/x')).toBe('unknown_decision')
    for (const last of ['0', '501', '1e3', '-1', 'x', ''])
      expect(await codeOf(`decisions?last=${last}`)).toBe('bad_query')
  })
})

describe('decisions', () => {
  it('lists them, newest first', async () => {
    const { code, out } = await run('decisions')
    const rows = out.trimEnd().split('\n')
    expect([code, rows[0]!.split(/\s+/)]).toEqual([
      0,
      ['ID', 'HELD', 'ROUNDS', 'MODE', 'VERDICT', 'VIOLATIONS', 'PLANNED', 'BEGUN', 'DONE', 'WHY'],
    ])
    expect(rows[1]).toMatch(/^\d{8}T\d{6} +\S+ +\d+ +continuous +balanced /)
    expect(rows.at(-1)).toContain('sample_incomplete')
    expect((await run('decisions', '--last', '2')).out.trimEnd().split('\n')).toHaveLength(3)
  })

  it('tells one in full', async () => {
    const { id } = loop.loop.decisions.find(({ begun }) => begun.length > 0)!
    const { code, out } = await run('decisions', id)
    expect(code).toBe(0)
    expect(out).toMatch(new RegExp(`^${id}: acting \\(acting\\): `))
    expect(out).toMatch(/\n\d+ moves? planned, .*\n {2}replica t-\d+ from \d to 5 \(.*\) for node_underused\n/)
    expect(out).toMatch(/\n\d+ moves? begun\n {2}(replica|leader) t-\d+ from .*: done after .* copied\n/)
  })

  it('as JSON they are what the API promises', async () => {
    const all = decisionsAnswer.parse(JSON.parse((await run('decisions', '--last', '500', '-o', 'json')).out))
    expect(all.decisions.map(({ id }) => id)).toEqual(loop.loop.decisions.map(({ id }) => id))
    const one = JSON.parse((await run('decisions', all.decisions[0]!.id, '-o', 'json')).out) as unknown
    expect(decisionAnswer.parse(one)).toEqual(all.decisions[0])
  })

  it('one that there is not is refused', async () => {
    expect(await run('decisions', '20200101T000000')).toEqual({
      code: 2,
      out: '',
      err: 'evenkeel: no decision with this id is kept; /api/v1/decisions lists those that are\n',
    })
  })
})
