/** A daemon of its own is told to reach its cluster otherwise, while it runs. */
import { writeFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { admin, controller } from './scripted-pinot.ts'
import { cli, file, freePort, type Running, start } from './support.ts'

let daemon: Running | undefined
afterEach(async () => {
  daemon?.child.kill('SIGKILL')
  await daemon?.ended
})

test('a renewed password and another address are taken once they work; another cluster is not', async () => {
  const ports = [await admin(), await admin()]
  const knows = (password: string) => `Basic ${Buffer.from(`me:${password}`).toString('base64')}`
  const first = await controller(ports, { authorization: knows('first-one') })
  const second = await controller(ports, { authorization: knows('second-one') })
  const elsewhere = await controller(ports, { authorization: knows('second-one'), cluster: 'd' })
  const [metrics, control] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${control}`
  const text = (controllerUrl: string) => `version: 1
clusters:
  - name: analytics
    system: pinot
    controller_urls: [${controllerUrl}]
    auth: { username: me, password_file: password }
balancing: { mode: "off", tick_interval: 1s, pulse_interval: 500ms }
server: { metrics_listen: "127.0.0.1:${metrics}", control_listen: "127.0.0.1:${control}" }
state: { directory: reconnect-state }
log: { format: text }
`
  const password = file('password', 'first-one\n')
  const config = file('reconnect.yaml', text(first))
  daemon = start('run', '--config', config)
  await daemon.said(/status is now off/)

  writeFileSync(password, 'second-one\n')
  await daemon.said(/auth\.password has changed: a new connection is made/)
  await daemon.said(
    /not taken, the old one stays in force until it works: the controller does not know user me, .*: GET \S+ was answered with 401/,
  )
  expect((await cli('status', '--url', url)).out).toMatch(
    /analytics +off [^]*analytics: the new connection is not taken: /,
  )

  writeFileSync(config, text(second))
  await daemon.said(/the new connection works and is taken/)
  expect((await cli('status', '--url', url)).out).not.toContain('not taken')

  writeFileSync(config, text(elsewhere))
  await daemon.said(new RegExp(`controller_urls is \\[${elsewhere}\\] in the config, was \\[${second}\\]`))
  await daemon.said(/(the old one stays in force[^\n]*\n[^]*){2}/)
  expect((await cli('status', '--url', url)).out).toMatch(/analytics +off /)

  daemon.child.kill('SIGTERM')
  const { code, out, err } = await daemon.ended
  expect(code).toBe(0)
  expect(out + err).not.toMatch(/-one|\n\s+at /)
})
