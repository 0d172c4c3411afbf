/**
 * Draws `docs/status-page.png` and `docs/status-page-dark.png`: the status page of the cluster of `config/demo.yaml` while the broker that
 * joined it is being filled. The real program and a real browser, which needs Debian's `chromium`.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort } from '../test/clusters/ports.ts'
import { openBrowser } from '../test/support/browser.ts'

/** The moment: this much of the disk of the sixth broker is used, and more is on its way. */
const FILLED_PERCENT = 10
const PATIENCE_MS = 90_000
const SIZE = { width: 1200, height: 900 }

const control = `127.0.0.1:${await freePort()}`
const root = fileURLToPath(new URL('..', import.meta.url))
const directory = mkdtempSync(join(tmpdir(), 'evenkeel-picture-'))
const config = join(directory, 'demo.yaml')
// Beside another demo that runs here.
const server = `server: { control_listen: "${control}", metrics_listen: "127.0.0.1:${await freePort()}" }\n`
writeFileSync(config, readFileSync(`${root}config/demo.yaml`, 'utf8') + server)
const browser = await openBrowser()
const demo = spawn(process.execPath, ['dist/main.js', 'run', '--config', config], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
})
try {
  const page = await browser.newPage({ viewport: SIZE, deviceScaleFactor: 1.5, bypassCSP: true })
  await until(() => fetch(`http://${control}/api/v1/status`))
  await page.goto(`http://${control}/`)
  await page.waitForFunction(
    `document.querySelector('#nodes tr[data-key="6"] rect.now')?.getAttribute('width') >= ${FILLED_PERCENT} && document.querySelector('progress') !== null`,
    undefined,
    { timeout: PATIENCE_MS },
  )
  for (const [colorScheme, name] of [
    ['light', 'status-page'],
    ['dark', 'status-page-dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    await page.screenshot({ path: `${root}docs/${name}.png` })
  }
} finally {
  demo.kill()
  await browser.close()
  rmSync(directory, { recursive: true })
}

async function until(look: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    if (demo.exitCode !== null) throw new Error('the demo has ended')
    const answered = await look().then(
      () => true,
      () => false,
    )
    if (answered) return
    if (performance.now() > end) throw new Error(`nothing answers on ${control}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
