import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { NamedFiles } from '../../src/config/named-files.ts'
import { ConfigWatch, type WatchOptions } from '../../src/config/watch.ts'
import { realClock, VirtualClock } from '../../src/lib/clock.ts'
import { messageOf } from '../../src/lib/errors.ts'

let root: string
let folder: string
let file: string
const watches: ConfigWatch[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'evenkeel-watch-'))
  folder = join(root, 'etc')
  file = join(folder, 'evenkeel.yaml')
  mkdirSync(folder)
  writeFileSync(file, text(1))
})
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close()
  rmSync(root, { recursive: true, force: true })
})

/** A config that is known by its number. */
const text = (moves: number) => `version: 1
clusters: [{ name: orders, system: kafka, bootstrap_servers: [a:1] }]
balancing: { mode: continuous, concurrent_moves: ${moves} }
`
/** As much of it as a slow writer has written. */
const half = (moves: number) => text(moves).slice(0, -20)

/** What it tells, in order: the number of a good config, the message of what is wrong with another. */
function follow(options: Partial<WatchOptions> = {}, before = text(1)) {
  const told: (number | string)[] = []
  const waiting: (() => void)[] = []
  const tell = (what: number | string) => {
    told.push(what)
    for (const wake of waiting.splice(0)) wake()
  }
  const watch = new ConfigWatch(file, before, new NamedFiles(), {
    clock: realClock,
    debounceMs: 20,
    pollMs: 3_600_000,
    onConfig: (config) => tell(config.clusters[0]!.balancing.concurrentMoves),
    onRefused: (error) => tell(messageOf(error)),
    ...options,
  })
  watches.push(watch)
  return {
    watch,
    told,
    /** Resolves once so many things were told. */
    until: async (count: number) => {
      while (told.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
      return told
    },
  }
}

function replace(content: string) {
  writeFileSync(join(folder, '.evenkeel.yaml.swp'), content)
  renameSync(join(folder, '.evenkeel.yaml.swp'), file)
}

describe('by the events of the file system', () => {
  it('sees the file written over', async () => {
    const { until } = follow()
    writeFileSync(file, text(2))
    expect(await until(1)).toEqual([2])
    writeFileSync(file, text(3))
    expect(await until(2)).toEqual([2, 3])
  })

  it('sees another file put in its place, again and again', async () => {
    const { until } = follow()
    for (const moves of [2, 3, 4]) {
      replace(text(moves))
      await until(moves - 1)
    }
    expect(await until(3)).toEqual([2, 3, 4])
  })

  it('sees the links of a ConfigMap swapped, twice in a row', async () => {
    const publish = (version: string, content: string) => {
      mkdirSync(join(folder, version))
      writeFileSync(join(folder, version, 'evenkeel.yaml'), content)
      symlinkSync(version, join(folder, '..data_tmp'))
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
    }
    unlinkSync(file)
    publish('..2026_a', text(1))
    symlinkSync('..data/evenkeel.yaml', file)
    const { until } = follow()
    publish('..2026_b', text(2))
    rmSync(join(folder, '..2026_a'), { recursive: true })
    expect(await until(1)).toEqual([2])
    publish('..2026_c', text(3))
    rmSync(join(folder, '..2026_b'), { recursive: true })
    expect(await until(2)).toEqual([2, 3])
  })

  it('tells a half-written file once, keeps what was in force, and takes the whole one', async () => {
    const { until, watch } = follow()
    writeFileSync(file, half(2))
    const [wrong] = await until(1)
    expect(wrong).toMatch(/evenkeel\.yaml:3:\d+: not valid YAML/)
    appendFileSync(file, text(2).slice(-20))
    expect(await until(2)).toEqual([wrong, 2])
    await watch.close()
  })

  it('tells that the file is gone, and that it is back, also with the same content', async () => {
    const { until } = follow()
    unlinkSync(file)
    expect(await until(1)).toEqual([`${file}:1:1: cannot be read: ${noSuchFile}`])
    writeFileSync(file, text(1))
    expect((await until(2))[1]).toBe(1)
    unlinkSync(file)
    await until(3)
    writeFileSync(file, text(2))
    expect((await until(4))[3]).toBe(2)
  })

  it('goes on in a folder that was replaced while it looked', async () => {
    const { until } = follow()
    renameSync(folder, join(root, 'old'))
    mkdirSync(folder)
    writeFileSync(file, text(2))
    expect((await until(1)).at(-1)).toBe(2)
    // Seen by its own events, not by those of the old folder.
    writeFileSync(file, text(3))
    expect((await until(2)).at(-1)).toBe(3)
  })

  it('takes a touch for nothing', async () => {
    const { until, told } = follow()
    utimesSync(file, new Date(), new Date())
    writeFileSync(file, text(1))
    replace(text(1))
    writeFileSync(file, text(2))
    await until(1)
    expect(told).toEqual([2])
  })
})

const noSuchFile = 'no such file (a relative path starts at the folder of the config)'

/** A watch whose events are made by hand, in virtual time. */
function byHand(options: Partial<WatchOptions> = {}, before?: string) {
  const clock = new VirtualClock()
  let stir: Parameters<NonNullable<WatchOptions['watchFolder']>>[1] = () => undefined
  const opened: string[] = []
  const followed = follow(
    {
      clock,
      debounceMs: 200,
      pollMs: 10_000,
      watchFolder: (path, onStir) => {
        opened.push(path)
        stir = onStir
        return () => opened.pop()
      },
      ...options,
    },
    before,
  )
  return { ...followed, clock, opened, stir: (...what: Parameters<typeof stir>) => stir(...what) }
}

describe('by hand', () => {
  it('tells at once what changed between the first reading and the watch', () => {
    writeFileSync(file, text(2))
    expect(byHand().told).toEqual([2])
  })

  it('waits until a burst of events is over', async () => {
    const { told, stir, clock } = byHand()
    for (const content of [text(2), half(3), text(3)]) {
      writeFileSync(file, content)
      stir('changed')
      await clock.advance(100)
    }
    expect(told).toEqual([])
    await clock.advance(400)
    expect(told).toEqual([3])
  })

  it('does not wait for ever where something happens all the time', async () => {
    const { told, stir, clock } = byHand({ pollMs: 3_600_000 })
    writeFileSync(file, text(2))
    for (let round = 0; round < 30; round++) {
      stir('changed')
      await clock.advance(100)
    }
    expect(told).toEqual([2])
  })

  it('says nothing of a change that is none', async () => {
    const { told, stir, clock } = byHand()
    stir('changed')
    await clock.advance(300)
    await clock.advance(60_000)
    expect(told).toEqual([])
  })

  it('tells what is wrong once for each text', async () => {
    const { told, clock } = byHand()
    writeFileSync(file, text(0))
    await clock.advance(60_000)
    expect(told).toEqual([expect.stringContaining(':3:50: balancing.concurrent_moves: expected a whole number')])
    writeFileSync(file, text(-1))
    await clock.advance(60_000)
    expect(told).toHaveLength(2)
    writeFileSync(file, text(1))
    await clock.advance(60_000)
    expect(told.slice(2)).toEqual([1])
  })

  it('tries again a text that names what is not there yet', async () => {
    const { told, clock } = byHand()
    writeFileSync(file, text(2).replace('[a:1]', '[a:1], tls: { ca_file: ca.pem }'))
    await clock.advance(60_000)
    expect(told).toEqual([expect.stringContaining('the file cannot be read: no such file')])
    // Nonsense is another complaint, which is news.
    writeFileSync(join(folder, 'ca.pem'), 'nonsense')
    await clock.advance(60_000)
    expect(told.slice(1)).toEqual([expect.stringContaining('does not hold certificates')])
  })

  it('does without events where there are none, and asks for them again', async () => {
    let broken = true
    const { told, clock } = byHand({
      watchFolder: () => {
        if (broken) throw new Error('ENOSPC')
        return () => undefined
      },
    })
    writeFileSync(file, text(2))
    await clock.advance(9999)
    expect(told).toEqual([])
    await clock.advance(1)
    expect(told).toEqual([2])
    broken = false
    await clock.advance(10_000)
  })

  it('loses a watch that failed, polls, and takes it up again', async () => {
    const { told, stir, clock, opened } = byHand()
    expect(opened).toEqual([folder])
    stir('lost')
    expect(opened).toEqual([])
    writeFileSync(file, text(2))
    await clock.advance(9999)
    expect(told).toEqual([])
    await clock.advance(1)
    expect([told, opened]).toEqual([[2], [folder]])
  })

  it('takes up the watch when the folder comes back', async () => {
    const { told, clock, opened, stir } = byHand()
    rmSync(folder, { recursive: true })
    stir('replaced')
    await clock.advance(200)
    expect([told.length, opened]).toEqual([1, []])
    mkdirSync(folder)
    writeFileSync(file, text(2))
    await clock.advance(10_000)
    expect([told.at(-1), opened]).toEqual([2, [folder]])
  })

  it('reloads when asked although nothing has changed, and tells what is wrong again', () => {
    const { told, watch } = byHand()
    watch.reload()
    expect(told).toEqual([1])
    writeFileSync(file, text(0))
    watch.reload()
    watch.reload()
    expect(told).toEqual([1, expect.stringContaining('concurrent_moves'), expect.stringContaining('concurrent_moves')])
  })

  it('counts what cannot be applied as refused', async () => {
    const { told, clock } = byHand({
      onConfig: () => {
        throw new Error('no room')
      },
    })
    writeFileSync(file, text(2))
    await clock.advance(60_000)
    expect(told).toEqual(['no room'])
  })

  it('keeps --set and the environment', async () => {
    const { told, clock } = byHand({ set: ['balancing.concurrent_moves=7'], env: { NAME: 'x' } })
    writeFileSync(file, text(2).replace('orders', '"${NAME}"'))
    await clock.advance(10_000)
    expect(told).toEqual([7])
  })

  it('tells nothing more once it is closed, and leaves nothing open', async () => {
    const { told, watch, stir, clock, opened } = byHand()
    stir('changed')
    const closed = watch.close()
    writeFileSync(file, text(2))
    await clock.advance(60_000)
    await closed
    expect([told, opened]).toEqual([[], []])
  })
})
