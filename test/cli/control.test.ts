/** The commands that ask something of a running daemon, against its real listener with a cluster made up. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ClusterView, DaemonControl, DrainView } from '../../src/daemon/view.ts'
import type { Server } from '../../src/http/server.ts'
import { EvenkeelError } from '../../src/lib/errors.ts'
import { forecast, GiB, noon, progress, replica, report } from '../observe/support.ts'
import { scripted, serveDaemon } from './daemon-server.ts'
import { cli, cliWith, freePort } from './support.ts'

let view: ClusterView
let asked: string[]
let configRefused: string | undefined
/** What the daemon says to a drain instead of doing it. */
let refusal: Error | undefined
let server: Server | undefined
let url: string

const nodes = [forecast(1, [10, 10]), forecast(4, [5, 0], [12, 0], [3, 0])]

beforeEach(async () => {
  view = {
    name: 'demo',
    drains: [],
    status: 'ready',
    statusSinceMs: noon,
    report: report(nodes, { mode: 'continuous', takenAtMs: noon }),
    running: [],
    pending: [],
    ended: [],
  }
  asked = []
  configRefused = undefined
  refusal = undefined
  await serve(0)
})
afterEach(() => server?.close())

const control: DaemonControl = {
  drain: async (_, node) => {
    if (refusal) throw refusal
    asked.push(`drain ${typeof node} ${node}`)
    if (!view.drains.some((drain) => drain.node === node)) view = { ...view, drains: [...view.drains, full(node)] }
  },
  undrain: async (_, node) => {
    asked.push(`undrain ${typeof node} ${node}`)
    view = { ...view, drains: view.drains.filter((drain) => drain.node !== node) }
  },
  pause: async (_, reason, untilMs) => {
    asked.push(`pause ${reason}`)
    const until = untilMs === undefined ? {} : { untilMs }
    view = { ...view, pause: { by: 'operator', reason, sinceMs: noon, ...until } }
  },
  resume: async () => {
    asked.push('resume')
    const { pause: _, ...rest } = view
    view = rest
  },
  rebalance: async (_, topics) => void asked.push(`rebalance ${topics.join(' ')}`),
  order: async () => undefined,
  weigh: async () => Promise.reject(new Error('not asked for here')),
  cancel: async (_, subjects, reason) => void asked.push(`cancel ${subjects.join(' ')}: ${reason}`),
  approve: async (_, targets) => void asked.push(`approve ${targets.map(({ topic }) => topic).join(' ')}`),
}

const full = (node: number | string): DrainView => ({ node, replicas: 12, bytes: 3.2 * GiB, safeToStop: false })

async function serve(port: number): Promise<void> {
  ;({ server, url } = await serveDaemon({ view: () => view, control, configRefused: () => configRefused, port }))
}

describe('drain', () => {
  it('says what is left to do', async () => {
    expect(await cli('drain', '4', '--url', url, '--reason', 'new disks')).toEqual({
      code: 0,
      out: 'node 4: 12 replicas, 3.20 GiB left\n',
      err: '',
    })
    expect(asked).toEqual(['drain number 4'])
  })

  it('takes ids that are no numbers as texts', async () => {
    view = {
      ...view,
      report: report([
        { ...nodes[0]!, id: 'Server_1' },
        { ...nodes[1]!, id: '007' },
      ]),
    }
    await cli('drain', 'Server_1', '--url', url)
    await cli('drain', '007', '--url', url)
    expect(asked).toEqual(['drain string Server_1', 'drain string 007'])
  })

  it('of a node that is empty says so at once', async () => {
    view = { ...view, drains: [{ node: 4, replicas: 0, bytes: 0, safeToStop: true }] }
    expect((await cli('drain', '4', '--url', url)).out).toBe('node 4 is empty: safe to stop\n')
  })

  it.each([
    ['mode off', { mode: 'off' } as const, 'warning: the mode is off: nothing moves until it is another one\n'],
    ['a dry run', { dryRun: true }, 'warning: dry_run is set: nothing moves until it is not\n'],
  ])('in %s is accepted with a warning', async (_, more, err) => {
    view = { ...view, report: report(nodes, more) }
    expect(await cli('drain', '4', '--url', url)).toMatchObject({ code: 0, err })
    expect(asked).toHaveLength(1)
  })

  it('during a pause is accepted with a warning', async () => {
    view = { ...view, pause: { by: 'circuit_breaker', reason: '5 moves failed', sinceMs: noon } }
    expect((await cli('drain', '4', '--url', url)).err).toBe(
      'warning: nothing moves while it is paused by evenkeel itself since 2026-01-01T12:00:00.000Z, until it is resumed: 5 moves failed\n',
    )
  })

  it('of a node that is not there is 2, with what is', async () => {
    expect(await cli('drain', '9', '--url', url)).toEqual({
      code: 2,
      out: '',
      err: 'evenkeel: no node has this id; there are: 1, 4\n',
    })
  })

  it('without a node is 2', async () => {
    expect(await cli('drain', '--url', url)).toMatchObject({ code: 2, out: '' })
  })

  it('is the whole answer as JSON', async () => {
    const { out } = await cli('drain', '4', '--url', url, '-o', 'json')
    expect(JSON.parse(out)).toMatchObject({ clusters: [{ drains: [{ node: 4, safe_to_stop: false }] }] })
  })

  it('that cannot be kept is 1, with the reason', async () => {
    refusal = new EvenkeelError('state_unavailable', 'the state directory /x cannot be used')
    const ended = await cli('drain', '4', '--url', url)
    expect(ended).toEqual({ code: 1, out: '', err: 'evenkeel: the state directory /x cannot be used\n' })
  })
})

describe('drain --wait', () => {
  const left = (replicas: number, gib: number) => () => {
    const bytes = gib * GiB
    view = { ...view, drains: [{ node: 4, replicas, bytes, safeToStop: false }] }
  }
  const sampled = (status: ClusterView['status'], seconds: number) => () => {
    const verdict = { act: false, code: 'no_capacity', text: 'no allowed move improves it' } as const
    view = { ...view, status, report: report(nodes, { status, verdict, takenAtMs: noon + 1000 * seconds }) }
  }
  const empty = () => {
    view = { ...view, drains: [{ node: 4, replicas: 0, bytes: 0, safeToStop: true }] }
  }
  const wait = (...happenings: (() => unknown)[]) =>
    cliWith({ clock: scripted(...happenings) }, 'drain', '4', '--url', url, '--wait')

  it('says how far it is until the node can be stopped', async () => {
    expect(await wait(left(12, 3.2), left(8, 2.2), left(8, 2.2), left(4, 1.1), left(0, 0), empty)).toEqual({
      code: 0,
      out: 'node 4 is empty: safe to stop\n',
      err: `node 4: 12 replicas, 3.20 GiB left
node 4: 8 replicas, 2.20 GiB left, about 9s to go
node 4: 4 replicas, 1.10 GiB left, about 4s to go
node 4: 0 replicas, 0 B left, not safe to stop yet
`,
    })
  })

  it('says from time to time that it is still at it', async () => {
    const { err } = await wait(left(12, 3.2), left(8, 2.2), ...Array.from({ length: 20 }, () => () => undefined), empty)
    expect(err.match(/^node 4: 8 replicas, 2\.20 GiB left, about .*$/gm)).toEqual([
      'node 4: 8 replicas, 2.20 GiB left, about 9s to go',
      'node 4: 8 replicas, 2.20 GiB left, about 1m15s to go',
    ])
  })

  it('ends with 3 when two samples in a row find nothing that may be moved', async () => {
    view = { ...view, status: 'stalled' }
    expect(
      await wait(
        () => undefined,
        sampled('stalled', 30),
        () => undefined,
        sampled('stalled', 60),
        empty,
      ),
    ).toEqual({
      code: 3,
      out: 'node 4: 12 replicas, 3.20 GiB left\n',
      err: `node 4: 12 replicas, 3.20 GiB left
not waiting any longer: stalled: no allowed move improves it
`,
    })
  })

  it('does not take a stall that is over for one', async () => {
    const ended = await wait(sampled('stalled', 30), sampled('in_progress', 60), sampled('stalled', 90), empty)
    expect(ended).toMatchObject({ code: 0, out: 'node 4 is empty: safe to stop\n' })
  })

  it('does not wait for what never comes', async () => {
    view = { ...view, report: report(nodes, { mode: 'off' }) }
    const { code, err } = await wait(empty)
    expect(code).toBe(3)
    expect(err).toContain('not waiting any longer: the mode is off')
    view = { ...view, pause: { by: 'operator', reason: 'x', sinceMs: noon }, report: report(nodes) }
    expect((await wait(empty)).code).toBe(3)
  })

  it('waits for the end of a pause that ends by itself', async () => {
    view = { ...view, pause: { by: 'operator', reason: 'x', sinceMs: noon, untilMs: noon + 60_000 } }
    expect((await wait(() => undefined, empty)).code).toBe(0)
  })

  it('ends with 1 when somebody takes the drain back', async () => {
    const { code, err } = await wait(() => control.undrain('demo', 4))
    expect(code).toBe(1)
    expect(err).toContain('evenkeel: the drain of node 4 was taken back')
  })

  it('outlasts a restart of the daemon', async () => {
    const port = server!.control.port
    const ended = await wait(
      () => server!.close(),
      () => undefined,
      async () => {
        empty()
        await serve(port)
      },
    )
    expect(ended).toMatchObject({ code: 0, out: 'node 4 is empty: safe to stop\n' })
    expect(ended.err).toMatch(/no evenkeel answers at .*; trying again for 2m\n$/)
  })

  it('does not wait for ever for a daemon that is gone', async () => {
    const { code, err } = await wait(() => server!.close())
    expect(code).toBe(5)
    expect(err).toContain('no evenkeel answers')
  })

  it('is given up when the process is asked to end', async () => {
    const stop = new AbortController()
    const clock = scripted(() => stop.abort())
    expect(await cliWith({ clock, signal: stop.signal }, 'drain', '4', '--url', url, '--wait')).toMatchObject({
      code: 1,
      out: '',
    })
  })
})

describe('undrain, pause and resume', () => {
  it('take a drain back', async () => {
    await cli('drain', '4', '--url', url)
    expect(await cli('undrain', '4', '--url', url)).toEqual({
      code: 0,
      out: 'node 4 is not drained any more\n',
      err: '',
    })
    expect(view.drains).toEqual([])
  })

  it('pause for a reason, for a while, and go on', async () => {
    expect(await cli('pause', '--url', url, '--reason', 'an upgrade', '--for', '30m')).toEqual({
      code: 0,
      out: 'demo: paused by an operator since 2026-01-01T12:00:00.000Z, until 2026-01-01T12:30:00.000Z: an upgrade\n',
      err: '',
    })
    expect(await cli('resume', '--url', url)).toEqual({ code: 0, out: 'demo: not paused\n', err: '' })
    expect(asked).toEqual(['pause an upgrade', 'resume'])
  })

  it('refuse a pause without a reason or with a wrong end', async () => {
    expect(await cli('pause', '--url', url)).toMatchObject({ code: 2, err: expect.stringContaining('--reason') })
    expect(await cli('pause', '--url', url, '--reason', 'x', '--for', 'ever')).toEqual({
      code: 2,
      out: '',
      err: 'evenkeel: for: expected a duration from 1s to 366d with its unit, such as 30m\n',
    })
  })

  it('end with 5 when nobody answers', async () => {
    const nobody = ['--url', `http://127.0.0.1:${await freePort()}`]
    for (const args of [['drain', '4'], ['undrain', '4'], ['pause', '--reason', 'x'], ['resume'], ['nodes']]) {
      expect(await cli(...args, ...nobody)).toMatchObject({ code: 5, out: '' })
    }
  })
})

describe('status', () => {
  it('shows drains, a pause and a config that is refused', async () => {
    view = {
      ...view,
      drains: [full(4), { node: 5, replicas: 0, bytes: 0, safeToStop: true }],
      pause: { by: 'operator', reason: 'an upgrade', sinceMs: noon },
    }
    configRefused = 'c.yaml:3:1: clusters: is missing'
    const { out } = await cli('status', '--url', url)
    expect(out.split('\n').slice(2)).toEqual([
      '',
      'demo: paused by an operator since 2026-01-01T12:00:00.000Z, until it is resumed: an upgrade',
      'demo: node 4: 12 replicas, 3.20 GiB left',
      'demo: node 5 is empty: safe to stop',
      '',
      'the config on disk is refused, what was before stays in force:',
      'c.yaml:3:1: clusters: is missing',
      '',
    ])
  })

  it('has nothing below the table when there is nothing to say', async () => {
    expect((await cli('status', '--url', url)).out.trimEnd().split('\n')).toHaveLength(2)
  })
})

describe('nodes', () => {
  it('shows who is where, how full and how it is', async () => {
    view = { ...view, drains: [full(4)] }
    expect((await cli('nodes', '--url', url)).out).toBe(
      `NODE  RACK  STATE                DISK  CAPACITY    %  REPLICAS  LEADERS
1     r1    alive            10.0 GiB  20.0 GiB  50%        10        5
4     r0    alive, draining  5.00 GiB  20.0 GiB  25%        12        3
`,
    )
  })

  it('shows dirs and moves when there is room', async () => {
    const dirs = [
      { path: '/d0', usedBytes: GiB, capacityBytes: 4 * GiB },
      { path: '/d1', usedBytes: 0, capacityBytes: 0 },
    ]
    view = {
      ...view,
      report: report([
        { ...nodes[0]!, dirs },
        { ...nodes[1]!, state: 'draining' },
      ]),
      running: [progress(replica(3, 4, 1, GiB))],
    }
    expect((await cli('nodes', '--url', url, '-o', 'wide')).out).toBe(
      `NODE  RACK  STATE         DISK  CAPACITY    %  REPLICAS  LEADERS  IN  OUT  DIRS
1     r1    alive     10.0 GiB  20.0 GiB  50%        10        5   1    0  /d0 1.00 GiB of 4.00 GiB (25%); /d1 0 B of 0 B
4     r0    draining  5.00 GiB  20.0 GiB  25%        12        3   0    1
`,
    )
    const { nodes: answered } = JSON.parse((await cli('nodes', '--url', url, '-o', 'json')).out) as { nodes: object[] }
    expect(answered[1]).toMatchObject({ id: 4, state: 'draining', moves: { in: 0, out: 1 } })
  })
})
