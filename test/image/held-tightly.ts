/** The demo in a container that may do next to nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { promtoolFindings } from '../support/promtool.ts'
import { root } from './build.ts'
import { Container, configFolder, rewrite, runOnce } from './container.ts'
import { podman } from './engine.ts'

const demo = join(root, 'config/demo.yaml')
const demoText = readFileSync(demo, 'utf8')
/** Nobody else is there: the ports are those of the defaults. */
const alone = '--network=none'

export function heldTightly(revision: string): void {
  describe('read-only, without capabilities, in 256 MiB', () => {
    let container: Container
    let folder: string
    beforeAll(async () => {
      folder = await configFolder({ copyOf: demo })
      container = await Container.start('demo', folder, [alone, '--memory=256m'])
    })
    afterAll(() => container?.remove())

    test('it becomes healthy, is scraped, and moves', async () => {
      await container.reaches('its health', 20_000, () => container.isHealthy())
      const scrape = `process.stdout.write(await (await fetch('http://127.0.0.1:9631/metrics')).text())`
      const metrics = await container.exec('node', '--input-type=module', '--eval', scrape)
      expect(metrics).toMatch(new RegExp(`^evenkeel_build_info{.*revision="${revision}".*} 1$`, 'm'))
      expect(promtoolFindings(`${metrics}\n`)).toBe('')
      await container.reaches('a move', 60_000, async () => (await container.status()).moves.running > 0)
    })

    test('the init is its first process, node the only other one, both of a user without rights', async () => {
      const processes = await podman('top', 'demo', 'pid', 'ppid', 'huser', 'capbnd', 'args')
      const [, ...lines] = processes
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/).join(' '))
      expect(lines).toEqual([
        '1 0 65532 none tini -- node /opt/evenkeel/dist/main.js run --config /etc/evenkeel/evenkeel.yaml',
        expect.stringMatching(/^\d+ 1 65532 none node \/opt\/evenkeel\/dist\/main.js run --config /),
      ])
      const status = readFileSync(`/proc/${await container.pid()}/status`, 'utf8')
      expect(status).toMatch(/^NoNewPrivs:\t1$/m)
      expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m)
    })

    test('nothing can be written but in its volume', async () => {
      const write = (file: string) => container.tryExec('node', '--eval', `fs.writeFileSync('${file}', '')`)
      for (const file of ['/tmp/x', '/opt/evenkeel/x', '/etc/evenkeel/x', '/run/x', '/x']) {
        const { code, text } = await write(file)
        expect([file, code]).toEqual([file, 1])
        expect(text).toMatch(/EROFS|EACCES/)
      }
      expect((await write('/var/lib/evenkeel/x')).code).toBe(0)
    })

    test('the config is followed in the mounted directory', async () => {
      await rewrite(folder, demoText.replace('mode: continuous', 'mode: off'))
      await container.reaches('the change being told', 15_000, async () =>
        /balancing\.mode.*off/.test(await container.log()),
      )
      await rewrite(folder, demoText)
      await container.reaches('work going on', 60_000, async () => (await container.status()).moves.running > 0)
    })

    test('SIGTERM ends it at work with 0 within 10 s', async () => {
      await container.reaches('a move', 60_000, async () => (await container.status()).moves.running > 0)
      const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${await nodeOf('demo')}/status`, 'utf8'))![1]
      const { code, seconds, outOfMemory } = await container.stop()
      console.log(
        `ended ${seconds.toFixed(2)} s after SIGTERM; its memory was ${(Number(peak) / 1024).toFixed(0)} MiB at most`,
      )
      expect({ code, outOfMemory }).toEqual({ code: 0, outOfMemory: false })
      expect(seconds).toBeLessThan(10)
      expect(await container.log()).toMatch(/stopping: nothing more is started/)
    })
  })

  describe('elsewhere', () => {
    test('any user of group 0 will do, and no shell is needed', async () => {
      const folder = await configFolder({ copyOf: demo })
      // Hides sh, env and all else that Debian brings.
      const bare = ['bin', 'sbin'].map((name) => `--mount=type=tmpfs,destination=/usr/${name},notmpcopyup`)
      const container = await Container.start('bare', folder, [alone, '--user=123456:0', ...bare])
      try {
        await container.reaches('its health', 20_000, () => container.isHealthy())
        expect((await container.tryExec('sh', '-c', 'true')).code).not.toBe(0)
        const write = `fs.writeFileSync('/var/lib/evenkeel/x', '')`
        expect(await container.tryExec('node', '--eval', write)).toMatchObject({ code: 0 })
        expect((await container.stop()).code).toBe(0)
      } finally {
        await container.remove()
      }
    })

    test('health that is asked for at a port where nothing listens is bad', async () => {
      const folder = await configFolder({ copyOf: demo })
      const elsewhere = '--env=EVENKEEL_METRICS_URL=http://127.0.0.1:9'
      const container = await Container.start('deaf', folder, [alone, elsewhere])
      try {
        await container.reaches('it being up', 20_000, async () => /metrics on/.test(await container.log()))
        expect(await container.isHealthy()).toBe(false)
      } finally {
        await container.remove()
      }
    })

    test('a wrong config ends it with 78 and the place', async () => {
      const folder = await configFolder({ text: demoText.replace('mode: continuous', 'mode: sometimes') })
      const { code, text } = await runOnce([`--volume=${folder}:/etc/evenkeel:ro`], [])
      expect(code).toBe(78)
      expect(text).toMatch(/^evenkeel: \/etc\/evenkeel\/evenkeel\.yaml:\d+:\d+: balancing\.mode: /m)
    })

    test.each([
      ['512m', 256, 320],
      ['1g', 512, 576],
      ['4g', 2048, 2304],
    ])('with --memory=%s the heap of JavaScript may grow to half of it', async (memory, fromMiB, toMiB) => {
      const script = 'v8.getHeapStatistics().heap_size_limit / 2 ** 20'
      const { text } = await runOnce(['--entrypoint=node', `--memory=${memory}`], ['--print', script])
      expect(Number(text)).toBeGreaterThanOrEqual(fromMiB)
      expect(Number(text)).toBeLessThan(toMiB)
    })
  })
}

/** Process id, as the host sees it, of the one process that the init has started. */
async function nodeOf(container: string): Promise<string> {
  const lines = (await podman('top', container, 'pid', 'hpid')).trim().split('\n')
  const [, pid] = lines.map((line) => line.trim().split(/\s+/)).find(([inside]) => Number(inside) > 1)!
  return pid!
}
