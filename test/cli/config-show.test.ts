import { expect, it } from 'vitest'
import { configAnswer } from '../../src/http/answers.ts'
import { cliWith, file } from './support.ts'

const path = file(
  'shown.yaml',
  `version: 1
clusters:
  - { name: a, system: kafka, bootstrap_servers: [a:1], sasl: { mechanism: PLAIN, username: me, password: "\${SECRET}" } }
  - { name: b, system: kafka, bootstrap_servers: [b:1], balancing: { mode: continuous } }
balancing: { mode: false }
`,
)
const show = (...args: string[]) => cliWith({ env: { SECRET: 'hunter2' } }, 'config', 'show', '-c', path, ...args)

it('shows a table of all settings in force', async () => {
  const { code, out, err } = await show('--set', 'balancing.concurrent_moves=7')
  expect([code, err]).toEqual([0, ''])
  const lines = out.split('\n').map((line) => line.replace(/ {2,}/g, ' | ').replace(path, 'FILE'))
  expect(lines[0]).toBe('CLUSTER | KEY | VALUE | ORIGIN')
  expect(lines).toEqual(
    expect.arrayContaining([
      'a | sasl.password | <redacted> | environment variable SECRET (FILE:3)',
      'a | balancing.mode | off | FILE:5',
      'a | balancing.concurrent_moves | 7 | --set',
      'b | balancing.mode | continuous | cluster override (FILE:4)',
      '- | log.level | info | default',
    ]),
  )
  expect(out).not.toContain('hunter2')
})

it('is told as JSON as a daemon tells it', async () => {
  const { out } = await show('-o', 'json')
  expect(configAnswer.parse(JSON.parse(out)).settings.length).toBeGreaterThan(50)
})

it('shows one cluster, as YAML or JSON', async () => {
  const yaml = await show('--cluster', 'b', '-o', 'yaml')
  expect(yaml.out).toMatch(/^version: 1\nclusters:\n {2}- name: b\n {4}system: kafka # .*shown\.yaml:4\n/)
  expect(yaml.out).toContain('log:\n  level: info # default\n')
  expect(yaml.out).not.toContain('name: a')
  const { settings } = JSON.parse((await show('--cluster', 'b', '-o', 'json')).out) as { settings: unknown[] }
  expect(settings[1]).toEqual({ cluster: 'b', key: 'bootstrap_servers', text: '[b:1]', origin: `${path}:4` })
  expect(settings).not.toContainEqual(expect.objectContaining({ key: 'log.level' }))
})

it('ends as check-config does where the file is wrong, and as others where there is no such cluster', async () => {
  const wrong = await cliWith({}, 'config', 'show', '-c', file('wrong.yaml', 'version: 2\n'))
  expect([wrong.code, wrong.out]).toEqual([78, ''])
  expect(wrong.err).toMatch(/wrong\.yaml:1:10: version: expected 1/)
  const nobody = await show('--cluster', 'c')
  expect([nobody.code, nobody.err]).toEqual([2, 'evenkeel: no cluster is called c; there are: a, b\n'])
})
